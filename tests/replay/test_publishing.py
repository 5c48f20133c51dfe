"""No draft is published that nobody tried, or while what is stored does not come out again."""

from typing import Any

import pytest

from kefu.errors import KefuError
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import RulebookVersion
from tests.centre import at
from tests.overview.test_verify import tamper

pytestmark = pytest.mark.django_db

HALVED = {"CD_05_10": {"fine": "100.00"}}
DECEMBER = "2026-12-01 09:00:00"


@pytest.fixture
def publish(told: Any) -> Any:
    """The other supervisor publishes a draft as it stands; what she is told."""

    def by_the_other(version: RulebookVersion, when: str) -> str:
        now = told.clock(when)
        try:
            rulebooks.publish(
                version=version,
                effective_on=now.date(),
                seen=version.digest,
                actor=told.centre.he.user,
                now=now,
            )
        except KefuError as error:
            return str(error)
        version.refresh_from_db()
        return str(version.state)

    return by_the_other


def test_where_no_complete_month_has_decisions_there_is_nothing_to_try(told, draft, publish):
    told.fined_outlet()

    assert publish(draft(**HALVED), "20:00:00") == "published"


def test_a_draft_is_tried_over_the_last_complete_month_with_decisions_first(
    told, draft, try_out, publish
):
    told.fined_outlet()
    version = draft(**HALVED)
    # A month without decisions lies between.
    assert "2026-11" in publish(version, "2027-01-04 09:00:00")

    try_out(version, now=told.clock("2027-01-04 09:00:00"))

    assert publish(version, "2027-01-04 09:05:00") == "published"


def test_what_was_tried_before_the_month_was_over_is_not_enough(told, draft, try_out, publish):
    told.fined_outlet()
    version = draft(**HALVED)
    try_out(version, now=told.clock("2026-11-30 23:59:59"))

    assert "还没有按现在的内容试算过 2026-11" in publish(version, DECEMBER)


def test_a_draft_that_went_on_is_tried_again(told, draft, try_out, publish):
    told.fined_outlet()
    version = draft(**HALVED)
    try_out(version, now=told.clock(DECEMBER))
    rulebooks.amend_clause(
        version=version,
        clause="CD-05.10",
        settings={"fine": "50"},
        seen=rulebooks.clause_digest(version.content, "CD-05.10"),
        actor=told.centre.chen.user,
        now=at(DECEMBER),
    )
    version.refresh_from_db()

    assert "还没有按现在的内容试算过" in publish(version, DECEMBER)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_published_while_a_fine_is_not_what_its_facts_come_to(
    told, draft, try_out, publish
):
    told.fined_outlet()
    told.sweeps("12:00:00")
    version = draft(**HALVED)
    alter = "UPDATE penalties_penalty SET value = %s WHERE clause = 'CD-05.10'"
    tamper(alter % 20)
    run = try_out(version, now=told.clock(DECEMBER))

    assert [str(one) for one in run.mismatches.all()] == ["CD-05.10 value: 20.00 / 200.00"]
    assert "对不上" in publish(version, DECEMBER)

    tamper(alter % 200)
    assert not try_out(version, now=told.clock(DECEMBER)).mismatches.exists()
    assert publish(version, DECEMBER) == "published"
