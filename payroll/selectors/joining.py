"""What the rulebook asks of joining and leaving, and who stands where in it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import get_language

from kefu.policy.clauses import Consequence, Fields, Items, Process, Quota
from kefu.policy.processes import Done, Position, next_step, template
from kefu.policy.refusals import Refused
from kefu.policy.requirements import offered, requirements
from kefu.policy.rosters import CourseDay, course_plan
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition, edition_saying
from kefu.rulebooks.wording import value_in_words
from kefu.staff.models import Employee, User
from payroll.models import Candidate, Employment, JoiningDocument, Probation, Vacancy
from payroll.selectors.holidays import calendar

JUDGE = "payroll.judge_people"


def edition_of_process(process: str, department_id: int | None, at: datetime) -> Edition | None:
    """The edition that says how something goes in a department; None where none does."""

    def says(rules: Rulebook) -> bool:
        return any(clause.process == process for clause in rules.in_force(Process))

    return edition_saying(says, department_id=department_id, at=at)


def edition_of_list(of: str, department_id: int | None, at: datetime) -> Edition | None:
    def says(rules: Rulebook) -> bool:
        return any(clause.of == of for clause in rules.in_force(Items))

    return edition_saying(says, department_id=department_id, at=at)


def judges(user: Any, department_id: int) -> bool:
    """Does somebody judge those who are to work, or are on trial, in this department?"""
    if not user.has_perm(JUDGE):
        return False
    if user.role == User.Role.MANAGER:
        return True
    return Employee.objects.filter(user=user.pk, department=department_id).exists()


def vacancies_visible_to(user: Any) -> QuerySet[Vacancy]:
    """All of them for those who keep the files, her own department's for a supervisor, nobody's for others."""
    rows = Vacancy.objects.select_related("department", "position", "rulebook")
    if user.has_perm("payroll.keep_people"):
        return rows
    if user.has_perm("payroll.see_people"):
        return rows.filter(department__employees__user=user.pk)
    return rows.none()


def candidates_visible_to(user: Any) -> QuerySet[Candidate]:
    rows = Candidate.objects.filter(vacancy__in=vacancies_visible_to(user).values("pk"))
    return rows.select_related("vacancy__department", "vacancy__position", "employee__department")


def rules_of(row: Any) -> Rulebook | None:
    """What the rulebook said when it began, for a row that keeps its edition."""
    return edition(row.rulebook_id).rules if row.rulebook_id else None


def reasons(vacancy: Vacancy) -> list[tuple[str, str]]:
    """Why one may look outside, as the rulebook lists it (ES-121.02)."""
    rules = rules_of(vacancy)
    return chosen_from(rules, "external_reason") if rules else []


def chosen_from(rules: Rulebook, of: str) -> list[tuple[str, str]]:
    english = (get_language() or "").startswith("en")
    return [(item.key, item.en if english else item.zh) for item in offered(rules, of).items]


def standing(
    rules: Rulebook, process: str, done: Sequence[Done] = (), recorded: Collection[str] = ()
) -> Position:
    return next_step(rules, process, done, recorded=recorded)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a checklist: what, by which clause, how it stands."""

    code: str
    label: str
    clause: str
    row: JoiningDocument | None = None

    @property
    def settled(self) -> bool:
        return self.row is not None and self.row.settled


def document_lines(employment: Employment, at: datetime) -> list[Line]:
    """What a newcomer has to bring, each with what is on record (ES-123.02, ES-123.03)."""
    found = joining_form("joining_documents", employment, at)
    rows = {row.kind: row for row in employment.documents.select_related("false_entry")}
    lines = [
        Line(name, value_in_words("fields", name), clause, rows.pop(name, None))
        for clause, name in found
    ]
    lines += [Line(name, value_in_words("fields", name), "", row) for name, row in rows.items()]
    return lines


def joining_form(form: str, employment: Employment, at: datetime) -> list[tuple[str, str]]:
    """(clause, name) of what a form of the joining asks for here; nothing where the rulebook has no such form."""
    using = edition_of_form(form, employment, at)
    if using is None:
        return []
    lacks = requirements(using.rules, form, ()).lacks
    return [(lack.clause, name) for lack in lacks for name in lack.names]


