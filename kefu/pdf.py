"""Papers as PDF, in Chinese, from plain data: the same paper drawn with the same font is the same file, byte for byte.

No font is shipped: the first of the usual fonts of the system is taken, or the one that KEFU_PDF_FONT names.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from django.conf import settings
from django.utils.translation import gettext as _
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from kefu.errors import KefuError

# TrueType outlines only: ReportLab reads no CFF, which is what Noto CJK has.
FONTS = (
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/simhei.ttf",
    "C:/Windows/Fonts/msyh.ttc",
)
CHINESE, LATIN = "kefu-chinese", "Helvetica"  # these fonts lack Latin letters, or have ugly ones
DATE = "日期：{0}{0}年{0}月{0}日".format("\u00a0" * 6)  # other spaces would run together
MISSING = "〓"  # stands where the font has no sign
WIDTH = A4[0] - 40 * mm
BELOW = 3 * mm  # of a table
LINE = colors.HexColor("#9aa1ab")
MUTED = colors.HexColor("#5b6470")


class NoFont(KefuError):
    """There is no font with Chinese characters that ReportLab can read."""

    code = "no_pdf_font"
    status = 503


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with what they say, two pairs a row."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; ``widths`` are parts of the line, columns in ``numbers`` are right-aligned."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signs, side by side, each with room for a signature and a day."""

    who: Sequence[str]


Block = Facts | Rows | Heading | Words | Signatures


@dataclass(frozen=True, slots=True)
class Paper:
    """``number`` stands on every page."""

    title: str
    number: str
    issuer: str
    blocks: Sequence[Block]


def draw(paper: Paper) -> bytes:
    """Return the paper as a PDF file. Raises NoFont."""
    _font()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=paper.title,
        author=paper.issuer,
        subject=paper.number,
        invariant=1,
    )

    def foot(canvas: Any, page: Any) -> None:
        foot = Paragraph(_marked(f"{paper.number}　第 {page.page} 页"), FOOT)
        foot.wrap(WIDTH, 10 * mm)
        foot.drawOn(canvas, 20 * mm, 10 * mm)

    story: list[Any] = [_words(paper.issuer, ISSUER), _words(paper.title, TITLE)]
    for block in paper.blocks:
        story += _drawn(block)
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def drawn_with() -> str:
    """Name what the bytes of a drawing depend on besides its data: the font and ReportLab's version."""
    path = _font()
    return f"{Path(path).name} {_digest(path)[:12]}, ReportLab {reportlab.Version}"


@cache
def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _font() -> str:
    """Return the path of the font, read once a process."""
    return _registered(settings.KEFU_PDF_FONT)


@cache
def _registered(named: str) -> str:
    for path in (named,) if named else FONTS:
        if not Path(path).is_file():
            continue
        try:
            pdfmetrics.registerFont(TTFont(CHINESE, path, subfontIndex=0))
        except TTFError:
            continue
        return path
    raise NoFont(
        _(
            "这台机器没有可以用来生成 PDF 的中文字体：请安装 fonts-droid-fallback，"
            "或用 KEFU_PDF_FONT 指定一个 TrueType 字体文件"
        )
    )


def _style(name: str, size: float, **given: Any) -> ParagraphStyle:
    given = {"fontName": CHINESE, "leading": size * 1.5, "wordWrap": "CJK", **given}
    return ParagraphStyle(name, fontSize=size, **given)


ISSUER = _style("issuer", 10, alignment=TA_CENTER, textColor=MUTED)
TITLE = _style("title", 17, alignment=TA_CENTER, spaceAfter=5 * mm)
HEAD = _style("head", 11.5, spaceBefore=4 * mm, spaceAfter=1.5 * mm)
TEXT = _style("text", 10.5, leading=17, spaceAfter=1.5 * mm)
CELL = _style("cell", 9.5)
LABEL = _style("label", 9.5, textColor=MUTED)
NUMBER = _style("number", 9.5, alignment=TA_RIGHT)
FOOT = _style("foot", 8, alignment=TA_RIGHT, textColor=MUTED)


def _marked(text: str) -> str:
    """The text as ReportLab's markup: Latin letters and digits in a font of their own, nothing else of it marked."""
    return "".join(_runs(text))


def _runs(text: str) -> Iterator[str]:
    known = pdfmetrics.getFont(CHINESE).face.charToGlyph
    for latin, run in groupby(text, key=_is_latin):
        signs = [sign if latin or ord(sign) in known else MISSING for sign in run]
        said = escape("".join(signs)).replace("\n", "<br/>")
        yield f'<font name="{LATIN}">{said}</font>' if latin else said


def _is_latin(sign: str) -> bool:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(_marked(text), style)


def _drawn(block: Block) -> list[Any]:
    match block:
        case Heading(text):
            return [_words(text, HEAD)]
        case Words(text):
            return [_words(text, TEXT)]
        case Facts(pairs):
            return [_facts(pairs)]
        case Rows():
            return [_table(block)]
        case Signatures(who):
            return [Spacer(1, 8 * mm), KeepTogether([_signatures(who)])]


def _facts(pairs: Sequence[tuple[str, str]]) -> Table:
    cells = [[_words(label, LABEL), _words(said, CELL)] for label, said in pairs]
    if len(cells) % 2:
        cells.append([_words("", LABEL), _words("", CELL)])
    rows = [left + right for left, right in zip(cells[::2], cells[1::2], strict=True)]
    widths = [WIDTH * part for part in (0.16, 0.34, 0.16, 0.34)]
    table = Table(rows, widths, spaceAfter=BELOW)
    return _lined(table, ("LINEABOVE", (0, 0), (-1, 0), 0.7, LINE))


def _table(block: Rows) -> Table:
    styles = [NUMBER if n in block.numbers else CELL for n in range(len(block.heads))]
    heads = [NUMBER if n in block.numbers else LABEL for n in range(len(block.heads))]
    rows = [[_words(text, heads[n]) for n, text in enumerate(block.heads)]]
    rows += [[_words(text, styles[n]) for n, text in enumerate(row)] for row in block.rows]
    whole = sum(block.widths)
    widths = [WIDTH * part / whole for part in block.widths]
    table = Table(rows, widths, repeatRows=1, spaceAfter=BELOW)
    return _lined(table, ("LINEABOVE", (0, 0), (-1, 0), 0.7, LINE))


def _lined(table: Table, *more: Any) -> Table:
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                *more,
            ]
        )
    )
    return table


def _signatures(who: Sequence[str]) -> Table:
    rows = [
        [_words(f"{one}（签字或盖章）：", CELL) for one in who],
        [Spacer(1, 14 * mm) for _one in who],
        [_words(DATE, CELL) for _one in who],
    ]
    return Table(rows, [WIDTH / len(who)] * len(who))
