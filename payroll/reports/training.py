"""The month's training and attendance by department and by person (CD-12.52 to CD-12.55, ES-602.08, SD-311.03)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kefu.policy.clauses import Recurring
from kefu.policy.measures import Plan
from kefu.policy.refusals import NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import NAMED, Row, Span, Table
from kefu.staff.models import Department
from payroll.models import SessionAttendance, TrainingSession
from payroll.reports import BY_THE_FIFTH, STEPS
from payroll.selectors.attendance import report_lines
from payroll.selectors.training import RHYTHMS, exam_marks

REPORT = "training_and_attendance"
ROUNDS = {*RHYTHMS, "attendance_report"}
ATTENDANCE = ("shifts", "late", "early", "absent_hours", "leave_hours", "overtime_hours")
CAME = ("present", "excused", "absent")
TRAINING = ("sessions", "held", *CAME, "presence_rate", "exam_mark")
PERSON = (*ATTENDANCE, *CAME, "exam_mark")
Status = SessionAttendance.Status
TENTH = Decimal("0.1")


def plan(rules: Rulebook) -> Plan:
    """The report of a rulebook that trains its people or has their attendance told. Raises NotInRulebook."""
    clauses = tuple(one.id for one in rules.in_force(Recurring) if one.subject in ROUNDS)
    if not clauses:
        raise NotInRulebook(cannot_be("no_report", code=rules.code, report=REPORT))
    groups = ("department", "employee")
    columns = (*ATTENDANCE, *TRAINING)
    return Plan(REPORT, clauses, "month", STEPS, columns, groups, (), (), True, BY_THE_FIFTH)


def month(span: Span, plan: Plan, rules: Rulebook) -> list[Table]:
    """Attendance and training of every department, and of everybody who was rostered or called to a training."""
    departments = list(Department.objects.filter(active=True).order_by("order", "code"))
    lines = {one.name: report_lines(one, span.first_on, span.last_on) for one in departments}
    came = _came(span)
    marks = exam_marks(span.first_on)
    return [
        _attendance(lines),
        _training(span, departments, came, marks),
        _people(lines, came, marks),
    ]


Lines = Mapping[str, list[dict[str, Any]]]  # by department, as they go to human resources


@dataclass(frozen=True, slots=True)
class Trained:
    """Somebody who was called to sessions of the month, and how often he came, was excused or stayed away."""

    number: str
    name: str
    department_id: int
    times: Mapping[str, int]


def _came(span: Span) -> dict[int, Trained]:
    rows = SessionAttendance.objects.filter(
        session__on__gte=span.first_on,
        session__on__lte=span.last_on,
        session__state=TrainingSession.State.HELD,
    ).values_list("employee", "employee__number", "employee__name", "session__department", "status")
    times: dict[int, Counter[str]] = {}
    people: dict[int, tuple[str, str, int]] = {}
    for pk, number, name, department, status in rows:
        people[pk] = (number, name, department)
        times.setdefault(pk, Counter())[status] += 1
    return {pk: Trained(*person, times[pk]) for pk, person in people.items()}


def _attendance(lines: Lines) -> Table:
    rows = [(name, own) for name, own in lines.items() if own]
    everybody = [line for _name, own in rows for line in own]
    return Table(
        "attendance",
        ("people", *ATTENDANCE),
        tuple(Row((NAMED, name), (str(len(own)), *_summed(own))) for name, own in rows),
        (str(len(everybody)), *_summed(everybody)),
    )


def _summed(lines: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = list(lines)
    return [_plain(sum((Decimal(line[name]) for line in lines), Decimal(0))) for name in ATTENDANCE]


def _training(
    span: Span,
    departments: Iterable[Department],
    came: Mapping[int, Trained],
    marks: Mapping[int, Decimal],
) -> Table:
    planned, held = Counter[int](), Counter[int]()
    sessions = TrainingSession.objects.filter(on__gte=span.first_on, on__lte=span.last_on).exclude(
        state=TrainingSession.State.CANCELLED
    )
    for department, state in sessions.values_list("department", "state"):
        planned[department] += 1
        held[department] += state == TrainingSession.State.HELD
    rows = []
    for one in departments:
        if planned[one.pk]:
            own = {pk: who for pk, who in came.items() if who.department_id == one.pk}
            cells = (str(planned[one.pk]), str(held[one.pk]), *_turnout(own, marks))
            rows.append(Row((NAMED, one.name), cells))
    total = (str(planned.total()), str(held.total()), *_turnout(came, marks))
    return Table("training", TRAINING, tuple(rows), total)


def _turnout(people: Mapping[int, Trained], marks: Mapping[int, Decimal]) -> tuple[str, ...]:
    """How many came, were excused and stayed away, the share that came, and the mean mark."""
    times = Counter[str]()
    for one in people.values():
        times.update(one.times)
    share = 100 * Decimal(times[Status.PRESENT]) / times.total() if times else None
    own = [marks[pk] for pk in people if pk in marks]
    mean = sum(own, Decimal(0)) / len(own) if own else None
    return (*(str(times[name]) for name in CAME), _tenth(share), _tenth(mean))


def _people(lines: Lines, came: Mapping[int, Trained], marks: Mapping[int, Decimal]) -> Table:
    trained = {one.number: (pk, one) for pk, one in came.items()}
    rostered = {line["number"]: line for own in lines.values() for line in own}
    names = {line["number"]: line["name"] for line in rostered.values()}
    names |= {number: one.name for number, (_pk, one) in trained.items()}
    rows = []
    for number in sorted(names):
        line = rostered.get(number)
        pk, one = trained.get(number, (0, None))
        times = one.times if one else {}
        mark = marks.get(pk)
        cells = (
            *(_summed([line]) if line else [""] * len(ATTENDANCE)),
            *(str(times.get(name, 0)) for name in CAME),
            "" if mark is None else _plain(mark),
        )
        rows.append(Row((NAMED, f"{names[number]} {number}"), cells))
    return Table("employee", PERSON, tuple(rows))


def _tenth(number: Decimal | None) -> str:
    return "" if number is None else f"{number.quantize(TENTH, ROUND_HALF_UP)}"


def _plain(number: Decimal) -> str:
    """Without the noughts behind the point."""
    return f"{number.normalize():f}"
