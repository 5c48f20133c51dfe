"""Class what was rostered, again whenever something new is known, and write what it costs into the register."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.policy.clauses import BasePay, Consequence
from kefu.policy.money import yuan
from kefu.policy.penalties import Breach, assess
from kefu.policy.presence import Cost, Presence, costs, grave_absence, hours_within
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import (
    AttendanceDay,
    EntryDecision,
    Leave,
    LockedMonth,
    Outing,
    RegisterEntry,
    RosteredShift,
    Wage,
)
from payroll.selectors.presence import Editions, Known, admitted, judged, known
from payroll.services import register

log = logging.getLogger(__name__)
SETTLED = timedelta(hours=2)  # after a shift its last punch is usually in
LOOK_BACK = timedelta(days=10)
YEAR_BACK = timedelta(days=400)
Status = AttendanceDay.Status


@transaction.atomic
def assess_days(
    employee: Employee,
    since: date,
    until: date,
    now: datetime,
    *,
    editions: Editions | None = None,
) -> list[AttendanceDay]:
    """Class the shifts of these days anew and return them; what their costs say in the register follows.

    Months that are locked stay as they are. ``editions``: of a batch, so that it asks once for what binds many.
    Source: ES-133.04, SD-215.01, SD-233.24.
    """
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)  # one at a time
    locked = _locked_days(since, until)
    shifts = _open_shifts(employee, since, until, locked)
    there = _entries(employee, since, until)
    made = []
    for one in known(employee, shifts, now=now, editions=editions):
        found = judged(one)
        unsigned, due_at = _unsigned(one, found, now)
        lines = costs(found, one.using.rules, unsigned=unsigned)
        unpriced = _register(one, lines, there.get(one.shift.pk, []), now)
        made.append(_day(one, found, unsigned, due_at, unpriced, now))
    AttendanceDay.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["shift"],
        update_fields=[
            field.name for field in AttendanceDay._meta.concrete_fields if field.name != "shift"
        ],
    )
    _forget_dead(employee, since, until, locked, there, now)
    _raise_grave(employee, made, now)
    return made


def _open_shifts(
    employee: Employee, since: date, until: date, locked: Sequence[date]
) -> list[RosteredShift]:
    shifts = (
        RosteredShift.objects.on_duty()
        .of(employee, since=since, until=until)
        .exclude(day__in=locked)
    )
    return list(shifts.select_related("employee"))


def _day(
    one: Known,
    found: Presence,
    unsigned: Sequence[str],
    due_at: datetime | None,
    unpriced: Sequence[str],
    now: datetime,
) -> AttendanceDay:
    facts = one.facts
    return AttendanceDay(
        shift=one.shift,
        employee=one.shift.employee,
        day=one.shift.day,
        status=found.status,
        came_at=facts.came_at,
        left_at=facts.left_at,
        late_minutes=found.late_minutes,
        early_minutes=found.early_minutes,
        worked_minutes=found.worked_minutes,
        absent_hours=found.absent_hours,
        leave_hours=found.leave_hours,
        due_at=due_at,
        inputs={
            "facts": facts.model_dump(mode="json"),
            "steps": [step.to_json() for step in found.steps],
            "missing": list(found.missing),
            "unsigned": list(unsigned),
            "events": dict(found.events) | ({"unsigned_punch": len(unsigned)} if unsigned else {}),
            "leaves": {
                leave.kind: str(hours_within(facts.windows, leave.starts_at, leave.ends_at))
                for leave in one.leaves
            },
            "not_early_enough": found.not_early_enough,
            "unpriced": list(unpriced),
        },
        rulebook_id=one.using.version_id,
        decided_at=now,
    )


def _unsigned(one: Known, found: Presence, now: datetime) -> tuple[list[str], datetime | None]:
    """The missing punches that nobody explained in time (SD-233.22), and until when the others can be."""
    due_at, unsigned = None, []
    for direction in found.missing:
        if direction in one.asked:
            continue
        verdict = admitted(one.shift, direction, one.using, before=0, asked_at=now)
        if verdict.late:
            unsigned.append(str(direction))
        elif verdict.due_at:
            due_at = min(due_at or verdict.due_at, verdict.due_at)
    return unsigned, due_at


def _forget_dead(
    employee: Employee,
    since: date,
    until: date,
    locked: Sequence[date],
    there: Mapping[int, Sequence[RegisterEntry]],
    now: datetime,
) -> None:
    """A shift that was given away is nobody's day any more."""
    dead = AttendanceDay.objects.filter(
        employee=employee, day__gte=since, day__lte=until, shift__live=False
    ).exclude(day__in=locked)
    for day in dead:
        _retract(there.get(day.shift_id, []), now)
        day.delete()


