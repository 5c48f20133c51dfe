"""The people of the house as human resources looks at them: who is on trial, who leaves, what is on file."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils.translation import gettext as _

from kefu.policy.requirements import requirements
from kefu.privacy import names
from kefu.rulebooks.selectors import Holding, holdings
from kefu.rulebooks.wording import value_in_words
from kefu.staff.models import Employee, User
from payroll.models import (
    AttendanceDay,
    Employment,
    Leaving,
    MonthScore,
    Placement,
    Probation,
    RegisterEntry,
    Replacement,
    Vacancy,
)
from payroll.selectors.joining import chosen_from, edition_of_form_for, edition_of_list
from payroll.selectors.people import people_of

KEEP, SEE, WAGES = "payroll.keep_people", "payroll.see_people", "payroll.view_all_pay"
NONE, TRIAL, EMPLOYED, LEAVING, LEFT = "none", "probation", "employed", "leaving", "left"


def states() -> list[tuple[str, str]]:
    """How somebody stands with us, each with its word, as a list is filtered by it."""
    return [
        (EMPLOYED, _("在职")),
        (TRIAL, _("试用")),
        (LEAVING, _("将离职")),
        (LEFT, _("已离职")),
        (NONE, _("没有任职记录")),
    ]


def people_visible_to(user: Any) -> QuerySet[Employee]:
    """All for those who keep the files or pay the wages, her own department's people for a supervisor, nobody for others."""
    if user.has_perm(KEEP) or user.has_perm(WAGES):
        return Employee.objects.all()
    if user.has_perm(SEE):
        return Employee.objects.filter(department__employees__user=user.pk)
    return Employee.objects.none()


def with_state(people: QuerySet[Employee], today: date) -> QuerySet[Any]:
    """With ``hired_on``, ``left_on``, ``trial_until`` of the latest employment, and ``stands``."""
    latest = Employment.objects.filter(employee=OuterRef("pk")).order_by("-hired_on")
    trial = Probation.objects.filter(
        employment__employee=OuterRef("pk"),
        employment__left_on=None,
        state__in=[Probation.State.RUNNING, Probation.State.PASSED],
    )
    given = people.annotate(
        hired_on=Subquery(latest.values("hired_on")[:1], output_field=DateField()),
        left_on=Subquery(latest.values("left_on")[:1], output_field=DateField()),
        trial_until=Subquery(trial.values("ends_on")[:1], output_field=DateField()),
    )
    return given.annotate(
        stands=Case(
            When(Q(status=Employee.Status.LEFT) | Q(left_on__lt=today), then=Value(LEFT)),
            When(hired_on=None, then=Value(NONE)),
            When(left_on__isnull=False, then=Value(LEAVING)),
            When(trial_until__isnull=False, then=Value(TRIAL)),
            default=Value(EMPLOYED),
            output_field=CharField(),
        )
    )


def found(
    user: Any, today: date, *, text: str = "", department: int | None = None, state: str = ""
) -> QuerySet[Any]:
    """Who fits what is typed: number, name, pinyin or its initials; without a state those who have not left."""
    rows = with_state(people_visible_to(user), today).select_related(
        "department", "position", "user"
    )
    if text := text.strip():
        key = names.fold_pinyin(text) if text.isascii() else text
        rows = rows.filter(
            Q(number__startswith=text)
            | Q(name__contains=text)
            | Q(party__pinyin__startswith=key)
            | Q(party__initials__startswith=key)
        )
    if department is not None:
        rows = rows.filter(department=department)
    if state:
        rows = rows.filter(stands=state)
    elif not text:
        rows = rows.exclude(stands=LEFT)
    return rows.order_by("number")


def counted(user: Any, today: date) -> dict[str, int]:
    """How many of those whose files he may see stand in each of ``states``."""
    rows = with_state(people_visible_to(user), today).values("stands").annotate(n=Count("pk"))
    return {row["stands"]: row["n"] for row in rows.order_by()}


def leavings(user: Any) -> QuerySet[Leaving]:
    """Those under way, and the last that were closed."""
    rows = Leaving.objects.filter(
        withdrawn_at=None, employment__employee__in=people_visible_to(user).values("pk")
    )
    return rows.select_related("employment__employee__department").order_by("closed_at", "last_day")


def replacements(user: Any) -> QuerySet[Replacement]:
    """Who waits for a new piece."""
    if not user.has_perm(KEEP):
        return Replacement.objects.none()
    rows = Replacement.objects.filter(state=Replacement.State.ASKED).exclude(
        issue__employee__user=user.pk
    )
    return rows.select_related("issue__employee", "issue__article").order_by("asked_at")


@dataclass(frozen=True, slots=True)
class FilePart:
    """One part of somebody's growth file, with its lines (ES-123.04)."""

    code: str
    label: str
    lines: Sequence[Any]


