"""Which shift of the warehouse it is, what it has to leave to the next, and who holds the keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.policy.clauses import Checklist, is_chinese
from kefu.policy.processes import Done, next_step, template
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import shifts_of
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Employee
from problem_parcels.models import (
    Collection,
    KeyMove,
    LockUpLine,
    LockUpTick,
    Message,
    ShiftHandOver,
    Stay,
    StoreKey,
)
from problem_parcels.selectors.store import day_of, in_store, midnight, warehouse_office

POST = "warehouse"
MORNING = "morning_bulk_collection"
LOOK_BACK = 2  # days in which a shift that nobody handed over is still told


# Shifts.


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of one day."""

    on: date
    shift: str
    opens_at: datetime
    closes_at: datetime

    @property
    def label(self) -> str:
        return str(ShiftHandOver.Shift(self.shift).label)


def turns_of(day: date, rules: Rulebook) -> list[Turn]:
    """The shifts of a day, the earliest first; [] where the rulebook has none (CD-12.40)."""
    return [
        Turn(day, shift.name, _wall(day, windows[0].opens), _wall(day, windows[-1].closes))
        for shift in shifts_of(POST, day.isoweekday(), rules)
        if (windows := shift.windows or ())
    ]


def _wall(day: date, clock_time: str) -> datetime:
    if clock_time == "24:00":
        return midnight(day + timedelta(days=1))
    return datetime.combine(day, time.fromisoformat(clock_time), SHANGHAI)


def turns_now(*, now: datetime, rules: Rulebook) -> list[Turn]:
    """Whose turn it is: two shifts while they overlap, none at night."""
    return [turn for turn in turns_of(day_of(now), rules) if turn.opens_at <= now < turn.closes_at]


def working_day(*, now: datetime, rules: Rulebook) -> date:
    """The day whose evening it is: until the first shift begins, the night belongs to the day before."""
    today = day_of(now)
    turns = turns_of(today, rules)
    return today - timedelta(days=1) if turns and now < turns[0].opens_at else today


def begun(*, now: datetime, rules: Rulebook) -> list[Turn]:
    """The shifts that have begun, today's and those of the days before that are still told, the latest first."""
    today = day_of(now)
    days = [today - timedelta(days=back) for back in range(LOOK_BACK)]
    turns = [turn for day in days for turn in turns_of(day, rules) if turn.opens_at <= now]
    return sorted(turns, key=lambda turn: turn.opens_at, reverse=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """A shift and its hand-over, if there is one. ``missing``: it is over and nobody signed."""

    turn: Turn
    hand_over: ShiftHandOver | None
    missing: bool


def standings(*, now: datetime, rules: Rulebook) -> list[Standing]:
    """The latest shifts and how they were handed over; told from the day the store took its first parcel."""
    turns = begun(now=now, rules=rules)
    first = Stay.objects.order_by("pk").values_list("entered_at", flat=True).first()
    signed = {
        (one.on, one.shift): one
        for one in ShiftHandOver.objects.filter(
            withdrawn_at=None, on__in={turn.on for turn in turns}
        ).select_related("giver", "taker")
    }
    return [
        Standing(
            turn,
            there := signed.get((turn.on, turn.shift)),
            missing=there is None and turn.closes_at <= now,
        )
        for turn in turns
        if first is not None and turn.closes_at > first
    ]


def open_items() -> dict[str, Any]:
    """What a shift leaves to the next, as JSON: how many stays, cases and unread replies, and the keys."""
    office = warehouse_office()
    cases = Case.objects.open().filter(kind=Case.Kind.PROBLEM_PARCEL, department=office)
    return {
        "stays": in_store().count(),
        "cases": cases.count() if office else 0,
        "replies": Message.objects.unread_replies().count(),
    }


# Keys.


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key in use, and with whom it is since when; with nobody: in its box."""

    key: StoreKey
    holder: Employee | None
    since: datetime | None


def held_keys() -> list[HeldKey]:
    found = list(StoreKey.objects.filter(retired_at=None))
    latest = {
        move.key_id: move
        for move in KeyMove.objects.filter(key__in=found)
        .order_by("key_id", "-moved_at", "-pk")
        .distinct("key_id")
        .select_related("holder")
    }
    return [
        HeldKey(key, move.holder if move else None, move.moved_at if move else None)
        for key in found
        for move in [latest.get(key.pk)]
    ]


# The door at night.


@dataclass(frozen=True, slots=True)
class LockUp:
    """One line of the lock-up list on one day. ``code``: "CD-04.11", or a line of the house by its id."""

    code: str
    text: str
    tick: LockUpTick | None
    ready: bool = True  # what has to come first was done


def lock_up(*, on: date, rules: Rulebook) -> list[LockUp]:
    """The lock-up list of a day: the regulation's lines, then those of the house that held that evening.

    Source: CD-04.10, CD-04.11.
    """
    ticks = {
        tick.clause or str(tick.line_id): tick
        for tick in LockUpTick.objects.filter(on=on).select_related("ticked_by")
    }
    chinese = is_chinese(get_language() or "zh-hans")
    ready = tidy_due(on=on, rules=rules)
    lines = [
        LockUp(clause, text, ticks.get(clause), ready)
        for clause, text in _after_collection(rules, chinese=chinese)
    ]
    for clause in rules.in_force(Checklist):
        if clause.module == "problem_parcels" and clause.occasion == "conduct":
            text = clause.label_zh if chinese else clause.label_en
            lines.append(LockUp(clause.id, text, ticks.get(clause.id)))
    evening_over = midnight(on + timedelta(days=1))
    of_house = LockUpLine.objects.filter(added_at__lt=evening_over).filter(
        Q(retired_at=None) | Q(retired_at__gte=evening_over)
    )
    return lines + [LockUp(str(line.pk), str(line), ticks.get(str(line.pk))) for line in of_house]


def _after_collection(rules: Rulebook, *, chinese: bool) -> list[tuple[str, str]]:
    """The steps that follow once all drivers have collected, each by its clause."""
    try:
        parts = template(rules, MORNING).parts
    except NotInRulebook:
        return []
    return [(part.clause, part.step.zh if chinese else part.step.en) for part in parts[1:]]


def tidy_due(*, on: date, rules: Rulebook) -> bool:
    """Whether all drivers of the day have collected, so that the warehouse can be tidied (CD-04.10)."""
    waiting = Collection.objects.filter(on=on, finished_at=None).exists()
    try:
        due = next_step(
            rules,
            MORNING,
            [Done("check_collection")],
            recorded=() if waiting else ("all_drivers_collected",),
        )
    except NotInRulebook:
        return True
    return due.ready


def not_locked_up(*, now: datetime, rules: Rulebook) -> tuple[date, Sequence[LockUp]]:
    """The evening before, and what of its list nobody ticked; nothing before the store took its first parcel."""
    evening = working_day(now=now, rules=rules) - timedelta(days=1)
    began = Stay.objects.order_by("pk").values_list("entered_at", flat=True).first()
    if began is None or day_of(began) > evening:
        return evening, []
    return evening, [line for line in lock_up(on=evening, rules=rules) if line.tick is None]
