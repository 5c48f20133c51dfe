"""Leave the desk for a while and come back; what a supervisor makes of it (CD-03.01, SD-233.27, ES-133.08)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.clauses import Consequence, ScoreEvent
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition
from kefu.staff import services as staff
from kefu.staff.models import Duty, Employee, User
from payroll.models import Away, RegisterEntry
from payroll.selectors.breaks import break_of
from payroll.selectors.people import leads
from payroll.selectors.presence import edition_of
from payroll.services import months, register
from payroll.services.attendance import assess_days

REASON = 200  # characters
FIND = "payroll.find_away"


@transaction.atomic
def leave_desk(
    *,
    employee: Employee,
    reason: str,
    told: User | None = None,
    busy: bool = True,
    rest_until: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Away:
    """Say where one goes; ``busy`` shows the seat so, ``told``: whom one has told; until ``rest_until`` it is his break.

    Raises NotAllowed for another's desk, Conflict: away_already, and what showing oneself busy raises. Source:
    CD-03.01, CD-12.58.
    """
    _own(employee, actor)
    reason = redact.redact(
        redact.clean(reason, max_length=REASON, field="reason", required=True, multiline=False)
    )
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    if Away.objects.filter(employee=employee, ended_at=None).exists():
        raise Conflict(_("你已经登记离席，请先回席"), code="away_already")
    if told is not None and told.pk == actor.pk:
        raise KefuError(_("要告知的是主管，不是自己"), code="told_oneself", field="told")
    if busy:
        rules = edition_of(employee, now.astimezone(SHANGHAI).date()).rules
        staff.set_seat(employee=employee, seat=Duty.Seat.BUSY, rules=rules, actor=actor, now=now)
    return Away.objects.create(
        employee=employee,
        began_at=now,
        reason=reason,
        rest_until=rest_until,
        told=told,
        busy=busy,
        recorded_by=actor,
    )


@transaction.atomic
def rest(*, employee: Employee, actor: Any, now: datetime) -> Away:
    """Show oneself away in the break of one's shift, or at lunch: until it is over that is no absence.

    Raises Conflict (no_break) outside of it, and what ``leave_desk`` raises. Source: SD-233.31, CD-03.01.
    """
    found = break_of(employee.pk, now)
    if found is None or not found.opens <= now < found.closes:
        raise Conflict(_("现在不是你的休息时间"), code="no_break")
    return leave_desk(
        employee=employee,
        reason=found.name,
        rest_until=found.closes,
        actor=actor,
        now=now,
    )


@transaction.atomic
def come_back(*, employee: Employee, actor: Any, now: datetime) -> Away:
    """Be back at the desk, and available if one had shown oneself busy. Raises NotAllowed, Conflict (not_away)."""
    _own(employee, actor)
    away = Away.objects.select_for_update().filter(employee=employee, ended_at=None).first()
    if away is None:
        raise Conflict(_("你没有登记离席"), code="not_away")
    away.ended_at = max(now, away.began_at + timedelta(seconds=1))
    away.save(update_fields=["ended_at"])
    if away.busy and Duty.objects.filter(employee=employee, ended_at=None).exists():
        rules = edition_of(employee, now.astimezone(SHANGHAI).date()).rules
        staff.set_seat(
            employee=employee, seat=Duty.Seat.AVAILABLE, rules=rules, actor=actor, now=now
        )
    return away


def _own(employee: Employee, actor: Any) -> None:
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能登记自己的离席"))


@transaction.atomic
def report(
    *,
    employee: Employee,
    began_at: datetime,
    ended_at: datetime,
    note: str,
    actor: Any,
    now: datetime,
) -> Away:
    """A leader saw that somebody's desk was empty, and nobody had said why. Raises NotAllowed, KefuError, Conflict."""
    _over(employee, actor)
    if ended_at <= began_at:
        raise KefuError(_("回席要晚于离席"), code="no_length", field="ended_at")
    if ended_at > now:
        raise KefuError(_("时间不能晚于现在"), code="in_the_future", field="ended_at")
    there = Away.objects.filter(employee=employee, began_at__lt=ended_at).exclude(
        ended_at__lte=began_at
    )
    if there.exists():
        raise Conflict(_("这段时间已登记离席"), code="away_already", field="began_at")
    note = redact.redact(
        redact.clean(note, max_length=REASON, field="note", required=True, multiline=False)
    )
    return Away.objects.create(
        employee=employee, began_at=began_at, ended_at=ended_at, reason=note, recorded_by=actor
    )


