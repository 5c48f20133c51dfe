"""Orders in refund or dispute: what a supervisor looks through every day, and whether it was done (SD-221.08)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from kefu.cases.models import Interaction
from kefu.policy.clauses import Recurring
from kefu.policy.moments import day_of
from kefu.policy.plans import Plan
from kefu.policy.recurring import Occurrence, next_occurrence, occurrences, recurring
from kefu.policy.rulebook import Rulebook
from kefu.processes.models import ProcessRun, RefundCheck, RefundCheckReminder
from kefu.processes.roles import Owner, owner_of
from kefu.processes.selectors import Link, chain, standing, with_steps
from kefu.rulebooks.selectors import Edition, edition_saying
from kefu.staff.models import Department, User

SUBJECT = "refund_dispute_check"
REMINDED = "process_reminded"
LISTED = 200
BACK = timedelta(days=40)  # further back nobody is told of what was missed


@dataclass(frozen=True, slots=True)
class Duty:
    """One time a department's orders are to be looked through, and the check if it was made."""

    department_id: int
    using: Edition
    due: Occurrence

    @property
    def check(self) -> RefundCheck | None:
        made = RefundCheck.objects.select_related("checked_by")
        return made.filter(department=self.department_id, due_on=self.due.on).first()

    @property
    def clause(self) -> Recurring:
        return recurring(SUBJECT, self.using.rules)

    @property
    def people(self) -> list[int]:
        """Users who owe it. A manager may stand in, yet owes nothing."""
        found = User.objects.filter(
            employee__department=self.department_id, role=self.clause.role, is_active=True
        )
        return list(found.order_by("pk").values_list("pk", flat=True))

    @property
    def leads(self) -> list[int]:
        """The department's shift leads; where it has none, all of them."""
        found = User.objects.filter(role=User.Role.SHIFT_LEAD, is_active=True).order_by("pk")
        own = found.filter(employee__department=self.department_id)
        return list((own if own.exists() else found).values_list("pk", flat=True))

    def told(self, *, late: bool, to_lead: bool) -> bool:
        reminders = RefundCheckReminder.objects.filter(department=self.department_id)
        return reminders.filter(due_on=self.due.on, late=late, to_lead=to_lead).exists()

    @property
    def owner(self) -> Owner:
        return owner_of(self.clause.role)


def duty(*, department_id: int | None, at: datetime) -> Duty | None:
    """The check that comes next; None where no rulebook in force wants one."""
    using = _edition(department_id, at)
    if using is None or department_id is None:
        return None
    due = next_occurrence(recurring(SUBJECT, using.rules), at)
    return Duty(department_id, using, due)


def last_duty(*, department_id: int, at: datetime) -> Duty | None:
    """The check whose time is over, under the rulebook that held then."""
    using = _edition(department_id, at)
    if using is None:
        return None
    today = day_of(at)
    over = [
        one
        for one in occurrences(recurring(SUBJECT, using.rules), today - BACK, today)
        if one.due_at <= at
    ]
    if not over:
        return None
    then = _edition(department_id, over[-1].due_at - timedelta(minutes=1))
    return Duty(department_id, then, over[-1]) if then else None


@dataclass(frozen=True, slots=True)
class Untold:
    """A check that somebody is to be told of: before it is due, then the shift lead too, or ``late``; ``number``
    orders are open.
    """

    duty: Duty
    late: bool
    to_lead: bool
    number: int

    @property
    def people(self) -> list[int]:
        return self.duty.leads if self.to_lead else self.duty.people


def untold(*, at: datetime) -> Iterator[Untold]:
    """What nobody was told of yet: the check coming up once the house's hour to tell has come, and its hour to tell
    the shift lead, and the last one where it was missed; neither where it was made, where nobody of the department owes it or where nothing was open.
    """
    for department in Department.objects.filter(active=True).order_by("order", "pk"):
        coming = duty(department_id=department.pk, at=at)
        if coming is not None:
            for to_lead, hour in ((False, coming.due.warn_at), (True, coming.due.lead_warn_at)):
                if hour is not None and hour <= at:
                    yield from _untold(coming, to_lead=to_lead, at=at)
        over = last_duty(department_id=department.pk, at=at)
        if over is not None:
            yield from _untold(over, late=True, at=over.due.due_at)


def _untold(
    wanted: Duty, *, late: bool = False, to_lead: bool = False, at: datetime
) -> Iterator[Untold]:
    if wanted.check or not wanted.people or wanted.told(late=late, to_lead=to_lead):
        return
    if number := len(open_refunds(wanted, at=at)):
        yield Untold(wanted, late, to_lead, number)


def _edition(department_id: int | None, at: datetime) -> Edition | None:
    return edition_saying(_says, department_id=department_id, at=at)


def _says(rules: Rulebook) -> bool:
    return any(c.subject == SUBJECT and c.rhythm for c in rules.in_force(Recurring))


def states_of(run: ProcessRun, wanted: Duty) -> list[str]:
    """What of the states that are looked for its order is in."""
    states = Plan.read(run.plan).states(run.facts)
    return [name for name in wanted.due.about if name in states]


def open_refunds(wanted: Duty, *, at: datetime) -> list[ProcessRun]:
    """What ran at a moment and keeps an order in refund or dispute, in all desks that share the rulebook, the
    oldest first.
    """
    runs = ProcessRun.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=at),
        started_at__lte=at,
        plan__has_key="order_states",
        rulebook__rulebook__versions=wanted.using.version_id,
    ).order_by("started_at", "pk")
    return [run for run in runs if states_of(run, wanted)]


@dataclass(frozen=True, slots=True)
class Row:
    """An order in refund or dispute. ``reminded``: how often its owner was reminded, ``reminded_at``: when last."""

    run: ProcessRun
    states: list[str]
    open: list[Link]
    reminded: int
    reminded_at: datetime | None


def refund_rows(wanted: Duty, runs: Iterable[ProcessRun]) -> list[Row]:
    """What the page shows of them, in as many questions however many there are."""
    keys = [run.pk for run in runs][:LISTED]
    shown = (
        ProcessRun.objects.filter(pk__in=keys)
        .select_related("case__owner", "case__department", "about")
        .prefetch_related(with_steps())
        .order_by("started_at", "pk")
    )
    reminders = _reminders(keys)
    rows = []
    for run in shown:
        at = standing(run)
        links = [link for link in chain(at.plan, at) if link.state in ("next", "open")]
        told = reminders.get(run.pk, {"times": 0, "last": None})
        rows.append(Row(run, states_of(run, wanted), links, told["times"], told["last"]))
    return rows


def _reminders(cases: Iterable[int]) -> Mapping[int, Any]:
    lines = Interaction.objects.filter(case__in=cases, action=REMINDED).order_by()
    counted = lines.values("case").annotate(times=Count("pk"), last=Max("happened_at"))
    return {row["case"]: row for row in counted}


def last_checks(department_id: int, number: int = 7) -> list[RefundCheck]:
    made = RefundCheck.objects.filter(department=department_id).select_related("checked_by")
    return list(made.order_by("-due_on")[:number])
