"""File the rows of an import, a chunk a transaction.

Python reads, redacts and seals outside the transaction, one chunk ahead, while the server writes the last.
"""

import logging
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

import orjson
import psycopg
from django.db import DatabaseError, OperationalError, connection, transaction

from kefu import clock
from kefu.errors import KefuError
from kefu.imports import tables
from kefu.imports.columns import Columns
from kefu.jobs.models import Job, Refusal
from kefu.jobs.services import Chunk, file_content
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import seal
from kefu.staff import barred
from kefu.staff.models import Department, Employee

log = logging.getLogger(__name__)

COPY_REFUSALS = 'COPY jobs_refusal (job_id, "row", field, code, details, shown, sealed) FROM STDIN'
CHUNK = 4_000  # rows; one to two seconds
REFUSAL_AAD = Refusal._meta.get_field("sealed").aad
SHOWN = 60

Line = tuple[Any, ...]  # a row as COPY takes it


class Numbered(Protocol):
    """A row as the file tells it; ``number`` counts from 1, as a spreadsheet does."""

    number: int
    cells: Sequence[str]


@dataclass(slots=True)
class Refused:
    """A row we do not take, with the field and the code of the reason; ``details`` are what the reason names."""

    number: int
    cells: Sequence[str]
    field: str
    code: str
    details: Mapping[str, Any] = dataclass_field(default_factory=dict)


RowT = TypeVar("RowT", bound=Numbered)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of rows that were written: how many were filed, and were there already, and the others."""

    accepted: int
    duplicates: int = 0
    open_already: int = 0
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(ABC):
    """What holds for all rows of an import."""

    job: Job
    columns: Columns
    places: Mapping[str, int]  # field → position in the row
    department: Department
    owner: Employee | None

    def look(self, part: Sequence[tables.Cells]) -> Any:
        """Read what the rows of a chunk need to know, in one question; ``prepare`` gets it as ``seen``."""
        return None

    @abstractmethod
    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "Prepared[Any]":
        """Read, check and seal rows, the first of which has this number in the file. Asks the database
        nothing: it runs while the last chunk is written."""

    def cell(self, cells: Sequence[str], field: str) -> str:
        """What stands in a row's column; "" where the table has none."""
        place = self.places.get(field)
        return cells[place] if place is not None and place < len(cells) else ""

    def set_aside(self, number: int, cells: tables.Cells, error: Exception) -> Refused:
        """Refuse a row for a fault of ours. The log says where, not what stood in the row."""
        if isinstance(error, KefuError):
            return Refused(number, cells, error.field or "", error.code)
        if isinstance(error, DatabaseError) and isinstance(error.__cause__, psycopg.Error):
            diagnosis = error.__cause__.diag
            where = f"{error.__cause__.sqlstate} {diagnosis.table_name} {diagnosis.constraint_name}"
        else:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{last.filename}:{last.lineno}"
        name, job = type(error).__name__, self.job.pk
        log.error("row %s of job %s was set aside: %s at %s", number, job, name, where)
        return Refused(number, cells, "", "row_failed")


def owner_of(job: Job) -> Employee | None:
    """Who was to get the rows. Who may take no case now gets none: they wait for whoever takes them."""
    found = (
        Employee.objects.assignable()
        .select_related("party", "department")
        .filter(pk=job.params["owner"])
        .first()
    )
    return barred.who_may(found, clock.now())


def run(
    job: Job, more: Callable[[], bool], filing_of: Callable[[Job, tables.Table], Filing]
) -> Generator[Chunk, None, None]:
    """Yield the chunks of an import from where it stands: what the handler of its jobs does."""
    table = tables.Table(**job.params["table"])
    filing = filing_of(job, table)
    behind = job.cursor.get("row", 0)
    with (
        table.below_header(file_content(job), skip=behind) as rows,
        ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as ahead,
    ):

        def prepare() -> "Future[Prepared[Any]] | None":
            # Attempts that brought nothing: take an eighth, then a sixty-fourth of the usual bite.
            size = max(1, CHUNK >> 3 * (job.attempts - 1))
            part = list(islice(rows, size)) if more() else []
            if not part:
                return None
            first = table.header_row + 2 + behind  # as a spreadsheet numbers its rows
            seen = filing.look(part)  # here, where the connection is
            return ahead.submit(filing.prepare, first, part, now=clock.now(), seen=seen)

        prepared = prepare()
        while prepared is not None:
            chunk = prepared.result()
            behind += chunk.taken
            prepared = prepare()  # while this one is being written
            yield Chunk(cursor={"row": behind}, done=behind, write=chunk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(ABC, Generic[RowT]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing
    now: datetime
    taken: int  # rows of the file, empty ones too
    rows: list[tuple[RowT, Line]]
    refused: list[Refused]
    duplicates: int = 0

    @abstractmethod
    def write(self, rows: Sequence[tuple[RowT, Line]]) -> Written:
        """File rows by set-based statements, in a savepoint of their own."""

    def __call__(self) -> Mapping[str, int]:
        """Write the chunk, and return what became of its rows."""
        counts = Counter(accepted=0, duplicates=self.duplicates, refused=0, open_already=0)
        refused = list(self.refused)
        self._file(self.rows, counts, refused)
        self._refuse(refused)
        counts["refused"] = len(refused)
        if counts["accepted"]:
            self.announce(counts["accepted"])
        return counts

    def announce(self, accepted: int) -> None:
        """Tell of what was filed: one event for all, so that queues look again once, not four thousand times."""
        owner = self.filing.owner
        notifications.publish(
            kind=Event.Kind.CASE_NEW,
            at=self.now,
            department_id=self.filing.department.pk,
            user_id=owner.user_id if owner else None,
            data={"imported": accepted},
        )

    def _file(
        self, rows: Sequence[tuple[RowT, Line]], counts: Counter[str], refused: list[Refused]
    ) -> None:
        """File rows. One that the database will not take is found by halves and refused; the others
        go in."""
        if not rows:
            return
        try:
            with transaction.atomic():
                written = self.write(rows)
        except OperationalError:
            raise  # the database itself
        except (DatabaseError, KefuError) as error:
            if len(rows) == 1:
                row = rows[0][0]
                refused.append(self.filing.set_aside(row.number, row.cells, error))
                return
            middle = len(rows) // 2
            self._file(rows[:middle], counts, refused)
            self._file(rows[middle:], counts, refused)
            return
        refused += written.refused
        counts.update(
            accepted=written.accepted,
            duplicates=written.duplicates,
            open_already=written.open_already,
        )

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
                details = orjson.dumps(dict(row.details)).decode()
                shown = self._shown(row)
                copy.write_row(
                    (self.filing.job.pk, row.number, row.field, row.code, details, shown, blob)
                )

    def _shown(self, row: Refused) -> str:
        """The cell at fault, as far as anybody may see it."""
        cell = str(self.filing.cell(row.cells, row.field))
        return self.filing.columns.masked(row.field, cell)[:SHOWN]


def results(statements: str, params: Mapping[str, Any]) -> list[Any]:
    """Run statements and return the one value of each that has one."""
    with connection.cursor() as cursor:
        cursor.execute(statements, params)
        values = []
        while True:
            if cursor.description:
                values.append(cursor.fetchone()[0])
            if not cursor.nextset():
                return values
