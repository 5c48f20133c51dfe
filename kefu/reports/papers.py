"""A report as a PDF: what is on its page, in the language of whoever asks."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from kefu.network.selectors import our_company
from kefu.pdf import Block, Facts, Heading, Paper, Rows, Signatures, Words, draw
from kefu.reports.models import Register
from kefu.reports.wording import Shown, shown_tables

WIDE = 3  # a label is so many times as wide as a figure


def register_paper(register: Register, content: dict[str, object]) -> bytes:
    """Return the report as a PDF file. Raises NoFont."""
    blocks: list[Block] = [Facts(_facts(register))]
    for shown in shown_tables(register.kind, content):
        blocks += [Heading(shown.title), *_table(shown)]
    if register.analysis:
        blocks += [Heading(_("文字分析")), *(Words(line) for line in _lines(register.analysis))]
    blocks.append(Signatures([_("编制"), _("审核"), _("发出")]))
    number = f"{register.period} · {_('第 {n} 版').format(n=register.number)}"
    return draw(Paper(register.get_kind_display(), number, our_company().name, blocks))


def _facts(register: Register) -> list[tuple[str, str]]:
    issued = register.issued_at
    facts = [
        (_("期间"), register.period),
        (_("版次"), str(register.number)),
        (_("发出"), f"{issued.astimezone():%Y-%m-%d %H:%M}" if issued else _("还没有发出")),
        (_("发出人"), str(register.issued_by) if register.issued_by else "—"),
    ]
    if register.corrected_for:
        facts.append((_("更正原因"), register.corrected_for))
    if register.digest:
        facts.append(("SHA-256", register.digest[:32]))
    return facts


def _table(shown: Shown) -> Sequence[Block]:
    if not shown.lines:
        return [Words(_("这个期间没有。"))]
    heads = [shown.subject, *shown.heads]
    rows = [[line.label, *line.cells] for line in shown.lines]
    if shown.total:
        rows.append([_("合计"), *shown.total])
    numbers = frozenset(range(1, len(heads))) if shown.figures else frozenset()
    widths = [WIDE, *(2 if shown.figures else WIDE for _head in shown.heads)]
    return [Rows(heads, rows, widths, numbers)]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
