"""How old the open claims are, against the days the rulebook gives them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services
from claims.selectors.ageing import Asked, aged_claims, ageing, limits_now
from kefu.cases.models import Interaction
from tests.centre import at

# The demand of the 1st is fifteen days old on the 16th, thirty on 1 December.
FIRST = at("2026-11-18 09:00")


def demanded(desk, number, *, now=FIRST, **given):
    desk.waybill(number)
    return desk.register(waybill_number=number, now=now, **given)


@pytest.fixture
def claims(desk):
    """A loss and a damage from the same morning, a loss from a day later; Xian has none."""
    return [
        desk.register(now=FIRST),
        demanded(desk, "770612045502", loss="damage", place="outer", now=FIRST),
        demanded(desk, "770612045503", now=FIRST + timedelta(days=1)),
    ]


def figures(now, by="outlet"):
    found = ageing(by=by, now=now)
    return {
        row.label: ([cell.number for cell in row.cells], row.whole.late)
        for row in (*found.losses, *found.parties, found.total)
        if row.whole.number
    }


@pytest.mark.rule("LC-02.11", "CD-05.17", "CD-05.19")
@pytest.mark.parametrize(
    ("now", "bands", "late"),
    [
        ("2026-12-03 23:59:59", [3, 0, 0], 0),  # the fifteenth day, to its last second
        ("2026-12-04 00:00", [1, 2, 0], 1),  # the damage is past its fifteen days
        ("2026-12-18 23:59:59", [0, 3, 0], 1),
        ("2026-12-19 00:00", [0, 1, 2], 2),  # the loss past its thirty
    ],
)
def test_a_claim_ages_with_the_days_of_shanghai(claims, now, bands, late):
    assert figures(at(now))["合计"] == (bands, late)


@pytest.mark.rule("LC-02.11")
def test_figures_open_the_claims_behind_them(desk, claims):
    now = at("2026-12-10 09:00")
    found = figures(now)
    assert found["破损"] == ([0, 1, 0], 1)
    assert found["遗失"] == ([0, 2, 0], 0)
    limits = limits_now(now)
    user = desk.centre.chen.user

    def behind(**asked):
        rows = aged_claims(user=user, asked=Asked(**asked), found=limits, now=now)
        return [claim.pk for claim in rows]

    assert behind(late=True) == behind(loss="damage") == [claims[1].pk]
    assert behind(band=1) == [one.pk for one in claims]
    assert behind(band=0) == behind(band=2) == []
    assert behind(stage="negotiation") == []

    desk.confirmed(claims[0], now=now)
    assert behind(stage="negotiation") == [claims[0].pk]
    # By who is liable: Chengdu by its confirmed finding, nobody yet for the others.
    by_liable = figures(now, by="liable")
    assert by_liable["成都武侯三部"] == ([0, 1, 0], 0)
    assert by_liable["还没有定责"] == ([0, 2, 0], 1)
    assert behind(by="liable", party=desk.chengdu.pk) == [claims[0].pk]
    assert behind(by="liable", party=0) == [claims[1].pk, claims[2].pk]
    services.withdraw(case=claims[1], reason="撤回", actor=desk.gu.user, now=now)
    assert figures(now)["合计"] == ([0, 2, 0], 0)


@pytest.mark.rule("LC-02.11")
def test_the_page_counts_in_as_many_questions_however_many_claims(desk, claims, settings):
    settings.KEFU_NOW = at("2026-12-10 09:00")
    client = Client()
    client.force_login(desk.centre.chen.user)
    with CaptureQueriesContext(connection) as few:
        page = client.get(reverse("claims:ageing"))
    assert "16–30" in page.content.decode()
    with CaptureQueriesContext(connection) as few_rows:
        rows = client.get(reverse("claims:aged_claims"), {"late": "1"}).content.decode()
    assert claims[1].number in rows
    assert claims[0].number not in rows

    for n in range(4):
        demanded(desk, f"77061204580{n}", loss="delay", delay_days=2, now=FIRST)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("claims:ageing"))
    with CaptureQueriesContext(connection) as many_rows:
        client.get(reverse("claims:aged_claims"), {"late": "1"})

    assert len(many) <= len(few)  # the first page of all asks more: it shows round
    assert len(many_rows) == len(few_rows)
    assert client.get(reverse("claims:aged_claims"), {"band": "x"}).status_code == 404
    assert client.get(reverse("claims:ageing"), {"by": "liable"}).status_code == 200


@pytest.mark.rule("LC-02.11")
def test_a_supervisor_urges_the_adjuster_from_the_row(desk, claims):
    now = at("2026-12-10 09:00")
    services.remind(case=claims[1], text="已过十五天", actor=desk.centre.chen.user, now=now)

    rows = aged_claims(
        user=desk.centre.chen.user, asked=Asked(late=True), found=limits_now(now), now=now
    )

    assert [claim.reminded for claim in rows] == [1]
    assert Interaction.objects.filter(action="claim_reminded", case=claims[1]).count() == 1
