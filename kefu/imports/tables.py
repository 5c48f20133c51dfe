"""Tables as offices send them: CSV in the encodings they really use, and workbooks; read and written."""

import codecs
import csv
import io
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import orjson
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.imports.columns import Columns

Format = Literal["csv", "xlsx"]
CONTENT_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
UNPACK = Path(__file__).with_name("unpack.py")
HEADER_WITHIN = 20  # rows; above the header may stand a title, who made the table, when
MAX_ROWS = 200_000
MAX_COLUMNS = 100

_ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")  # in the order of trying
_MARKS = (  # byte order marks; the codec takes the mark away
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK = 1_000_000  # bytes decoded at a time


class LostDigits(str):
    """A number that Excel has rounded: what was typed is not known any more."""

    __slots__ = ()


Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """How to read a file as a table. ``header_row`` counts from 0, ``rows`` are those below it."""

    format: Format
    encoding: str
    delimiter: str
    header_row: int
    header: tuple[str, ...]
    rows: int
    sheets: tuple[str, ...]

    @contextmanager
    def below_header(self, content: bytes, *, skip: int = 0) -> Iterator[Iterator[Cells]]:
        """Read the rows below the header, leaving out the first ``skip``. Raises KefuError."""
        first = self.header_row + 1 + skip
        with closing(_rows(content, self.encoding, self.delimiter, skip=first)) as rows:
            yield rows


def _refused(message: str, code: str, **details: object) -> KefuError:
    return KefuError(message, code=code, field="file", **details)


def read_table(content: bytes, columns: Columns) -> Table:
    """Find out what a file is, where its header stands and how many rows follow.

    Raises KefuError: file_empty, file_format, file_encoding, file_broken, file_unpacks_too_large,
    header_missing.
    """
    if not content.strip():
        raise _refused(_("文件是空的"), "file_empty")
    if content.startswith(b"PK\x03\x04"):
        return _read_workbook(content, columns)
    if content.startswith(
        (b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z")
    ):
        raise _refused(_("只能导入 .xlsx 和 .csv；旧的 .xls 请先另存为 .xlsx"), "file_format")
    return _read_csv(content, columns)


def _read_workbook(content: bytes, columns: Columns) -> Table:
    with closing(_unpack(content, most=HEADER_WITHIN)) as unpacked:
        about = next(unpacked)
        head = [_texts(row) for row in unpacked]
    row = _header_in(head, columns)
    header = _trimmed(head[row])
    sheets = tuple(str(name) for name in about["sheets"])
    return Table("xlsx", "", "", row, header, about["rows"] - row - 1, sheets)


def _read_csv(content: bytes, columns: Columns) -> Table:
    encoding = _encoding_of(content)
    best: tuple[int, str, list[Cells]] | None = None
    for delimiter in (",", "\t", ";"):
        with closing(_csv_rows(content, encoding, delimiter)) as rows:
            head = list(islice(rows, HEADER_WITHIN))
        found = max((columns.recognised(cells) for cells in head), default=0)
        if best is None or found > best[0]:
            best = found, delimiter, head
    assert best is not None
    _found, delimiter, head = best
    row = _header_in(head, columns)
    with closing(_csv_rows(content, encoding, delimiter, skip=row + 1)) as rows:
        count = sum(1 for _cells in rows)
    return Table("csv", encoding, delimiter, row, _trimmed(head[row]), count, ())


def _header_in(head: Sequence[Cells], columns: Columns) -> int:
    found = [columns.recognised(cells[:MAX_COLUMNS]) for cells in head]
    if not any(found):
        raise _refused(
            _("前 %(rows)d 行里没有找到表头，请按模板写上“%(columns)s”等栏名")
            % {"rows": HEADER_WITHIN, "columns": columns.hint},
            "header_missing",
        )
    return found.index(max(found))


def _trimmed(cells: Cells) -> tuple[str, ...]:
    """The header without the empty columns behind it, one line a heading."""
    header = [" ".join(cell.split())[:100] for cell in cells[:MAX_COLUMNS]]
    while header and not header[-1]:
        header.pop()
    return tuple(header)


def _encoding_of(content: bytes) -> str:
    for mark, codec in _MARKS:
        if content.startswith(mark):
            if _decodes(content, codec):
                return codec
            break
    else:
        for codec in _ENCODINGS:
            if _decodes(content, codec):
                return codec
    raise _refused(_("认不出文字编码，请在 Excel 里另存为“CSV UTF-8”或 .xlsx"), "file_encoding")


def _decodes(content: bytes, codec: str) -> bool:
    """Whether all of it is text in this encoding, looked through block by block."""
    decoder = codecs.getincrementaldecoder(codec)()
    view = memoryview(content)
    try:
        return not any(
            "\0"
            in decoder.decode(bytes(view[start : start + _BLOCK]), start + _BLOCK >= len(content))
            for start in range(0, len(content), _BLOCK)
        )
    except UnicodeDecodeError:
        return False


def _rows(
    content: bytes, encoding: str, delimiter: str, *, skip: int
) -> Generator[Cells, None, None]:
    if delimiter:
        yield from _csv_rows(content, encoding, delimiter, skip=skip)
        return
    with closing(_unpack(content, skip=skip)) as unpacked:
        next(unpacked)
        for row in unpacked:
            yield _texts(row)


def _csv_rows(
    content: bytes, encoding: str, delimiter: str, *, skip: int = 0
) -> Generator[Cells, None, None]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    reader = csv.reader(text, delimiter=delimiter)
    try:
        yield from islice(reader, skip, None)
    except (csv.Error, UnicodeError) as error:
        raise _refused(
            _("第 %(line)d 行读不下去，多半是引号没有成对，请检查") % {"line": reader.line_num},
            "file_broken",
            line=reader.line_num,
        ) from error


def _unpack(content: bytes, *, skip: int = 0, most: int = 1_100_000) -> Generator[Any, None, None]:
    """Yield what ``unpack.py`` says, line by line; ended early it is stopped."""
    process = subprocess.Popen(
        [sys.executable, "-I", str(UNPACK), str(skip), str(most)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # it needs none of our secrets
    )
    assert process.stdin and process.stdout
    try:
        try:
            process.stdin.write(content)
            process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended already: its exit code says why
        for line in process.stdout:
            yield orjson.loads(line)
        code = process.wait()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    if code == 3:
        raise _refused(_("这个 Excel 文件打不开，请另存为 .xlsx 再试"), "file_broken")
    if code != 0:
        raise _refused(
            _("这个 Excel 文件展开后太大，请只留要导入的行和列，分成几个文件"),
            "file_unpacks_too_large",
        )


def _texts(row: list[Any]) -> Cells:
    return [cell if isinstance(cell, str) else LostDigits(f"{cell:.0f}") for cell in row]