@transaction.atomic
def find(*, away: Away, finding: str, note: str = "", actor: Any, now: datetime) -> Away:
    """A supervisor says what an absence from the desk was; a post that was left costs what the rulebook says, once.

    Raises NotAllowed, KefuError, Conflict (found, still_away, month_locked). Source: ES-133.01, ES-133.08,
    SD-233.27, SD-233.28, SD-233.30, SD-233.32, CD-12.57, CD-12.58.
    """
    away = Away.objects.select_for_update(of=["self"]).select_related("employee").get(pk=away.pk)
    _over(away.employee, actor)
    if away.finding:
        raise Conflict(_("已经认定过了"), code="found")
    if away.ended_at is None:
        raise Conflict(_("还没有回席"), code="still_away")
    day = away.began_at.astimezone(SHANGHAI).date()
    months.check_open(day)
    in_order = finding == Away.Finding.IN_ORDER
    away.note = redact.redact(
        redact.clean(note, max_length=300, field="note", required=not in_order, multiline=False)
    )
    away.finding, away.found_by, away.found_at = finding, actor, now
    away.save(update_fields=["finding", "note", "found_by", "found_at"])
    using = edition_of(away.employee, day)
    if finding == Away.Finding.LEFT_POST:
        _charge(away, using, _left_post(using.rules), actor, now)
        assess_days(away.employee, day, day, now)
    elif not in_order:
        _charge(away, using, _lines_of(using.rules, finding), actor, now)
    return away


def _over(employee: Employee, actor: Any) -> None:
    if not actor.has_perm(FIND):
        raise NotAllowed(_("由组长或主管办理"))
    if employee.user_id == actor.pk:
        raise KefuError(_("不能办理自己的考勤"), code="own_attendance", field="employee")
    if not leads(actor, employee):
        raise NotAllowed(_("只能办理自己部门的人"), field="employee")


def _left_post(rules: Rulebook) -> list[tuple[str, RegisterEntry.Kind]]:
    """(clause, kind): the fine and what is lost with it, or else the points."""
    clauses = list(rules.in_force(Consequence))
    fined = [c for c in clauses if "left_post" in c.needs_any and c.currency == "fine"]
    lost = [
        other
        for other in clauses
        for one in fined
        if one.id in other.only_with and "full_attendance_lost" in other.measures
    ]
    if fined:
        return [(c.id, RegisterEntry.Kind.FINE) for c in fined] + [
            (c.id, RegisterEntry.Kind.FORFEIT) for c in lost
        ]
    return [
        (c.id, RegisterEntry.Kind.POINTS) for c in rules.in_force(ScoreEvent) if "left_post" in c.of
    ]


# What a finding is called where the rulebook's clauses are counted by it.
CALLED = {
    Away.Finding.NOT_TOLD: {"not_told"},
    Away.Finding.ONLINE: {"online_not_at_post"},
    Away.Finding.OFFLINE: {"offline", "hidden"},
}


def _lines_of(rules: Rulebook, finding: str) -> list[tuple[str, RegisterEntry.Kind]]:
    """(clause, kind): the points, or the fine, that the rulebook has for it (CD-12.58, SD-233.30, SD-233.32)."""
    names = CALLED[Away.Finding(finding)]
    points = [
        (c.id, RegisterEntry.Kind.POINTS) for c in rules.in_force(ScoreEvent) if names & {*c.of}
    ]
    fines = [
        (c.id, RegisterEntry.Kind.FINE)
        for c in rules.in_force(Consequence)
        if c.currency == "fine" and names & {*c.needs_any}
    ]
    return points + fines


def _charge(
    away: Away,
    using: Edition,
    lines: list[tuple[str, RegisterEntry.Kind]],
    actor: Any,
    now: datetime,
) -> None:
    for clause, kind in lines:
        register.enter(
            employee=away.employee,
            clause=clause,
            rulebook_id=using.version_id,
            kind=kind,
            happened_on=away.began_at.astimezone(SHANGHAI).date(),
            reason=away.note,
            source=f"away:{away.pk}",
            verified=True,
            actor=actor,
            now=now,
        )
