"""Every rule for those who answer for them: how it is kept, where, and what proves it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.rulebooks import coverage
from kefu.staff.models import User

pytestmark = pytest.mark.django_db

PAGE = reverse("rulebooks:coverage")


@pytest.fixture
def chen(centre, as_user):
    return as_user(centre.chen.user)


def shown(client, **asked):
    html = client.get(PAGE, asked).content.decode()
    return html, re.findall(r'<tr>\s*<td><span class="id">([^<]+)</span>', html)


@pytest.mark.parametrize("role", User.Role.values)
def test_the_office_sees_it_and_the_desk_does_not(centre, as_user, role):
    centre.zhou.user.role = role
    centre.zhou.user.save()
    office = {"shift_lead", "supervisor", "manager", "inspector", "hr", "finance"}

    answer = as_user(centre.zhou.user).get(PAGE)

    assert answer.status_code == (200 if role in office else 403)


def test_every_rule_stands_on_some_page_and_the_totals_add_up(chen):
    html, first = shown(chen)
    books = coverage.rules()
    everything = [rule for held in books.values() for rule in held]

    assert len(first) == 100
    assert "1178 条规则" in html
    pages = range(1, 13)
    listed = [clause for n in pages for clause in shown(chen, page=n)[1]]
    assert listed == [rule.id for rule in everything]
    for code, held in books.items():
        automatable = [rule for rule in held if rule.automatable]
        proved = sum(rule.state == "proved" for rule in automatable)
        assert f"?rulebook={code}" in html
        assert f"已验证 {proved} / {len(automatable)}" in html


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "CD-05.09"}, {"CD-05.09"}),
        ({"q": "exam mark tiers"}, {"CD-12.55"}),  # in the other language too
        ({"q": "_case_closes_with_a_word"}, {"LC-05.01"}),  # a test by its name
        ({"rulebook": "CD", "how": "timer", "area": "claims", "q": "2小时内"}, {"CD-05.09"}),
        ({"rulebook": "CD", "state": "manual", "q": "CD-05.09"}, set()),
    ],
)
def test_rules_are_found_by_words_and_filters(chen, asked, found):
    html, listed = shown(chen, **asked)

    assert set(listed) == found
    assert ("没有这样的规则" in html) is (not found)


def test_a_rule_says_how_it_is_kept_where_and_by_which_tests(chen):
    html, _ = shown(chen, q="LC-05.01")

    for words in (
        "不符就拒绝",
        "inquiries/services/answers.py · close",
        "test_a_case_closes_with_a_word_on_how_it_was_handled",
        "已验证",
    ):
        assert words in html


def test_a_filter_that_cannot_be_is_no_filter(chen):
    assert len(shown(chen, rulebook="XX", page="last")[1]) == 100


def test_it_speaks_english(chen):
    html = chen.get(PAGE, {"q": "LC-05.01"}, headers={"accept-language": "en"}).content.decode()

    assert "How it is kept" in html and "Refused if not" in html
    assert "Agent: handle and record" in html


def test_a_thousand_rules_cost_no_query_of_their_own(chen):
    shown(chen)
    with CaptureQueriesContext(connection) as rules:
        shown(chen)
    with CaptureQueriesContext(connection) as other:
        chen.get(reverse("calculator:index"))

    assert len(rules) <= len(other)
