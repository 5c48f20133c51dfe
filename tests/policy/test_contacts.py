"""What the rulebooks say of calls and chats."""

from datetime import time

import pytest

from kefu.policy.contacts import ContactRules
from tests.policy.people import book, edited


def of(code):
    return ContactRules.of(book(code))


@pytest.mark.rule("ES-203.05", "ES-203.06", "OS-06.02", "OS-06.05", "ES-603.10")
def test_how_soon_is_told_by_ring_and_by_second():
    express, shop = of("ES"), of("OS")

    assert (express.rings, express.rings_clause, express.first) == (3, "ES-203.06", 10)
    assert (express.later, express.stars) == (None, (1, 5))
    assert (shop.first, shop.later, shop.later_clause) == (15, 20, "OS-06.05")
    assert (shop.rings, shop.stars) == (None, None)
    assert of("CD").first is None
    assert ContactRules.of(edited("OS", OS_06_05={"limit": 2, "unit": "minutes"})).later == 120


@pytest.mark.rule("SD-233.52", "SD-233.63")
def test_what_a_chat_brings_into_the_books():
    assert (of("SD-2").left_open, of("SD-2").bad_review) == ("SD-233.52", "SD-233.63")
    assert (of("ES").left_open, of("ES").bad_review) == (None, None)


@pytest.mark.rule("CD-12.39", "CD-12.45")
@pytest.mark.parametrize(
    ("clock", "kept"),
    [("17:29:59", False), ("17:30", True), ("19:30:00", True), ("19:30:01", False)],
)
def test_the_late_shift_answers_the_business_line(clock, kept):
    assert of("CD").missed == "CD-12.45"
    assert of("CD").missed_in_the_evening(time.fromisoformat(clock)) is kept
    assert not of("ES").missed_in_the_evening(time.fromisoformat(clock))
