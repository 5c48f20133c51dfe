"""File the rows of an import of problem parcels.

Each row is judged by the very function that judges one entered by form, against its waybill and last scans; what
the rulebook says of the same facts is asked once. One COPY brings a chunk to the server, and ``open.sql`` and
``load.sql`` fill every table with an INSERT … SELECT, what is decided by rule included.
"""

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.cases.services import LAST_TEXT, SUMMARY_LIMIT
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Line, Refused, Written
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.policy.due import due_since
from kefu.policy.requirements import judge_text
from kefu.policy.rulebook import Rulebook
from kefu.privacy import lookup, masks, redact, seal, search
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Department
from problem_parcels.imports import columns
from problem_parcels.imports.rows import Row, RowReader, details_of, source_key
from problem_parcels.models import ContactAttempt, Disposal, ProblemParcel, ProblemRecord
from problem_parcels.selectors.parcels import Parcel, in_hand, parcels_of
from problem_parcels.services import disposals, stays
from problem_parcels.services.disposals import Automatic
from problem_parcels.services.records import (
    Made,
    Verdict,
    day_clock,
    made_of,
    refuse_delivered,
    sort_of,
    summary_of,
    verdict_of,
)
from problem_parcels.wording import stored

HERE = Path(__file__).resolve().parent
STAGE = (HERE / "stage.sql").read_text(encoding="utf-8")
OPEN = (HERE / "open.sql").read_text(encoding="utf-8")
LOAD = (HERE / "load.sql").read_text(encoding="utf-8")
COPY = """
COPY imported (number, source_key, waybill_id, waybill_number, outlet_id, direction, same_city, place, problem, facts,
               judged, liable_id, remark, text, summary, lexemes, case_sealed, record_sealed, text_sealed, name_masked,
               phone_masked, lookup, outcome, called_at, called_sealed, clock, decided, mark, decided_sealed)
FROM STDIN
"""
LEAVE_OUT = """
DELETE FROM imported r WHERE NOT EXISTS (SELECT FROM cases_case c WHERE c.id = r.case_id) RETURNING r.number
"""
CASE_AAD = Case._meta.get_field("sealed").aad
TEXT_AAD = Interaction._meta.get_field("sealed").aad
RECORD_AAD = ProblemRecord._meta.get_field("sealed").aad
CALL_AAD = ContactAttempt._meta.get_field("sealed").aad
DISPOSAL_AAD = Disposal._meta.get_field("sealed").aad
REMEMBERED = 20_000  # judgements and remarks; some hundred bytes each


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