def growth_file(employee: Employee, at: datetime) -> list[FilePart]:
    """Post changes, rewards, discipline, training: the parts that the rulebook names, else all of them."""
    using = edition_of_list("personnel_file_part", employee.department_id, at)
    parts = chosen_from(using.rules, "personnel_file_part") if using else []
    entries = list(
        employee.register_entries.filter(state=RegisterEntry.State.COUNTED)
        .exclude(kind=RegisterEntry.Kind.POINTS)
        .order_by("-happened_on", "-pk")[:100]
    )
    rewards = [one for one in entries if one.kind == RegisterEntry.Kind.AWARD]
    lines: dict[str, Sequence[Any]] = {
        "post_changes": list(placements(employee)),
        "rewards": rewards,
        "discipline": [one for one in entries if one not in rewards],
    }
    default = [
        ("post_changes", _("岗位变动")), ("rewards", _("奖励")), ("discipline", _("处分")), ("training", _("培训")),
    ]  # fmt: skip
    return [FilePart(code, label, lines.get(code, ())) for code, label in parts or default]


def placements(employee: Employee) -> QuerySet[Placement]:
    rows = employee.placements.select_related("department", "position", "recorded_by")
    return rows.order_by("-from_on", "-pk")


def lacking(employee: Employee, at: datetime) -> list[tuple[str, str]]:
    """What an active employee has to have and has not: (what, clause) (ES-116.02)."""
    using = edition_of_form_for("active_employee", employee, at)
    if using is None:
        return []
    there = {
        "post_description": bool(employee.position.duties),
        "attendance_record": AttendanceDay.objects.filter(employee=employee).exists(),
        "assessment_record": MonthScore.objects.filter(employee=employee).exists(),
    }
    recorded = [name for name, is_there in there.items() if is_there]
    asked = requirements(using.rules, "active_employee", recorded)
    return [
        (value_in_words("fields", name), lack.clause) for lack in asked.lacks for name in lack.names
    ]


def confirmed_rules(employee: Employee, at: datetime) -> Sequence[Holding]:
    """The rules that bind him now, with when he confirmed that he has read them (ES-111.01)."""
    bound = holdings(employee_id=employee.pk, department_id=employee.department_id, at=at)
    return [one for one in bound if one.holds]


# Who of ours may fill a vacancy, side by side.


@dataclass(frozen=True, slots=True)
class Comparison:
    employee: Any
    scores: Sequence[MonthScore]  # the newest first
    rewards: int
    discipline: int
    candidate: bool


def eligible(vacancy: Vacancy, today: date, user: Any) -> QuerySet[Any]:
    """Everybody employed here who has another post, whoever leads them: nobody is left out (ES-116.04).

    Who does not keep the files looks at the figures of her own people and of those who were put forward.
    """
    candidates = vacancy.candidates.filter(employee=OuterRef("pk"))
    rows = with_state(Employee.objects.filter(status=Employee.Status.ACTIVE), today)
    rows = rows.filter(stands__in=[EMPLOYED, TRIAL], user__is_active=True).exclude(
        department=vacancy.department_id, position=vacancy.position_id
    )
    rows = rows.exclude(user__role=User.Role.MANAGER).annotate(candidate=Exists(candidates))
    if not user.has_perm(KEEP):
        rows = rows.filter(Q(candidate=True) | Q(pk__in=people_of(user).values("pk")))
    found: QuerySet[Any] = rows.select_related("department", "position")
    return found.order_by("-candidate", "number")


def compared(people: Collection[Any], today: date) -> list[Comparison]:
    """The comparable figures of each: grades, rewards and discipline of the last twelve months (ES-116.04)."""
    since = today.replace(year=today.year - 1, day=1)
    ids = [one.pk for one in people]
    scores: dict[int, list[MonthScore]] = defaultdict(list)
    rows = MonthScore.objects.filter(employee__in=ids, month__gte=since)
    for row in rows.order_by("employee_id", "-month", "-number").distinct("employee_id", "month"):
        scores[row.employee_id].append(row)
    entries: dict[tuple[int, bool], int] = defaultdict(int)
    kept = RegisterEntry.objects.filter(
        employee__in=ids, state=RegisterEntry.State.COUNTED, happened_on__gte=since
    ).exclude(kind=RegisterEntry.Kind.POINTS)
    for employee, kind, n in (
        kept.values_list("employee", "kind").annotate(n=Count("pk")).order_by()
    ):
        entries[employee, kind == RegisterEntry.Kind.AWARD] += n
    return [
        Comparison(one, scores[one.pk][:3], entries[one.pk, True], entries[one.pk, False], one.candidate)
        for one in people
    ]  # fmt: skip
