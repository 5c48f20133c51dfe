"""The hand-over book: what waits to be signed, what a shift leaves behind, and which pages are missing."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import get_language

from kefu.cases.models import Case, HandOver
from kefu.clock import SHANGHAI
from kefu.policy.access import needed
from kefu.policy.clauses import Checklist, Fields
from kefu.policy.measures import counted
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import sheet
from kefu.policy.rulebook import Rulebook
from kefu.policy.vocabulary import word
from kefu.staff.models import Department, Employee
from payroll.models import BookEntry, MeetingItem, RosteredShift, ShiftCheck
from payroll.selectors.meetings import departments_of, due_today

# The forms of the rulebooks that say what a page of the book holds; what is ticked as a shift begins and ends.
PAGES = ("handover_record", "shift_end")
SIGNED = ("handover_log",)
START, END = "shift_start", "closing"
# Known from elsewhere, never written down by hand.
SEEN = {"handover", "read", "signature", "tasks_done_or_handed_over"}
LATELY = timedelta(hours=16)  # a shift that ended so long ago is the one somebody hands over


@dataclass(frozen=True, slots=True)
class Asked:
    """Something to write or to tick, by the name the rulebook gives it. A line of conduct is shown and may be left."""

    clause: str
    name: str
    label: str
    wanted: bool = True


def fields_of(rules: Rulebook) -> list[Asked]:
    """What a page of the book asks for; a rulebook without such a form has one field for all of it (OS-04.10)."""
    found = [
        Asked(clause.id, name, in_words(name))
        for clause in rules.in_force(Fields)
        if clause.form in PAGES
        for name in clause.fields or ()
        if name not in SEEN
    ]
    return found or [Asked("", "todo", in_words("todo"))]


def ticks_at_start(rules: Rulebook) -> list[Asked]:
    """What is ticked before a shift: the uniform; that the book was read is known (SD-321.02)."""
    return [
        Asked(clause.id, name, in_words(name))
        for clause in rules.in_force(Fields)
        if clause.form == START
        for name in clause.fields or ()
        if name not in SEEN
    ]


def ticks_at_end(rules: Rulebook) -> list[Asked]:
    """The lines checked before one leaves: power off and appliances (SD-341.03); the desk cleared (SD-331.09) and what
    else is conduct, which a supervisor judges, is there as a reminder.
    """
    language = get_language() or "zh-hans"
    found = []
    for clause_id, keys in sheet(rules, END).items():
        clause = rules[clause_id]
        assert isinstance(clause, Checklist)
        wanted = clause.automation != "manual"
        if not keys:
            found.append(Asked(clause_id, clause_id, clause.label(language), wanted))
        for item in clause.lines:
            zh = language.startswith("zh")
            found.append(Asked(clause_id, item.key, item.zh if zh else item.en, wanted))
    return found


def in_words(name: str) -> str:
    """A field or a line as people read it."""
    return capfirst(word(name, get_language() or "zh-hans"))


def wants_signature(rules: Rulebook) -> bool:
    """Does the rulebook want a page of the book for each shift, signed by both (OS-04.09, SD-321.03)?"""
    named = {clause.form for clause in rules.in_force(Fields)}
    return bool(named.intersection(SIGNED)) or _counted(rules, {}, set()) is not None


def done_before_leaving(rules: Rulebook) -> tuple[str, ...]:
    """What has to be on record before somebody leaves for the day (SD-331.11)."""
    return needed(rules, "leave_for_the_day")


def _counted(rules: Rulebook, numbers: dict[str, Decimal], recorded: set[str]) -> Any:
    try:
        return counted(rules, "handover_records", numbers, recorded)
    except NotInRulebook:
        return None


# One's own.


def shift_ending(employee: Employee, now: datetime) -> RosteredShift | None:
    """The shift somebody is in, or has just ended: the one whose page he writes."""
    day = now.astimezone(SHANGHAI).date()
    shifts = RosteredShift.objects.on_duty().of(employee, since=day - timedelta(days=1), until=day)
    begun = shifts.filter(starts_at__lte=now, ends_at__gt=now - LATELY)
    return begun.order_by("-starts_at").first()


def case_hand_overs(employee: Employee, now: datetime) -> QuerySet[HandOver]:
    """The cases he has left to others this shift, one by one, that stand on no page yet (CD-03.11)."""
    shift = shift_ending(employee, now)
    since = shift.starts_at if shift else now - LATELY
    pages = BookEntry.objects.filter(giver=employee, withdrawn_at=None)
    found = HandOver.objects.filter(giver=employee, at__gte=since).exclude(
        pk__in=pages.values("cases")
    )
    return found.select_related("case", "taker", "department").order_by("at")


def cases_left(employee: Employee) -> QuerySet[Case]:
    return Case.objects.open().of(employee)


def tasks_left(employee: Employee, now: datetime) -> QuerySet[MeetingItem]:
    return due_today(employee, now)


def to_sign(employee: Employee | int | None, department_id: int | None) -> QuerySet[BookEntry]:
    """Pages that wait for somebody's signature: his own, and those for whoever comes next."""
    waiting = BookEntry.objects.filter(
        taker=None, withdrawn_at=None, department=department_id
    ).exclude(giver=employee)
    mine = waiting.filter(Q(addressee=employee) | Q(addressee=None))
    return mine.select_related("giver", "addressee", "shift").order_by("giver_signed_at")