class Judging:
    """What the rulebook says of facts, asked once for all rows that have the same."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self._known: dict[tuple[Any, ...], Verdict] = {}
        self._accepted = lru_cache(maxsize=REMEMBERED)(self._accepted)  # type: ignore[method-assign]

    def __call__(
        self,
        rules: Rulebook,
        facts: Mapping[str, str],
        recorded: Collection[str],
        remark: str,
    ) -> Verdict:
        # Of what is said in one's own words only counts that it is there, and of a remark whether it may stand.
        plain = {name: "…" if name in OWN_WORDS else value for name, value in facts.items()}
        known = frozenset(plain.items())
        accepted = self._accepted(facts["problem"], remark)
        key = known, frozenset(recorded), "" if accepted else remark
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = verdict_of(self.rules, plain, recorded, remark)
        return self._known[key]

    def _accepted(self, problem: str, remark: str) -> bool:
        return judge_text(self.rules, "problem_remark", remark, {"problem": problem}).accepted


@lru_cache(maxsize=4)
def _judging(version_id: int) -> Judging:
    """Kept from one turn of a job to the next: an edition never changes."""
    return Judging(edition(version_id).rules)


OWN_WORDS = frozenset({*columns.SAID, *columns.MOMENTS})


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a chunk's parcels, and which of them somebody has in hand."""

    parcels: Mapping[str, Parcel]
    opened: Mapping[str, Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(chunks.Filing):
    """What holds for all rows of an import."""

    reader: RowReader
    judging: Judging
    using: Edition
    party: Party
    company: Party

    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        department = Department.objects.get(pk=job.params["department"])
        owner = chunks.owner_of(job)
        using = edition_in_force(department_id=department.pk, at=clock.now())
        places = columns.COLUMNS.places_of(table.header)
        company = our_company()
        return cls(
            job=job,
            columns=columns.COLUMNS,
            places=places,
            department=department,
            owner=owner,
            reader=RowReader.of(places, using.rules),
            judging=_judging(using.version_id),
            using=using,
            party=owner_party(owner, company),
            company=company,
        )

    def look(self, part: Sequence[tables.Cells]) -> Seen:
        numbers = set()
        for cells in part:
            try:
                numbers.add(self._waybill(cells))
            except KefuError:
                continue  # told when the row is read
        return Seen(parcels_of(numbers), in_hand(numbers))

    def _waybill(self, cells: tables.Cells) -> str:
        cell = self.cell(cells, "waybill_number")
        number = read.waybill(cell, field="waybill_number")
        if not number:
            raise read.refused("waybill_number", "waybill_required")
        return number

    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "Prepared":
        return self.prepared(self.judge(first, part, seen, now=now), taken=len(part))

    def judge(
        self, first: int, part: Sequence[tables.Cells], seen: Seen, *, now: datetime
    ) -> "Judged":
        """Read rows and ask the rulebook about each."""
        judged = Judged(now)
        taken: set[str] = set()
        for number, cells in enumerate(part, first):
            if not "".join(cells).strip():
                continue
            try:
                found = self._judge(number, cells, seen, taken, now=now)
            except KefuError as error:
                column = columns.COLUMN_OF.get(error.field or "", error.field or "")
                judged.refused.append(Refused(number, cells, column, error.code, details_of(error)))
            except Exception as error:  # one bad row does not stop the others
                judged.refused.append(self.set_aside(number, cells, error))
            else:
                if isinstance(found, Refused):
                    judged.refused.append(found)
                elif found is None:
                    judged.duplicates += 1
                else:
                    taken.add(found[0].waybill_number)
                    judged.rows.append(found)
        return judged

    def prepared(self, judged: "Judged", *, taken: int) -> "Prepared":
        """Seal and mask what was judged, ready to be written."""
        batch = Batch(self, judged.now)
        rows, refused = [], judged.refused
        blobs = sealed([(parcel, made) for _row, parcel, made in judged.rows])
        for (row, parcel, made), of_row in zip(judged.rows, blobs, strict=True):
            try:
                rows.append((row, batch.line(row, parcel, made, of_row)))
            except Exception as error:  # one bad row does not stop the others
                refused.append(self.set_aside(row.number, row.cells, error))
        return Prepared(
            filing=self,
            now=judged.now,
            taken=taken,
            rows=rows,
            refused=refused,
            duplicates=judged.duplicates,
            batch=batch,
        )

    def _judge(
        self, number: int, cells: tables.Cells, seen: Seen, taken: Collection[str], *, now: datetime
    ) -> tuple[Row, Parcel, Made] | Refused | None:
        """The row with what the rulebook makes of it; a refusal; or None for one that was imported before.

        Raises KefuError as ``services.register`` does.
        """
        row = self.reader.read(number, cells, self._waybill(cells))
        parcel = seen.parcels.get(row.waybill_number)
        if parcel is None:
            raise read.refused("waybill_number", "waybill_unknown")
        if row.waybill_number in taken:
            raise read.refused("waybill_number", "twice_in_file")
        opened = seen.opened.get(row.waybill_number)
        if opened is not None:
            return self.refuse_open(row, opened)
        refuse_delivered(parcel, row.given)
        made = made_of(parcel, row.given, self.using, now=now, judge=self.judging)
        return row, parcel, made

    def refuse_open(self, row: Row, opened: Case | None) -> Refused | None:
        """Why a parcel that has an open case is left out; None if an import brought that very problem before."""
        if opened is None or opened.source_key is None:
            code = "twice_in_file" if opened is None else "in_anothers_hands"
        elif bytes(opened.source_key) == source_key(self.job, row.waybill_number):
            code = "twice_in_file"
        elif opened.problem_parcel.problem == row.given.problem:
            return None
        else:
            code = "in_anothers_hands"
        details = {}
        if opened is not None and code == "in_anothers_hands":
            details = {"case": opened.number, "who": str(opened.owner) if opened.owner else ""}
        return Refused(row.number, row.cells, "waybill_number", code, details)


@dataclass(slots=True)
class Judged:
    """The rows of a chunk, each with its parcel and what the rulebook makes of it."""

    now: datetime
    rows: list[tuple[Row, Parcel, Made]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Blobs:
    """What stands encrypted of one row."""

    case: bytes
    record: bytes
    text: bytes
    call: bytes
    decided: bytes


def sealed(rows: Sequence[tuple[Parcel, Made]]) -> list[Blobs]:
    """Seal what has to be, for each row."""
    rules = [disposals.automatic(made) for _parcel, made in rows]
    return [
        Blobs(*blobs)
        for blobs in zip(
            seal.seal_many((_customer(parcel, made) for parcel, made in rows), CASE_AAD),
            seal.seal_many((dict(made.words) for _parcel, made in rows), RECORD_AAD),
            seal.seal_many((_text(made.remark) for _parcel, made in rows), TEXT_AAD),
            seal.seal_many(({"number": made.numbers[0]} if made.numbers else {} for _p, made in rows), CALL_AAD),
            seal.seal_many(
                ({"reason": "", "person": rule.person} if rule else {} for rule in rules),
                DISPOSAL_AAD,
            ),
            strict=True,
        )
    ]  # fmt: skip


def _customer(parcel: Parcel, made: Made) -> dict[str, str]:
    to = parcel.waybill.sealed
    return {
        "customer_name": to.get("receiver_name", ""),
        "customer_phone": to.get("receiver_phone", ""),
        "summary": summary_of(made),
    }


def _text(text: str) -> dict[str, str]:
    return {"text": text} if text else {}


class Batch:
    """What the rows of a chunk share: judgements, clocks with what breaking them costs, decisions by rule."""

    def __init__(self, filing: Filing, now: datetime) -> None:
        self.filing = filing
        self.now = now
        self.judged: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.decided: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.clocks: dict[tuple[Any, ...], dict[str, Any] | None] = {}
        self._marks: dict[tuple[Any, ...], str] = {}
        self._day_clocks: dict[tuple[Any, ...], Deadline.Action | None] = {}

    def line(self, row: Row, parcel: Parcel, made: Made, blobs: Blobs) -> Line:
        """The row as ``imported`` holds it: sealed, masked, redacted, and findable."""
        waybill, given = parcel.waybill, made.given
        inbound = parcel.direction == ProblemParcel.Direction.INBOUND
        outlet = waybill.origin if inbound else waybill.destination
        name = waybill.sealed.get("receiver_name", "")
        phone = waybill.sealed.get("receiver_phone", "")
        keep, names = (waybill.number,), (name,) if name else ()
        # Where nothing had to be hidden the first time, nothing has to be now.
        plain = made.remark in (made.words["remark"], made.verdict.fixed, made.words["reason"])
        text = made.remark if plain else redact.redact(made.remark, keep=keep, names=names)
        said = text or redact.redact(summary_of(made), keep=keep, names=names)
        rule = disposals.automatic(made)
        call = given.attempts[0] if given.attempts else None
        return (
            row.number,
            source_key(self.filing.job, waybill.number),
            waybill.pk,
            waybill.number,
            outlet.pk,
            parcel.direction,
            parcel.same_city,
            given.place,
            given.problem,
            orjson.dumps(dict(made.facts)).decode(),
            self._judged(made),
            made.liable.pk if made.liable else None,
            made.remark,
            text,
            said[:SUMMARY_LIMIT],
            " ".join(search.bigrams(said[:SUMMARY_LIMIT])),
            blobs.case,
            blobs.record,
            blobs.text,
            masks.mask_name(name),
            masks.mask_phone(phone) if phone else "",
            "{" + ",".join(map(str, lookup.tokens_for_person(name, phone))) + "}",
            call and call.outcome,
            call and call.at,
            blobs.call if call else None,
            self._day_clock(parcel, made),
            self._decided(parcel, rule),
            self._mark(rule, outlet) if rule else "",
            blobs.decided if rule else None,
        )

    def _judged(self, made: Made) -> int:
        key = id(made.verdict), made.recorded
        if key not in self.judged:
            self.judged[key] = {
                "n": len(self.judged),
                "recorded": sorted(made.recorded),
                "steps": made.steps,
                "valid": made.valid,
                "posted": stays.posted(made.reason, self.filing.using.rules),
                "verdict": made.verdict,  # kept alive: its id is the key
            }
        return int(self.judged[key]["n"])

    def _day_clock(self, parcel: Parcel, made: Made) -> int | None:
        key = parcel.direction, parcel.same_city, made.message_allowed, made.given.problem
        if key not in self._day_clocks:
            self._day_clocks[key] = day_clock(made, parcel.direction, same_city=parcel.same_city)
        return self._clock(self._day_clocks[key], parcel, self.filing.party)

    def _decided(self, parcel: Parcel, rule: Automatic | None) -> int | None:
        if rule is None:
            return None
        clock = self._clock(rule.clock, parcel, self.filing.company)
        key = rule.kind, rule.asked_by, rule.because, clock
        return int(
            self.decided.setdefault(
                key,
                {
                    "n": len(self.decided),
                    "kind": rule.kind,
                    "asked_by": rule.asked_by,
                    "because": rule.because,
                    "clock": clock,
                },
            )["n"]
        )

    def _clock(self, action: Deadline.Action | None, parcel: Parcel, party: Party) -> int | None:
        """Return the number of the clock of ``action`` that starts now; None where there is none."""
        if action is None:
            return None
        key = action, sort_of(parcel), party.pk
        if key not in self.clocks:
            self.clocks[key] = self._start(action, sort_of(parcel), party)
        found = self.clocks[key]
        return None if found is None else int(found["n"])

    def _start(self, action: Deadline.Action, sort: str, party: Party) -> dict[str, Any] | None:
        due = due_since(action, self.now, self.filing.using.rules, case=sort)
        if due is None:
            return None
        inputs = due.inputs()
        copied = ("clause", "starts_at", "due_at", "warn_at", "lead_warn_at")
        return {
            "n": len(self.clocks),
            "action": action,
            "party": party.pk,
            **{name: inputs[name] for name in copied},
            "inputs": inputs,
            "costs": [
                {
                    "action": action,
                    "follows": due.clause,
                    "party": party.pk,
                    "clause": cost.clause,
                    "kind": cost.kind,
                    "value": str(cost.value),
                    "condition": cost.condition,
                    "door": cost.door,
                    "inputs": cost.inputs,
                }
                for cost in deadlines.costs(
                    Deadline(action=action, clause=due.clause),
                    self.filing.using,
                    party,
                    Consequence.Door.PAGES,
                )
            ],
        }

    def _mark(self, rule: Automatic, outlet: Party) -> str:
        key = rule.kind, rule.asked_by, rule.person, rule.because, outlet.pk
        if key not in self._marks:
            self._marks[key] = disposals.mark_of(
                self.filing.using, rule.kind, rule.asked_by, rule.person, rule.because, outlet
            )
        return self._marks[key]

    def params(self) -> dict[str, str]:
        """What stage.sql makes tables of, as JSON."""
        started = [clock for clock in self.clocks.values() if clock]
        tables_ = {
            "judged": [
                {k: v for k, v in one.items() if k != "verdict"} for one in self.judged.values()
            ],
            "decided": list(self.decided.values()),
            "clocks": [{k: v for k, v in one.items() if k != "costs"} for one in started],
            # Two sorts of parcels may have one clause.
            "costs": list(
                {
                    (cost["action"], cost["follows"], cost["party"], cost["clause"]): cost
                    for one in started
                    for cost in one["costs"]
                }.values()
            ),
        }
        return {name: orjson.dumps(rows).decode() for name, rows in tables_.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing
    batch: Batch

    def write(self, rows: Sequence[tuple[Row, Line]]) -> Written:
        self.stage([line for _row, line in rows])
        left = self.load(len(rows))
        refused: list[Refused] = []
        if left:  # somebody was faster with these, or this file names them twice
            late = [row for row, _line in rows if row.number in left]
            opened = in_hand([row.waybill_number for row in late])
            told = (self.filing.refuse_open(row, opened.get(row.waybill_number)) for row in late)
            refused = [one for one in told if one is not None]
        return Written(
            accepted=len(rows) - len(left), duplicates=len(left) - len(refused), refused=refused
        )

    def stage(self, lines: Sequence[Line]) -> None:
        """Bring rows to the server."""
        with connection.cursor() as cursor:
            cursor.execute(STAGE, self.batch.params())
            with cursor.copy(COPY) as copy:
                for line in lines:
                    copy.write_row(line)

    def load(self, staged: int) -> set[int]:
        """File what was staged, so many rows; return the numbers of those that could not be opened."""
        filing = self.filing
        params: dict[str, Any] = {
            "now": self.now,
            "department": filing.department.pk,
            "scanned_in": filing.department.name[:60],
            "owner": filing.owner and filing.owner.pk,
            "rulebook": filing.using.version_id,
            "actor": filing.job.created_by_id,
            "last_text": LAST_TEXT,
            "nothing_said": seal.seal({}, TEXT_AAD),
            "problems": [problem.value for problem in ProblemParcel.Problem],
            "labels": [stored(problem.label) for problem in ProblemParcel.Problem],
        }
        left: set[int] = set()
        (filed,) = chunks.results(OPEN, params)
        with connection.cursor() as cursor:
            if filed < staged:
                cursor.execute(LEAVE_OUT)
                left = {number for (number,) in cursor.fetchall()}
            cursor.execute(LOAD, params)
            cursor.execute(
                "DROP TABLE imported, imported_judged, imported_decided, imported_clock, imported_cost"
            )
        return left
