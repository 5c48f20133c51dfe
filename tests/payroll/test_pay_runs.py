"""A month's pay from the choice of the month to its lock: worked months, and what must never happen to them."""

import threading
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from claims.models import FaultReport
from claims.services.reports import Reported, file_report, judge_report
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.jobs.models import Job
from kefu.ledger.models import Account
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.policy.calculations import calculation
from kefu.replay.decisions import differences, replayables
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.rulebooks.selectors import edition
from payroll.models import (
    AttendanceDay,
    Employment,
    FundEntry,
    MonthScore,
    Overtime,
    PayAdjustment,
    PayRun,
    Payslip,
    PayslipLine,
    PayslipPart,
    Roster,
    RosteredShift,
)
from payroll.selectors.pay import pool
from payroll.services import adjustments, papers, pay_locks, pay_runs, pay_slips, register
from payroll.services.pool_and_fund import give
from problem_parcels.models import Volume
from tests.centre import at
from tests.payroll.house import DECEMBER, NOVEMBER, NOW, amounts, build, changed, slip, told, work
from tests.payroll.test_exams import exam
from tests.threads import at_once

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule


@pytest.fixture
def house():
    return build()


def fined(house, one, clause, value, day="2026-11-12 10:00"):
    """A fine from a case, payable on the employee's party."""
    with transaction.atomic():
        return _fined(house, one, clause, value, day)


def _fined(house, one, clause, value, day):
    case = house.centre.inquiry(now=at(day))
    version = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    return penalties.impose(
        case=case, clause=clause, version_id=version.pk, party=one.party, kind=Penalty.Kind.FINE,
        value=Decimal(value), inputs={"condition": "at_once"}, actor=house.luo.user, now=at(day),
    )  # fmt: skip


def handled(one, desk, number):
    Volume.objects.create(
        employee=one, month=NOVEMBER, metric=f"{desk}_problem_parcels", number=number
    )


