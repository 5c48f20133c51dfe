"""File the rows of an import of inquiries.

One COPY brings the rows of a chunk to the server, ``check.sql`` leaves out what is there already, and ``open.sql``
and ``load.sql`` fill every table with an INSERT … SELECT.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from inquiries.imports import columns
from inquiries.imports.rows import Form, Row, RowReader
from inquiries.services.intake import TIMED, counterpart
from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.cases.services import LAST_TEXT, SUMMARY_LIMIT
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.imports import chunks, tables
from kefu.imports.chunks import Line, Refused, Written
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.consequences import entry_time_allowed
from kefu.privacy import lookup, masks, redact, seal, search
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department

HERE = Path(__file__).resolve().parent
STAGE = (HERE / "stage.sql").read_text(encoding="utf-8")
CHECK = (HERE / "check.sql").read_text(encoding="utf-8")
OPEN = (HERE / "open.sql").read_text(encoding="utf-8")
LOAD = (HERE / "load.sql").read_text(encoding="utf-8")
COPY = """
COPY imported (number, source_key, kind, channel, asker, counterpart, priority, waybill_number, outlet_id, received_at,
               clock, case_sealed, name_masked, phone_masked, lookup, text_sealed, text, lexemes, summary_lexemes)
FROM STDIN
"""
# Only where an import at the same time was faster; looking for such rows in every chunk would cost.
LEAVE_OUT = """
DELETE FROM imported r WHERE NOT EXISTS (SELECT FROM cases_case c WHERE c.id = r.case_id)
"""
CASE_AAD = Case._meta.get_field("sealed").aad
TEXT_AAD = Interaction._meta.get_field("sealed").aad


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(chunks.Filing):
    """What holds for all rows of an import."""

    form: Form
    allow_unknown_waybills: bool
    party: Party
    using: Edition
    reply_rules: ReplyRules
    allowance: timedelta

    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        params = job.params
        department = Department.objects.get(pk=params["department"])
        owner = chunks.owner_of(job)
        using = edition_in_force(department_id=department.pk, at=clock.now())
        outlets = {}
        for pk, code, name in Party.objects.outlets().values_list("pk", "code", "name"):
            outlets[code.casefold()] = outlets[name.casefold()] = pk
        try:
            allowance = using.rules.entry_allowance
        except NotSet:
            allowance = timedelta(0)
        places = columns.COLUMNS.places_of(table.header)
        return cls(
            job=job,
            columns=columns.COLUMNS,
            places=places,
            form=Form(
                places,
                params["kind"],
                using.rules,
                outlets,
                forwards_only=not all(
                    desk.works_inquiries
                    for desk in (department, owner and owner.department)
                    if desk
                ),
            ),
            allow_unknown_waybills=params["allow_unknown_waybills"],
            department=department,
            owner=owner,
            party=owner_party(owner, our_company()),
            using=using,
            reply_rules=ReplyRules.of(using.rules),
            allowance=allowance,
        )

    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "Prepared":
        """Read, check and seal rows, the first of which has this number in the file."""
        reader = RowReader(self.form, now=now)
        read: dict[bytes, Row] = {}
        refused: list[Refused] = []
        filled = 0
        for number, cells in enumerate(part, first):
            if not "".join(cells).strip():
                continue
            filled += 1
            try:
                row = reader.read(number, cells)
            except Exception as error:  # one bad row does not stop the others
                row = self.set_aside(number, cells, error)
            if isinstance(row, Refused):
                refused.append(row)
            else:
                read.setdefault(row.source_key, row)
        duplicates = filled - len(refused) - len(read)
        clocks = Clocks(self, now)
        cases, texts = sealed(read.values())
        rows = []
        for row, case, text in zip(read.values(), cases, texts, strict=True):
            try:
                rows.append((row, _line(row, case, text, clocks.of(row), now)))
            except Exception as error:  # one bad row does not stop the others
                refused.append(self.set_aside(row.number, row.cells, error))
        return Prepared(
            filing=self,
            now=now,
            rows=rows,
            clocks=clocks,
            taken=len(part),
            refused=refused,
            duplicates=duplicates,
        )


class Clocks:
    """The reply clocks a chunk starts. Rows received at the same moment, or too long ago, share one."""

    def __init__(self, filing: Filing, now: datetime) -> None:
        self.filing = filing
        self.now = now
        self.rows: list[dict[str, Any]] = []
        self._numbers: dict[tuple[datetime, str], int | None] = {}

    def of(self, row: Row) -> int | None:
        """Return the number of the clock that this row starts; None if nobody waits for an answer.

        What was entered late may not have run out before anybody could see it: beyond the rulebook's
        entry allowance the clock starts now.
        """
        if row.kind not in TIMED:
            return None
        starts_at = row.received_at
        if starts_at is None or not entry_time_allowed(starts_at, self.now, self.filing.allowance):
            starts_at = self.now
        key = starts_at, row.channel
        if key not in self._numbers:
            self._numbers[key] = self._start(*key)
        return self._numbers[key]

    def _start(self, starts_at: datetime, channel: str) -> int | None:
        due = reply_due(ReplyFacts(starts_at, channel=channel), self.filing.reply_rules)
        if due is None:
            return None
        inputs = due.inputs()
        number = len(self.rows)
        self.rows.append(
            {
                "n": number,
                **{
                    name: inputs[name]
                    for name in ("clause", "starts_at", "due_at", "warn_at", "lead_warn_at")
                },
                "inputs": inputs,
            }
        )
        return number

    def costs(self) -> list[dict[str, Any]]:
        """What breaking each of the clauses costs."""
        filing = self.filing
        return [
            {
                "follows": clause,
                "clause": cost.clause,
                "kind": cost.kind,
                "value": str(cost.value),
                "condition": cost.condition,
                "door": cost.door,
                "inputs": cost.inputs,
            }
            for clause in sorted({row["clause"] for row in self.rows})
            for cost in deadlines.costs(
                Deadline(action=Deadline.Action.REPLY, clause=clause),
                filing.using,
                filing.party,
                Consequence.Door.PAGES,
            )
        ]


def sealed(rows: Collection[Row]) -> tuple[list[bytes], list[bytes]]:
    """What stands encrypted in the case and in its first line, for each row."""
    cases = (
        {
            "customer_name": row.customer_name,
            "customer_phone": row.customer_phone,
            "summary": row.text,
        }
        for row in rows
    )
    return seal.seal_many(cases, CASE_AAD), seal.seal_many(
        ({"text": row.text} for row in rows), TEXT_AAD
    )


def _line(row: Row, case: bytes, said: bytes, clock_: int | None, now: datetime) -> Line:
    """The row as ``imported`` holds it: sealed, masked, redacted, and findable."""
    name, phone = row.customer_name, row.customer_phone
    text = redact.redact(
        row.text,
        keep=(row.waybill_number,) if row.waybill_number else (),
        names=(name,) if name else (),
    )
    longer = len(text) > SUMMARY_LIMIT
    return (
        row.number,
        row.source_key,
        row.kind,
        row.channel,
        row.asker,
        counterpart(row.asker),
        row.priority,
        row.waybill_number,
        row.outlet_id,
        row.received_at or now,
        clock_,
        case,
        masks.mask_name(name),
        masks.mask_phone(phone) if phone else "",
        "{" + ",".join(map(str, lookup.tokens_for_person(name, phone))) + "}",
        said,
        text,
        " ".join(search.bigrams(text)),
        " ".join(search.bigrams(text[:SUMMARY_LIMIT])) if longer else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing
    clocks: Clocks

    def write(self, rows: Sequence[tuple[Row, Line]]) -> Written:
        self.stage([line for _row, line in rows])
        again, unknown, open_already = self._check()
        filed = self.load(len(rows) - again - len(unknown))
        # What neither the check nor the load counts, another import filed in between.
        faster = len(rows) - again - len(unknown) - filed
        return Written(
            accepted=filed,
            duplicates=again + faster,
            open_already=open_already,
            refused=[
                Refused(row.number, row.cells, "waybill_number", "waybill_unknown")
                for row, _line in rows
                if row.number in unknown
            ],
        )

    def stage(self, lines: Sequence[Line]) -> None:
        """Bring rows to the server."""
        clocks, costs = orjson.dumps(self.clocks.rows), orjson.dumps(self.clocks.costs())
        with connection.cursor() as cursor:
            cursor.execute(STAGE, {"clocks": clocks.decode(), "costs": costs.decode()})
            with cursor.copy(COPY) as copy:
                for line in lines:
                    copy.write_row(line)

    def _check(self) -> tuple[int, set[int], int]:
        """Leave out what is there already and, unless they are allowed, unknown waybills.

        Return how many were there, the numbers of the unknown, and how many of the others ask about a
        parcel that had an open case before this import.
        """
        again, unknown, open_already = chunks.results(
            CHECK,
            {
                "allow_unknown": self.filing.allow_unknown_waybills,
                "since": self.filing.job.created_at,
            },
        )
        return again, set(unknown or ()), open_already

    def load(self, staged: int) -> int:
        """File what was staged, so many rows; return how many were new."""
        filing = self.filing
        params: dict[str, Any] = {
            "now": self.now,
            "department": filing.department.pk,
            "owner": filing.owner and filing.owner.pk,
            "party": filing.party.pk,
            "rulebook": filing.using.version_id,
            "actor": filing.job.created_by_id,
            "summary_limit": SUMMARY_LIMIT,
            "last_text": LAST_TEXT,
        }
        (filed,) = chunks.results(OPEN, params)
        with connection.cursor() as cursor:
            if filed < staged:
                cursor.execute(LEAVE_OUT)
            cursor.execute(LOAD, params)
            cursor.execute("DROP TABLE imported, imported_clock, imported_cost")
        return int(filed)
