"""File the rows of an import, a chunk a transaction.

Python reads, redacts and seals outside the transaction, one chunk ahead; inside, one COPY brings the
rows to the server, ``check.sql`` leaves out what is there already, and ``open.sql`` and ``load.sql``
fill every table with an INSERT … SELECT.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import psycopg
from django.db import DatabaseError, OperationalError, connection, transaction

from inquiries.imports import columns, tables
from inquiries.imports.rows import Form, Refused, Row, RowReader
from inquiries.services.intake import TIMED, counterpart
from kefu import clock
from kefu.cases.models import Case, Interaction
from kefu.cases.services import LAST_TEXT, SUMMARY_LIMIT
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import owner_party
from kefu.jobs.models import Job, Refusal
from kefu.jobs.services import Chunk, file_content
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.consequences import entry_time_allowed
from kefu.privacy import lookup, masks, redact, seal, search
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department, Employee

log = logging.getLogger(__name__)

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
COPY_REFUSALS = 'COPY jobs_refusal (job_id, "row", field, code, shown, sealed) FROM STDIN'
CHUNK = 4_000  # rows; one to two seconds
CASE_AAD = Case._meta.get_field("sealed").aad
TEXT_AAD = Interaction._meta.get_field("sealed").aad
REFUSAL_AAD = Refusal._meta.get_field("sealed").aad
SHOWN = 60


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """Yield the chunks of an import from where it stands. The handler of its jobs."""
    table = tables.Table(**job.params["table"])
    filing = Filing.of(job, table)
    behind = job.cursor.get("row", 0)
    with (
        table.below_header(file_content(job), skip=behind) as rows,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as ahead,
    ):

        def prepare() -> Future[Prepared] | None:
            # Attempts that brought nothing: take an eighth, then a sixty-fourth of the usual bite.
            size = max(1, CHUNK >> 3 * (job.attempts - 1))
            part = list(islice(rows, size)) if more() else []
            if not part:
                return None
            first = table.header_row + 2 + behind  # as a spreadsheet numbers its rows
            return ahead.submit(filing.prepare, first, part, now=clock.now())

        prepared = prepare()
        while prepared is not None:
            chunk = prepared.result()
            behind += chunk.taken
            prepared = prepare()  # while this one is being written
            yield Chunk(cursor={"row": behind}, done=behind, write=chunk)


@dataclass(frozen=True, slots=True)
class Filing:
    """What holds for all rows of an import."""

    job: Job
    form: Form
    allow_unknown_waybills: bool
    department: Department
    owner: Employee | None
    party: Party
    using: Edition
    reply_rules: ReplyRules
    allowance: timedelta

    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        params = job.params
        department = Department.objects.get(pk=params["department"])
        # An agent suspended since then gets none: the rows wait for whoever takes them.
        owner = (
            Employee.objects.assignable()
            .select_related("party", "department")
            .filter(pk=params["owner"])
            .first()
        )
        using = edition_in_force(department_id=department.pk, at=clock.now())
        outlets = {}
        for pk, code, name in Party.objects.outlets().values_list("pk", "code", "name"):
            outlets[code.casefold()] = outlets[name.casefold()] = pk
        try:
            allowance = using.rules.entry_allowance
        except NotSet:
            allowance = timedelta(0)
        return cls(
            job=job,
            form=Form(
                places_of(table.header),
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

    def prepare(self, first: int, part: Sequence[tables.Cells], *, now: datetime) -> "Prepared":
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

    def set_aside(self, number: int, cells: tables.Cells, error: Exception) -> Refused:
        """Refuse a row for a fault of ours. The log says where, not what stood in the row."""
        if isinstance(error, DatabaseError) and isinstance(error.__cause__, psycopg.Error):
            diagnosis = error.__cause__.diag
            where = f"{error.__cause__.sqlstate} {diagnosis.table_name} {diagnosis.constraint_name}"
        else:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename}:{last.lineno}"
        name, job = type(error).__name__, self.job.pk
        log.error("row %s of job %s was set aside: %s at %s", number, job, name, where)
        return Refused(number, cells, "", "row_failed")


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


Line = tuple[Any, ...]  # a row as COPY takes it


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing
    now: datetime
    taken: int  # rows of the file, empty ones too
    rows: list[tuple[Row, Line]]
    clocks: Clocks
    refused: list[Refused]
    duplicates: int

    def __call__(self) -> Mapping[str, int]:
        """Write the chunk, and return what became of its rows."""
        counts = Counter(accepted=0, duplicates=self.duplicates, refused=0, open_already=0)
        refused = list(self.refused)
        self._file(self.rows, counts, refused)
        self._refuse(refused)
        counts["refused"] = len(refused)
        if counts["accepted"]:
            owner = self.filing.owner
            notifications.publish(  # one for all: queues look again once, not four thousand times
                kind=Event.Kind.CASE_NEW,
                at=self.now,
                department_id=self.filing.department.pk,
                user_id=owner.user_id if owner else None,
                data={"imported": counts["accepted"]},
            )
        return counts

    def _file(
        self, rows: list[tuple[Row, Line]], counts: Counter[str], refused: list[Refused]
    ) -> None:
        """File rows. One that the database will not take is found by halves and refused; the others
        go in."""
        if not rows:
            return
        try:
            with transaction.atomic():
                self.stage([line for _row, line in rows])
                again, unknown, open_already = self._check()
                filed = self.load(len(rows) - again - len(unknown))
        except OperationalError:
            raise  # the database itself
        except DatabaseError as error:
            if len(rows) == 1:
                row = rows[0][0]
                refused.append(self.filing.set_aside(row.number, row.cells, error))
                return
            middle = len(rows) // 2
            self._file(rows[:middle], counts, refused)
            self._file(rows[middle:], counts, refused)
            return
        unknown_rows = [row for row, _line in rows if row.number in unknown]
        refused += [
            Refused(row.number, row.cells, "waybill_number", "waybill_unknown")
            for row in unknown_rows
        ]
        # What neither the check nor the load counts, another import filed in between.
        faster = len(rows) - again - len(unknown) - filed
        counts.update(accepted=filed, duplicates=again + faster, open_already=open_already)

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
        again, unknown, open_already = _results(
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
        (filed,) = _results(OPEN, params)
        with connection.cursor() as cursor:
            if filed < staged:
                cursor.execute(LEAVE_OUT)
            cursor.execute(LOAD, params)
            cursor.execute("DROP TABLE imported, imported_clock, imported_cost")
        return int(filed)

    def _refuse(self, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        sealed = seal.seal_many(
            (
                {str(n): str(cell) for n, cell in enumerate(row.cells[: tables.MAX_COLUMNS])}
                for row in refused
            ),
            REFUSAL_AAD,
        )
        with connection.cursor() as cursor, cursor.copy(COPY_REFUSALS) as copy:
            for row, blob in zip(refused, sealed, strict=True):
                shown = self._shown(row)
                copy.write_row((self.filing.job.pk, row.number, row.field, row.code, shown, blob))

    def _shown(self, row: Refused) -> str:
        """The cell at fault, as far as anybody may see it."""
        place = self.filing.form.places.get(row.field)
        cell = row.cells[place] if place is not None and place < len(row.cells) else ""
        return masked(row.field, str(cell))[:SHOWN]


def masked(field: str, cell: str) -> str:
    """A cell of a table as it may be shown; ``field`` empty for columns we do not know."""
    cell = " ".join(cell.split())
    if field == "customer_name":
        return masks.mask_name(cell)
    if field == "customer_phone":
        return masks.mask_phone(cell)
    return redact.redact(cell[:500])


def places_of(header: Sequence[str]) -> dict[str, int]:
    """Return where each field stands; of two columns for one field the first."""
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        field = columns.field_of(name)
        if field:
            places.setdefault(field, place)
    return places


def _results(statements: str, params: Mapping[str, Any]) -> list[Any]:
    """Run statements and return the one value of each that has one."""
    with connection.cursor() as cursor:
        cursor.execute(statements, params)
        values = []
        while True:
            if cursor.description:
                values.append(cursor.fetchone()[0])
            if not cursor.nextset():
                return values
