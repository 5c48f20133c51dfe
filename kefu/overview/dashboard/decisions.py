"""What waits for a person's decision: fines that people judge, and everything this reader may approve."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Model, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from claims.models import Settlement
from kefu.admin.access import may_view
from kefu.admin.base import list_url
from kefu.appeals.models import AWAITED, Appeal
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline, LateEntry
from kefu.overview.dashboard.asked import Asked
from kefu.overview.dashboard.figures import Figure, cases
from kefu.overview.models import Verification
from kefu.penalties.models import Penalty, Waiver
from kefu.rulebooks.models import RulebookVersion
from kefu.workbench.selectors import Page
from payroll.models import PayRun

MOST_FINES = 5


@dataclass(frozen=True, slots=True)
class Fines:
    """``rows``: the oldest; ``rest``, ``rest_amount``: those that are not listed. Amounts in yuan."""

    rows: list[Penalty]
    number: Figure
    amount: Decimal
    oldest: timedelta | None
    rest: int
    rest_amount: Decimal


def fines_of(asked: Asked) -> Fines:
    """Penalties held for a person, and provisional ones whose condition people judge. Two questions."""
    rows = Penalty.objects.for_people()
    if asked.department:
        rows = rows.filter(case__department=asked.department)
    found = rows.order_by().aggregate(
        n=Count("pk"), amount=Sum("value", filter=Q(kind="fine")), first=Min("incurred_at")
    )
    oldest = list(rows.select_related("party").order_by("incurred_at", "pk")[:MOST_FINES])
    listed = sum((one.value for one in oldest if one.kind == "fine"), Decimal(0))
    amount = found["amount"] or Decimal(0)
    only = {"case__department__id__exact": asked.department_id} if asked.department else {}
    return Fines(
        oldest,
        Figure(found["n"], list_url(Penalty, judged="people", **only)),
        amount,
        asked.now - found["first"] if found["first"] else None,
        found["n"] - len(oldest),
        amount - listed,
    )


@dataclass(frozen=True, slots=True)
class Wait:
    """One kind of decision; ``own``: how many of them this reader proposed, so that another must decide."""

    label: str
    number: Figure
    oldest: timedelta | None = None
    own: int = 0


def waits_of(pages: Iterable[Page], user: Any, now: datetime) -> list[Wait]:
    """All that waits for somebody like ``user``, a question each; and what waits on ``pages`` of the workbench."""
    found = [wait for wait in _in_the_admin(user, now) if wait.number.n]
    return [*found, *(Wait(page.label, Figure(page.count or 0, page.url)) for page in pages)]


def _in_the_admin(user: Any, now: datetime) -> Iterator[Wait]:
    def wait(label: str, model: type[Model], rows: QuerySet[Any], since: str, **list_: str) -> Wait:
        mine = {"own": Count("pk", filter=Q(proposed_by=user))} if "decision" in list_ else {}
        numbers = rows.order_by().aggregate(n=Count("pk"), first=Min(since), **mine)
        first = numbers["first"]
        return Wait(
            label,
            Figure(numbers["n"], list_url(model, **list_)),
            now - first if first else None,
            numbers.get("own", 0),
        )

    if may_view(user, Waiver):
        rows = Waiver.objects.filter(approved=None)
        yield wait(_("免罚"), Waiver, rows, "proposed_at", decision="open")
    if may_view(user, LateEntry):
        late = LateEntry.objects.filter(approved=None)
        yield wait(_("补记回复时间"), LateEntry, late, "proposed_at", decision="open")
    if may_view(user, Penalty):
        held = Penalty.objects.filter(state=Penalty.State.HELD)
        yield wait(_("系统中断期间的处罚"), Penalty, held, "incurred_at", state__exact="held")
    if may_view(user, Appeal):
        appeals = Appeal.objects.filter(state__in=AWAITED)
        yield wait(_("网点异议"), Appeal, appeals, "filed_at", state__in=",".join(AWAITED))
    if may_view(user, Deadline):
        aside = Deadline.objects.filter(state=Deadline.State.SET_ASIDE)
        yield wait(_("搁置的时限"), Deadline, aside, "due_at", state__exact="set_aside")
    if may_view(user, Settlement):
        agreed = Settlement.objects.filter(state=Settlement.State.PROPOSED)
        yield wait(_("赔付"), Settlement, agreed, "proposed_at", state__exact="proposed")
    if may_view(user, RulebookVersion):
        drafts = RulebookVersion.objects.filter(state=RulebookVersion.State.DRAFT)
        yield wait(_("规章草稿"), RulebookVersion, drafts, "drafted_at", state__exact="draft")
    if may_view(user, PayRun):
        yield from _pay_runs(wait)
    if may_view(user, Verification):
        last = Verification.objects.order_by("-day").first()
        if last is not None and last.violations:
            yield Wait(_("每日核对的不一致"), Figure(1, list_url(Verification, day=last.day)))


def _pay_runs(wait: Any) -> Iterator[Wait]:
    for state, label, since in (
        (PayRun.State.COMPUTED, _("工资待审批"), "computed_at"),
        (PayRun.State.APPROVED, _("工资待锁定"), "approved_at"),
    ):
        rows = PayRun.objects.filter(state=state)
        yield wait(label, PayRun, rows, since, state__exact=state.value)


def unassigned(asked: Asked) -> Figure:
    """Open cases that nobody has."""
    rows = Case.objects.open().unassigned()
    if asked.department:
        rows = rows.filter(department=asked.department)
    only = {"department__id__exact": asked.department_id}
    return Figure(rows.order_by().count(), cases(owner__isnull="True", **only))
