"""Reports about a week or a month: what they count, who makes them, and that they stay as they were issued."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from claims import services as claims
from claims.services.self_settled import Settled, record, withdraw
from inquiries import services as inquiries
from inquiries.models import Complaint, Inquiry
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.reports.content import digest
from kefu.reports.models import Register, RegisterStep
from kefu.reports.selectors.registers import compute
from kefu.reports.services.registers import (
    correct,
    draw_up,
    draw_up_and_remind,
    send_back,
    take_step,
)
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.pages import fields

LAST_SECOND = at("2026-11-30 23:59:59")
DECEMBER = at("2026-12-01 00:00")
TUESDAY = at("2026-12-01 09:00")


@pytest.fixture
def desk(desk):
    """The centre's own book says nothing of registers; the claims department works by the logistics centre's."""
    desk.work_by("LC")
    return desk


def demanded(desk, number, *, now, **given):
    """A claim about another parcel from Chengdu."""
    desk.waybill(number, accepted_at=at("2026-11-01 09:00"))
    return desk.register(waybill_number=number, now=now, **given)


def table(register, about):
    """{label: cells} of one table of a report as it is on record now or was kept."""
    content = register.content or compute(register)
    found = next(one for one in content["tables"] if one["about"] == about)
    return {tuple(label): cells for label, cells in found["rows"]}, found["total"]


def monthly(kind="monthly_claims", about=date(2026, 11, 9), now=TUESDAY):
    return draw_up(kind=kind, about=about, now=now)


def step(register, name, employee, now=TUESDAY, **words):
    return take_step(register=register, step=name, actor=employee.user, now=now, **words)


@pytest.mark.rule("LC-01.25")
def test_the_month_counts_by_the_demand_the_payment_and_what_is_open_at_its_last_midnight(desk):
    """One demanded in the last second of November, one in the first of December, one closed between."""
    early = desk.register(now=at("2026-11-20 09:00"))
    late = demanded(desk, "770612045502", now=LAST_SECOND)
    demanded(desk, "770612045503", now=DECEMBER)
    gone = demanded(desk, "770612045504", loss="damage", place="outer", now=at("2026-11-02 09:00"))
    claims.withdraw(case=gone, reason="客户撤回", actor=desk.gu.user, now=LAST_SECOND)
    desk.confirmed(early, now=at("2026-11-21 09:00"))

    register = monthly()

    assert (register.first_on, register.last_on) == (date(2026, 11, 1), date(2026, 11, 30))
    assert register.due_at == at("2026-12-05 18:00")
    by_loss, total = table(register, "loss_type")
    assert by_loss == {
        ("loss_type", "loss"): ["2", "0", "0.00", "0.00", "2"],
        ("loss_type", "damage"): ["1", "0", "0.00", "0.00", "0"],
    }
    assert total == ["3", "0", "0.00", "0.00", "2"]
    by_party, same = table(register, "liable_party")
    assert by_party[("name", "成都武侯三部")] == ["1", "0", "0.00", "0.00", "1"]
    assert by_party[("nobody", "")] == ["2", "0", "0.00", "0.00", "1"]
    assert same == total
    december, _total = table(
        monthly(about=date(2026, 12, 9), now=at("2027-01-01 00:00")), "loss_type"
    )
    assert december[("loss_type", "loss")][0] == "1"
    assert late.number


@pytest.mark.rule("LC-01.25", "LC-01.26")
def test_money_is_divided_among_the_liable_and_adds_up_to_the_total(desk):
    third = [claims.Share("outlet", desk.chengdu, Decimal("33.33")),
             claims.Share("outlet", desk.centre.xian, Decimal("66.67"))]  # fmt: skip
    case = desk.register(now=at("2026-11-20 09:00"))
    desk.confirmed(case, now=at("2026-11-21 09:00"), liable=third)
    desk.agreed(case, "100.01", now=at("2026-11-22 09:00"))

    causes = monthly("incident_causes")

    by_party, total = table(causes, "liable_party")
    assert by_party == {
        ("name", "西安雁塔二部"): ["1", "66.68"],
        ("name", "成都武侯三部"): ["1", "33.33"],
    }
    assert total == ["1", "100.01"]
    assert table(causes, "cause")[0] == {("cause", "lost_in_transit"): ["1", "100.01"]}
    assert table(causes, "route")[0] == {("name", "成都 → 扬州"): ["1", "100.01"]}


@pytest.mark.rule("LC-01.26", "LC-04.09")
def test_the_adjuster_prepares_the_centre_issues_and_not_without_words(desk):
    register = monthly("incident_causes")
    assert register.due_at == at("2026-12-05 18:00")  # with the monthly report it goes with
    with pytest.raises(Conflict):
        step(register, "issue", desk.centre.chen)
    with pytest.raises(NotAllowed):
        step(register, "prepare", desk.centre.lin)
    step(register, "prepare", desk.gu)
    with pytest.raises(NotAllowed):
        step(register, "issue", desk.gu)

    with pytest.raises(KefuError) as wordless:
        step(register, "issue", desk.centre.chen)

    assert (wordless.value.code, wordless.value.field) == ("analysis_wanted", "analysis")
    assert Register.objects.get().issued_at is None
    step(register, "prepare", desk.gu, analysis="主要是中转遗失，回拨 13800004545")
    issued = step(register, "issue", desk.centre.chen)
    assert (issued.issued_by, issued.digest) == (
        desk.centre.chen.user,
        digest(issued.content, issued.analysis),
    )
    assert "13800004545" not in issued.analysis


@pytest.mark.rule("LC-01.04", "LC-02.07", "LC-05.08")
def test_the_weekly_summary_is_prepared_reviewed_and_issued_by_others_than_its_author(desk):
    centre = desk.centre
    register = draw_up(kind="weekly_complaints", about=date(2026, 11, 25), now=TUESDAY)
    assert register.due_at == at("2026-11-30 18:00")
    step(register, "prepare", centre.chen)
    with pytest.raises(KefuError) as own:
        step(register, "review", centre.chen)
    with pytest.raises(KefuError) as why:
        send_back(register=register, note=" ", actor=centre.he.user, now=TUESDAY)
    send_back(register=register, note="网点列错了", actor=centre.he.user, now=TUESDAY)
    with pytest.raises(Conflict):  # it is to be prepared anew
        step(register, "review", centre.he)

    step(register, "prepare", centre.lin)
    step(register, "review", centre.chen)
    issued = step(register, "issue", centre.chen)

    assert own.value.code == "own_work"
    assert why.value.field == "note"
    assert issued.issued_at == TUESDAY
    assert table(issued, "outlet")[1] == ["0", "0", "0"]  # a zero report is a report
    with pytest.raises(Conflict):
        step(register, "prepare", centre.lin)


def complaint(desk, text, *, now, cause="delayed", **given):
    case = inquiries.file_complaint(
        cause=Complaint.Cause(cause),
        against=desk.chengdu,
        text=text,
        channel=Interaction.Channel.PHONE,
        asker=Inquiry.Asker.SENDER,
        waybill=desk.centre.waybill,
        customer_name="陈晓梅",
        customer_phone="13800004545",
        received_at=now,
        department=desk.centre.query_desk,
        owner=desk.centre.lin,
        actor=desk.centre.lin.user,
        now=now,
        **given,
    )
    Complaint.objects.filter(case=case).update(category="delay", received_at=now)
    return case


@pytest.mark.rule("LC-01.04", "LC-01.05", "LC-02.08", "LC-05.09")
def test_the_week_counts_what_came_from_monday_to_sunday_with_causes_and_wishes(desk):
    monday, sunday = at("2026-11-16 00:00"), at("2026-11-22 23:59:59")
    first = complaint(desk, "晚了三天", now=monday)
    complaint(desk, "还没到", now=sunday)
    complaint(desk, "下周的", now=sunday + timedelta(seconds=1))
    for state, closed_at in (("answered", None), ("closed", sunday)):
        Case.objects.filter(pk=first.pk).update(state=state, closed_at=closed_at)
    inquiries.analyse(
        case=Case.objects.filter(complaint__isnull=False).order_by("-pk")[1],
        cause="中转站积压",
        suggestion="加一班车",
        actor=desk.centre.lin.user,
        now=sunday,
    )

    register = draw_up(
        kind="weekly_complaints", about=date(2026, 11, 18), now=at("2026-11-23 08:00")
    )

    assert table(register, "outlet")[0] == {("name", "成都武侯三部"): ["2", "1", "1"]}
    assert table(register, "issue_type")[0] == {("issue_type", "delay"): ["2", "1", "1"]}
    assert table(register, "cause")[0] == {("cause", "delayed"): ["2", "1", "1"]}
    assert table(register, "route")[0] == {("name", "扬州 → 成都"): ["2", "1", "1"]}
    assert list(table(register, "suggestions")[0].values()) == [["中转站积压", "加一班车"]]
    assert table(register, "customer_needs")[0] == {}


@pytest.mark.rule("LC-02.12", "LC-02.13")
def test_what_units_settled_themselves_is_counted_by_four_kinds_and_in_no_other_total(desk):
    def settled(number, amount, on):
        told = Settled(
            party_type="outlet",
            party=desk.chengdu,
            customer="陈晓梅",
            waybill_number=number,
            amount_yuan=Decimal(amount),
            settled_on=on,
        )
        return record(
            told=told, department_id=desk.claims.pk, actor=desk.gu.user, now=at("2026-12-01 10:00")
        )

    for number in ("770612045511", "770612045512", "770612045513", "770612045514"):
        desk.waybill(number, accepted_at=at("2026-10-01 09:00"))
    settled("770612045511", "20.50", date(2026, 11, 1))
    settled("770612045512", "30.00", date(2026, 11, 30))
    settled("770612045513", "40.00", date(2026, 12, 1))
    gone = settled("770612045514", "50.00", date(2026, 11, 15))
    withdraw(row=gone, reason="记错了", actor=desk.gu.user, now=at("2026-12-01 10:00"))

    rows, total = table(monthly("self_settled_cases"), "party_type")

    assert rows == {
        ("party_type", "outlet"): ["2", "50.50"],
        ("party_type", "market_area"): ["0", "0.00"],
        ("party_type", "line_haul_driver"): ["0", "0.00"],
        ("party_type", "loader"): ["0", "0.00"],
    }
    assert total == ["2", "50.50"]
    assert table(monthly(), "loss_type")[1] == ["0", "0", "0.00", "0.00", "0"]


@pytest.mark.rule("LC-06.01")
def test_the_complaint_rate_is_of_the_consignments_an_outlet_handled_in_the_month(desk):
    for n in range(4):
        desk.waybill(f"77061204560{n}", accepted_at=at("2026-11-10 09:00"))
    desk.waybill("770612045699", accepted_at=at("2026-12-01 00:00"))
    Waybill.objects.filter(number="770612045501").update(accepted_at=at("2026-10-31 23:59"))
    complaint(desk, "晚了", now=at("2026-11-30 23:59"))
    complaint(desk, "晚了", now=at("2026-12-01 00:00"))

    register = monthly("complaint_rate")

    # Five: four that Chengdu sent, and the one of the centre that it delivers.
    rows, total = table(register, "outlet")
    assert rows == {("name", "成都武侯三部"): ["1", "5", "20.0"]}
    assert total == ["1", "5", "20.0"]
    assert step(register, "issue", desk.centre.chen).issued_at == TUESDAY  # the centre's alone


@pytest.mark.rule("LC-01.25")
def test_what_was_issued_does_not_change_and_a_correction_is_the_next_version(desk):
    case = desk.register(now=at("2026-11-20 09:00"))
    register = monthly()
    step(register, "prepare", desk.gu)
    step(register, "issue", desk.centre.chen)
    register.refresh_from_db()
    kept = register.content
    claims.withdraw(case=case, reason="撤回", actor=desk.gu.user, now=at("2026-11-30 12:00"))
    assert compute(register) != kept

    with pytest.raises(Conflict):
        step(register, "prepare", desk.gu)
    for change in ({"content": {}}, {"analysis": "改"}, {"digest": "0" * 64}):
        with pytest.raises(ProgrammingError), transaction.atomic():
            Register.objects.filter(pk=register.pk).update(**change)
    with pytest.raises(NotAllowed):
        correct(register=register, reason="漏了一件", actor=desk.gu.user, now=TUESDAY)
    new = correct(register=register, reason="漏了一件", actor=desk.centre.he.user, now=TUESDAY)
    with pytest.raises(Conflict):
        correct(register=register, reason="再来", actor=desk.centre.he.user, now=TUESDAY)
    step(new, "prepare", desk.gu)
    new = step(new, "issue", desk.centre.chen)

    assert (new.number, new.corrects) == (2, register)
    register.refresh_from_db()
    assert register.content == kept != new.content
    assert draw_up(kind="monthly_claims", about=date(2026, 11, 1), now=TUESDAY) == new


@pytest.mark.rule("LC-01.04", "LC-01.25")
def test_reports_are_drawn_up_when_their_period_is_over_and_rung_for_once(desk):
    with pytest.raises(Conflict) as running:
        draw_up(kind="monthly_claims", about=date(2026, 11, 1), now=LAST_SECOND)
    assert running.value.code == "period_runs"
    draw_up_and_remind(now=LAST_SECOND)
    assert set(Register.objects.values_list("kind", "first_on")) == {
        *((kind, date(2026, 10, 1)) for kind in
          ("monthly_claims", "incident_causes", "self_settled_cases", "complaint_rate",
           "reward_penalty_detail", "training_and_attendance")),
        ("weekly_complaints", date(2026, 11, 23)),
    }  # fmt: skip

    draw_up_and_remind(now=DECEMBER)
    assert Register.objects.filter(first_on=date(2026, 11, 1)).count() == 6
    rung = Event.objects.filter(kind="register.due", user_id=desk.centre.chen.user_id)
    before = rung.count()
    assert draw_up_and_remind(now=DECEMBER + timedelta(minutes=10)) == 0
    assert rung.count() == before
    assert draw_up_and_remind(now=at("2026-12-05 18:00:01")) == 4
    late = Event.objects.filter(kind="register.late", user_id=desk.centre.chen.user_id)
    assert {"register": "monthly_claims", "period": "2026-11"} in late.values_list(
        "data", flat=True
    )


def test_without_a_rulebook_that_asks_for_it_there_is_no_report(db):
    build_desk()  # works by the courier department's alone

    assert monthly() is None
    draw_up_and_remind(now=TUESDAY)
    assert set(Register.objects.values_list("kind", flat=True)) == {"training_and_attendance"}


def test_a_report_in_the_browser_from_the_list_to_the_file(desk, settings):
    settings.KEFU_NOW = TUESDAY
    desk.register(now=at("2026-11-20 09:00"))
    draw_up_and_remind(now=TUESDAY)
    register = Register.objects.get(kind="monthly_claims", first_on=date(2026, 11, 1))
    address = reverse("reports:register", args=[register.pk])
    client = Client()
    client.force_login(desk.gu.user)
    assert address in client.get(reverse("reports:registers")).content.decode()
    page = client.get(address).content.decode()
    to = reverse("reports:register_step", args=[register.pk])
    form = fields(page, form=to)
    done = client.post(to, {**form, "step": "prepare", "analysis": "=1+1 十一月只有一件"})
    assert done.url == address
    assert not client.get(address).context["own_work"]  # what follows is nothing of his anyway

    client.force_login(desk.centre.chen.user)
    form = fields(client.get(address).content.decode(), form=to)
    client.post(to, {**form, "step": "issue"})
    register.refresh_from_db()
    assert register.issued_at == TUESDAY
    file = client.get(reverse("reports:register_file", args=[register.pk]))
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(file.content))
    assert len(sheets.sheet_names) == 3
    assert sheets.get_sheet_by_index(2).to_python()[1] == [
        "=1+1 十一月只有一件"
    ]  # text, and no formula
    refused = client.post(to, {"step": "prepare", "ticket": ""})
    assert refused.status_code == 422
    assert register.digest in client.get(address).content.decode()
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("reports:registers"))
    for month in (6, 7, 8):
        monthly(about=date(2026, month, 1))
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("reports:registers"))
    assert len(many) == len(few)
    assert RegisterStep.objects.filter(register=register).count() == 2