def _locked_days(since: date, until: date) -> list[date]:
    months = LockedMonth.objects.filter(month__gte=since.replace(day=1), month__lte=until)
    locked = set(months.values_list("month", flat=True))
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    return [day for day in days if day.replace(day=1) in locked] if locked else []


# The register.


def _entries(employee: Employee, since: date, until: date) -> dict[int, list[RegisterEntry]]:
    """What these days brought into the register by themselves, by shift, the earliest first."""
    found: dict[int, list[RegisterEntry]] = {}
    for entry in RegisterEntry.objects.filter(
        employee=employee,
        happened_on__gte=since,
        happened_on__lte=until,
        source__startswith="shift:",
    ).order_by("pk"):
        found.setdefault(int(entry.source.split(":")[1]), []).append(entry)
    return found


def _register(
    one: Known, lines: Sequence[Cost], there: Sequence[RegisterEntry], now: datetime
) -> list[str]:
    """Enter what a shift costs and take back what it no longer does; return the clauses that nobody can price."""
    wanted = {(line.clause, f"shift:{one.shift.pk}:{line.source}"): line for line in lines}
    _retract([entry for entry in there if (entry.clause, _plain(entry.source)) not in wanted], now)
    last = {(entry.clause, _plain(entry.source)): entry for entry in there}
    vanished = _vanished(last.values()) if wanted else set()
    unpriced = []
    for (clause, source), line in wanted.items():
        before = last.get((clause, source))
        if before is not None and before.pk not in vanished:
            continue  # it stands, or somebody decided that it does not
        value = _value(one, clause)
        if value is None and _needs_value(one.using.rules, clause):
            unpriced.append(clause)
            continue
        register.enter(
            employee=one.shift.employee,
            clause=clause,
            rulebook_id=one.using.version_id,
            kind=line.kind,
            happened_on=one.shift.day,
            reason=_("考勤记录，系统按打卡、请假与排班判定"),
            source=source if before is None else f"{source}~{before.pk}",
            value=value,
            inputs={"shift": one.shift.pk, "steps": [step.to_json() for step in line.steps]},
            verified=True,
            actor=None,
            now=now,
        )
    return unpriced


def _plain(source: str) -> str:
    return source.partition("~")[0]


def _vanished(entries: Iterable[RegisterEntry]) -> set[int]:
    """Those that stopped counting because their fact was gone, not because a person said so."""
    return set(
        EntryDecision.objects.filter(
            entry__in=[entry.pk for entry in entries],
            state=RegisterEntry.State.WITHDRAWN,
            decided_by=None,
        ).values_list("entry", flat=True)
    )


def _retract(entries: Iterable[RegisterEntry], now: datetime) -> None:
    for entry in entries:
        if entry.state == RegisterEntry.State.COUNTED:
            register.retract(entry=entry, reason=_("考勤重新核算后不再成立"), now=now)


def _needs_value(rules: Rulebook, clause: str) -> bool:
    found = rules[clause]
    return isinstance(found, Consequence) and found.derived is not None


def _value(one: Known, clause: str) -> Decimal | None:
    """What a line costs where it comes out of the base wage (SD-233.40); None where the clause says it, or where
    no wage is known."""
    if not _needs_value(one.using.rules, clause):
        return None
    base = _base(one.shift.employee, one.shift.day, one.using.rules)
    if base is None:
        return None
    breach = Breach(clause=clause, established=("absent",), base=base)
    amount = assess(one.using.rules, breach).amount
    return amount and yuan(amount)


