"""Rosters: drawn up ahead as a draft, edited, published, and replaced by the next version (SD-311.04 to SD-311.11)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.audit import services as audit
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.access import needed
from kefu.policy.lunches import Lunch, batches, turns
from kefu.policy.moments import DAY, end_of, wall
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.shift_plans import Pattern, Turn, draft, post_of
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee, User
from payroll.models import Roster, RosterCopy, RosteredShift, Swap
from payroll.refusing import refusals
from payroll.selectors import rosters as selectors
from payroll.selectors.courses import barred_on, bars
from payroll.selectors.holidays import statutory_days
from payroll.selectors.reach import oversees
from payroll.services import months

PLAN = "payroll.plan_roster"
LONGEST = 92  # days; a quarter
CLEANING = "cleaning"
CLEANS_AT, CLEANS_UNTIL = time(8), time(9)  # only so that the turn has a place in the day
# Where no roster before says when: the regulation leaves the hours of the batches to the house.
FIRST_LUNCH, LUNCH_MINUTES = time(11, 30), 30

Kind, State = Roster.Kind, Roster.State


def check_plans(actor: Any, department_id: int) -> None:
    """Raises NotAllowed for whoever does not plan for this department (SD-221.02)."""
    if not (actor.has_perm(PLAN) and oversees(actor, department_id)):
        raise NotAllowed(_("这个部门的班由它的主管排"))


# Drawing up.


@transaction.atomic
def draw_up(
    *,
    department: Department,
    kind: str = Kind.DUTY,
    starts_on: date,
    ends_on: date | None = None,
    rest_days: int = 1,
    after_hours: int = 1,
    actor: Any,
    now: datetime,
) -> Roster:
    """Draw up the roster of the days to come as a draft: shifts in their turn, rest days, whose Sunday it is.

    ``ends_on``: by itself as far ahead as the rulebook asks. A cleaning roster gives each working day to the next one.
    Raises NotAllowed, KefuError for a stretch in the past, too long or that another roster covers, for a rulebook
    without hours; Conflict in a locked month. Source: SD-311.04, SD-221.10, SD-231.01.
    """
    check_plans(actor, department.pk)
    using = selectors.edition_of(department.pk, at=now)
    last = ends_on or starts_on + (selectors.horizon(using.rules) - 1) * DAY
    _check_stretch(department, kind, starts_on, last, now)
    roster = Roster.objects.create(
        department=department,
        kind=kind,
        starts_on=starts_on,
        ends_on=last,
        rulebook_id=using.version_id,
        made_by=actor,
        made_at=now,
    )
    people = {str(one.pk): one for one in selectors.people_of(department.pk)}
    if not people:
        raise KefuError(_("这个部门还没有可排班的人"), code="nobody", field="department")
    with refusals(using.rules):
        turns: Sequence[Turn]
        if kind == Kind.CLEANING:
            turns = _cleaning_turns(roster, list(people))
        else:
            turns = draft(
                list(people),
                selectors.days_of(roster),
                post_of(department.desk),
                using.rules,
                before=_worked_before(people, starts_on),
                rest_days=rest_days,
                after_hours=after_hours,
                away={(str(pk), day) for pk, day in _away(people, starts_on, last)},
            )
        barred = bars([int(pk) for pk in people], using.rules)
    passing = [turn for turn in turns if barred_on(barred, int(turn.who), turn.on) is None]
    _fill(roster, [(people[turn.who], turn.on, turn.shift) for turn in passing], using.rules)
    _deal_lunch(roster, using.rules)
    return roster


def _away(people: Mapping[str, Employee], since: date, until: date) -> set[tuple[int, date]]:
    keys = [one.pk for one in people.values()]
    return selectors.on_leave(keys, since, until) | selectors.not_employed(keys, since, until)


def _check_stretch(
    department: Department, kind: str, starts_on: date, ends_on: date, now: datetime
) -> None:
    if starts_on < now.astimezone(SHANGHAI).date():
        raise KefuError(_("只能排今天和以后的班"), code="in_the_past", field="starts_on")
    if not starts_on <= ends_on < starts_on + timedelta(days=LONGEST):
        raise KefuError(
            _("结束日要在开始日之后，一次最多排 %(n)d 天") % {"n": LONGEST},
            code="stretch",
            field="ends_on",
        )
    months.check_open(starts_on)
    there = Roster.objects.filter(
        department=department, kind=kind, starts_on__lte=ends_on, ends_on__gte=starts_on
    ).exclude(state=State.WITHDRAWN)
    if (other := there.order_by("starts_on").first()) is not None:
        raise KefuError(
            _("%(since)s 至 %(until)s 已有排班表（%(state)s），请改那一张")
            % {
                "since": f"{other.starts_on:%m-%d}",
                "until": f"{other.ends_on:%m-%d}",
                "state": other.get_state_display(),
            },
            code="covered_already",
            field="starts_on",
            roster=other.pk,
        )


def _worked_before(people: Mapping[str, Employee], starts_on: date) -> list[Turn]:
    """What the rosters before gave them, for turns to go on from."""
    since = starts_on - timedelta(days=selectors.LOOK_BACK)
    rows = RosteredShift.objects.in_force().filter(
        employee__in=people.values(), day__gte=since, day__lt=starts_on, roster__kind=Kind.DUTY
    )
    return [
        Turn(str(pk), day, name) for pk, day, name in rows.values_list("employee_id", "day", "name")
    ]


def _cleaning_turns(roster: Roster, people: Sequence[str]) -> list[Turn]:
    """One of those on duty that day cleans: whoever did it longest ago (SD-221.10)."""
    on_duty: dict[date, list[str]] = {}
    duties = RosteredShift.objects.in_force().filter(
        employee__in=map(int, people), day__gte=roster.starts_on, day__lte=roster.ends_on
    )
    for pk, day in duties.exclude(name=CLEANING).values_list("employee_id", "day"):
        on_duty.setdefault(day, []).append(str(pk))
    last: dict[str, date] = {}
    turns = []
    for day in selectors.days_of(roster):
        here = [who for who in people if who in on_duty.get(day, people)]
        who = min(here, key=lambda one: last.get(one, date.min))
        last[who] = day
        turns.append(Turn(who, day, CLEANING))
    return turns


def _fill(roster: Roster, turns: Sequence[tuple[Employee, date, str]], rules: Rulebook) -> None:
    holidays = statutory_days(roster.starts_on, roster.ends_on)
    patterns: dict[date, Mapping[str, Pattern]] = {}
    rows = []
    for who, day, name in turns:
        if day not in patterns and roster.kind == Kind.DUTY:
            found = selectors.patterns_on(roster.department, day, rules)
            patterns[day] = {one.name: one for one in found}
        rows.append(_shift(roster, who, day, name, patterns.get(day, {}), holidays))
    RosteredShift.objects.bulk_create(rows)


def _shift(
    roster: Roster,
    who: Employee,
    day: date,
    name: str,
    patterns: Mapping[str, Pattern],
    holidays: set[date],
) -> RosteredShift:
    if roster.kind == Kind.CLEANING:
        starts_at, ends_at = wall(day, CLEANS_AT), wall(day, CLEANS_UNTIL)
        return RosteredShift(
            roster=roster,
            employee=who,
            day=day,
            name=CLEANING,
            starts_at=starts_at,
            ends_at=ends_at,
        )
    times = selectors.times_of(patterns[name], day)
    return RosteredShift(
        roster=roster,
        employee=who,
        day=day,
        name=name,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        windows=[[opens.isoformat(), closes.isoformat()] for opens, closes in times.windows],
        sorts=selectors.sorts_of(name, day, holidays),
    )


# Editing a draft.


@dataclass(frozen=True, slots=True)
class Change:
    """What one cell is to hold: names of shifts joined by "+", "" for a free day."""

    employee_id: int
    day: date
    value: str


@transaction.atomic
def change(
    *, roster: Roster, changes: Sequence[Change], seen: int | None, actor: Any, now: datetime
) -> Roster:
    """Set cells of a draft. ``seen``: its number of edits as the author saw it; None: whatever it is.

    Raises NotAllowed; Conflict for one that is published or that somebody else has edited meanwhile; KefuError for a
    shift the day does not have, a person of another department, a day that is over.
    """
    row = _locked(roster, actor)
    if row.state != State.DRAFT:
        raise Conflict(_("已发布的排班表不能直接改，请先出修改稿"), code="published")
    if seen is not None and row.edits != seen:
        raise Conflict(_("别人刚改过这张表，请看过再改"), code="edited_meanwhile")
    rules = edition(row.rulebook_id).rules
    people = {one.pk: one for one in selectors.people_of(row.department_id)}
    shifts = RosteredShift.objects.filter(roster=row)
    people |= {one.employee_id: one.employee for one in shifts.select_related("employee")}
    turns = []
    wanted = Q(pk=None)
    for one in changes:
        turns += _turns_of(one, row, people, rules, now)
        wanted |= Q(employee=one.employee_id, day=one.day)
    shifts.filter(wanted).delete()
    _fill(row, turns, rules)
    _deal_lunch(row, rules, days={one.day for one in changes})
    row.edits += 1
    row.save(update_fields=["edits"])
    return row


def _turns_of(
    one: Change, row: Roster, people: Mapping[int, Employee], rules: Rulebook, now: datetime
) -> list[tuple[Employee, date, str]]:
    who = people.get(one.employee_id)
    if who is None:
        raise KefuError(_("这个人不在本部门"), code="not_of_department", field="employee")
    if not row.starts_on <= one.day <= row.ends_on:
        raise KefuError(_("%(on)s 不在这张表里") % {"on": one.day}, code="outside", field="day")
    if one.day < now.astimezone(SHANGHAI).date():
        raise KefuError(_("过去的班不能改"), code="in_the_past", field="day")
    if row.kind == Kind.CLEANING:
        known = {CLEANING}
    else:
        with refusals(rules):
            known = {one.name for one in selectors.patterns_on(row.department, one.day, rules)}
    names = [name for name in one.value.split("+") if name]
    if strange := [name for name in names if name not in known]:
        raise KefuError(
            _("%(on)s 没有“%(shift)s”这个班")
            % {"on": f"{one.day:%m-%d}", "shift": selectors.shift_name(strange[0])},
            code="no_such_shift",
            field="value",
        )
    return [(who, one.day, name) for name in dict.fromkeys(names)]


@transaction.atomic
def discard(*, roster: Roster, actor: Any, now: datetime) -> None:
    """Throw a draft away. Raises NotAllowed, Conflict for one that was published."""
    row = _locked(roster, actor)
    if row.state != State.DRAFT:
        raise Conflict(_("已发布的排班表要留存，不能删除"), code="published")
    RosteredShift.objects.filter(roster=row).delete()
    row.delete()


def _locked(roster: Roster, actor: Any) -> Roster:
    row = (
        Roster.objects.select_for_update(of=["self"])
        .select_related("department")
        .filter(pk=roster.pk)
        .first()
    )
    if row is None:
        raise Conflict(_("这张草稿已被删除"), code="discarded")
    check_plans(actor, row.department_id)
    return row


# Lunch.


def _deal_lunch(row: Roster, rules: Rulebook, *, days: set[date] | None = None) -> None:
    """Give those who have lunch within their shift a batch, where the rulebook wants batches; who has one keeps it.

    ``days``: only of these. Source: CD-12.23.
    """
    many, _clause = batches(rules)
    if not many or row.kind != Kind.DUTY:
        return
    if len(row.lunches) != many:
        row.lunches = _lunch_times(row.department_id, many)
        row.save(update_fields=["lunches"])
    since = row.starts_on - timedelta(days=selectors.LOOK_BACK)
    family = selectors.of_family(row)
    earlier = RosteredShift.objects.in_force().filter(
        roster__department=row.department_id, lunch__isnull=False, day__gte=since
    )
    before = [
        Lunch(str(who), day, batch)
        for who, day, batch in earlier.filter(Q(day__lt=row.starts_on) | family).values_list(
            "employee_id", "day", "lunch"
        )
        if batch is not None and batch <= many
    ]
    by_day: dict[date, list[RosteredShift]] = {}
    own = RosteredShift.objects.filter(roster=row).order_by("day", "employee__number")
    for shift in own.select_related("roster"):
        if selectors.eats(shift, row):
            by_day.setdefault(shift.day, []).append(shift)
    changed = []
    for day, eaters in by_day.items():
        if days is None or day in days:
            settled = {str(one.employee_id): one.lunch for one in eaters if one.lunch}
            past = [lunch for lunch in before if lunch.on < day]
            found = turns([str(one.employee_id) for one in eaters], many, past, settled)
            for one in eaters:
                if not one.lunch:
                    one.lunch = found[str(one.employee_id)]
                    changed.append(one)
        before = [lunch for lunch in before if lunch.on != day]
        before += [Lunch(str(one.employee_id), day, one.lunch) for one in eaters if one.lunch]
    RosteredShift.objects.bulk_update(changed, ["lunch"], batch_size=500)


def _lunch_times(department_id: int, many: int) -> list[list[str]]:
    """The batches as the department had them last, else one after the other from half past eleven."""
    known = Roster.objects.filter(department=department_id).exclude(lunches=[]).order_by("-pk")
    for lunches in known.values_list("lunches", flat=True)[:1]:
        if len(lunches) == many:
            return list(lunches)
    return _one_after_another(FIRST_LUNCH, LUNCH_MINUTES, many)


def _one_after_another(starts: time, minutes: int, many: int) -> list[list[str]]:
    first = timedelta(hours=starts.hour, minutes=starts.minute)
    edges = [first + n * timedelta(minutes=minutes) for n in range(many + 1)]
    if edges[-1] >= DAY:
        raise KefuError(_("午餐要在当天以内"), code="lunch_too_late", field="starts")
    said = [f"{edge // timedelta(hours=1):02}:{edge.seconds // 60 % 60:02}" for edge in edges]
    return [list(pair) for pair in pairwise(said)]


@transaction.atomic
def plan_lunch(*, roster: Roster, starts: time, minutes: int, actor: Any, now: datetime) -> Roster:
    """Set when the batches of a draft have lunch, one after the other, and deal them anew.

    Raises NotAllowed, Conflict for a roster that is published, KefuError where no shift has these times within it.
    Source: CD-12.23.
    """
    row = _locked(roster, actor)
    if row.state != State.DRAFT:
        raise Conflict(_("已发布的排班表不能直接改，请先出修改稿"), code="published")
    rules = edition(row.rulebook_id).rules
    many, _clause = batches(rules)
    if not many or row.kind != Kind.DUTY:
        raise KefuError(_("这里的规章没有要求分批午餐"), code="no_batches")
    row.lunches = _one_after_another(starts, minutes, many)
    row.edits += 1
    row.save(update_fields=["lunches", "edits"])
    RosteredShift.objects.filter(roster=row).update(lunch=None)
    _deal_lunch(row, rules)
    if not RosteredShift.objects.filter(roster=row, lunch__isnull=False).exists():
        raise KefuError(_("没有一个班能容下这些批次，请改时间"), code="nobody_eats", field="starts")
    return row


@transaction.atomic
def move_lunch(
    *, roster: Roster, changes: Sequence[Change], seen: int | None, actor: Any, now: datetime
) -> Roster:
    """Let people have lunch with another batch; ``value`` of a change is its number. Of a published roster they are
    told.

    Raises NotAllowed; Conflict for a roster that was withdrawn, that somebody else has edited meanwhile, or whose next
    version, a draft, would undo it; KefuError for who has no lunch that day, and for one that has begun.
    Source: CD-12.23.
    """
    row = _locked(roster, actor)
    if row.state == State.WITHDRAWN:
        raise Conflict(_("这一版已收回，请改现行的一版"), code="withdrawn")
    if Roster.objects.filter(replaces=row).exists():
        raise Conflict(_("已有一份修改稿，请接着改那一份"), code="revised_already")
    if seen is not None and row.edits != seen:
        raise Conflict(_("别人刚改过这张表，请看过再改"), code="edited_meanwhile")
    rows = {
        (one.employee_id, one.day): one for one in selectors.planned(row) if one.lunch is not None
    }
    for one in changes:
        shift = rows.get((one.employee_id, one.day))
        if shift is None:
            raise KefuError(
                _("%(on)s 他没有午餐要排") % {"on": f"{one.day:%m-%d}"},
                code="no_lunch",
                field="day",
            )
        _move_lunch(shift, one.value, actor, now)
    row.edits += 1
    row.save(update_fields=["edits"])
    return row


def _move_lunch(shift: RosteredShift, value: str, actor: Any, now: datetime) -> None:
    batch = int(value) if value.isdecimal() else 0
    before = selectors.lunch_of(shift)
    if not 1 <= batch <= len(shift.roster.lunches) or before is None:
        raise KefuError(_("没有这一批午餐"), code="no_such_batch", field="value")
    if batch == shift.lunch:
        return
    was, shift.lunch = shift.lunch, batch
    after = selectors.lunch_of(shift)
    assert after is not None
    if min(before[0], after[0]) <= now:
        raise KefuError(
            _("%(on)s 这顿午餐已经开始") % {"on": f"{shift.day:%m-%d}"}, code="begun", field="day"
        )
    shift.save(update_fields=["lunch"])
    if not shift.live:
        return
    audit.record(
        action="lunch",
        actor=actor,
        at=now,
        table="payroll_rosteredshift",
        object_id=shift.pk,
        before={"lunch": was},
        after={"lunch": batch},
    )
    notifications.ring(
        kind=Event.Kind.LUNCH,
        at=now,
        user_ids=[shift.employee.user_id],
        data={"on": f"{shift.day:%m-%d}", "at": selectors.lunch_hours(shift)},
    )


# Publishing.


@transaction.atomic
def publish(*, roster: Roster, posts_filled: bool = False, actor: Any, now: datetime) -> Roster:
    """Let people work by a draft: everybody in it and the related departments get their copy, and the version before
    is withdrawn and kept; what of it has begun stays as it was.

    Raises NotAllowed; Conflict for one that is published already, or where swaps were approved since it was made;
    KefuError for what blocks it (a person twice at a time, somebody who may not be planned for) and where nobody says
    that the posts are filled (SD-231.01). Source: SD-311.05, SD-311.10, SD-311.11.
    """
    row = _locked(roster, actor)
    if row.state != State.DRAFT:
        raise Conflict(_("这张表已经发布"), code="published")
    rules = edition(row.rulebook_id).rules
    if not posts_filled and "posts_filled" in wanted_to_publish(rules):
        raise KefuError(
            _("请先确认各岗位的人已配齐"), code="posts_not_filled", field="posts_filled"
        )
    shifts = [one for one in selectors.planned(row) if one.roster_id == row.pk]
    found = selectors.remarks(row, selectors.planned(row), rules, now=now)
    if blocking := [one.text for one in found if one.blocks]:
        raise KefuError(punctuation.in_turn(*blocking[:5]), code="roster_blocked")
    if not shifts:
        raise KefuError(_("表里还没有一个班"), code="roster_empty")
    _withdraw_before(row, now)
    mine = RosteredShift.objects.filter(roster=row)
    try:
        with transaction.atomic():
            if row.replaces_id is None:
                mine.update(live=True)
            else:
                mine.filter(starts_at__gt=now).update(live=True)
    except IntegrityError as error:
        raise Conflict(
            _("有人在同一时间已有别的排班表里的班，请看清再排"), code="shift_twice"
        ) from error
    row.state, row.published_by, row.published_at = State.PUBLISHED, actor, now
    row.save(update_fields=["state", "published_by", "published_at"])
    _hand_out(row, rules, now)
    return row


def wanted_to_publish(rules: Rulebook) -> tuple[str, ...]:
    """What has to be on record before a roster is published (SD-231.01)."""
    return needed(rules, "publish_roster")


def _withdraw_before(row: Roster, now: datetime) -> None:
    """Take back the version that this one replaces, and the requests that rested on it."""
    before = row.replaces
    if before is None:
        return
    given_away = Swap.objects.filter(
        Q(shift__roster=before) | Q(returned__roster=before),
        state=Swap.State.EFFECTIVE,
        decided_at__gt=row.made_at,
    )
    if given_away.exists():
        raise Conflict(
            _("出修改稿以后又批准了换班，请放弃这份修改稿，从现行的表重出一份"),
            code="swapped_meanwhile",
        )
    ahead = RosteredShift.objects.in_force().filter(selectors.of_family(before), starts_at__gt=now)
    asked = Swap.objects.filter(
        Q(shift__in=ahead) | Q(returned__in=ahead), state__in=Swap.OPEN
    ).select_related("asker", "other")
    for swap in asked:
        notifications.ring(
            kind=Event.Kind.SWAP,
            at=now,
            user_ids=[swap.asker.user_id, swap.other.user_id],
            data={
                "state": Swap.State.VOID,
                "who": swap.asker.name,
                "on": f"{swap.shift.day:%m-%d}",
            },
        )
    asked.update(state=Swap.State.VOID, decided_at=now, reason=_("排班表已改，请按新表再提"))
    ahead.update(live=False)
    before.state, before.withdrawn_at = State.WITHDRAWN, now
    before.save(update_fields=["state", "withdrawn_at"])


def _hand_out(row: Roster, rules: Rulebook, now: datetime) -> None:
    """Give everybody concerned his copy: those on duty, those who had the version before, the heads of the other
    departments, and HR.
    """
    matter = "published_roster" if row.replaces_id is None else "changed_roster"
    try:
        targets = {name for target in routed(rules, matter)[0] for name in target.to}
    except NotInRulebook:
        targets = {"related_departments", "all_on_duty"}
    people = User.objects.filter(is_active=True)
    receivers = set(
        people.filter(employee__rostered_shifts__roster=row).values_list("pk", flat=True)
    )
    receivers |= set(people.filter(role=User.Role.HR).values_list("pk", flat=True))
    if "related_departments" in targets:
        receivers |= set(
            people.filter(role__in=["supervisor", "manager"]).values_list("pk", flat=True)
        )
    if row.replaces_id is not None:
        receivers |= set(
            RosterCopy.objects.filter(roster=row.replaces_id, user__is_active=True).values_list(
                "user_id", flat=True
            )
        )
    RosterCopy.objects.bulk_create(
        RosterCopy(roster=row, user_id=user_id, told_at=now) for user_id in sorted(receivers)
    )
    notifications.ring(
        kind=Event.Kind.ROSTER,
        at=now,
        user_ids=sorted(receivers),
        data={
            "department": row.department.name,
            "kind": row.kind,
            "since": f"{row.starts_on:%m-%d}",
            "until": f"{row.ends_on:%m-%d}",
            "number": row.number,
        },
    )


@transaction.atomic
def revise(*, roster: Roster, actor: Any, now: datetime) -> Roster:
    """Begin the next version of a published roster: a draft of what is still to come, as it is in force now.

    Raises NotAllowed, Conflict for one that is no longer in force, over, or has a draft already.
    """
    row = _locked(roster, actor)
    if row.state != State.PUBLISHED:
        raise Conflict(_("只有现行的排班表可以修改"), code="not_in_force")
    if now >= end_of(row.ends_on):
        raise Conflict(_("这张表的日子已经过完"), code="over")
    if Roster.objects.filter(replaces=row).exists():
        raise Conflict(_("已有一份修改稿，请接着改那一份"), code="revised_already")
    new = Roster.objects.create(
        department=row.department,
        kind=row.kind,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        number=row.number + 1,
        replaces=row,
        rulebook_id=selectors.edition_of(row.department_id, at=now).version_id,
        lunches=row.lunches,
        made_by=actor,
        made_at=now,
    )
    ahead = RosteredShift.objects.in_force().filter(selectors.of_family(row), starts_at__gt=now)
    RosteredShift.objects.bulk_create(
        RosteredShift(
            roster=new,
            employee_id=one.employee_id,
            day=one.day,
            name=one.name,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            windows=one.windows,
            origin=one.origin,
            replaces_id=one.replaces_id,
            sorts=one.sorts,
            lunch=one.lunch,
        )
        for one in ahead
    )
    return new


def see_copy(*, user: Any, now: datetime) -> int:
    """Whoever looks at his shifts has seen what was handed out to him; return how many copies that were."""
    return RosterCopy.objects.filter(user=user, seen_at=None).update(seen_at=now)
