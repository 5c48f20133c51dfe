"""Reads of pay: who may see what, a slip told line by line, a run beside the month before, the pool and the fund."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Abs, Coalesce
from django.utils.translation import gettext as _

from claims.models import ReportBonus
from kefu.policy import explanation
from kefu.policy.clauses import is_chinese
from kefu.policy.explanation import Line, explain
from kefu.policy.months import last_day, month_of
from kefu.policy.pay import PayRules
from kefu.policy.refusals import Refusal
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee
from payroll.models import (
    Employment,
    FundEntry,
    PayFailure,
    PayRun,
    Payslip,
    PayslipLine,
    PoolPayment,
)
from payroll.selectors.payfacts import WHY
from payroll.selectors.reach import overseen
from payroll.selectors.slips import rules_citing

ZERO = Decimal("0.00")
SEES_ALL = "payroll.view_all_pay"
WIDEST = 100  # per cent, of a bar
# Named after their part of the wage, not after the clause that prices it.
BY_PART = frozenset({"absence", "leave", "absence_penalty", "score_money"})


def slips_visible_to(user: Any) -> QuerySet[Payslip]:
    """All to those who work on pay; to anybody else his own, of locked months."""
    computed = Payslip.objects.exclude(net=None).select_related("run", "employee__user")
    if user.has_perm(SEES_ALL):
        return computed
    return computed.filter(employee__user=user.pk, run__state=PayRun.State.LOCKED)


def purses_of(user: Any) -> QuerySet[Department]:
    """The departments whose gifts and funds somebody may look at: all of them for those who work on pay, else one's own."""
    return Department.objects.all() if user.has_perm(SEES_ALL) else overseen(user)


# One slip.


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a slip with its arithmetic in words; ``before``: what the same came to the month before."""

    clause: str
    label: str
    amount: Decimal
    told: Sequence[Line]
    before: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ShownPart:
    department: str
    rulebook: str
    version: int
    from_on: date
    until_on: date
    lines: Sequence[ShownLine]
    kept: Sequence[ShownLine]
    notes: Sequence[Line]


def item_name(item: str, language: str) -> str:
    return explanation.label(f"part.{item}", language)


def label_of(line: PayslipLine, rules: PayRules, language: str) -> str:
    """What a line is called: after its clause, or after the part of the wage where none names it."""
    label = rules.labels.get(line.clause)
    if label is None or line.item in BY_PART:
        return item_name(line.item, language)
    return label[0] if is_chinese(language) else label[1]


def shown(slip: Payslip, language: str) -> list[ShownPart]:
    """A slip as people read it, part by part, each line beside the one of the month before."""
    before = items_of(previous(slip))
    found = []
    parts = slip.parts.select_related("department").prefetch_related("lines")
    for part in parts.order_by("number"):
        rules, using = rules_citing(part), edition(part.rulebook_id)
        lines = [(line, _line(line, rules, language, before)) for line in part.lines.all()]
        notes = [Step.from_json(one) for one in (part.result or {"notes": []})["notes"]]
        found.append(
            ShownPart(
                str(part.department),
                using.rules.name(language),
                using.number,
                part.from_on,
                part.until_on,
                [told for line, told in lines if not line.kept],
                [told for line, told in lines if line.kept],
                explain(notes, language),
            )
        )
    return found


def _line(
    line: PayslipLine, rules: PayRules, language: str, before: Mapping[tuple[str, str], Decimal]
) -> ShownLine:
    steps = [Step.from_json(one) for one in line.steps]
    label, was = label_of(line, rules, language), before.get((line.clause, line.item))
    return ShownLine(line.clause, label, line.amount, explain(steps, language), was)


def previous(slip: Payslip) -> Payslip | None:
    """The slip of the locked month before."""
    earlier = Payslip.objects.filter(
        employee=slip.employee_id, run__state=PayRun.State.LOCKED, run__month__lt=slip.run.month
    )
    return earlier.order_by("-run__month").first()


def items_of(slip: Payslip | None) -> Mapping[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    if slip is not None:
        for line in PayslipLine.objects.filter(part__slip=slip, kept=False):
            found[line.clause, line.item] += line.amount
    return found


# A run beside the month before.


@dataclass(frozen=True, slots=True)
class Beside:
    """A sum of this month and of the month before. ``bar``: per cent of the widest difference."""

    label: str
    now: Decimal
    before: Decimal
    bar: int

    @property
    def more(self) -> Decimal:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class RunTotals:
    people: int
    gross: Decimal
    deductions: Decimal
    net: Decimal
    not_deducted: Decimal


def totals(run: PayRun | None) -> RunTotals:
    if run is None:
        return RunTotals(0, ZERO, ZERO, ZERO, ZERO)
    slips = run.slips.exclude(net=None)
    sums = slips.aggregate(
        *(Sum(name) for name in ("gross", "deductions", "net", "not_deducted"))
    )  # fmt: skip
    found = [
        sums[f"{name}__sum"] or ZERO for name in ("gross", "deductions", "net", "not_deducted")
    ]
    return RunTotals(slips.count(), *found)


def before(run: PayRun) -> PayRun | None:
    """The locked run of the month before, or of the last there is."""
    locked = PayRun.objects.filter(state=PayRun.State.LOCKED, month__lt=run.month)
    return locked.order_by("-month").first()


def compared(run: PayRun, earlier: PayRun | None, language: str) -> list[Beside]:
    """Each part of the wage, this month and the one before, what moved most first."""
    now, was = _items(run), _items(earlier)
    names = {*now, *was}
    widest = max((abs(now[one] - was[one]) for one in names), default=ZERO) or Decimal(1)
    rows = [
        Beside(item_name(one, language), now[one], was[one], _bar(now[one] - was[one], widest))
        for one in names
    ]
    return sorted(rows, key=lambda row: (-abs(row.more), row.label))


def _bar(difference: Decimal, widest: Decimal) -> int:
    return int(abs(difference) * WIDEST / widest)


def _items(run: PayRun | None) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    if run is not None:
        lines = PayslipLine.objects.filter(part__slip__run=run, kept=False)
        found |= dict(lines.values_list("item").annotate(Sum("amount")).order_by("item"))
    return found


def slips_beside(run: PayRun, earlier: PayRun | None) -> QuerySet[Payslip]:
    """The slips of a run with ``was``: the net of the month before; whose net moved most first."""
    was = Payslip.objects.filter(run=earlier, employee=OuterRef("employee")).values("net")
    rows = run.slips.exclude(net=None).select_related("employee__department")
    rows = rows.annotate(was=Subquery(was))
    moved = Abs(F("net") - Coalesce(F("was"), F("net")))
    return rows.annotate(moved=moved).order_by("-moved", "employee__number")


def still_held(run: PayRun) -> list[tuple[Employee, int]]:
    """Who left within the month with pieces neither given back nor settled, and how many: this is his last slip."""
    last = last_day(month_of(run.month))
    left = Employment.objects.filter(left_on__gte=run.month, left_on__lte=last)
    gone = Employee.objects.filter(pk__in=left.values("employee")).select_related("department")
    held = gone.annotate(held=Count("issues", filter=Q(issues__outcome="")))
    return [(one, one.held) for one in held.filter(held__gt=0).order_by("number")]


def failures(run: PayRun, language: str) -> list[tuple[PayFailure, str, str]]:
    """Whose pay could not be computed: the field and why, in the reader's language."""
    rows = run.failures.select_related("employee__department").order_by("employee__number")
    return [(row, field_name(row.field), why(row, language)) for row in rows]


