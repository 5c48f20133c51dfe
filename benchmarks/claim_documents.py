"""Papers of a claim as PDF: from the stored row to the file, beside a bare canvas that writes the same words.

Limit: ReportLab's canvas with the font loaded, one line of text after the other, no tables and no breaking of lines.
"""

import io
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from benchmarks import place
from claims import papers
from claims.models import Document
from claims.services import Share, documents
from kefu import pdf
from kefu.network.models import Party
from kefu.rulebooks.selectors import edition
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.claims.money import approved, booked

ROUNDS = {"small": 20, "full": 200}
AIM = 1.0  # seconds a paper, the first of a process too


def run(scale: str) -> Iterator[dict[str, Any]]:
    place.fresh_database()
    edition.cache_clear()
    desk = build_desk()
    courier = Party.objects.create(kind="courier", code="2201", name="吴强")
    case = approved(desk, liable=[Share("staff", courier, Decimal(100))])
    booked(desk, case)
    rows = [
        documents.issue(
            case=case, kind=kind, recovery=recovery, actor=desk.gu.user, now=at("16:00")
        )
        for kind in Document.Kind.values
        for recovery in [case.claim.recoveries.get() if kind in documents.TO_A_PARTY else None]
    ]
    for row in rows:
        ours, limit = [], []
        for _round in range(ROUNDS[scale]):  # in turn, so that both meet the same machine
            ours.append(_seconds(lambda row=row: documents.drawn(Document.objects.get(pk=row.pk))))
            limit.append(_seconds(lambda row=row: _bare(row)))
        ours.sort()
        slow = ours[int(len(ours) * 0.99)]
        yield {
            "name": f"claim_document_{row.kind}",
            "ours": round(ours[0] * 1000, 1),
            "limit": round(min(limit) * 1000, 1),
            "ratio": round(min(limit) / ours[0], 3),
            "unit": "ms of one core a paper, the best of n",
            "p99_ms": round(slow * 1000, 1),
            "n": len(ours),
            "bytes": len(documents.drawn(row)),
            "aim": f"p99 < {AIM * 1000:.0f} ms",
            "aim_reached": slow < AIM,
        }
    yield _first()


def _first() -> dict[str, Any]:
    """What the first paper of a process pays on top: reading the font."""
    pdf._registered.cache_clear()
    seconds = _seconds(pdf._font)
    return {
        "name": "claim_document_font",
        "ours": round(seconds * 1000, 1),
        "unit": "ms of one core, once a process",
        "aim": f"< {AIM * 1000:.0f} ms",
        "aim_reached": seconds < AIM,
    }


def _seconds(make: Callable[[], Any]) -> float:
    began = time.process_time()
    make()
    return time.process_time() - began


def _bare(row: Document) -> bytes:
    paper = papers.paper(row.kind, row.layout, "LP-1", row.inputs)
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    canvas.setFont(pdf.CHINESE, 10)
    height = 800
    for words in _all(paper):
        canvas.drawString(50, height, words)
        height = height - 14 if height > 60 else 800
    canvas.save()
    return file.getvalue()


def _all(paper: pdf.Paper) -> Iterator[str]:
    yield paper.title
    for block in paper.blocks:
        match block:
            case pdf.Facts(pairs):
                yield from (f"{label} {said}" for label, said in pairs)
            case pdf.Rows():
                yield from (" ".join(cells) for cells in block.rows)
            case pdf.Heading(text) | pdf.Words(text):
                yield text