def to_sign_at_desk(desk: Any, now: datetime) -> QuerySet[Any]:
    return to_sign(desk.employee_id, desk.department_id)


def visible_to(user: Any) -> QuerySet[BookEntry]:
    """The book of one's department lies open to all of it."""
    return BookEntry.objects.filter(department__in=departments_of(user)).select_related(
        "giver", "taker", "addressee", "department", "shift"
    )


# What is missing.


@dataclass(frozen=True, slots=True)
class Gap:
    """A shift whose book is not in order: a page not written as it ended, or none signed as it began."""

    shift: RosteredShift
    given: bool
    signed: bool
    entry: BookEntry | None
    began: bool
    ended: bool

    @property
    def wants_page(self) -> bool:
        return self.ended and not self.given

    @property
    def wants_signature(self) -> bool:
        return self.began and not self.signed


def gaps(department: Department, rules: Rulebook, on: date, *, now: datetime) -> list[Gap]:
    """The shifts of a day without their page, or whose page nobody signed (OS-04.09): the missing ones are listed.

    A record at each end of every shift counts; between shifts there may be a day without overlap, so whoever takes
    over signs at his own start.
    """
    if not wants_signature(rules):
        return []
    shifts = list(
        RosteredShift.objects.on_duty()
        .filter(employee__department=department, day=on, starts_at__lte=now)
        .select_related("employee")
        .order_by("starts_at", "employee__number")
    )
    pages = {
        one.shift_id: one
        for one in BookEntry.objects.filter(shift__in=shifts, withdrawn_at=None).select_related(
            "taker", "addressee"
        )
    }
    starts = defaultdict(set)
    for check in ShiftCheck.objects.filter(shift__in=shifts):
        starts[check.shift_id].add(check.edge)
    found = []
    for shift in shifts:
        page = pages.get(shift.pk)
        ended = shift.ends_at <= now
        began = ShiftCheck.Edge.START in starts[shift.pk]
        signed = page is not None and page.taker_id is not None
        numbers = {"start": Decimal(began), "end": Decimal(page is not None)}
        recorded = {"giver_signature"} if page else set()
        recorded |= {"taker_signature"} if signed else set()
        verdict = _counted(rules, numbers, recorded)
        kept = verdict.kept if verdict is not None else began and page is not None and signed
        if not kept:
            found.append(Gap(shift, page is not None, began, page, True, ended))
    return [gap for gap in found if gap.wants_page or gap.wants_signature or gap.entry]


def unsigned(departments: QuerySet[Department]) -> QuerySet[BookEntry]:
    """Pages that were written and nobody took over, the oldest first."""
    waiting = BookEntry.objects.filter(department__in=departments, taker=None, withdrawn_at=None)
    return waiting.select_related("giver", "addressee", "department").order_by("giver_signed_at")


def left_undone(departments: QuerySet[Department], since: date) -> QuerySet[ShiftCheck]:
    """Who went home with tasks of the day undone, and nobody has agreed to it yet (SD-331.11)."""
    checks = ShiftCheck.objects.filter(
        employee__department__in=departments,
        edge=ShiftCheck.Edge.END,
        consented_by=None,
        on__gte=since,
    ).exclude(open_tasks=[])
    return checks.select_related("employee", "shift").order_by("-on")
