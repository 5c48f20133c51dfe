"""Reports about losses, delays and damages as pages and payroll read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from claims.models import FaultReport, ForgottenReport, ReportBonus, ReportNotice
from kefu.cases.models import Case, CaseQuerySet
from kefu.penalties.models import Penalty
from kefu.policy.months import last_day, month_of
from kefu.reports.content import Span
from kefu.workbench.selectors import Desk

Direction = FaultReport.Direction
ROWS = 50


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report with its notices and what it earned."""

    report: FaultReport
    notices: Sequence[ReportNotice]
    bonuses: Sequence[ReportBonus]

    @property
    def incoming(self) -> bool:
        return self.report.direction == Direction.INCOMING

    @property
    def missing(self) -> int:
        """How many notices the rulebook still wants."""
        return max(self.report.notices_wanted - len(self.notices), 0)

    def is_reporter(self, user: Any) -> bool:
        return self.report.reporter is not None and self.report.reporter.user_id == user.pk


def report_facts(case: Case) -> ReportFacts:
    report = FaultReport.objects.select_related(
        "reporter", "sender", "responsible", "responsible_department", "decided_by__employee"
    ).get(case=case)
    notices = report.notices.select_related("told_by__employee", "line").order_by("number")
    bonuses = report.bonuses.select_related("employee").order_by("pk")
    return ReportFacts(report, list(notices), list(bonuses))


# The register.


VIEWS: dict[str, Q] = {
    "open": ~Q(case__state=Case.State.CLOSED),
    "incoming": Q(direction=Direction.INCOMING),
    "outgoing": Q(direction=Direction.OUTGOING),
}


def register(view: str, *, search: str = "", before: int | None = None) -> list[FaultReport]:
    """The reports of one view, the newest first; those after the case ``before``, one more than a page shows."""
    rows = FaultReport.objects.filter(VIEWS[view])
    if search:
        rows = rows.filter(waybill_number__startswith=search)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    told = rows.select_related(
        "case__owner", "reporter", "sender", "responsible", "responsible_department"
    ).annotate(told=Count("notices"))
    return list(
        told.defer("case__sealed", "case__lookup", "case__search").order_by("-pk")[: ROWS + 1]
    )


def counts() -> dict[str, int]:
    """How many reports are open, and how many came in or went out among them."""
    open_ = FaultReport.objects.filter(VIEWS["open"])
    return open_.aggregate(
        open=Count("pk"),
        incoming=Count("pk", filter=VIEWS["incoming"]),
        outgoing=Count("pk", filter=VIEWS["outgoing"]),
    )


def to_tell(desk: Desk, now: datetime) -> CaseQuerySet:
    """Open reports of the person's own desk, for the number beside the page in the navigation."""
    return (
        Case.objects.visible_to(desk.user)
        .open()
        .filter(kind=Case.Kind.REPORT, department=desk.department_id)
    )


def forgotten(*, waiting: bool) -> QuerySet[ForgottenReport]:
    rows = ForgottenReport.objects.select_related("case", "employee", "decided_by", "penalty")
    rows = rows.defer("case__sealed", "case__lookup", "case__search")
    state = Q(state=ForgottenReport.State.PROPOSED)
    return rows.filter(state if waiting else ~state).order_by("-pk")


# For payroll.


@dataclass(frozen=True, slots=True)
class PayFact:
    """What a month's wage gets or loses for reports, in yuan with its sign. ``employee_id`` None: the supervisor's
    pool. ``steps``: the explanation, as policy's steps.
    """

    employee_id: int | None
    month: date
    clause: str
    amount: Decimal
    steps: Sequence[dict[str, Any]]


def pay_facts(month: date) -> list[PayFact]:
    """What accepted reports of a month earn, and what forgotten ones cost that were confirmed and stand.

    ``month``: its first day; a report counts in the month it was submitted (CD-12.74, CD-12.75, CD-12.77), a
    forgotten one in the month of its penalty (CD-12.79).
    """
    earned = ReportBonus.objects.filter(month=month).order_by("pk")
    span = Span(month, last_day(month_of(month)))
    lost = (
        ForgottenReport.objects.filter(
            penalty__state__in=[Penalty.State.PAYABLE, Penalty.State.SETTLED],
            penalty__incurred_at__gte=span.first,
            penalty__incurred_at__lt=span.end,
        )
        .annotate(value=F("penalty__value"))
        .order_by("pk")
    )
    return [
        *(
            PayFact(row.employee_id, month, row.clause, row.amount, row.inputs["steps"])
            for row in earned
        ),
        *(
            PayFact(row.employee_id, month, row.clause, -row.value, row.inputs["steps"])
            for row in lost
        ),
    ]
