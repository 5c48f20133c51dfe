"""Reports about losses, delays and damages: who is told, what they earn, and what a forgotten one costs."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import services
from claims.models import FaultReport, ForgottenReport, ReportBonus
from claims.replays.reports import ForgottenReports, ReportBonuses
from claims.selectors.reports import pay_facts
from claims.services.forgotten import confirm_forgotten, dismiss_forgotten, find_forgotten
from claims.services.reports import (
    Reported,
    close_report,
    concerned_answered,
    file_report,
    judge_report,
    remind_to_tell_again,
    reopen_report,
    tell_concerned,
)
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.penalties import services as penalties
from kefu.penalties.models import Waiver
from kefu.replay.decisions import differences
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department
from tests.centre import at
from tests.pages import fields

FRIDAY = at("2026-11-20 16:00")
NEXT_DAY = at("2026-11-21 09:30")


@pytest.fixture
def report_desk(desk):
    """The centre has a report desk."""
    return Department.objects.create(
        code="report", name="报告部", name_en="Report desk", desk="report_desk"
    )


@pytest.fixture
def courier(desk):
    return Party.objects.create(kind="courier", code="YW01", name="马师傅")


def outgoing(desk, **changed):
    """Lin reports the parcel that we sent and that Chengdu lost."""
    reported = Reported(
        direction="outgoing",
        fault="loss",
        waybill_number=desk.centre.waybill.number,
        text="成都到件后没有派件扫描",
        responsible=desk.chengdu,
    )
    return replace(reported, **changed)


def incoming(desk, courier, **changed):
    """Chengdu reports that our courier delayed its parcel."""
    reported = Reported(
        direction="incoming",
        fault="delay",
        waybill_number=desk.lost.number,
        text="派件晚了两天",
        responsible=courier,
        sender=desk.chengdu,
    )
    return replace(reported, **changed)


def filed(desk, reported, now=FRIDAY):
    return file_report(reported=reported, employee=desk.centre.lin, now=now)


def told(case, desk, now):
    return tell_concerned(
        case=case, text="请马师傅说明", channel="phone", actor=desk.centre.lin.user, now=now
    )


@pytest.mark.rule("CD-12.29", "CD-12.30")
def test_people_are_told_twice_of_a_report_that_came_in_before_it_is_closed(
    desk, courier, report_desk
):
    case = filed(desk, incoming(desk, courier))
    by = {"actor": desk.centre.lin.user}
    assert (case.department, case.kind, case.number[:2]) == (report_desk, "report", "BG")

    told(case, desk, FRIDAY)
    with pytest.raises(Conflict) as once:
        close_report(case=case, now=FRIDAY, **by)
    with pytest.raises(Conflict) as same:
        told(case, desk, FRIDAY)
    report = FaultReport.objects.get(case=case)

    assert (once.value.code, same.value.code) == ("notices_missing", "same_moment")
    assert report.notices.count() == 1
    assert report.told_again_by == at("2026-11-21 12:00")

    # Nobody rings in the night; in the morning once.
    assert remind_to_tell_again(now=at("2026-11-20 23:59")) == 0
    assert remind_to_tell_again(now=at("2026-11-21 08:00")) == 1
    assert remind_to_tell_again(now=at("2026-11-21 08:10")) == 0
    rung = Event.objects.filter(kind="report.notice_due", case_id=case.pk)
    assert set(rung.values_list("user_id", flat=True)) == {
        one.user_id for one in (desk.centre.wang, desk.centre.chen, desk.centre.he, desk.luo)
    }

    told(case, desk, NEXT_DAY)
    close_report(case=case, now=NEXT_DAY, **by)

    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    with pytest.raises(Conflict):
        told(case, desk, NEXT_DAY + timedelta(hours=1))
    assert reopen_report(case=case, reason="又来报", now=NEXT_DAY, **by).state == Case.State.OPEN


@pytest.mark.rule("CD-12.30")
def test_who_answered_is_not_waited_for_but_still_told_twice(desk, courier):
    case = filed(desk, incoming(desk, courier))
    by = {"actor": desk.centre.lin.user}
    with pytest.raises(Conflict) as early:
        concerned_answered(case=case, text="知道了", channel="phone", now=FRIDAY, **by)
    told(case, desk, FRIDAY)

    report = concerned_answered(
        case=case, text="车坏了", channel="phone", now=FRIDAY + timedelta(hours=1), **by
    )

    assert early.value.code == "nobody_told"
    assert (report.answered_at, report.told_again_by) == (FRIDAY + timedelta(hours=1), None)
    with pytest.raises(Conflict):
        close_report(case=case, now=NEXT_DAY, **by)
    told(case, desk, NEXT_DAY)
    close_report(case=case, now=NEXT_DAY, **by)


@pytest.mark.rule("CD-12.74", "CD-12.75", "CD-12.77")
def test_an_accepted_report_earns_in_the_month_it_was_submitted(desk):
    """Submitted in the last minute of November, accepted in December."""
    submitted, accepted = at("2026-11-30 23:59"), at("2026-12-01 09:00")
    case = filed(desk, outgoing(desk), now=submitted)

    judge_report(case=case, accept=True, actor=desk.gu.user, now=accepted)

    earned = ReportBonus.objects.values_list("to", "employee", "month", "amount", "clause")
    assert set(earned) == {
        ("author", desk.centre.lin.pk, date(2026, 11, 1), Decimal("25.00"), "CD-12.75"),
        ("pool", None, date(2026, 11, 1), Decimal("5.00"), "CD-12.77"),
    }
    facts = pay_facts(date(2026, 11, 1))
    assert [(fact.employee_id, fact.amount) for fact in facts] == [
        (desk.centre.lin.pk, Decimal("25.00")),
        (None, Decimal("5.00")),
    ]
    assert facts[0].steps[0]["clause"] == "CD-12.75"
    assert pay_facts(date(2026, 12, 1)) == []
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    with pytest.raises(Conflict):
        judge_report(case=case, accept=False, reason="算了", actor=desk.gu.user, now=accepted)
    for decision in ReportBonuses().read("2026-11", None, after=0, limit=10, at=accepted):
        rules = edition(decision.version_id).rules
        assert not [*differences(decision, ReportBonuses().decide(decision.facts, rules))]
    bonus = ReportBonus.objects.get(to="pool")
    bonus.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        bonus.save(force_insert=True)


def test_what_is_reported_once_is_not_earned_twice_and_a_returned_one_can_be_made_again(desk):
    case = filed(desk, outgoing(desk))
    with pytest.raises(Conflict) as again:
        file_report(reported=outgoing(desk), employee=desk.centre.zhou, now=FRIDAY)
    assert (again.value.code, again.value.field) == ("reported_before", "waybill_number")
    assert Case.objects.filter(kind="report").count() == 1  # nothing half done

    with pytest.raises(NotAllowed):
        judge_report(case=case, accept=True, actor=desk.centre.zhou.user, now=FRIDAY)
    with pytest.raises(KefuError) as why:
        judge_report(case=case, accept=False, actor=desk.gu.user, now=FRIDAY)
    judge_report(case=case, accept=False, reason="责任不清", actor=desk.gu.user, now=FRIDAY)

    assert why.value.field == "reason"
    assert not ReportBonus.objects.exists()
    filed(desk, outgoing(desk))
    own = file_report(
        reported=outgoing(desk, fault="damage"), employee=desk.centre.wang, now=FRIDAY
    )
    with pytest.raises(KefuError) as mine:
        judge_report(case=own, accept=True, actor=desk.centre.wang.user, now=FRIDAY)
    assert mine.value.code == "own_report"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"waybill_number": "???"}, "waybill_number"),
        ({"text": " "}, "text"),
        ({"fault": "theft"}, "fault"),
        ({"direction": "sideways"}, "direction"),
        ({"responsible": None}, "responsible"),
        ({"submitted_at": FRIDAY + timedelta(minutes=1)}, "submitted_at"),
        ({"submitted_at": at("2026-11-14 07:59")}, "submitted_at"),  # before it was dispatched
    ],
)
def test_a_report_that_cannot_be_is_refused_at_its_field(desk, changed, field):
    with pytest.raises(KefuError) as refused:
        filed(desk, outgoing(desk, **changed))

    assert refused.value.field == field
    assert not Case.objects.filter(kind="report").exists()


# Forgotten.


def sent_and_lost(desk):
    """A claim about the parcel that we sent, Chengdu found liable; withdrawn and closed without a report."""
    case = desk.register(waybill_number=desk.centre.waybill.number, now=FRIDAY)
    desk.confirmed(case, now=FRIDAY + timedelta(hours=1))
    closed = FRIDAY + timedelta(hours=2)
    services.withdraw(case=case, reason="客户找到了包裹", actor=desk.gu.user, now=closed)
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    return case


@pytest.mark.rule("CD-12.78", "CD-12.79")
def test_a_case_closed_without_its_report_is_proposed_at_the_double_and_confirmed_by_a_person(desk):
    case = sent_and_lost(desk)
    now = at("2026-11-21 02:00")
    assert find_forgotten(now=now) == 1
    assert find_forgotten(now=now) == 0  # twice is harmless
    row = ForgottenReport.objects.get()
    assert (row.employee, row.amount, row.clause) == (case.owner, Decimal("50.00"), "CD-12.79")
    assert pay_facts(date(2026, 11, 1)) == []  # only proposed
    with pytest.raises(NotAllowed):
        confirm_forgotten(found=row, actor=desk.centre.wang.user, now=now)

    penalty = confirm_forgotten(found=row, actor=desk.centre.chen.user, now=now)

    assert (penalty.value, penalty.party, penalty.state) == (50, case.owner.party, "payable")
    account = Account.objects.get(party=case.owner.party, book=Account.Book.FINES)
    assert account.balance == Decimal("50.00")
    [fact] = pay_facts(date(2026, 11, 1))
    assert (fact.employee_id, fact.amount, fact.clause) == (case.owner_id, -50, "CD-12.79")
    with pytest.raises(Conflict):
        dismiss_forgotten(found=row, reason="不算漏打", actor=desk.centre.he.user, now=now)
    [decision] = ForgottenReports().read("2026-11", None, after=0, limit=10, at=now)
    rules = edition(decision.version_id).rules
    assert not [*differences(decision, ForgottenReports().decide(decision.facts, rules))]

    waiver = penalties.propose_waiver(
        penalty=penalty, ground=Waiver.Ground.GOODWILL, reason="第一周上岗",
        actor=desk.centre.chen.user, now=now,
    )  # fmt: skip
    penalties.decide_waiver(waiver=waiver, approve=True, actor=desk.centre.he.user, now=now)

    assert pay_facts(date(2026, 11, 1)) == []  # what was taken back costs nothing
    [decision] = ForgottenReports().read("2026-11", None, after=0, limit=10, at=now)
    assert not [*differences(decision, ForgottenReports().decide(decision.facts, rules))]


@pytest.mark.rule("CD-12.78")
@pytest.mark.parametrize("made", ["pending", "returned", "inbound"])
def test_a_report_that_was_made_is_none_forgotten(desk, made):
    if made == "inbound":  # Chengdu sent it, we only delivered
        case = desk.register(now=FRIDAY)
        desk.confirmed(case, now=FRIDAY)
        services.withdraw(case=case, reason="找到了", actor=desk.gu.user, now=FRIDAY)
    else:
        sent_and_lost(desk)
        report = filed(desk, outgoing(desk), now=FRIDAY + timedelta(hours=3))
        if made == "returned":
            judge_report(
                case=report, accept=False, reason="写错了", actor=desk.gu.user, now=NEXT_DAY
            )

    assert find_forgotten(now=NEXT_DAY) == (1 if made == "returned" else 0)


@pytest.mark.rule("CD-12.78")
def test_a_claim_about_a_parcel_that_we_sent_is_not_closed_before_its_report(desk):
    case = desk.register(waybill_number=desk.centre.waybill.number, now=FRIDAY)
    assert "report" not in services.loose_ends(desk.claim(case))  # nobody is known to be at fault
    desk.confirmed(case, now=FRIDAY)
    assert "report" in services.loose_ends(desk.claim(case))

    filed(desk, outgoing(desk, about=case))

    assert "report" not in services.loose_ends(desk.claim(case))


def test_a_supervisor_says_why_it_was_none(desk):
    sent_and_lost(desk)
    find_forgotten(now=NEXT_DAY)
    row = ForgottenReport.objects.get()
    with pytest.raises(KefuError) as why:
        dismiss_forgotten(found=row, reason="无", actor=desk.centre.chen.user, now=NEXT_DAY)

    dismiss_forgotten(found=row, reason="纸质报告已交", actor=desk.centre.chen.user, now=NEXT_DAY)

    row.refresh_from_db()
    assert why.value.field == "reason"
    assert (row.state, row.penalty, row.reason) == ("dismissed", None, "纸质报告已交")
    assert find_forgotten(now=NEXT_DAY) == 0
    with pytest.raises(ProgrammingError), transaction.atomic():
        ForgottenReport.objects.filter(pk=row.pk).update(reason="别的", state="confirmed")


# Pages.


def test_from_the_form_to_the_closed_case_in_the_browser(desk, courier, settings):
    settings.KEFU_NOW = FRIDAY
    client = Client()
    client.force_login(desk.centre.lin.user)
    page = client.get(reverse("claims:new_report"), {"waybill": desk.lost.number})
    form = fields(page.content.decode())
    assert form["waybill_number"] == [desk.lost.number]

    wrong = client.post(reverse("claims:new_report"), {**form, "direction": "incoming"})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) >= {"fault", "text"}
    words = {"direction": "incoming", "fault": "delay", "text": "晚了两天", "against": "YW01"}
    sent = {**form, **words, "outlet": "CD03", "about": "LP-000000-0000"}
    assert "about" in client.post(reverse("claims:new_report"), sent).context["form"].errors
    done = client.post(reverse("claims:new_report"), {**sent, "about": ""})
    again = client.post(reverse("claims:new_report"), {**sent, "about": ""})  # one effect

    report = FaultReport.objects.get()
    number = report.case.number
    assert done.url == again.url == reverse("workbench:case", args=[number])
    shown = client.get(done.url).content.decode()
    assert "马师傅" in shown
    assert "0/2" in shown
    for moment, n in ((FRIDAY, 1), (NEXT_DAY, 2)):
        settings.KEFU_NOW = moment
        step = reverse("workbench:step", args=[number, "tell"])
        given = fields(client.get(step).content.decode())
        said = client.post(step, {**given, "text": "请说明", "channel": "phone"})
        assert said.status_code == 200
        assert report.notices.count() == n
    with CaptureQueriesContext(connection) as few:
        page = client.get(reverse("claims:reports"))
    assert number in page.content.decode()
    step = reverse("workbench:step", args=[number, "close"])
    assert client.post(step, fields(client.get(step).content.decode())).status_code == 200
    report.case.refresh_from_db()
    assert report.case.state == Case.State.CLOSED
    for n in range(3):
        filed(desk, outgoing(desk, waybill_number=f"88061204560{n}"), now=NEXT_DAY)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("claims:reports"))
    assert len(many) == len(few)


def test_a_supervisor_confirms_forgotten_ones_on_their_page(desk, settings):
    settings.KEFU_NOW = NEXT_DAY
    sent_and_lost(desk)
    find_forgotten(now=NEXT_DAY)
    row = ForgottenReport.objects.get()
    address = reverse("claims:decide_forgotten", args=[row.pk])
    client = Client()
    client.force_login(desk.centre.lin.user)
    assert client.get(reverse("claims:forgotten")).status_code == 403
    client.post(address, {"do": "confirm"})
    row.refresh_from_db()
    assert row.state == "proposed"

    client.force_login(desk.centre.chen.user)
    page = client.get(reverse("claims:forgotten")).content.decode()
    assert "50.00" in page
    client.post(address, {**fields(page, form=address), "do": "confirm", "reason": ""})

    row.refresh_from_db()
    assert (row.state, row.penalty.value) == ("confirmed", Decimal("50.00"))