FORMULAS = {
    # Full attendance, ten months of service; the allowance where the department has one.
    "query": [("CD-12.92", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.82", "50.00")],
    "report": [("CD-12.93", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.82", "50.00")],
    "processing": [("CD-12.97", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.82", "50.00")],
    "front": [("CD-12.94", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.80", "50.00"), ("CD-12.82", "50.00")],
    "warehouse": [("CD-12.95", "1000.00"), ("CD-12.87", "184.00"), ("CD-12.80", "50.00"), ("CD-12.82", "50.00")],
    "business": [("CD-12.96", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.80", "50.00"), ("CD-12.82", "50.00")],
    "on_site": [("CD-12.90", "1000.00"), ("CD-12.87", "200.00"), ("CD-12.81", "50.00"), ("CD-12.82", "50.00")],
}  # fmt: skip


@rule(
    "CD-12.80", "CD-12.81", "CD-12.82", "CD-12.86", "CD-12.87", "CD-12.90", "CD-12.92", "CD-12.93",
    "CD-12.94", "CD-12.95", "CD-12.96", "CD-12.97",
)  # fmt: skip
def test_a_november_of_every_department_comes_out_to_the_fen(house):
    people = {name: house.hire(f"员工{name}", name) for name in FORMULAS}
    handled(people["processing"], "outbound", 5500)  # costs no point
    handled(people["warehouse"], "inbound", 1999)  # costs four: 46 ÷ 50 × 200

    run = house.run()

    assert run.state == PayRun.State.COMPUTED
    assert [(row.field, row.why) for row in run.failures.all()] == []
    assert {name: amounts(run, one) for name, one in people.items()} == FORMULAS
    nets = {name: slip(run, one).net for name, one in people.items()}
    assert nets["query"] == Decimal("1250.00") and nets["front"] == Decimal("1300.00")


@rule("CD-12.83", "CD-12.84", "CD-12.85", "CD-12.88", "CD-12.89", "CD-12.91", "CD-12.98")
def test_service_the_first_month_and_a_major_error(house):
    new = house.hire("新人", hired_on=date(2026, 11, 16))
    second = house.hire("次月", hired_on=date(2026, 10, 31))
    anniversary = house.hire("周年", hired_on=date(2025, 11, 1))
    year = house.hire("满年", hired_on=date(2025, 10, 31))
    old = house.hire("老员工", hired_on=date(2019, 3, 1))
    careless = house.hire("大意")
    house.enter(careless, "CD-12.88", "forfeit")
    house.enter(careless, "CD-12.66", "points")

    run = house.run()

    assert amounts(run, new) == [("CD-12.89", "900.00")]
    assert slip(run, second).net == Decimal("1250.00")
    assert slip(run, anniversary).net == Decimal("1250.00")  # nothing yet in the month of it
    assert ("CD-12.83", "100.00") in amounts(run, year)
    assert ("CD-12.83", "300.00") in amounts(run, old)  # 100 + 5 × 50, at most 300
    assert amounts(run, careless) == [
        ("CD-12.92", "1000.00"),
        ("CD-12.87", "0.00"),
        ("CD-12.82", "50.00"),
    ]


@rule("SD-233.05", "SD-233.06", "SD-233.14", "SD-233.16", "SD-233.17", "SD-233.04", "SD-233.46")
def test_the_hundred_point_department_its_supervisor_and_its_fund(house):
    house.works_by("query", "SD-2")
    chen = house.hire("陈主管", base=4000, role="supervisor")
    best = house.hire("满分", base=2175)
    poor = house.hire("低分", base=2175)
    for day in range(3, 8):  # five times two points more
        house.enter(best, "SD-233.51", "points", date(2026, 11, day))
    for day in range(3, 12):  # nine times five points less: 55
        house.enter(poor, "SD-233.62", "points", date(2026, 11, day))
    house.enter(best, "SD-233.46", "award", value=Decimal(80))

    run = house.locked()

    assert amounts(run, best) == [
        ("", "2175.00"), ("SD-233.05", "100.00"), ("SD-233.06", "200.00"),
        ("SD-233.14", "100.00"), ("SD-233.46", "80.00"),
    ]  # fmt: skip
    lines = dict(amounts(run, chen))
    assert (lines["SD-233.16"], lines["SD-233.17"]) == ("100.00", "-100.00")  # one of two is enough
    lost = dict(amounts(run, poor))["SD-233.08"]
    assert Decimal(lost) < 0
    income = {(row.line.item, row.amount) for row in FundEntry.objects.select_related("line")}
    assert income == {("penalty", Decimal("100.00")), ("score_money", -Decimal(lost))}


def absent(house, one, day, hours):
    """A shift that nobody came to."""
    begins = at(f"{day} 08:00")
    roster = Roster.objects.create(
        department=house.departments["query"], starts_on=day, ends_on=day, made_by=house.tan.user,
        number=Roster.objects.count() + 1, made_at=NOW,
    )  # fmt: skip
    shift = RosteredShift.objects.create(
        roster=roster, employee=one, day=day, name="早班", starts_at=begins,
        ends_at=begins + timedelta(hours=9),
    )  # fmt: skip
    AttendanceDay.objects.create(
        shift=shift, employee=one, day=day, status="absent", absent_hours=hours, decided_at=NOW,
        inputs={"events": {"absence": 1}}, rulebook=RulebookVersion.objects.order_by("pk").first(),
    )  # fmt: skip


@rule("SD-233.40", "SD-233.41", "SD-233.04")
def test_an_absence_costs_a_days_wage_and_the_bonus_and_goes_to_the_fund(house):
    house.works_by("query", "SD-2")
    one = house.hire("旷工", base=2175)
    absent(house, one, date(2026, 11, 12), Decimal(8))

    run = house.locked()

    lines = dict(amounts(run, one))
    assert (lines["SD-233.40"], lines["SD-233.05"]) == ("-100.00", "0.00")  # 2175 ÷ 21.75
    assert slip(run, one).net == Decimal("2275.00")  # the wage and the 200, one day less
    income = FundEntry.objects.get()
    assert (income.amount, income.department) == (Decimal("100.00"), house.departments["query"])


@rule("CD-12.74", "CD-12.79")
def test_deductions_stop_at_a_fifth_and_the_rest_is_shown_and_written_off(house):
    one = house.hire("罚多")
    first = fined(house, one, "CD-12.79", 200)
    second = fined(house, one, "CD-03.12", 90)

    run = house.locked()

    paid = slip(run, one)
    assert (paid.gross, paid.deductions, paid.net, paid.not_deducted) == (
        Decimal("1250.00"), Decimal("250.00"), Decimal("1000.00"), Decimal("40.00"),
    )  # fmt: skip
    kept = PayslipLine.objects.get(part__slip=paid, kept=True)
    assert (kept.clause, kept.amount) == ("CD-12.79", Decimal("40.00"))  # of one moment, by clause
    for penalty in (first, second):
        penalty.refresh_from_db()
        assert penalty.state == Penalty.State.SETTLED
    assert Account.objects.get(party=one.party, book=Account.Book.FINES).balance == 0
    wages = Account.objects.get(party=house.centre.company, book=Account.Book.WAGES)
    assert wages.balance == Decimal("250.00")


def reported(house, one, fault, number, *, accepted=True, day="2026-11-18 10:00", judged=None):
    """A report that ``one`` made; a supervisor accepts it."""
    given = Reported(
        direction="outgoing", fault=fault, waybill_number=number, text="没有派件扫描",
        responsible=house.centre.chengdu,
    )  # fmt: skip
    case = file_report(reported=given, employee=one, now=at(day))
    if accepted:
        judge_report(case=case, accept=True, actor=house.luo.user, now=judged or at(day))
    return case


@rule("CD-12.74", "CD-12.75", "CD-12.76", "CD-12.77")
def test_reports_earn_their_author_and_the_pool_and_late_ones_earn_next_month(house):
    """Two damages and a loss in time, one delay accepted and one complaint handed on in December; five yuan of each are the supervisor's to give."""
    one = house.hire("勤快", "report")
    new = house.hire("新人", "report", hired_on=date(2026, 11, 2))
    for n, fault in enumerate(("damage", "damage", "loss"), start=1):
        reported(house, one, fault, f"77061204551{n}")
    case = reported(house, one, "delay", "770612045520", accepted=False)
    reported(house, new, "loss", "770612045521")
    complaint, waits = (
        Case.objects.create(
            number=number, kind="complaint", department=house.departments["query"], owner=one,
            opened_at=at("2026-11-19 09:00"), last_at=at("2026-11-19 09:00"),
        )
        for number in ("TS-1", "TS-2")
    )  # fmt: skip

    def step(of, action, when):
        Interaction.objects.create(
            case=of, action=action, author=one.user, happened_at=when, recorded_at=when
        )

    for of in (complaint, waits):
        step(of, "", at("2026-11-19 09:00"))
    step(complaint, "transferred", at("2026-11-19 09:20"))
    boss = house.centre.chen.user
    with pytest.raises(KefuError) as refused:
        give(
            employee=one, month=NOVEMBER, amount=Decimal("20.01"), reason="多", actor=boss, now=NOW
        )
    assert (refused.value.code, refused.value.field) == ("not_in_pool", "amount")
    give(employee=one, month=NOVEMBER, amount=Decimal(12), reason="报告多", actor=boss, now=NOW)

    run = house.locked()

    lines = dict(amounts(run, one))
    assert [lines[f"CD-12.{n}"] for n in (74, 75, 76, 77)] == ["30.00", "25.00", "10.00", "12.00"]
    assert amounts(run, new) == [("CD-12.89", "900.00")]  # the first month is the base wage
    assert pool(NOVEMBER).left == Decimal("8.00")  # carried over
    with pytest.raises(Conflict):
        give(employee=one, month=NOVEMBER, amount=Decimal(1), reason="再给", actor=boss, now=NOW)

    later = NOW + timedelta(days=1)
    judge_report(case=case, accept=True, actor=house.luo.user, now=later)
    step(complaint, "escalated", later)
    step(waits, "transferred", later)  # handed on when November was paid: December pays it
    december = house.run(DECEMBER, NOW + timedelta(days=31))
    assert dict(amounts(december, one))["CD-12.76"] == "10.00"
    line = PayslipLine.objects.get(
        part__slip__run=december, part__slip__employee=one, item="adjustment"
    )
    assert (line.clause, str(line.amount)) == ("CD-12.74", "15.00")
    assert line.steps[0]["inputs"]["month"] == "2026-11"


def test_an_employee_who_cannot_be_computed_is_named_and_the_others_are_paid(house):
    fine = house.hire("好好")
    nowhere = house.hire("没部门", placed=False)
    house.works_by("query", "CD")
    os = RulebookVersion.objects.get(rulebook__code="OS", number=1)
    Assignment.objects.create(version=os, effective_on=date(2026, 10, 1))  # for the whole centre
    unpriced = house.hire("没工资", "on_site")

    run = house.run()

    failures = {row.employee: (row.field, row.why) for row in run.failures.all()}
    assert set(failures) == {nowhere, unpriced}
    assert (failures[nowhere][0], failures[unpriced][0]) == ("department", "rulebook")
    assert slip(run, fine).net == Decimal("1250.00")
    with pytest.raises(KefuError) as refused:
        pay_runs.approve(run=run, actor=house.luo.user, now=NOW)
    assert refused.value.field == "reason"
    pay_runs.approve(run=run, reason="两人下月补发", actor=house.luo.user, now=NOW)
    pay_locks.lock(run=run, actor=house.luo.user, now=NOW)
    assert PayRun.objects.get().state == PayRun.State.LOCKED


def test_a_second_run_a_strange_month_and_one_pair_of_hands_are_refused(house):
    house.hire("好好")
    with pytest.raises(KefuError) as refused:
        house.begin(date(2027, 1, 1))
    assert (refused.value.code, refused.value.field) == ("future_month", "month")
    with pytest.raises(KefuError) as refused:
        house.begin(date(2025, 12, 1))
    assert refused.value.code == "no_terms"
    run = house.run()
    with pytest.raises(Conflict) as refused:
        house.begin()
    assert (refused.value.code, refused.value.field) == ("run_exists", "month")
    with pytest.raises(IntegrityError, match="pay_run_one_a_month"), transaction.atomic():
        PayRun.objects.create(
            month=NOVEMBER, number=9, terms=house.terms, begun_by=house.tan.user, begun_at=NOW
        )
    with pytest.raises(Conflict) as refused:
        pay_runs.approve(run=run, actor=house.tan.user, now=NOW)
    assert refused.value.code == "own_run"
    with pytest.raises(IntegrityError, match="pay_run_two_people"), transaction.atomic():
        PayRun.objects.filter(pk=run.pk).update(state="approved", approved_by=house.tan.user)
    with pytest.raises(NotAllowed):
        pay_runs.begin(month=NOVEMBER, actor=house.centre.chen.user, now=NOW)
    with pytest.raises(Conflict):
        pay_locks.lock(run=run, actor=house.luo.user, now=NOW)

    pay_runs.set_aside(run=run, reason="考勤有误", actor=house.tan.user, now=NOW)
    again = house.run()
    assert (again.number, again.digest) == (2, run.digest)  # the same facts, the same bytes


def test_a_killed_run_goes_on_and_writes_the_same_bytes(house, monkeypatch):
    """The worker dies after the facts are frozen and one slip is written; a fact that comes meanwhile is too late."""
    monkeypatch.setattr(pay_slips, "COMPUTE", 1)
    people = [house.hire(f"员工{n}", hired_on=date(2024, 1 + n, 3)) for n in range(4)]
    whole = house.run()
    pay_runs.set_aside(run=whole, reason="重来", actor=house.tan.user, now=NOW)
    run = house.begin()
    job = pay_runs.compute(run=run, actor=house.tan.user, now=NOW)
    asked = iter([True, True, True, False])
    chunks = pay_slips.work(job, lambda: next(asked))
    for _chunk in range(2):
        chunk = next(chunks)
        with transaction.atomic():
            chunk.write()
        Job.objects.filter(pk=job.pk).update(cursor=dict(chunk.cursor), done=chunk.done)
    chunks.close()
    assert run.slips.exclude(net=None).count() == 1
    house.enter(people[3], "CD-12.79", "fine", value=Decimal(30))

    work()

    run.refresh_from_db()
    assert (run.state, run.digest) == (PayRun.State.COMPUTED, whole.digest)
    assert pay_locks.changed_since(run) == [people[3]]
    pay_runs.approve(run=run, actor=house.luo.user, now=NOW)
    with pytest.raises(Conflict) as refused:
        pay_locks.lock(run=run, actor=house.luo.user, now=NOW)
    assert refused.value.code == "facts_changed"


def test_nothing_of_a_locked_run_changes_by_any_path(house):
    one = house.hire("好好")
    run = house.locked()
    paid = slip(run, one)
    part = paid.parts.get()

    for change in (
        lambda: PayRun.objects.filter(pk=run.pk).update(digest="0"),
        lambda: PayRun.objects.filter(pk=run.pk).update(state="set_aside"),
        lambda: Payslip.objects.filter(pk=paid.pk).update(net=Decimal(1), deductions=Decimal(1249)),
        lambda: PayslipPart.objects.filter(pk=part.pk).update(facts={}),
        lambda: PayslipLine.objects.filter(part=part).update(amount=1),
        lambda: PayslipLine.objects.filter(part=part).delete(),
        lambda: house.enter(one, "CD-12.79", "fine", value=Decimal(30)),
        lambda: house.place(one, "front", date(2026, 11, 20)),
        lambda: Employment.objects.filter(employee=one).update(left_on=date(2026, 11, 20)),
    ):
        with pytest.raises((Conflict, IntegrityError, ProgrammingError)), transaction.atomic():
            change()
    with connection.cursor() as cursor:
        for table in ("payroll_lockedmonth", "payroll_payslipline"):
            with pytest.raises(ProgrammingError), transaction.atomic():
                cursor.execute(f"DELETE FROM {table}")
    with pytest.raises(Conflict) as refused:
        house.begin()
    assert refused.value.code == "month_locked"
    paid.refresh_from_db()
    assert paid.net == Decimal("1250.00")


def test_what_comes_late_stands_in_the_next_month_and_names_its_own(house):
    """A fine of November becomes payable after the lock, another is taken back, and one thing was forgotten."""
    one = house.hire("好好")
    taken = fined(house, one, "CD-03.12", 50)
    with pytest.raises(KefuError) as refused:
        adjustments.adjust(
            employee=one, of_month=NOVEMBER, clause="CD-12.82", rulebook_id=taken.rulebook_id,
            amount=Decimal(50), reason="打卡机坏了", actor=house.tan.user, now=NOW,
        )  # fmt: skip
    assert (refused.value.code, refused.value.field) == ("month_open", "of_month")
    house.locked()
    late = fined(house, one, "CD-12.79", 30, "2026-11-30 18:00")
    penalties.reverse(penalty=taken, reason="查错了", fact={}, actor=house.luo.user, now=NOW)
    adjustments.adjust(
        employee=one, of_month=NOVEMBER, clause="CD-12.82", rulebook_id=taken.rulebook_id,
        amount=Decimal(50), reason="打卡机坏了", actor=house.tan.user, now=NOW,
    )  # fmt: skip

    then = NOW + timedelta(days=31)
    run = house.locked(DECEMBER, then)

    adjusted = PayslipLine.objects.filter(part__slip__run=run, item="adjustment")
    assert sorted((line.clause, str(line.amount)) for line in adjusted) == [
        ("CD-03.12", "50.00"),
        ("CD-12.79", "-30.00"),
        ("CD-12.82", "50.00"),
    ]
    assert {line.steps[0]["inputs"]["month"] for line in adjusted} == {"2026-11"}
    assert slip(run, one).net == Decimal("1320.00")
    late.refresh_from_db()
    assert late.state == Penalty.State.SETTLED
    assert Account.objects.get(party=one.party, book=Account.Book.FINES).balance == 0
    assert PayAdjustment.objects.count() == 3  # and none of them again in January
    assert adjustments.take_late(month=date(2027, 1, 1), now=then) == 0


@rule("CD-12.87", "CD-12.88")
def test_a_line_withdrawn_after_the_lock_is_paid_back_with_the_next_month(house):
    """Of November a fine, two halves of a point and a bonus that was lost; each comes back as what it had cost."""
    one, careless, other = house.hire("好好"), house.hire("大意"), house.hire("满满")
    fine = house.enter(one, "CD-12.79", "fine", value=Decimal(30))
    points = [house.enter(one, "CD-12.18", "points") for _n in range(2)]
    lost = house.enter(careless, "CD-12.88", "forfeit")
    house.enter(other, "CD-12.79", "fine", value=Decimal(30))
    paid = slip(house.locked(), one)
    assert paid.net == Decimal("1216.00")  # 49 ÷ 50 × 200, less 30
    by = {"reason": "查错了", "actor": house.centre.chen.user, "now": NOW}

    for entry in (fine, *points, lost):
        register.withdraw(entry=entry, **by)

    back = {row.source: row.amount for row in PayAdjustment.objects.all()}
    assert back == {
        f"entry:{fine.pk}": Decimal("30.00"),
        f"entry:{points[0].pk}": Decimal("2.00"),
        f"entry:{points[1].pk}": Decimal("2.00"),
        f"entry:{lost.pk}": Decimal("200.00"),
    }
    assert set(PayAdjustment.objects.values_list("of_month", "month")) == {(NOVEMBER, DECEMBER)}
    fine.refresh_from_db()
    assert fine.state == "counted" and slip(paid.run, one).net == paid.net
    with pytest.raises(Conflict) as refused:
        register.withdraw(entry=fine, **by)
    assert refused.value.code == "entry_not_counted"


@rule("CD-12.55")
def test_a_paper_marked_after_the_lock_is_settled_with_the_next_month(house):
    """Five points that the mark takes, and gives back once it is corrected; between the two half a point of a line that
    was withdrawn. Each comes out again by replay.
    """
    one = house.hire("好好")
    points = house.enter(one, "CD-12.18", "points")
    paper = exam(house.centre, parts=(), on_paper=True).papers.get(employee=one)
    house.locked()
    by = {"actor": house.centre.chen.user, "now": NOW}

    papers.enter_mark(paper=paper, mark=Decimal(5), **by)
    register.withdraw(entry=points, reason="查错了", **by)
    papers.enter_mark(paper=paper, mark=Decimal(95), reason="判错了", **by)

    rows = PayAdjustment.objects.order_by("pk")
    assert [(row.source.partition(":")[0], row.clause, str(row.amount)) for row in rows] == [
        ("exam_mark", "CD-12.55", "-20.00"),
        ("entry", "CD-12.18", "2.00"),
        ("exam_mark", "CD-12.55", "20.00"),
    ]
    kept = replayables()["takeback"]
    found = kept.read("2026-12", None, after=0, limit=9, at=NOW + timedelta(days=1))
    assert len(found) == kept.count("2026-12", None) == 3
    for decision in found:
        again = kept.decide(decision.facts, edition(decision.version_id).rules)
        assert list(differences(decision, again)) == []
        dearer = changed("CD", CD_12_18={"points": "-2"})
        other = kept.decide(decision.facts, dearer)
        assert bool(list(differences(decision, other))) == (decision.clause == "CD-12.18")
    december = house.run(DECEMBER, NOW + timedelta(days=31))
    lines = PayslipLine.objects.filter(part__slip__run=december, item="adjustment")
    assert {line.steps[0]["inputs"]["month"] for line in lines} == {"2026-11"}
    assert ("CD-12.87", "200.00") in amounts(december, one)  # the mark is none of December's


@rule("CD-12.88")
def test_a_bonus_lost_after_the_lock_is_taken_off_the_month_it_belongs_to(house):
    one, new = house.hire("好好"), house.hire("新人", hired_on=date(2026, 12, 1))
    points = house.enter(one, "CD-12.18", "points")
    house.locked()
    lost, nothing = (house.enter(who, "CD-12.88", "forfeit", month=DECEMBER) for who in (one, new))
    then = NOW + timedelta(days=31)

    december = house.locked(DECEMBER, then)

    (line,) = PayslipLine.objects.filter(part__slip__run=december, item="adjustment")
    assert (line.clause, str(line.amount), line.steps[0]["inputs"]["month"]) == (
        "CD-12.88", "-198.00", "2026-11",
    )  # fmt: skip
    assert ("CD-12.87", "200.00") in amounts(december, one)  # December's own stays
    by = {"reason": "查错了", "actor": house.centre.chen.user, "now": then}
    register.withdraw(entry=points, **by)  # of a bonus that is lost nothing comes back
    for entry in (lost, nothing):
        register.withdraw(entry=entry, **by)
    (back,) = PayAdjustment.objects.all()
    assert (back.source, str(back.amount), back.of_month) == (
        f"entry:{lost.pk}",
        "198.00",
        DECEMBER,
    )


@rule("SD-233.46", "ES-204.06", "ES-204.03", "ES-603.17", "ES-603.18")
def test_an_award_or_a_grade_that_changes_after_the_lock_is_settled_with_the_next_month(house):
    """An award was not earned; five points were taken for nothing, and without them the grade is the best."""
    rules = changed("ES", ES_116_01={"posts": {"agent": "2150"}}, ES_603_18={"amount": "150"})
    version = house.works_by("query", "ES", rules)
    one, other = house.hire("优秀"), house.hire("误评")
    line = house.enter(other, "ES-204.03", "points", version=version)
    for who, counts in ((one, {}), (other, {"ES-204.03": 1})):
        graded(house, who, version, 80, counts=counts)
    award = house.enter(one, "ES-204.06", "award", version=version)
    run = house.locked()
    assert ("ES-204.06", "200.00") in amounts(run, one)
    assert ("ES-603.17", "300.00") in amounts(run, one)
    assert ("ES-603.18", "150.00") in amounts(run, other)

    for entry in (award, line):
        register.withdraw(entry=entry, reason="查错了", actor=house.centre.chen.user, now=NOW)

    back = {row.source: row.amount for row in PayAdjustment.objects.all()}
    assert back == {f"entry:{award.pk}": Decimal("-200.00"), f"entry:{line.pk}": Decimal("150.00")}


def test_a_month_in_two_departments_under_two_rulebooks_is_paid_by_days(house):
    """From the query desk to the front desk on the 15th; another from the courier's rules to the hundred points'."""
    moved = house.hire("调岗")
    house.place(moved, "front", date(2026, 11, 15))
    house.works_by("report", "SD-2")
    changes = house.hire("换规章")
    house.agree(changes, 3000, date(2026, 11, 15))
    house.place(changes, "report", date(2026, 11, 15))
    house.enter(changes, "CD-12.79", "fine", date(2026, 11, 3), value=Decimal(30))
    left = house.hire("离职", left_on=date(2026, 11, 20))

    run = house.run()

    assert amounts(run, moved) == [
        ("CD-12.92", "466.67"), ("CD-12.87", "93.33"), ("CD-12.82", "23.33"),
        ("CD-12.94", "533.33"), ("CD-12.87", "106.67"), ("CD-12.80", "26.67"), ("CD-12.82", "26.67"),
    ]  # fmt: skip
    parts = PayslipPart.objects.filter(slip__employee=changes).order_by("number")
    assert [part.rulebook.rulebook.code for part in parts] == ["CD", "SD-2"]
    found = amounts(run, changes)
    assert ("", "1600.00") in found  # 3000 × 16 ÷ 30
    assert ("CD-12.79", "-30.00") in found
    assert sum(Decimal(amount) for _clause, amount in found) == slip(run, changes).net
    assert amounts(run, left) == [("CD-12.92", "1000.00"), ("CD-12.87", "200.00")]


def graded(house, one, version, attitude, satisfaction=45, counts=None):
    """A published month: every measure on its target, the two parts that are judged as given."""
    measured = {
        "response_rate": (95, 100),
        "first_contact_rate": (9, 10),
        "satisfaction": (satisfaction, 10),
    }
    facts = {
        "month": "2026-11",
        "measured": {name: {"done": str(d), "out_of": str(o)} for name, (d, o) in measured.items()},
        "judged": {
            name: {"points": points, "by": "supervisor"}
            for name, points in (("attitude", attitude), ("compliance", attitude))
        },
        **({"counts": counts} if counts else {}),
    }
    decided = calculation("assessment").run(edition(version.pk).rules, facts)
    return MonthScore.objects.create(
        employee=one, month=NOVEMBER, department=house.departments["query"], first_on=NOVEMBER,
        last_on=date(2026, 11, 30), mechanism="assessment", facts=facts, clause="ES-603.05",
        rulebook=version, points=Decimal(decided.result["total"]), grade=decided.result["grade"],
        published_by=house.luo.user, published_at=NOW,
    )  # fmt: skip


def overtime(house, one, starts, hours, **given):
    begins = at(starts)
    return Overtime.objects.create(
        employee=one, starts_at=begins, ends_at=begins + timedelta(hours=hours), reason="大促",
        asked_by=one.user, asked_at=NOW, state="approved", decided_by=house.luo.user,
        decided_at=NOW, **given,
    )  # fmt: skip


@rule(
    "ES-116.01", "ES-132.01", "ES-132.02", "ES-132.03", "ES-132.04", "ES-132.05", "ES-132.06",
    "ES-132.07", "ES-132.08", "ES-133.21", "ES-204.02", "ES-133.22", "ES-603.17", "ES-603.18", "ES-603.20",
)  # fmt: skip
def test_the_sixty_forty_regime_pays_by_post_grade_and_overtime(house):
    rules = changed("ES", ES_116_01={"posts": {"agent": "2150"}}, ES_603_18={"amount": "150"})
    version = house.works_by("query", "ES", rules)
    best, good, bad = (house.hire(name) for name in ("优秀", "合格", "不合格"))
    for one, *judged in ((best, 100), (good, 60), (bad, 0, 0)):
        graded(house, one, version, *judged)
    overtime(house, best, "2026-11-10 18:00", 2)  # a working day: 2 × 12.50 × 1.5
    overtime(house, best, "2026-11-15 09:00", 4)  # a Sunday: 4 × 12.50 × 2
    overtime(house, best, "2026-11-20 18:00", 3)  # and three hours more: 3 × 12.50 × 1.5
    house.agree_allowance(good)
    overtime(house, good, "2026-11-10 18:00", 2)  # time off instead
    overtime(house, good, "2026-11-11 18:00", 2, specially_approved=True)

    overtime(house, bad, "2026-11-26 09:00", 2)  # a statutory holiday: 2 × 12.50 × 3
    absent(house, bad, date(2026, 11, 12), Decimal(3))  # one unit: half a day, three times

    run = house.run()

    assert not run.failures.exists()
    assert amounts(run, best) == [
        ("ES-116.01", "2150.00"), ("ES-603.17", "300.00"),
        ("ES-132.04", "93.75"), ("ES-132.05", "100.00"),
    ]  # fmt: skip
    assert amounts(run, good) == [
        ("ES-116.01", "2150.00"), ("ES-603.18", "150.00"), ("ES-132.04", "37.50"),
    ]  # fmt: skip
    assert slip(run, good).parts.get().result["time_off"] == "2"
    assert amounts(run, bad) == [
        ("ES-116.01", "2150.00"), ("ES-603.20", "0.00"), ("ES-132.06", "75.00"),
        ("ES-133.22", "-37.50"), ("ES-133.22", "-112.50"),
    ]  # fmt: skip
    assert slip(run, best).net == Decimal("2643.75")
    assert told(run, best)["ES-132.04"][1] == (
        "5 小时 × 2,150.00 元 ÷ 21.5 ÷ 8 × 150%（小时工资按 ES-132.08） = 93.75 元"
    )
    assert told(run, best)["ES-603.17"] == ("300.00", "等级优秀，按 ES-204.02 发放 = 300.00 元")
    assert told(run, bad, "en")["ES-133.22"][0] == "-112.50"


# Several at the same moment.


def somebody_waits():
    """Until another connection waits for the key of a month."""
    with connection.cursor() as cursor:
        for _n in range(100):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
@rule("CD-12.75")
def test_what_meets_the_lock_at_the_same_moment_is_seen_by_it_or_comes_late(settings):
    """A report accepted while the month is being locked is seen by the lock; one accepted once the lock has looked is a
    late one, though its clock was read before; anything else of the month is told that it is locked.
    """
    settings.KEFU_NOW = NOW
    house = build()
    one = house.hire("勤快", "report")
    first, second = (
        reported(house, one, "delay", number, accepted=False)
        for number in ("770612045520", "770612045521")
    )
    early, began = NOW - timedelta(minutes=5), threading.Event()

    def accept(case):
        return judge_report(case=case, accept=True, actor=house.luo.user, now=early)

    def accepting():
        with transaction.atomic():
            accept(first)
            began.set()
            somebody_waits()

    def approved():
        run = house.run()
        pay_runs.approve(run=run, actor=house.luo.user, now=NOW)
        return run

    def locking():
        assert began.wait(30)
        pay_locks.lock(run=run, actor=house.luo.user, now=NOW)

    run = approved()
    _accepted, refused = at_once(accepting, locking)
    assert isinstance(refused, Conflict) and refused.code == "facts_changed"

    pay_runs.set_aside(run=run, reason="多了一份报告", actor=house.tan.user, now=NOW)
    run, began = approved(), threading.Event()

    def holding():
        with transaction.atomic():
            pay_locks.lock(run=run, actor=house.luo.user, now=NOW)
            began.set()
            somebody_waits()

    def late(do):
        assert began.wait(30)
        return do()

    _locked, accepted, told = at_once(
        holding,
        lambda: late(lambda: accept(second)),
        lambda: late(lambda: house.enter(one, "CD-12.18", "points")),
    )
    assert isinstance(accepted, FaultReport)
    assert isinstance(told, Conflict) and (told.code, told.details["month"]) == (
        "month_locked",
        "2026-11",
    )
    assert adjustments.take_late(month=DECEMBER, now=NOW) == 1
    row = PayAdjustment.objects.get()
    assert (row.clause, str(row.amount), row.of_month) == ("CD-12.74", "15.00", NOVEMBER)
