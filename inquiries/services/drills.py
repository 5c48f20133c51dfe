"""Drills: once a month, the scenario that was not practised for longest; told of when the month runs out."""

from dataclasses import dataclass
from datetime import date, datetime

from inquiries.models import DrillReminder, Incident
from inquiries.services.incidents import edition_for_incidents
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.recurring import Occurrence, next_occurrence, recurring
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Department
from kefu.staff.selectors import lead_ids

SUBJECT = "emergency_drill"
SCENARIOS = "drill_scenario"


@dataclass(frozen=True, slots=True)
class Month:
    """A month's drills: when they are due, how many there were, how many there have to be."""

    due: Occurrence
    held: int

    @property
    def lacking(self) -> int:
        return max(0, self.due.times - self.held)

    def warned(self, now: datetime) -> bool:
        return bool(self.lacking and self.due.warn_at and now >= self.due.warn_at)


def month_of_drills(*, department_id: int, now: datetime) -> Month | None:
    """This month's drills; None where the rulebook wants none (ES-503.01)."""
    rules = _rules(department_id, now)
    if rules is None:
        return None
    try:
        due = next_occurrence(recurring(SUBJECT, rules), now)
    except NotInRulebook:
        return None
    first = datetime.combine(due.on.replace(day=1), datetime.min.time(), SHANGHAI)
    held = Incident.objects.filter(
        is_drill=True, completed_at__isnull=False, started_at__gte=first, started_at__lt=due.due_at
    )
    return Month(due, held.count())


def suggested_scenario(*, department_id: int, now: datetime) -> str:
    """The scenario that was not practised for longest; one that never was comes first (ES-503.02)."""
    rules = _rules(department_id, now)
    scenarios = offered(rules, SCENARIOS).keys if rules else ()
    last = {
        kind: Incident.objects.filter(is_drill=True, kind=kind, completed_at__isnull=False)
        .order_by("-started_at")
        .values_list("started_at", flat=True)
        .first()
        for kind in scenarios
    }
    never = datetime.min.replace(tzinfo=SHANGHAI)
    return min(scenarios, key=lambda kind: last[kind] or never, default="")


def _rules(department_id: int, now: datetime) -> Rulebook | None:
    try:
        return edition_for_incidents(department_id=department_id, at=now).rules
    except KefuError:
        return None


def remind(*, now: datetime) -> bool:
    """Tell those who lead that the month runs out without a drill; once a month (ES-503.01)."""
    for department in Department.objects.filter(active=True).order_by("order", "pk"):
        month = month_of_drills(department_id=department.pk, now=now)
        if month is None:
            continue
        if not month.warned(now):
            return False
        first: date = month.due.on.replace(day=1)
        _reminder, new = DrillReminder.objects.get_or_create(month=first, defaults={"told_at": now})
        if new:
            notifications.ring(
                kind=Event.Kind.DRILL_DUE,
                at=now,
                user_ids=lead_ids(),
                data={"month": f"{first:%Y-%m}", "until": f"{month.due.on:%m-%d}"},
            )
        return new
    return False


def last_drills(number: int = 12) -> list[Incident]:
    """The latest drills, with those who took part."""
    found = Incident.objects.filter(is_drill=True).select_related("case").order_by("-started_at")
    return list(found.prefetch_related("members__employee", "members__outlet")[:number])
