"""What an inspection goes through, what a breach that it finds is entered as, and how calls are drawn to be heard."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kefu.policy.both import is_chinese
from kefu.policy.clauses import (
    Assessment,
    Checklist,
    Consequence,
    NotSet,
    Quota,
    Rating,
    Report,
    ScoreEvent,
    Staffing,
)
from kefu.policy.clauses.base import ClauseBase
from kefu.policy.entries import enterable
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be
from kefu.policy.rosters import limit_of
from kefu.policy.rulebook import Rulebook
from kefu.policy.vocabulary import word

CALL, CLEANING, SPOT_CHECK = "call", "cleaning", "spot_check"
OCCASIONS = (
    CALL,
    CLEANING,
    SPOT_CHECK,
    "conduct",
    "appearance",
    "quality",
    "daily",
    "closing",
    "safety",
    "vehicle",
)
# Checks of a place: each line that fails names whoever it concerns. All others are of one person.
OF_A_PLACE = frozenset({CLEANING, SPOT_CHECK, "daily", "vehicle"})
# What a rulebook shows with an assessment and the program counts by itself.
COUNTED = frozenset({"response_speed", "violations"})
# Rulebooks that name no lines of their own for an occasion are gone through by what they say of these.
INSTEAD = {CALL: "quality", CLEANING: "daily"}


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of a check sheet. ``line``: which of a clause with several, else "". ``number``: how many are wanted."""

    clause: str
    line: str
    zh: str
    en: str
    number: int | None = None

    @property
    def key(self) -> str:
        return f"{self.clause}/{self.line}" if self.line else self.clause

    def label(self, language: str) -> str:
        return self.zh if is_chinese(language) else self.en


def occasions(rulebook: Rulebook) -> tuple[str, ...]:
    """Return the sheets that a rulebook has lines for."""
    taken = {INSTEAD[name] for name in INSTEAD if not list(_own(rulebook, name))}
    return tuple(
        name for name in OCCASIONS if name not in taken and check_items(rulebook, name) != ()
    )


def check_items(rulebook: Rulebook, occasion: str) -> tuple[CheckItem, ...]:
    """Return the lines of a sheet, in the order of the rulebook; () where it has none.

    Source: CD-12.08, CD-12.14 to CD-12.19, CD-12.42, CD-12.43, CD-12.46 to CD-12.49, ES-204.01, ES-603.12, OS-04.20,
    OS-06.04, SD-212.01, SD-213.01, SD-233.47, SD-331.02 to SD-331.09, SD-341.03 and the like.
    """
    own = tuple(_own(rulebook, occasion))
    if own or occasion not in INSTEAD:
        return own
    return tuple(_own(rulebook, INSTEAD[occasion]))


def _own(rulebook: Rulebook, occasion: str) -> Iterator[CheckItem]:
    for clause in rulebook.in_force(ClauseBase):
        match clause:
            case Checklist(lines=()) if clause.occasion == occasion == SPOT_CHECK:
                yield from _seats(rulebook, clause)
            case Checklist() if clause.occasion == occasion:
                yield from _lines(clause)
            case ScoreEvent() if clause.occasion == occasion and clause.active:
                yield _whole(clause)
            case Quota(of="typing_errors") if occasion == "quality":
                yield _whole(clause)
    if occasion == CLEANING and (limit := cleaning_limit(rulebook)) is not None:
        yield _whole(limit)
    if occasion == CALL:
        yield from _shown(rulebook)


def _whole(clause: Any) -> CheckItem:
    return CheckItem(clause.id, "", clause.label_zh, clause.label_en)


def _lines(clause: Checklist) -> Iterator[CheckItem]:
    if not clause.lines:
        yield _whole(clause)
    for item in clause.lines:
        yield CheckItem(
            clause.id, item.key, f"{clause.label_zh}：{item.zh}", f"{clause.label_en}: {item.en}"
        )


def _seats(rulebook: Rulebook, clause: Checklist) -> Iterator[CheckItem]:
    """Who has to be there when those who stay on are looked in on (CD-12.42, CD-12.43)."""
    wanted = [one for one in rulebook.in_force(Staffing) if one.ends_with is not None]
    for staffing in wanted:
        for name, number in staffing.at_least.items():
            yield CheckItem(clause.id, name, word(name, "zh-hans"), word(name, "en"), number)
    if not wanted:
        yield _whole(clause)


def _shown(rulebook: Rulebook) -> Iterator[CheckItem]:
    """What lies beside the sheet of whoever judges attitude: it is heard on calls (ES-204.01, ES-603.12)."""
    named = dict[str, str]()
    for clause in rulebook.in_force(Assessment):
        if any(isinstance(rulebook[target], Rating) for target in clause.counted_by):
            named |= {name: clause.id for name in clause.shows if name not in named}
    for rating in rulebook.in_force(Rating):
        named |= {name: rating.id for name in rating.shows if name not in named}
    for name, found in named.items():
        if name not in COUNTED:
            yield CheckItem(found, name, word(name, "zh-hans"), word(name, "en"))


def cleaning_limit(rulebook: Rulebook) -> Any:
    """How long a cleaning turn may take (CD-12.46); None where nothing is said."""
    try:
        return limit_of("cleaning", "occasion", rulebook)
    except NotInRulebook:
        return None


# What a breach is entered as.


