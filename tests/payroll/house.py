"""A house whose wages can be reckoned by hand: November 2026, a desk of each kind, the terms of the place."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kefu.jobs import services as jobs
from kefu.network.models import Party
from kefu.policy.calendars import Calendar
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks import services as rulebooks
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department, Employee, Position, User
from payroll.models import (
    Employment,
    PayRun,
    Payslip,
    PayslipLine,
    PayTerms,
    Placement,
    RegisterEntry,
    Wage,
)
from payroll.selectors.pay import shown
from payroll.services import pay_locks, pay_runs
from tests import centre
from tests.centre import Centre, at
from tests.policy.people import edited

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
NOW = at("2026-12-01 09:00")
DESKS = ("query", "report", "business", "processing", "front")

# Six working days a week.
CALENDAR = Calendar.plain(
    dict.fromkeys(range(1, 7), (("08:00", "12:00"), ("13:30", "17:30"))),
    years=(2026,),
    statutory_holidays=(date(2026, 11, 26),),
).model_dump(mode="json")


@dataclass
class House:
    """Tan of human resources runs the pay, Luo the manager approves it."""

    centre: Centre
    tan: Employee
    luo: Employee
    terms: PayTerms
    departments: dict[str, Department]
    clerk: Position
    count: int = field(default=0)

    def hire(
        self,
        name: str,
        department: str = "query",
        *,
        hired_on: date = date(2026, 1, 15),
        left_on: date | None = None,
        base: int | None = None,
        role: str = User.Role.AGENT,
        placed: bool = True,
    ) -> Employee:
        self.count += 1
        number = f"09{self.count:02}"
        party = Party.objects.create(kind="employee", code=number, name=name)
        user = User.objects.create(username=number, first_name=name, role=role, party=party)
        one = Employee.objects.create(
            user=user, party=party, number=number, name=name, channels=["online"],
            department=self.departments[department], position=self.clerk,
        )  # fmt: skip
        Employment.objects.create(employee=one, hired_on=hired_on, left_on=left_on)
        if placed:
            self.place(one, department, hired_on)
        if base is not None:
            self.agree(one, base, hired_on)
        return one

    def place(self, one: Employee, department: str, day: date) -> None:
        Placement.objects.create(
            employee=one, department=self.departments[department], position=self.clerk,
            from_on=day, recorded_at=NOW,
        )  # fmt: skip

    def agree(self, one: Employee, base: int, day: date) -> None:
        Wage.objects.create(
            employee=one, from_on=day, base=Decimal(base), reason="合同",
            recorded_by=self.tan.user, recorded_at=NOW,
        )  # fmt: skip

    def agree_allowance(self, one: Employee) -> None:
        Wage.objects.create(
            employee=one, from_on=date(2026, 1, 15), post_allowance=True, reason="组长",
            recorded_by=self.tan.user, recorded_at=NOW,
        )  # fmt: skip

    def works_by(self, department: str, code: str, rules: Rulebook | None = None, on: date = date(2026, 1, 1)) -> RulebookVersion:  # fmt: skip
        """From a day on the department works by a shipped rulebook, or by an edition of it with settings changed."""
        version = RulebookVersion.objects.get(rulebook__code=code, number=1)
        if rules is not None:
            version = self._published(version, rules, on)
        Assignment.objects.create(
            version=version, department=self.departments[department], effective_on=on
        )
        return version

    def _published(self, shipped: RulebookVersion, rules: Rulebook, on: date) -> RulebookVersion:
        content = rules.to_json()
        draft = RulebookVersion.objects.create(
            rulebook=shipped.rulebook,
            number=2,
            content=content,
            digest=rulebooks.digest(content),
            base=shipped,
        )
        draft.state, draft.effective_on, draft.published_at = shipped.state, on, NOW
        draft.published_by = self.luo.user
        draft.save()
        return draft

    def enter(self, one: Employee, clause: str, kind: str, day: date = date(2026, 11, 10), *, value: Any = None, version: RulebookVersion | None = None, **given: Any) -> RegisterEntry:  # fmt: skip
        """A verified line of the register."""
        code = clause.rpartition("-")[0]
        book = version or RulebookVersion.objects.get(
            rulebook__code={"SD": "SD-2"}.get(code, code), number=1
        )
        facts = {"month": day.replace(day=1), "state": "counted", "reason": "查实", **given}
        return RegisterEntry.objects.create(
            employee=one, clause=clause, kind=kind, rulebook=book, value=value, happened_on=day,
            reported_at=NOW, **facts,
        )  # fmt: skip

    def begin(self, month: date = NOVEMBER, now: datetime = NOW) -> PayRun:
        return pay_runs.begin(month=month, actor=self.tan.user, now=now)

    def run(self, month: date = NOVEMBER, now: datetime = NOW) -> PayRun:
        """A run whose job has done its work."""
        run = self.begin(month, now)
        pay_runs.compute(run=run, actor=self.tan.user, now=now)
        work()
        run.refresh_from_db()
        return run

    def locked(self, month: date = NOVEMBER, now: datetime = NOW, reason: str = "") -> PayRun:
        run = self.run(month, now)
        pay_runs.approve(run=run, reason=reason, actor=self.luo.user, now=now)
        pay_locks.lock(run=run, actor=self.luo.user, now=now)
        run.refresh_from_db()
        return run


def work() -> None:
    """Workers do all there is to do."""
    while jobs.run_until_next_tick(seconds=5):
        pass


def build(*, now: datetime = NOW) -> House:
    home = centre.build(now=now)
    departments = {"query": home.query_desk, "front": home.front_desk}
    for desk in DESKS:
        if desk in departments:
            Department.objects.filter(pk=departments[desk].pk).update(desk=f"{desk}_desk")
            departments[desk].refresh_from_db()
        else:
            departments[desk] = Department.objects.create(code=desk, desk=f"{desk}_desk", name=desk)
    departments["warehouse"] = Department.objects.create(
        code="warehouse", desk="warehouse_office", name="仓库管理办公室"
    )
    departments["on_site"] = Department.objects.create(code="on-site", name="驻点部")
    clerk = Position.objects.create(name="客服", name_en="Agent")
    people = [("0900", "谭人事", User.Role.HR), ("0800", "罗经理", User.Role.MANAGER)]
    staff = []
    for number, name, role in people:
        party = Party.objects.create(kind="employee", code=number, name=name)
        user = User.objects.create(
            username=number, first_name=name, role=role, party=party, is_staff=True
        )
        staff.append(
            Employee.objects.create(
                user=user, party=party, number=number, name=name, channels=["online"],
                department=home.front_desk, position=clerk,
            )
        )  # fmt: skip
    tan, luo = staff
    terms = PayTerms.objects.create(
        edition="扬州 2026", from_month=date(2026, 1, 1), share=Decimal("0.20"), minimum_wage=Decimal(800),
        payday=10, leave_shares={"sick": "0.80"}, calendar=CALENDAR, written_by=tan.user, written_at=now,
        confirmed_by=luo.user, confirmed_at=now,
    )  # fmt: skip
    return House(home, tan, luo, terms, departments, clerk)


def amounts(run: PayRun, one: Employee) -> list[tuple[str, str]]:
    """(clause, amount) of the slip, line by line."""
    lines = PayslipLine.objects.filter(part__slip__run=run, part__slip__employee=one, kept=False)
    return [(line.clause, str(line.amount)) for line in lines.order_by("part__number", "number")]


def slip(run: PayRun, one: Employee) -> Payslip:
    return Payslip.objects.get(run=run, employee=one)


def told(run: PayRun, one: Employee, language: str = "zh-hans") -> dict[str, tuple[str, str]]:
    """A slip of one part as its owner reads it: {clause: (amount, the last line of its arithmetic)}."""
    (part,) = shown(slip(run, one), language)
    return {
        line.clause: (f"{line.amount}", f"{line.told[-1].text} = {line.told[-1].value}")
        for line in part.lines
    }


def changed(code: str, **clauses: Any) -> Rulebook:
    return edited(code, **clauses)