def _base(employee: Employee, day: date, rules: Rulebook) -> Decimal | None:
    agreed = (
        Wage.objects.filter(employee=employee, from_on__lte=day).order_by("from_on", "pk").last()
    )
    if agreed is not None and agreed.base is not None:
        return agreed.base
    pays = [pay for pay in rules.in_force(BasePay) if pay.by != "post" and pay.amount is not None]
    return max(pays, key=lambda pay: pay.from_month).amount if pays else None


def _raise_grave(employee: Employee, made: Sequence[AttendanceDay], now: datetime) -> None:
    """Bring so much absence before management: the line waits for a person (ES-133.23, ES-133.24)."""
    absent = [one for one in made if one.absent_hours > 0]
    if not absent:
        return
    last = max(absent, key=lambda one: one.day)
    days = AttendanceDay.objects.filter(
        employee=employee, day__gt=last.day - YEAR_BACK, day__lte=last.day
    ).exclude(status=Status.EXPECTED)
    rows = [
        (day, hours, status == Status.ABSENT and worked == 0)
        for day, hours, status, worked in days.order_by("day").values_list(
            "day", "absent_hours", "status", "worked_minutes"
        )
    ]
    for found in grave_absence(edition(last.rulebook_id).rules, rows):
        register.enter(
            employee=employee,
            clause=found.clause,
            rulebook_id=last.rulebook_id,
            kind=RegisterEntry.Kind.REMARK,
            happened_on=last.day,
            reason=_("旷工累计达到规章的界限，请管理层决定"),
            source=f"absence:{found.clause}:{last.day:%Y}",
            inputs={"steps": [step.to_json() for step in found.steps]},
            actor=None,
            now=now,
        )


# By the clock.


def sweep(*, now: datetime) -> int:
    """Class the shifts that are over and were not looked at since, those of which leave or an outing was decided
    later, and those whose time for explaining a punch has passed; return how many people's days were made anew.
    """
    today = now.astimezone(SHANGHAI).date()
    recent = RosteredShift.objects.on_duty().filter(day__gte=today - LOOK_BACK, day__lte=today)
    over = recent.filter(ends_at__lte=now - SETTLED).filter(
        Q(attendance=None) | Q(attendance__decided_at__lt=F("ends_at") + SETTLED)
    )
    within = {
        "employee": OuterRef("employee"),
        "starts_at__lt": OuterRef("ends_at"),
        "ends_at__gt": OuterRef("starts_at"),
    }
    leave = Exists(Leave.objects.filter(state=Leave.State.APPROVED, **within))
    outing = Exists(
        Outing.objects.filter(
            state=Outing.State.APPROVED, decided_at__gt=OuterRef("attendance__decided_at"), **within
        )
    )
    told = recent.filter(attendance__isnull=False).filter(
        Q(leave, attendance__leave_hours=0) | Q(~leave, attendance__leave_hours__gt=0) | Q(outing)
    )
    waiting = AttendanceDay.objects.filter(
        status=Status.MISSING, due_at__lt=now, decided_at__lte=F("due_at")
    )
    days: dict[int, list[date]] = {}
    for rows in (over, told, waiting):
        for employee, day in rows.values_list("employee", "day"):
            days.setdefault(employee, []).append(day)
    people = Employee.objects.filter(pk__in=days).order_by("pk")
    editions = Editions()
    return sum(
        _assessed(one, min(days[one.pk]), max(days[one.pk]), now, editions) for one in people
    )


def _assessed(
    employee: Employee, since: date, until: date, now: datetime, editions: Editions
) -> bool:
    """Whose days cannot be classed is logged and does not stop the others."""
    try:
        assess_days(employee, since, until, now, editions=editions)
    except Exception:
        log.exception("employee %s: the days from %s to %s", employee.pk, since, until)
        return False
    return True
