"""Promises as the database has them: what was decided, and the facts it was decided on.

A chunk takes as many questions however many promises are in it. What stands in ``inputs`` is never read:
it is the arithmetic that is to be checked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from kefu.cases.models import CaseLink, Interaction
from kefu.deadlines.models import Deadline, Heartbeat, LateEntry, Pause
from kefu.deadlines.models import Interruption as ClosedDoor
from kefu.network.models import Party
from kefu.penalties.models import Penalty, PenaltyEvent, Waiver
from kefu.policy.clocks import Pause as PausedStretch
from kefu.policy.months import Month
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay import promises
from kefu.replay.decisions import Charge, Decision, Missing, Outcome, span
from kefu.replay.promises import SILENT, ClockFacts, Closed, People

State = Deadline.State
Row = Mapping[str, Any]

LAG = timedelta(seconds=60)  # a promise may be overdue for so long before somebody fires it
GIVEN = ("taken", "transferred", "handed_over")  # steps by which a case goes to another
LINES = ("contact_failed", "again", "penalty_held", *GIVEN)
COLUMNS = (
    *("id", "case_id", "case__number", "action", "clause", "rulebook_id", "department_id"),
    *("party_id", "party__kind", "starts_at", "due_at", "warn_at", "lead_warn_at", "state"),
    *("answered_at", "released_at", "breached_at", "detected_at", "imported"),
    *("started_by_id", "started_by__happened_at", "started_by__recorded_at"),
    *("started_by__channel", "started_by__action", "started_by__data"),
    *("answered_by_id", "answered_by__happened_at", "answered_by__recorded_at"),
)
CHARGED = (
    *("id", "deadline_id", "clause", "party_id", "kind", "value", "state", "condition"),
    "incurred_at",
)


class Promises:
    """The promises that were due in a month, with what breaking them costs."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _due_in(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            _due_in(month, rulebook_id)
            .filter(pk__gt=after)
            .order_by("pk")
            .annotate(imported=Q(case__source_key__isnull=False))
            .values(*COLUMNS)[:limit]
        )
        return _Chunk(list(rows), at).decisions()

    def decide(self, facts: promises.ClockFacts | None, rules: Rulebook) -> Outcome:
        if facts is None:
            raise Missing("message")  # nobody knows what was said, and so when it was due
        return promises.decide(facts, rules)


def _due_in(month: Month, rulebook_id: int | None) -> QuerySet[Deadline]:
    first, end = span(month)
    rows = Deadline.objects.filter(due_at__gte=first, due_at__lt=end)
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


