"""A supervisor's own process: written in rows, refused by the field at fault, published, replaced, run."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from claims import services as claims
from inquiries import services as inquiries
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.rulebook import load
from kefu.processes import services
from kefu.processes.drawing_up import Sheet, StepRow, plan_of, sheet_of
from kefu.processes.forms import Editor
from kefu.processes.models import ProcessRun, ProcessTemplate
from kefu.processes.selectors import chain, offered
from kefu.replay.rows import Promises
from kefu.rulebooks.selectors import edition_in_force
from problem_parcels import services as parcels
from tests.centre import at
from tests.claims.conftest import build_desk as build_claims
from tests.claims.money import approved, pay, tell
from tests.problem_parcels.conftest import EVENING, build_desk
from tests.processes.conftest import Shop

SHEET = Sheet(
    name="赠品补寄",
    kinds=["inquiry"],
    rows=[
        StepRow("登记", fields="缺什么\n寄到哪天前：将来日期\n颜色：红/蓝"),
        StepRow(
            "仓库配货", by="warehouse_office", hours=Decimal(4), working=True, fields="单号：运单"
        ),
        StepRow(
            "复核",
            by="",
            hours=Decimal("0.5"),
            outcomes="通过\n退回→仓库配货",
            other_than=2,
        ),
        StepRow("拍照存档", fields="照片：照片\n备注（选填）", blocks=False),
        StepRow("告知客户", fields="电话：电话"),
    ],
    opens="09:00",
    closes="18:00",
    days=[1, 2, 3, 4, 5],
    warn_minutes=30,
)


def published(shop: Shop, sheet: Sheet = SHEET) -> ProcessTemplate:
    template = services.draft(sheet=sheet, actor=shop.chen.user, now=shop.later())
    return services.publish(template=template, actor=shop.chen.user, now=shop.later())


def clock_of(run: ProcessRun) -> Deadline:
    return Deadline.objects.unanswered().get(case=run.case)


def test_it_runs_on_a_case_whose_closing_waits_for_it(shop):
    """Friday afternoon: four working hours end on Monday; sent back, the clock starts anew."""
    template = published(shop)
    shop.clock = at("16:00")
    case = shop.centre.inquiry(now=shop.later(), owner=shop.lin)
    run = shop.start(template.code, about=case)
    given = {"f1_1": "发夹", "f1_2": "2026-11-25", "f1_3": "c4"}
    with pytest.raises(KefuError) as refused:
        shop.do(run, "s1", "lin", **given | {"f1_2": "2026-11-19"})
    assert (refused.value.code, refused.value.field) == ("in_past", "f1_2")
    shop.do(run, "s1", "lin", **given)

    packing = clock_of(run)
    assert packing.starts_at == shop.clock
    assert packing.due_at == at("2026-11-23 11:00") + (shop.clock - at("16:00"))
    assert packing.warn_at == packing.due_at - timedelta(minutes=30)
    assert (packing.department, packing.clause) == (shop.desks["warehouse_office"], "process")
    shop.do(run, "s2", "sun", f2_1="880612045590")
    packing.refresh_from_db()
    assert packing.state == "met"
    check = clock_of(run)
    assert check.due_at == shop.clock + timedelta(minutes=30)
    with pytest.raises(KefuError) as own:
        shop.do(run, "s3", "sun", outcome="o3_1")
    assert own.value.code == "four_eyes"
    shop.do(run, "s3", "lin", outcome="o3_2")
    check.refresh_from_db()
    assert check.state == "met"
    assert shop.at(run).position.step == "s2"
    shop.do(run, "s2", "sun", f2_1="880612045591")
    shop.do(run, "s3", "lin", outcome="o3_1")

    assert shop.at(run).position.open == ("s4", "s5")  # what does not block may be done later
    answer(shop, case)
    with pytest.raises(Conflict) as waits:
        inquiries.close(case=case, note="寄出", actor=shop.lin.user, now=shop.later())
    assert waits.value.code == "process_open"
    shop.do(run, "s5", "lin", f5_1="13800004545")
    inquiries.close(case=case, note="寄出", actor=shop.lin.user, now=shop.later())
    with pytest.raises(KefuError) as photo:
        shop.do(run, "s4", "lin")
    assert photo.value.field == "f4_1"
    shop.photograph(shop.case(run))
    shop.do(run, "s4", "lin")
    assert ProcessRun.objects.get(pk=run.pk).ending == "done"

    promises, rules = Promises(), load("SD-2")
    decisions = promises.read("2026-11", None, after=0, limit=100, at=at("2026-12-01 00:00"))
    steps = [one for one in decisions if one.facts.action == "process_step"]
    assert len(steps) == 4
    for one in steps:
        found = promises.decide(one.facts, rules).fields
        assert {name: one.stored.fields[name] for name in found} == found


def answer(shop: Shop, case) -> None:
    inquiries.answer_customer(
        case=case,
        text="今天寄出",
        channel="phone",
        substantive=True,
        actor=shop.lin.user,
        now=shop.later(),
    )


def row(place: int, **given) -> Sheet:
    rows = list(SHEET.rows)
    rows[place] = replace(rows[place], **given)
    return replace(SHEET, rows=rows)


@pytest.mark.parametrize(
    ("sheet", "field", "code"),
    [
        (replace(SHEET, name="  "), "name", "text_required"),
        (replace(SHEET, rows=[]), "steps-0-name", "no_steps"),
        (replace(SHEET, rows=[StepRow(f"第{n}步") for n in range(21)]), "name", "too_many_steps"),
        (replace(SHEET, closes="09:00"), "closes", "closes_before_opening"),
        (replace(SHEET, days=[]), "days", "field_required"),
        (row(2, name="登记"), "steps-2-name", "step_twice"),
        (row(1, hours=Decimal(0)), "steps-1-hours", "bad_hours"),
        (row(1, hours=None), "steps-1-hours", "field_required"),
        (row(0, fields="缺什么\n缺什么"), "steps-0-fields", "field_twice"),
        (row(0, fields="：日期"), "steps-0-fields", "no_label"),
        (row(0, fields="颜色：彩虹"), "steps-0-fields", "unknown_sort"),
        (
            row(0, fields="\n".join(f"栏{n}" for n in range(21))),
            "steps-0-fields",
            "too_many_fields",
        ),
        (row(2, outcomes="通过"), "steps-2-outcomes", "one_outcome"),
        (row(2, outcomes="通过\n通过"), "steps-2-outcomes", "outcome_twice"),
        (row(2, outcomes="通过\n退回→告知客户"), "steps-2-outcomes", "no_earlier_step"),
        (row(1, other_than=3), "steps-1-other_than", "no_earlier_step"),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(shop, sheet, field, code):
    with pytest.raises(KefuError) as refused:
        services.draft(sheet=sheet, actor=shop.chen.user, now=shop.later())

    assert (refused.value.field, refused.value.code) == (field, code)
    assert not ProcessTemplate.objects.exists()


def test_what_was_published_never_changes_and_what_runs_goes_on_as_it_began(shop):
    first = published(shop)
    run = shop.start(first.code)
    for attempt in (
        lambda: services.save(template=first, sheet=SHEET, actor=shop.chen.user, now=shop.later()),
        lambda: services.discard(template=first, actor=shop.chen.user),
        lambda: services.publish(template=first, actor=shop.chen.user, now=shop.later()),
    ):
        with pytest.raises(Conflict):
            attempt()
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        ProcessTemplate.objects.filter(pk=first.pk).update(plan={})

    second = services.revise(template=first, actor=shop.chen.user, now=shop.later())
    assert services.revise(template=first, actor=shop.chen.user, now=shop.later()) == second
    short = replace(SHEET, rows=SHEET.rows[:1])
    services.save(template=second, sheet=short, actor=shop.he.user, now=shop.later())
    services.publish(template=second, actor=shop.he.user, now=shop.later())
    first.refresh_from_db()
    assert (first.state, second.number) == ("withdrawn", 2)
    assert len(shop.at(run).plan.steps) == 5
    assert len(shop.at(shop.start(first.code)).plan.steps) == 1

    services.withdraw(template=ProcessTemplate.objects.get(pk=second.pk), actor=shop.chen.user)
    with pytest.raises(KefuError) as gone:
        shop.start(first.code)
    assert gone.value.code == "no_process"


def test_only_supervisors_draw_up_processes_and_each_has_a_name_of_its_own(shop):
    for who in ("lin", "wang", "jin"):
        with pytest.raises(NotAllowed):
            services.draft(sheet=SHEET, actor=shop.people[who].user, now=shop.later())
    template = published(shop)
    with pytest.raises(KefuError) as taken:
        services.draft(sheet=SHEET, actor=shop.chen.user, now=shop.later())
    assert taken.value.code == "name_taken"

    services.withdraw(template=template, actor=shop.chen.user)
    published(shop)  # another by that name
    back = services.revise(template=template, actor=shop.chen.user, now=shop.later())
    with pytest.raises(KefuError) as taken:
        services.publish(template=back, actor=shop.chen.user, now=shop.later())
    assert (taken.value.code, taken.value.field) == ("name_taken", "name")

    again = sheet_of(template.read)
    assert (again.rows, again.opens, again.days) == (SHEET.rows, "09:00", (1, 2, 3, 4, 5))
    assert [link.limit for link in chain(template.read)][1] == "工作时间 4 小时"


def test_whatever_minutes_a_limit_has_its_draft_can_be_saved_again():
    """The editor shows hours to the hundredth: 10 minutes as 0.17, twenty hours as 20."""
    for minutes, typed in ((1, "0.02"), (5, "0.08"), (10, "0.17"), (100, "1.67"), (1200, "20")):
        hours = Decimal(typed)
        plan = plan_of(replace(SHEET, rows=[StepRow("登记", hours=hours)]), "house")
        assert plan.steps[0].within_minutes == minutes
        (shown,) = Editor(sheet=sheet_of(plan)).rows[:1]
        assert shown.initial["hours"] == typed
        assert plan_of(sheet_of(plan), "house") == plan


def test_a_parcel_leaves_though_its_case_waits_for_a_process(db):
    desk = build_desk()
    lin, chen = desk.lin, desk.centre.chen.user
    sheet = replace(SHEET, kinds=["problem_parcel"], rows=[StepRow("告知客户")])
    template = services.draft(sheet=sheet, actor=chen, now=EVENING)
    services.publish(template=template, actor=chen, now=EVENING)
    case = desk.register("damaged_outside", attempts=[])
    common = {"actor": lin.user, "now": EVENING}
    run = services.start(
        code=template.code, department=lin.department, owner=lin, about=case, **common
    )
    disposal = parcels.decide(case=case, kind="send_on", asked_by="desk", reason="已加固", **common)

    parcels.carry_out(disposal=disposal, by=lin, **common)

    case.refresh_from_db()
    assert case.state == Case.State.ANSWERED
    with pytest.raises(Conflict) as waits:
        parcels.close(case=case, **common)
    assert waits.value.code == "process_open"
    services.do_step(run=run, step="s1", **common)
    parcels.close(case=case, **common)


def test_a_template_is_tied_to_claims_reports_or_incidents_and_holds_a_claim_open(
    db, client, settings
):
    """Paid and told, the claim still waits for the step; a report does not go through what is for claims."""
    desk = build_claims()
    chen, now = desk.centre.chen.user, at("15:45")
    sheet = replace(SHEET, rows=[StepRow("告知客户")])
    tied = {}
    for kind in ("claim", "report", "incident"):
        draft = services.draft(
            sheet=replace(sheet, name=f"告知 {kind}", kinds=[kind]), actor=chen, now=now
        )
        tied[kind] = services.publish(template=draft, actor=chen, now=now).code
    using = edition_in_force(department_id=desk.claims.pk, at=now)
    for kind, code in tied.items():
        own = {one for one, found in offered(using, kind=kind).items() if found.template}
        assert own == {code}
    case = approved(desk)
    pay(desk, case)
    tell(desk, case)
    begin = {"department": desk.claims, "owner": desk.gu, "about": case, "actor": desk.gu.user}
    with pytest.raises(KefuError) as other:
        services.start(code=tied["report"], now=now, **begin)
    assert other.value.code == "other_kind"
    run = services.start(code=tied["claim"], now=now, **begin)

    settings.KEFU_NOW = at("15:55")
    client.force_login(desk.gu.user)
    shown = client.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert "流程“告知 claim”办完后可结案" in shown
    assert run.case.number in shown and "轮到这一步" in shown
    with pytest.raises(Conflict) as waits:
        claims.close(case=case, actor=desk.gu.user, now=at("16:00"))
    assert waits.value.code == "process_open"
    services.do_step(run=run, step="s1", actor=desk.gu.user, now=at("16:10"))
    claims.close(case=case, actor=desk.gu.user, now=at("16:20"))
    assert Case.objects.get(pk=case.pk).state == Case.State.CLOSED
