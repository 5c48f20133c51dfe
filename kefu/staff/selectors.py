"""Which seats are open, and which of them have to be."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.clauses import Staffing
from kefu.policy.rulebook import Rulebook
from kefu.policy.seats import Missing, missing_seats
from kefu.rulebooks import wording
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Duty, Employee, User
from kefu.staff.permissions import LEADS, SUPERVISORS


def lead_ids() -> set[int]:
    """The accounts of those who lead: whose bells ring when something goes wrong."""
    leads = User.objects.filter(is_active=True, role__in=LEADS)
    return set(leads.values_list("pk", flat=True))


def head_ids() -> list[int]:
    """The accounts of the centre's heads, who confirm and approve."""
    heads = User.objects.filter(is_active=True, role__in=SUPERVISORS)
    return list(heads.order_by("pk").values_list("pk", flat=True))


def head_of(department_id: int) -> Employee | None:
    """Who heads a department's work now: its supervisor, else the centre's manager or another supervisor."""
    heads = Employee.objects.filter(
        status=Employee.Status.ACTIVE,
        user__is_active=True,
        user__role__in=[User.Role.SUPERVISOR, User.Role.MANAGER],
    )
    own = heads.filter(department=department_id).order_by("-user__role", "number").first()
    return own or heads.order_by("user__role", "number").first()


def desk_for_outlets() -> Department:
    """The department that takes outlets' questions: the first that works on inquiries. Raises KefuError without any."""
    desk = Department.objects.filter(active=True, works_inquiries=True).first()
    if desk is None:
        raise KefuError(_("客服部还没有设置受理部门"), code="no_department")
    return desk


def adjusters() -> QuerySet[Employee]:
    """Those whose claims are, by their number."""
    people = Employee.objects.assignable().filter(user__role=User.Role.ADJUSTER)
    return people.filter(user__is_active=True).order_by("number")


def leads() -> QuerySet[User]:
    """Those who may let something pass, by their number."""
    return User.objects.filter(is_active=True, role__in=LEADS).order_by("username")


def rules_of(employee: Employee, *, now: datetime) -> Rulebook | None:
    """The rulebook of his department; None where no rulebook holds yet, and so nothing is asked for."""
    return _rules(department_id=employee.department_id, now=now)


def _rules(*, department_id: int | None, now: datetime) -> Rulebook | None:
    try:
        return edition_in_force(department_id=department_id, at=now).rules
    except KefuError:
        return None


def _open_seats(rules: Rulebook, *, without: Employee | None = None) -> dict[str, int]:
    """Count the open seats by the names of the rulebook's staffing clauses."""
    seats = Duty.objects.filter(ended_at=None, seat=Duty.Seat.AVAILABLE)
    if without is not None:
        seats = seats.exclude(employee=without)
    people = seats.values_list("employee__department").annotate(n=Count("pk")).order_by()
    return seats_of(rules, dict(people), desks())


def desks() -> list[Department]:
    """All departments: who has a switchboard, who works inquiries."""
    return list(Department.objects.all())


def seats_of(
    rules: Rulebook, people: Mapping[int, int], departments: Sequence[Department]
) -> dict[str, int]:
    """Count ``people`` at their desks, by department, under the names of the rulebook's staffing clauses.

    Nobody counts as two: a query seat is one of a department that works inquiries and does not hold the
    switchboard. If every such department holds it, its people share both: as many as the rulebook wants
    sit at the switchboard, and those beyond are query seats. Where no department has a switchboard there
    is nothing to staff, and none is counted, so that none is asked for. Source: CD-03.09.
    """

    def at(*desks: Department) -> int:
        return sum(people.get(desk.pk, 0) for desk in desks)

    switchboards = [one for one in departments if one.switchboard and one.active]
    inquiries = [one for one in departments if one.works_inquiries]
    query_desks = [one for one in inquiries if one.active and not one.switchboard]
    counts = {
        "open_extensions": sum(people.values()),
        "query_seats": at(*(one for one in inquiries if one not in switchboards)),
        "switchboards": at(*switchboards),
    }
    if not switchboards:
        del counts["switchboards"]
    elif not query_desks:
        wanted = max(
            (clause.at_least.get("switchboards", 0) for clause in rules.in_force(Staffing)),
            default=0,
        )
        shared = at(*(one for one in inquiries if one in switchboards))
        counts["query_seats"] = min(shared, max(0, counts["switchboards"] - wanted))
    return counts


def seats_missing(*, now: datetime) -> tuple[Missing, ...]:
    """Which seats that have to stay open are missing at ``now``, by the rulebook of the whole centre."""
    rules = _rules(department_id=None, now=now)
    return _missing(rules, _open_seats(rules), now) if rules else ()


def _missing(rules: Rulebook, seats: dict[str, int], now: datetime) -> tuple[Missing, ...]:
    return missing_seats(rules, seats, now.astimezone(SHANGHAI).time())


def seats_missed(*, employee: Employee, rules: Rulebook, now: datetime) -> tuple[Missing, ...]:
    """Which seats that have to stay open will be missing once that of ``employee`` is not open any more.

    Nothing, if his seat makes no difference there, or is not open now. Source: CD-03.09, CD-03.10.
    """
    there, left = _open_seats(rules), _open_seats(rules, without=employee)
    return tuple(lack for lack in _missing(rules, left, now) if left[lack.name] < there[lack.name])


def seats_missed_after(*, employee: Employee, now: datetime) -> tuple[Missing, ...]:
    """The same, by the rulebook of his department."""
    rules = rules_of(employee, now=now)
    return seats_missed(employee=employee, rules=rules, now=now) if rules else ()


def seats_in_words(missed: Sequence[Missing]) -> str:
    """17:30–18:30 要留查询席 1 个（CD-03.09）；…, in the reader's language."""
    return punctuation.in_turn(*(_in_words(lack) for lack in missed))


def _in_words(lack: Missing) -> str:
    words = (
        _("{since}–{until} 要留{what} {n} 个（{clause}）")
        if lack.until
        else _("{since} 以后要留{what} {n} 个（{clause}）")
    )
    return words.format(
        since=f"{lack.since:%H:%M}",
        until=f"{lack.until:%H:%M}" if lack.until else "",
        what=wording.value_in_words("at_least", lack.name),
        n=lack.wanted,
        clause=lack.clause,
    )
