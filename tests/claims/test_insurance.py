"""Policies, cases with the insurer, and staying in touch (LC-01.22, LC-01.23, LC-04.07, LC-04.13)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from claims import services
from claims.models import InsuranceCase, InsurancePolicy, InsurerContact, Reminder
from claims.selectors.insurance import dues
from claims.services import insurance
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.workbench.selectors import bell
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.claims.money import approved, balances, booked
from tests.threads import at_once


@pytest.fixture
def policy(desk):
    return insure(desk)


def insure(desk):
    insurer = Party.objects.create(kind="insurer", code="PICC", name="人保财险扬州")
    return insurance.save_policy(
        policy=InsurancePolicy(
            insurer=insurer,
            number="PYII202632100001",
            title="物流责任险",
            cover=Decimal(5000),
            deductible=Decimal(500),
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
            report_within_days=2,
            documents_within_days=10,
            warn_days=1,
        ),
        actor=desk.gu.user,
    )


def handed_in(desk, policy, case, amount="700.00"):
    row = insurance.report(case=case, policy=policy, actor=desk.gu.user, now=at("10:30"))
    return insurance.hand_in(
        insured=row,
        claimed_amount=Decimal(amount),
        insurer_number="RDZA20263210",
        actor=desk.gu.user,
        now=at("2026-11-23 09:00"),
    )


@pytest.mark.rule("LC-01.23", "LC-04.13")
def test_what_the_insurer_pays_stands_apart_from_customer_and_liable(desk, policy):
    desk.work_by("LC")
    case = approved(desk)
    booked(desk, case)
    before, gu = balances(), desk.gu.user
    row = handed_in(desk, policy, case)
    assert (row.report_due, row.documents_due) == (date(2026, 11, 22), date(2026, 11, 30))
    assert balances()[("PICC", "insurance")] == Decimal("700.00")
    with pytest.raises(Conflict):  # no loose ends
        services.close(case=case, actor=desk.gu.user, now=at("2026-11-23 10:00"))

    now = at("2026-12-03 10:00")
    with pytest.raises(KefuError) as refused:
        insurance.receive(insured=row, amount=Decimal("700.01"), actor=desk.fang.user, now=now)
    assert refused.value.field == "amount"
    for odd in (at("2026-11-23 08:59"), at("2026-12-03 10:01")):  # before it was asked, after now
        with pytest.raises(KefuError) as refused:
            insurance.receive(insured=row, amount=Decimal(650), received_at=odd, actor=gu, now=now)
        assert refused.value.field == "received_at"
    insurance.receive(insured=row, amount=Decimal("650.00"), actor=desk.fang.user, now=now)

    after = balances()
    assert after[("PICC", "insurance")] == 0  # the 50 it did not pay are taken back
    assert after[("KF", "bank")] == before[("KF", "bank")] + 650
    assert after[("KF", "claim_cost")] == before[("KF", "claim_cost")] - 650
    assert after[("CD03", "recovery")] == before[("CD03", "recovery")]
    with pytest.raises(Conflict):
        insurance.receive(insured=row, amount=Decimal("50.00"), actor=desk.fang.user, now=now)
    services.close(case=case, actor=desk.gu.user, now=now)


@pytest.mark.django_db(transaction=True)
def test_who_books_with_one_insurer_at_the_same_time_waits_and_never_in_a_circle():
    desk = build_desk()
    policy, gu, now = insure(desk), desk.gu.user, at("10:30")
    numbers = [f"77061204560{n}" for n in range(8)]
    rows = [
        insurance.report(
            case=desk.register(waybill_number=desk.waybill(number).number),
            policy=policy,
            actor=gu,
            now=now,
        )
        for number in numbers
    ]
    asked = {"claimed_amount": Decimal(700), "insurer_number": "R1", "actor": gu, "now": now}
    for row in rows[::2]:
        insurance.hand_in(insured=row, **asked)
    got = {"amount": Decimal(650), "actor": gu, "now": now}

    done = at_once(
        *(lambda row=row: insurance.receive(insured=row, **got) for row in rows[::2]),
        *(lambda row=row: insurance.hand_in(insured=row, **asked) for row in rows[1::2]),
    )

    assert [one for one in done if not isinstance(one, InsuranceCase)] == []
    assert balances()[("PICC", "insurance")] == Decimal(4 * 700)
    assert balances()[("KF", "bank")] == Decimal(4 * 650)


def test_a_decline_takes_back_all_that_was_asked(desk, policy):
    row = handed_in(desk, policy, approved(desk))
    now = at("2026-12-03 10:00")

    with pytest.raises(KefuError):
        insurance.decline(insured=row, reason="不", actor=desk.gu.user, now=now)
    insurance.decline(insured=row, reason="不属于保险责任", actor=desk.gu.user, now=now)

    assert set(balances().values()) == {Decimal(0)}
    row.refresh_from_db()
    assert (row.state, row.received_amount) == (InsuranceCase.State.DECLINED, None)


@pytest.mark.rule("LC-01.23", "LC-04.13")
@pytest.mark.parametrize("end", [services.withdraw, services.decline])
def test_what_ends_unpaid_ends_with_the_insurer_too_and_may_be_reported_anew(desk, policy, end):
    case, gu = desk.register(), desk.gu.user
    row = handed_in(desk, policy, case)
    now = at("2026-11-24 09:00")
    given = {"case": case, "reason": "包裹找到了，电话 13800004545", "actor": gu}
    # The insurer was quicker: as long as its money is with us, nothing ends.
    insurance.receive(insured=row, amount=Decimal("650.00"), actor=gu, now=now)
    with pytest.raises(Conflict, match=r"650\.00") as refused:
        end(**given, now=now)
    row.refresh_from_db()
    assert (refused.value.code, row.state) == ("insurer_paid", InsuranceCase.State.RECEIVED)
    assert desk.claim(case).stage == "evidence" and balances()[("KF", "bank")] == 650
    with pytest.raises(KefuError) as refused:
        insurance.withdraw(insured=row, reason="不", actor=gu, now=now)
    assert refused.value.field == "reason"
    with pytest.raises(NotAllowed):
        insurance.withdraw(insured=row, reason="找到了", actor=desk.centre.lin.user, now=now)
    insurance.withdraw(insured=row, reason="包裹找到了", actor=gu, now=now)
    assert set(balances().values()) == {Decimal(0)}
    row.refresh_from_db()
    assert (row.received_amount, row.withdrawn_by) == (Decimal("650.00"), gu)

    # Reported anew and asked again: what is still open ends with the claim.
    again = insurance.report(case=case, policy=policy, actor=gu, now=now)
    insurance.hand_in(
        insured=again, claimed_amount=Decimal(600), insurer_number="R2", actor=gu, now=now
    )
    end(**given, now=at("2026-11-25 09:00"))

    again.refresh_from_db()
    assert (again.state, again.withdrawn_at) == ("withdrawn", at("2026-11-25 09:00"))
    assert "找到了" in again.withdrawn_for and "13800004545" not in again.withdrawn_for
    assert set(balances().values()) == {Decimal(0)}
    assert [due.kind for due in dues(now=at("2026-11-25 09:00")) if due.claim] == []
    with pytest.raises(Conflict):
        insurance.withdraw(insured=again, reason="再撤一次", actor=gu, now=now)

    # Taken up again, it waits to be reported again; the database knows one that stands.
    services.reopen(case=case, reason="又要赔", actor=gu, now=at("2026-11-26 09:00"))
    assert "report" in {due.kind for due in dues(now=at("2026-11-26 09:00"))}
    last = insurance.report(case=case, policy=policy, actor=gu, now=at("2026-11-26 09:00"))
    last.pk = None
    with pytest.raises(IntegrityError, match="insurance_one_standing"), transaction.atomic():
        last.save(force_insert=True)


def test_what_cannot_be_is_refused(desk, policy):
    case, gu, now = desk.register(), desk.gu.user, at("10:00")
    old = InsurancePolicy.objects.get()
    old.pk, old.number, old.valid_to = None, "PYII2025", date(2026, 11, 19)
    insurance.save_policy(policy=old, actor=gu)

    for given, field in (
        ({"policy": old}, "policy"),  # no longer valid when the customer demanded
        ({"reported_at": at("10:01")}, "reported_at"),
        ({"reported_at": at("08:59")}, "reported_at"),
    ):
        with pytest.raises(KefuError) as refused:
            insurance.report(case=case, **({"policy": policy} | given), actor=gu, now=now)
        assert refused.value.field == field
    with pytest.raises(NotAllowed):
        insurance.report(case=case, policy=policy, actor=desk.centre.lin.user, now=now)
    row = insurance.report(case=case, policy=policy, actor=gu, now=now)
    with pytest.raises(Conflict):
        insurance.report(case=case, policy=policy, actor=gu, now=now)
    for given, field in (
        ({"claimed_amount": Decimal("5000.01")}, "claimed_amount"),
        ({"claimed_amount": Decimal(0)}, "claimed_amount"),
        ({"insurer_number": ""}, "insurer_number"),
    ):
        asked = {"claimed_amount": Decimal(700), "insurer_number": "RDZA1"} | given
        with pytest.raises(KefuError) as refused:
            insurance.hand_in(insured=row, **asked, actor=gu, now=now)
        assert refused.value.field == field
    with pytest.raises(Conflict):
        insurance.receive(insured=row, amount=Decimal(1), actor=gu, now=now)
    for amount in ("-1", "NaN", "0.001"):
        with pytest.raises(KefuError) as refused:
            insurance.hand_in(
                insured=row, claimed_amount=Decimal(amount), insurer_number="R1", actor=gu, now=now
            )
        assert refused.value.field == "claimed_amount"
    with pytest.raises(KefuError) as refused:
        insurance.log_contact(
            insurer=policy.insurer,
            text="问进度",
            channel="phone",
            contacted_at=at("10:00:01"),
            actor=gu,
            now=now,
        )
    assert refused.value.field == "contacted_at" and not InsurerContact.objects.exists()
    for changed, field in (
        ({"number": policy.number, "pk": None}, "number"),
        ({"valid_to": date(2025, 12, 31)}, "valid_to"),
        ({"deductible": Decimal(5000)}, "deductible"),
        ({"insurer": desk.chengdu}, "insurer"),
    ):
        one = InsurancePolicy.objects.get(pk=policy.pk)
        for name, value in changed.items():
            setattr(one, name, value)
        with pytest.raises(KefuError) as refused:
            insurance.save_policy(policy=one, actor=gu)
        assert refused.value.field == field
    assert not balances()


@pytest.mark.rule("LC-01.22", "LC-04.07", "LC-01.23")
def test_what_is_due_is_told_to_the_adjusters_once_and_once_more_when_it_is_late(desk, policy):
    desk.work_by("LC")
    case = desk.register()  # on the 20th, for goods of 1,200: to be reported by the 22nd
    desk.register(
        waybill_number=desk.waybill("770612045502", declared_value=0).number,
        demanded_amount=Decimal(500),
    )  # not above the deductible

    assert [(due.kind, due.on, due.late) for due in dues(now=at("10:00"))] == [
        ("report", date(2026, 11, 22), False),
        ("contact", date(2026, 1, 31), True),  # never a word since the policy began
    ][::-1]
    assert insurance.remind(now=at("10:00")) == 1
    bells = Event.objects.filter(kind="insurance.late").values_list("user_id", flat=True)
    assert set(bells) == {desk.gu.user_id, desk.shen.user_id}
    insurance.log_contact(
        insurer=policy.insurer,
        text="问了进度，经办 13800004545",
        channel="phone",
        case=case,
        actor=desk.gu.user,
        now=at("10:30"),
    )
    assert "13800004545" not in InsurerContact.objects.get().text

    assert insurance.remind(now=at("2026-11-20 23:59")) == 0  # two days left, a day's notice
    assert insurance.remind(now=at("2026-11-21 00:00")) == 1
    assert insurance.remind(now=at("2026-11-21 00:10")) == 0  # twice is harmless
    rung = bell(desk.gu.user, seen_id=0)[0]
    assert rung.summary == f"{case.number} 向保险公司报案，期限 2026-11-22"
    assert insurance.remind(now=at("2026-11-23 00:00")) == 1
    late = Reminder.objects.get(kind="report", late=True)
    assert (late.claim_id, late.due_on) == (case.pk, date(2026, 11, 22))

    insurance.report(case=case, policy=policy, actor=desk.gu.user, now=at("2026-11-23 09:00"))
    waiting = {due.kind: due.on for due in dues(now=at("2026-11-23 09:00"))}
    # The next word is due a month on, by the end of it: leap years and month ends are the calendar's.
    assert waiting == {"documents": date(2026, 12, 3), "contact": date(2026, 12, 31)}