class _Chunk:
    """Some promises with everything that was recorded about them."""

    def __init__(self, rows: list[Row], at: datetime) -> None:
        self.rows, self.at = rows, at
        ids = [row["id"] for row in rows]
        cases = {row["case_id"] for row in rows}
        self.pauses = _by(
            "deadline_id",
            Pause.objects.filter(deadline__in=ids)
            .order_by("pk")
            .values("deadline_id", "starts_at", "ends_at", "reason"),
        )
        self.claims = {
            (row["deadline_id"], row["interaction_id"]): row["claimed_at"]
            for row in LateEntry.objects.filter(deadline__in=ids, approved=True).values(
                "deadline_id", "interaction_id", "claimed_at"
            )
        }
        self.lines = _by(
            "case_id",
            Interaction.objects.filter(case__in=cases, action__in=LINES)
            .order_by("pk")
            .values("id", "case_id", "action", "happened_at", "recorded_at", "data"),
        )
        self.links = _by(
            "origin_id",
            CaseLink.objects.filter(origin__in=cases).values("origin_id", "linked_at", "cause"),
        )
        self.penalties = _by(
            "deadline_id",
            Penalty.objects.filter(deadline__in=ids).order_by("pk").values(*CHARGED),
        )
        penalties = [one["id"] for found in self.penalties.values() for one in found]
        self.events = _by(
            "penalty_id",
            PenaltyEvent.objects.filter(penalty__in=penalties)
            .order_by("pk")
            .values("penalty_id", "kind", "at"),
        )
        self.waived = set(
            Waiver.objects.filter(penalty__in=penalties, approved=True).values_list(
                "penalty_id", flat=True
            )
        )
        self.closed = _closed(rows, at)

    def decisions(self) -> list[Decision]:
        return [
            Decision(
                key=row["id"],
                clause=row["clause"],
                version_id=row["rulebook_id"],
                case_id=row["case_id"],
                case_number=row["case__number"],
                department_id=row["department_id"],
                facts=self.facts(row) if row["started_by_id"] is not None else None,
                stored=self.stored(row),
            )
            for row in self.rows
        ]

    def stored(self, row: Row) -> Outcome:
        times = ("starts_at", "due_at", "warn_at", "lead_warn_at", "answered_at")
        return Outcome(
            {
                "clause": row["clause"],
                **{name: plain(row[name]) for name in times},
                "state": row["state"],
            },
            tuple(
                Charge(
                    clause=one["clause"],
                    party_id=one["party_id"],
                    unit=one["kind"],
                    value=one["value"],
                    state=one["state"],
                    condition=one["condition"],
                    at=one["incurred_at"],
                )
                for one in self.penalties[row["id"]]
            ),
        )

    def facts(self, row: Row) -> ClockFacts:
        answered_by = row["answered_by_id"]
        claim = self.claims.get((row["id"], answered_by))
        waiting = _Waiting.of(row)
        lines = self.lines[row["case_id"]]
        pauses = self.pauses[row["id"]]
        return ClockFacts(
            action=row["action"],
            asked_at=_instant(row["started_by__data"].get("since"))
            or row["started_by__happened_at"],
            entered_at=row["started_by__recorded_at"],
            imported=row["imported"],
            channel=row["started_by__channel"],
            first=row["started_by__action"] != "again",
            sort=row["started_by__data"].get("sort", "any"),
            party_id=row["party_id"],
            party_is_ours=row["party__kind"] == Party.Kind.COMPANY,
            party_is_employee=row["party__kind"] == Party.Kind.EMPLOYEE,
            settled_at=self.settled_at(row),
            given_at=tuple(one["recorded_at"] for one in lines if one["action"] in GIVEN),
            seen_at=self.at - LAG if row["state"] == State.RUNNING else self.at,
            promised_for=_instant(row["started_by__data"].get("promised_for")),
            classed_at=_instant(row["started_by__data"].get("classed_at")),
            limit=row["started_by__data"].get("limit"),
            failed_contacts=_failed_contacts(lines, pauses, waiting),
            pauses=tuple(
                PausedStretch(one["starts_at"], one["ends_at"], one["reason"]) for one in pauses
            ),
            answered_at=claim or row["answered_by__happened_at"],
            released_at=row["released_at"],
            replaced=row["released_at"] is not None
            and row["action"] == Deadline.Action.REPLY
            and row["state"] == State.CANCELLED,
            set_aside=row["state"] == State.SET_ASIDE,
            calls=tuple(
                one["happened_at"]
                for one in lines
                if one["action"] == "again" and waiting.at_entry_of(one)
            ),
            complaints=tuple(
                (one["linked_at"], one["cause"]) for one in self.links[row["case_id"]]
            ),
            closed=self.closed,
            broken_at=row["breached_at"],
            noticed_at=row["detected_at"],
            people=self.people(row, lines),
        )

    def settled_at(self, row: Row) -> datetime:
        """Until when a change of owner took the promise along."""
        ends = (row["due_at"], row["answered_by__recorded_at"], row["released_at"], self.at)
        return min(at for at in ends if at is not None)

    def people(self, row: Row, lines: Iterable[Row]) -> dict[str, People]:
        held = {
            one["data"].get("penalty"): one["recorded_at"]
            for one in lines
            if one["action"] == "penalty_held"
        }
        found = {}
        for penalty in self.penalties[row["id"]]:
            events = self.events[penalty["id"]]
            kinds = {event["kind"] for event in events}
            released = [
                event["at"] for event in events if event["kind"] == PenaltyEvent.Kind.RELEASED
            ]
            found[penalty["clause"]] = People(
                condition=penalty["condition"],
                found=PenaltyEvent.Kind.CONFIRMED in kinds,
                waived=penalty["id"] in self.waived,
                released_at=max(released, default=None),
                held_at=held.get(penalty["id"]),
            )
        return found


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Which lines of the timeline were entered while somebody waited for this answer."""

    after: int
    before: int | None  # the answer
    until: datetime | None  # the release

    @classmethod
    def of(cls, row: Row) -> "_Waiting":
        return cls(row["started_by_id"], row["answered_by_id"], row["released_at"])

    def at_entry_of(self, line: Row) -> bool:
        return (
            line["id"] > self.after
            and (self.before is None or line["id"] < self.before)
            and (self.until is None or line["recorded_at"] < self.until)
        )


def _failed_contacts(
    lines: Sequence[Row], pauses: Iterable[Row], waiting: _Waiting
) -> tuple[datetime, ...]:
    """The contacts that failed and were known when the due time was last reckoned.

    It is reckoned when a contact fails, or a pause begins, while somebody waits; then by all that is on
    the timeline.
    """
    failed = [one for one in lines if one["action"] == "contact_failed"]
    reckoned = [one["recorded_at"] for one in failed if waiting.at_entry_of(one)]
    last = max((*reckoned, *(one["starts_at"] for one in pauses)), default=None)
    if last is None:
        return ()
    return tuple(one["happened_at"] for one in failed if one["recorded_at"] <= last)


def _closed(rows: Sequence[Row], at: datetime) -> tuple[Closed, ...]:
    """When our doors were closed while any of these promises ran, the last of them until now."""
    if not rows:
        return ()
    first = min(row["starts_at"] for row in rows)
    recorded = ClosedDoor.objects.filter(ended_at__gte=first, started_at__lte=at)
    silent = Heartbeat.objects.filter(name__startswith="door:", beat_at__lt=at - SILENT)
    return (
        *(Closed(one.door, one.started_at, one.ended_at) for one in recorded.order_by("pk")),
        *(Closed(one.name.removeprefix("door:"), one.beat_at, at) for one in silent),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _by(column: str, rows: Iterable[Any]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found