def charged(rulebook: Rulebook, clause: str, earlier: int = 0) -> tuple[tuple[str, str], ...]:
    """Return (clause, kind) of the lines of the register that a breach of a line of a sheet is entered as: the
    clause's own or that of the clause it is scored by, or the steps of a ladder; () for what is kept on the sheet
    alone. ``earlier``: how often that ladder was entered for the person before.

    Source: CD-12.14 to CD-12.58, SD-213.01, SD-213.02, SD-213.08, SD-233.47 to SD-233.49.
    """
    found = rulebook[clause]
    while isinstance(found, Checklist) and found.scored_by is not None:
        found = rulebook[found.scored_by]
    known = enterable(rulebook)
    names = [found.id]
    if isinstance(found, Checklist) and found.counts_as is not None:
        names = list(_ladder(rulebook, found.counts_as, earlier)) or names
    return tuple((name, known[name].kind) for name in names if name in known)


def ladder_of(rulebook: Rulebook, clause: str) -> str:
    """The clause whose entries count the steps of a ladder; "" where a breach is no step of one."""
    found = rulebook[clause]
    while isinstance(found, Checklist) and found.scored_by is not None:
        found = rulebook[found.scored_by]
    of = found.counts_as if isinstance(found, Checklist) else None
    return next((event.id for event in _events(rulebook, of)), "") if of else ""


def _events(rulebook: Rulebook, of: str) -> Iterator[ScoreEvent]:
    return (one for one in rulebook.in_force(ScoreEvent) if of in one.of)


def _ladder(rulebook: Rulebook, of: str, earlier: int) -> Iterator[str]:
    """The measure of this very time, and the line of the score that counts it: its first time may be free."""
    for one in rulebook.in_force(Consequence):
        if one.counts is not None and one.counts.of == of and one.nth == earlier + 1:
            yield one.id
    yield from (event.id for event in _events(rulebook, of))


def reply_due(rulebook: Rulebook, found_at: datetime) -> datetime:
    """Until when whoever it was found about may answer. Raises NotSet where the house names no time."""
    if rulebook.house.finding_reply_days is None:
        raise NotSet(rulebook.code, "house.finding_reply_days")
    return found_at + timedelta(days=rulebook.house.finding_reply_days)


def recheck_due(rulebook: Rulebook, done_at: datetime, due_at: datetime) -> datetime | None:
    """Until when what was set right is to be looked at again: so many days after it was reported done, but not before
    the time of the order is over; None where the house names none.
    """
    days = rulebook.house.recheck_days
    return None if days is None else max(done_at, due_at) + timedelta(days=days)


def overdue_order(rulebook: Rulebook) -> str:
    """The clause by which an order whose time has passed without a reason is proposed for a measure; "" where there
    is none (ES-138.12)."""
    return _proposed_for(rulebook, "order_overdue")


def neglected_checks(rulebook: Rulebook) -> str:
    """The clause that speaks of whoever had to check and did not (ES-138.09); "" where there is none."""
    return _proposed_for(rulebook, "checks_not_done")


def _proposed_for(rulebook: Rulebook, fact: str) -> str:
    return next((one.id for one in rulebook.in_force(Consequence) if one.proposed_for == fact), "")


def audit_clause(rulebook: Rulebook) -> Report | None:
    """The clause that wants calls heard (CD-12.08); None where none does."""
    return next((one for one in rulebook.in_force(Report) if "call_audit" in one.reports), None)


# Drawing.


@dataclass(frozen=True, slots=True)
class Pick:
    """A call that was drawn, in the order of drawing."""

    agent: int
    call: int


def draw(
    frame: Mapping[int, Sequence[int]],
    *,
    seed: int,
    size: int,
    earlier: Mapping[int, int] | None = None,
) -> tuple[Pick, ...]:
    """Return ``size`` calls of the frame (agent: calls), fewer where it holds fewer.

    Whoever was drawn least often, ``earlier`` draws and this one together, is next; among equals, and among an agent's
    calls, the seed decides. So nobody is drawn a second time before everybody was who has a call left, and of a fresh
    frame everybody has the same number or one more. The same frame and seed give the same picks, in whatever order
    the frame is told. Raises BadFacts for a size below one. Source: CD-12.08.
    """
    if size < 1:
        raise BadFacts({"size": cannot_be("count_below_nought", of="sample")})
    before = earlier or {}
    left = {
        agent: sorted(set(calls), key=lambda call: _lot(seed, agent, call), reverse=True)
        for agent, calls in frame.items()
    }
    times = {agent: before.get(agent, 0) for agent, calls in left.items() if calls}
    picks = list[Pick]()
    while times and len(picks) < size:
        agent = min(times, key=lambda one: (times[one], _lot(seed, one, len(picks))))
        picks.append(Pick(agent, left[agent].pop()))
        times[agent] += 1
        if not left[agent]:
            del times[agent]
    return tuple(picks)


def _lot(seed: int, *names: int) -> bytes:
    """A lot that everybody can draw again, on any machine and in any version of the language."""
    return hashlib.sha256(":".join(map(str, (seed, *names))).encode()).digest()


def frame_digest(frame: Mapping[int, Iterable[int]]) -> str:
    """What the frame was, in 64 signs."""
    told = hashlib.sha256()
    for agent in sorted(frame):
        told.update(f"{agent}:{','.join(map(str, sorted(frame[agent])))};".encode())
    return told.hexdigest()