def edition_of_form(form: str, employment: Employment, at: datetime) -> Edition | None:
    return edition_of_form_for(form, employment.employee, at)


def edition_of_form_for(form: str, employee: Employee, at: datetime) -> Edition | None:
    """The edition that says what a form about somebody has to hold; None where none does."""

    def says(rules: Rulebook) -> bool:
        return any(clause.form == form for clause in rules.in_force(Fields))

    return edition_saying(says, department_id=employee.department_id, at=at)


@dataclass(frozen=True, slots=True)
class FalseClauses:
    """The clauses under which a false document may stand in the register, those with a choice of measures first."""

    using: Edition
    clauses: Sequence[tuple[str, str]]


def false_document_clauses(employee: Employee, at: datetime) -> FalseClauses | None:
    """None where the rulebook has no clause that goes as far as dismissal once something is verified (ES-125.02)."""

    def severe(rules: Rulebook) -> list[Consequence]:
        return [
            one
            for one in rules.in_force(Consequence)
            if one.role == "employee" and one.condition == "verification"
            and "dismissal" in one.measures and not one.counts
        ]  # fmt: skip

    using = edition_saying(
        lambda rules: bool(severe(rules)), department_id=employee.department_id, at=at
    )
    if using is None:
        return None
    language = get_language() or "zh-hans"
    found = sorted(severe(using.rules), key=lambda one: -len(one.measures))
    return FalseClauses(using, [(one.id, f"{one.id} {one.label(language)}") for one in found])


def photos_wanted(rules: Rulebook) -> int:
    """How many photos a newcomer brings (ES-123.03); 1 where the rulebook does not say."""
    for clause in rules.in_force(Quota):
        if clause.of == "one_inch_photos" and clause.at_least:
            return int(clause.at_least)
    return 1


def told_topics(department_id: int, at: datetime) -> list[tuple[str, str]]:
    """What a newcomer is told, by the rulebook's names for it (ES-123.05)."""
    using = edition_of_process("joining", department_id, at)
    if using is None:
        return []
    for part in template(using.rules, "joining").parts:
        if part.step.code == "induct":
            return [(name, value_in_words("needs", name)) for name in part.step.needs]
    return []


def pre_job_week(employment: Employment, at: datetime) -> Sequence[CourseDay]:
    """The days before the job, as the rulebook plans them from the first day on (ES-124.02, ES-602.02)."""
    department = employment.employee.department_id
    using = edition_of_process("probation", department, at)
    if using is None:
        return ()
    since = employment.hired_on
    try:
        days = calendar(using.rules, {since.year, since.year + 1})
        return course_plan("pre_job_training", since, using.rules, days)
    except Refused:
        return ()


def probations_visible_to(user: Any) -> QuerySet[Probation]:
    rows = Probation.objects.select_related("employment__employee__department", "coach")
    if user.has_perm("payroll.keep_people"):
        return rows
    if user.has_perm("payroll.see_people"):
        return rows.filter(employment__employee__department__employees__user=user.pk)
    return rows.none()


def to_evaluate(user: Any, today: date) -> QuerySet[Probation]:
    """Probations that are over, or of whose end one was told, and that nobody has judged, of those somebody judges
    (ES-124.03).
    """
    if not user.has_perm(JUDGE):
        return Probation.objects.none()
    due = Q(ends_on__lt=today) | Q(told_soon_for=F("ends_on"))
    near = probations_visible_to(user).filter(due, state=Probation.State.RUNNING)
    return near.filter(employment__left_on=None).exclude(employment__employee__user=user.pk)


def to_confirm(user: Any) -> QuerySet[Probation]:
    """Those that passed and that the manager has to confirm in writing (ES-125.01)."""
    if not user.has_perm("payroll.confirm_probation"):
        return Probation.objects.none()
    waiting = probations_visible_to(user).filter(state=Probation.State.PASSED)
    return waiting.filter(employment__left_on=None).exclude(employment__employee__user=user.pk)
