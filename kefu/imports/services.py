"""Look at a table, import it, give back what was refused."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.audit import services as audit
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.imports import tables
from kefu.imports.columns import REASON, Columns, is_reason
from kefu.jobs import services as jobs
from kefu.jobs.models import Job, Refusal
from kefu.jobs.services import Chunk
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_in_force
from kefu.spreadsheets import write_csv, write_workbook
from kefu.staff.models import Department, Employee

PREVIEW_ROWS = 8
REFUSALS_BATCH = 2_000
# What people call the codecs.
ENCODINGS = {"utf-8-sig": "utf-8", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column of the file; ``field`` and ``label`` are empty if it is none of ours."""

    header: str
    field: str
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring. ``header_row`` counts from 1; ``rows`` are masked; ``total`` counts all."""

    format: tables.Format
    encoding: str
    header_row: int
    columns: tuple[PreviewColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken. ``row`` as a spreadsheet numbers it; ``shown`` is masked."""

    row: int
    label: str
    reason: str
    shown: str


def may_import_cases(user: Any) -> bool:
    return bool(user.has_perm("cases.import_cases"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableImport:
    """One kind of table that becomes cases, or rows of ``about``. ``required``: fields one of which, each, must have
    a column; ``noted``: fields whose missing column is told, with what holds then. ``name`` heads the template's
    sheet. ``may``: who may bring such a table.
    """

    kind: str  # of the jobs
    columns: Columns
    reasons: Mapping[str, Promise]
    required: Sequence[tuple[Sequence[str], Promise]]
    noted: Mapping[str, Promise]
    name: Promise
    run: Callable[[Job, Callable[[], bool]], Generator[Chunk, None, None]]
    in_words: Callable[[str, Mapping[str, Any]], str] | None = None
    may: Callable[[Any], bool] = may_import_cases
    about: str = "cases_case"

    def preview(self, *, content: bytes, file_name: str) -> Preview:
        """Show how a file would be understood. Raises KefuError if it cannot be read at all."""
        jobs.check_size(content)
        table = tables.read_table(content, self.columns)
        fields = [self.columns.field_of(header) for header in table.header]
        with table.below_header(content) as below:
            rows = tuple(
                tuple(
                    self.columns.masked(field, str(cell))
                    for field, cell in zip(fields, [*cells, *[""] * len(fields)], strict=False)
                )
                for cells in islice(below, PREVIEW_ROWS)
            )
        return Preview(
            format=table.format,
            encoding=ENCODINGS.get(table.encoding, table.encoding),
            header_row=table.header_row + 1,
            columns=tuple(
                PreviewColumn(header, field, self._label(field))
                for header, field in zip(table.header, fields, strict=True)
            ),
            rows=rows,
            total=table.rows,
            problems=tuple(str(problem) for problem in self._problems(table)),
            notes=tuple(self._notes(table)),
        )

    def start(
        self,
        *,
        file_name: str,
        content: bytes,
        department: Department,
        owner: Employee | None,
        options: Mapping[str, Any],
        actor: Any,
        now: datetime,
    ) -> Job:
        """Queue the import of a table; the rows become cases of ``department``, of ``owner`` if given.

        Raises KefuError: NotAllowed, department_closed, owner_not_assignable, and whatever keeps the file from
        being read.
        """
        if not self.may(actor):
            raise NotAllowed(_("你不能导入这种表格"))
        if not department.active:
            raise KefuError(_("这个部门已停用"), code="department_closed", field="department")
        if owner is not None and owner.status != Employee.Status.ACTIVE:
            raise Conflict(
                _("%(who)s 已停岗，不能接单") % {"who": owner},
                code="owner_not_assignable",
                field="owner",
            )
        jobs.check_size(content)
        edition_in_force(department_id=department.pk, at=now)  # without one nothing can be timed
        table = tables.read_table(content, self.columns)
        for problem in self._problems(table):
            raise problem
        job = jobs.start(
            kind=self.kind,
            title=_title(file_name),
            params={
                "department": department.pk,
                "owner": owner.pk if owner else None,
                **options,
                "table": asdict(table),
            },
            file_name=_title(file_name),
            content=content,
            total=table.rows,
            actor=actor,
            now=now,
        )
        number = owner and owner.number
        audit.record(
            action="import",
            actor=actor,
            at=now,
            table=self.about,
            object_id=job.pk,
            after={"rows": table.rows, "department": department.code, "owner": number},
        )
        return job

    def refusals(self, *, job: Job, after: int = 0, limit: int = 50) -> list[RefusedRow]:
        """The refused rows behind row ``after``, in the order of the file."""
        found = Refusal.objects.filter(job=job, row__gt=after).order_by("row")[:limit]
        return [
            RefusedRow(row.row, self._label(row.field), self._reason(row), row.shown)
            for row in found.defer("sealed")
        ]

    def refused_file(
        self, *, job: Job, actor: Any, address: str = "", request_id: str = "", now: datetime
    ) -> tuple[str, bytes]:
        """Return the refused rows as they came, with the reason beside: mend them and upload the file again.

        They hold names and phones, so the look at them is recorded first. Raises NotAllowed.
        """
        if job.created_by_id != actor.pk and not actor.has_perm("cases.export_cases"):
            raise NotAllowed(_("拒收的行只有导入的人和主管可以下载"))
        audit.record_reveal(
            table="jobs_refusal",
            object_id=job.pk,
            fields=["rows"],
            reason=_("下载拒收的行"),
            actor=actor,
            at=now,
            address=address,
            request_id=request_id,
        )
        about = job.params["table"]
        header = about["header"]
        kept = [place for place, name in enumerate(header) if not is_reason(name)]
        rows = self._refused_rows(job, header, kept)
        name = f"{_('拒收')}-{job.title.rpartition('.')[0] or job.title}.{about['format']}"
        if about["format"] == "csv":
            return name, write_csv(rows)
        fields = [self.columns.field_of(header[place]) for place in kept]
        widths = [self.columns[field].width if field else 14 for field in fields]
        return name, write_workbook((_("拒收"), [*widths, 40], rows))

    def template_file(self, *, format: tables.Format = "xlsx") -> tuple[str, bytes]:  # noqa: A002
        """Return an empty table to fill in; the workbook has a second sheet that explains the columns."""
        header = [str(column.label) for column in self.columns]
        name = _("%(what)s导入模板") % {"what": self.name} + f".{format}"
        if format == "csv":
            return name, write_csv([header])
        explained = [
            [_("栏目"), _("怎么填"), _("例子")],
            *([str(c.label), str(c.hint), c.example] for c in self.columns),
        ]
        return name, write_workbook(
            (str(self.name), [column.width for column in self.columns], [header]),
            (_("填写说明"), [16, 70, 30], explained),
        )

    def _problems(self, table: tables.Table) -> Iterator[KefuError]:
        """Yield what keeps a readable table from being imported."""

        def problem(message: str, code: str) -> KefuError:
            return KefuError(message, code=code, field="file")

        named: dict[str, list[str]] = {}
        for header in table.header:
            if field := self.columns.field_of(header):
                named.setdefault(field, []).append(header)
        for fields, message in self.required:
            if not named.keys() & set(fields):
                yield problem(str(message), "column_missing")
        for field, headers in named.items():
            if len(headers) > 1:
                yield problem(
                    _("%(columns)s 都当作“%(field)s”，请只留一栏")
                    % {
                        "columns": punctuation.alike(*(f"“{header}”" for header in headers)),
                        "field": self._label(field),
                    },
                    "column_twice",
                )
        if table.rows > tables.MAX_ROWS:
            yield problem(
                _("一次最多导入 %(most)d 行，这个文件有 %(rows)d 行，请分成几个文件")
                % {"most": tables.MAX_ROWS, "rows": table.rows},
                "too_many_rows",
            )
        if table.rows <= 0:
            yield problem(_("表头下面没有数据"), "no_rows")

    def _notes(self, table: tables.Table) -> Iterator[str]:
        ignored = [
            header
            for header in table.header
            if header and not self.columns.field_of(header) and not is_reason(header)
        ]
        if ignored:
            yield _("这些栏不导入：%(columns)s") % {"columns": punctuation.alike(*ignored)}
        if len(table.sheets) > 1:
            yield _("只导入第一张工作表“%(first)s”") % {"first": table.sheets[0]}
        places = self.columns.places_of(table.header)
        yield from (str(told) for field, told in self.noted.items() if field not in places)

    def _label(self, field: str) -> str:
        return str(self.columns[field].label) if field in self.columns else ""

    def _reason(self, refusal: Refusal) -> str:
        if self.in_words and (said := self.in_words(refusal.code, refusal.details)):
            return said
        return str(self.reasons.get(refusal.code, self.reasons["row_failed"]))

    def _refused_rows(
        self, job: Job, header: Sequence[str], kept: Sequence[int]
    ) -> Iterator[Sequence[str]]:
        yield [*(header[place] for place in kept), str(REASON)]
        found = Refusal.objects.filter(job=job).order_by("row")
        for refusal in found.iterator(chunk_size=REFUSALS_BATCH):
            cells = refusal.sealed
            reason = self._reason(refusal)
            if label := self._label(refusal.field):
                reason = punctuation.headed(label, reason)
            yield [*(cells.get(str(place), "") for place in kept), reason]


def _title(file_name: str) -> str:
    """The last part of the name a browser gave, in one line, without anybody's number in it."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    shown = redact.redact("".join(char for char in name if char.isprintable()))
    return shown.strip()[-200:] or str(_("未命名"))