def why(row: PayFailure, language: str) -> str:
    told = row.why
    if "code" in told:
        return str(WHY[told["code"]] % told["details"])
    if str(told["inputs"].get("setting", "")).startswith("hourly_pay.overtime_"):
        return _("%(code)s 没有加班费标准，批准的加班却要付钱") % {"code": told["inputs"]["clause"]}
    return Refusal(told["key"], told["inputs"], told.get("wanted", False)).said(language)


def field_name(name: str) -> str:
    """What a page calls a fact at fault: the first of its words, in the reader's language."""
    names = {
        "department": _("部门"),
        "employment": _("任职"),
        "rulebook": _("适用规章"),
        "base": _("约定基本工资"),
        "post": _("岗位"),
        "score": _("考核分"),
        "grade": _("考核等级"),
        "penalties": _("扣款"),
        "awards": _("奖励"),
        "calendar": _("工作日历"),
        "pool_paid": _("主管分配"),
        "hired_on": _("入职日期"),
        "overtime": _("加班"),
    }
    first = name.partition(".")[0]
    return str(names.get(first, name))


# The pool and the fund.


@dataclass(frozen=True, slots=True)
class Pool:
    """What reports brought into the supervisor's pool and what was given out, in yuan (CD-12.77)."""

    grown: Decimal
    given: Decimal

    @property
    def left(self) -> Decimal:
        return self.grown - self.given


def pool(until: date) -> Pool:
    """The pool as it stands with all that was credited up to a month."""
    grown = ReportBonus.objects.filter(to=ReportBonus.To.POOL, month__lte=until)
    given = PoolPayment.objects.all()
    return Pool(
        grown.aggregate(sum=Sum("amount"))["sum"] or ZERO,
        given.aggregate(sum=Sum("amount"))["sum"] or ZERO,
    )


def funds(
    departments: QuerySet[Department],
) -> list[tuple[Department, Decimal, Decimal, Decimal]]:
    """Each of the departments that has a fund: what came in, what was spent (below nought), what is left."""
    sums = FundEntry.objects.values_list("department").annotate(
        income=Sum("amount", filter=Q(amount__gt=0)), spent=Sum("amount", filter=Q(amount__lt=0))
    )
    found = {pk: (income or ZERO, spent or ZERO) for pk, income, spent in sums}
    having = departments.filter(pk__in=found)
    return [(one, *found[one.pk], sum(found[one.pk], ZERO)) for one in having]


def fund_left(department: Department) -> Decimal:
    rows = FundEntry.objects.filter(department=department)
    return rows.aggregate(sum=Sum("amount"))["sum"] or ZERO
