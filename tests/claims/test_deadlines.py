"""Thirty days for a loss, fifteen for a delay or a damage: counted from the demand to the agreement."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from claims import services
from claims.selectors.case import age_of
from inquiries import services as inquiries
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.deadlines.services import settle
from kefu.errors import Conflict, KefuError
from kefu.penalties.models import Penalty
from kefu.rulebooks.models import Assignment, RulebookVersion
from tests.centre import at
from tests.claims.conftest import build_desk


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.rule("CD-05.17", "CD-05.19")
@pytest.mark.parametrize(
    ("loss", "demanded", "due"),
    [
        # The day of the demand is not counted; due at 24:00 of the last day.
        ("loss", "2026-11-20 00:00", "2026-12-21 00:00"),
        ("loss", "2026-11-20 23:59:59", "2026-12-21 00:00"),
        ("shortage", "2026-11-20 09:00", "2026-12-21 00:00"),
        ("damage", "2026-11-20 09:00", "2026-12-06 00:00"),  # a Saturday's end: no shift
        (
            "delay",
            "2027-01-31 09:00",
            "2027-02-16 00:00",
        ),  # over the month's end, in Spring Festival
        ("loss", "2027-01-20 09:00", "2027-02-20 00:00"),
        ("loss", "2028-01-30 09:00", "2028-03-01 00:00"),  # the 29th of February is the last day
        ("damage", "2028-02-29 09:00", "2028-03-16 00:00"),
    ],
)
def test_the_days_are_calendar_days(db, loss, demanded, due):
    desk = build_desk(now=moment(demanded) - timedelta(days=3))
    desk.lost = desk.waybill("770612045502", accepted_at=moment(demanded) - timedelta(days=2))
    given = {
        "damage": {"place": "outer"},
        "shortage": {"share": Decimal("0.5")},
    }.get(loss, {})

    case = desk.register(loss=loss, now=moment(demanded), **given)

    claim = desk.claim(case)
    assert claim.deadline.due_at == moment(due)
    assert claim.deadline.party == desk.chengdu
    days = 30 if loss in ("loss", "shortage") else 15
    assert age_of(claim, moment(demanded)).of == days
    assert age_of(claim, moment(due) - timedelta(seconds=1)).used == days
    assert not age_of(claim, moment(due) - timedelta(seconds=1)).late
    assert age_of(claim, moment(due)).late


def breached_unless(desk, case, *, agreed_at, now):
    """Gu and the customer agree, entered at ``now``."""
    services.agree(
        case=case,
        agreed=Decimal(1200),
        channel="phone",
        happened_at=agreed_at,
        actor=desk.gu.user,
        now=now,
    )
    return desk.claim(case).deadline


@pytest.mark.rule("CD-05.17", "CD-05.18")
def test_agreed_at_the_last_second_is_in_time_and_a_call_never_counts(desk, settings):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    last = at("2026-12-21 00:00")

    services.contact_claimant(
        case=case,
        result="reached",
        channel="phone",
        actor=desk.gu.user,
        now=last - timedelta(hours=1),
    )
    assert desk.claim(case).deadline.state == Deadline.State.RUNNING

    # The sweep was faster than the entry; what happened decides.
    settings.KEFU_NOW = last + timedelta(minutes=5)
    settle(case=case, now=last + timedelta(minutes=5))
    assert Penalty.objects.get().state == Penalty.State.PROVISIONAL
    deadline = breached_unless(desk, case, agreed_at=last, now=last + timedelta(minutes=10))

    assert deadline.state == Deadline.State.MET
    assert Penalty.objects.get().state == Penalty.State.REVERSED


@pytest.mark.rule("CD-05.18")
def test_a_second_late_costs_two_hundred_once_it_led_to_a_complaint(desk, settings):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    settings.KEFU_NOW = late = at("2026-12-21 00:00") + timedelta(seconds=1)

    deadline = breached_unless(desk, case, agreed_at=None, now=late)

    fine = Penalty.objects.get()
    assert deadline.state == Deadline.State.BREACHED
    assert (fine.clause, fine.value, fine.party) == ("CD-05.18", Decimal(200), desk.chengdu)
    assert fine.state == Penalty.State.PROVISIONAL
    for cause, state in (("rude_language", "provisional"), ("claim_delayed", "payable")):
        inquiries.file_complaint(
            cause=cause,
            against=desk.chengdu,
            text="一个多月了还没有赔",
            channel="phone",
            asker="sender",
            origin=case,
            department=desk.centre.lin.department,
            owner=desk.centre.lin,
            actor=desk.centre.lin.user,
            now=late + timedelta(hours=1),
        )
        fine.refresh_from_db()
        assert fine.state == state


@pytest.mark.rule("CD-05.19", "CD-05.20")
def test_a_damage_claim_has_fifteen_days(desk, settings):
    case = desk.register(loss="damage", place="outer")

    for late in (timedelta(0), timedelta(seconds=1)):
        assert not Penalty.objects.exists()
        settings.KEFU_NOW = at("2026-12-06 00:00") + late
        settle(case=case, now=at("2026-12-06 00:00") + late)

    assert Penalty.objects.get().clause == "CD-05.20"


@pytest.mark.rule("CD-05.11")
def test_nothing_pauses_the_clock_that_the_clause_does_not_name(desk):
    case = desk.register()
    due = desk.claim(case).deadline.due_at
    for reason, code in (
        ("waiting_for_evidence", "pause_not_allowed"),
        ("waiting_for_headquarters", "headquarters_no_reason"),
    ):
        with pytest.raises(KefuError) as refused:
            services.pause_claim(
                case=case,
                reason=reason,
                note="等发票",
                until=at("2026-11-25 09:00"),
                actor=desk.gu.user,
                now=at("10:00"),
            )
        assert (refused.value.code, refused.value.field) == (code, "reason")
    assert "CD-05.11" in str(refused.value)
    assert desk.claim(case).deadline.due_at == due


@pytest.mark.rule("LC-04.01")
def test_where_no_rulebook_has_the_clock_only_the_age_is_shown(desk):
    lc = RulebookVersion.objects.get(rulebook__code="LC", number=1)
    Assignment.objects.create(version=lc, department=None, effective_on=date(2026, 11, 19))

    case = desk.register()

    claim = desk.claim(case)
    assert claim.deadline is None and not case.deadlines.exists()
    age = age_of(claim, at("2026-12-30 09:00"))
    assert (age.used, age.of, age.late) == (40, None, False)
    with pytest.raises(Conflict) as refused:
        services.pause_claim(
            case=case,
            reason="waiting_for_evidence",
            note="等发票",
            until=at("2026-11-25 09:00"),
            actor=desk.gu.user,
            now=at("10:00"),
        )
    assert refused.value.code == "no_clock"
