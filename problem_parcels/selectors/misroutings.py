"""What is known about a parcel that came the wrong way, and the lines of its report."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.network.selectors import place_of
from kefu.parcels.models import Scan, Waybill
from kefu.policy.processes import Done, Position, next_step
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.privacy import names
from kefu.spreadsheets import write_workbook
from problem_parcels.models import DestinationStep, Misrouting, MisroutingReport, ReportLine

UNKNOWN_DESTINATION = "unknown_destination"
COVER_WIDTHS = LIST_WIDTHS = (12, 22, 12, 26, 14, 18, 18)  # characters


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a parcel's own waybill and first scan say about where it came from; None: not in our files."""

    waybill: Waybill | None
    accepted_at: datetime | None = None
    accepted_place: str = ""

    @property
    def anything(self) -> bool:
        return self.waybill is not None or bool(self.accepted_place)

    def against(self, origin: Party) -> tuple[str, ...]:
        """What contradicts ``origin``, by name: "waybill_origin", "accepted_place"; () where nothing does."""
        found = []
        if self.waybill is not None and self.waybill.origin_id != origin.pk:
            found.append("waybill_origin")
        if self.accepted_place and not _same_place(self.accepted_place, origin):
            found.append("accepted_place")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        return {
            "waybill_origin": self.waybill.origin.name if self.waybill else "",
            "accepted_at": plain(self.accepted_at),
            "accepted_place": self.accepted_place,
        }


def _same_place(place: str, party: Party) -> bool:
    names_of = [party.name, party.code, *([party.region.name] if party.region else [])]
    return any(name and (name in place or place in name) for name in names_of)


def evidence_of(waybill_number: str) -> Evidence:
    """Read waybill and acceptance scan of a parcel."""
    waybill = (
        Waybill.objects.select_related("origin__region__parent")
        .defer("sealed", "lookup")
        .filter(number=waybill_number)
        .first()
    )
    scan = (
        Scan.objects.filter(waybill_number=waybill_number, kind=Scan.Kind.ACCEPTED)
        .order_by("at")
        .first()
    )
    return Evidence(waybill, scan.at if scan else None, scan.place if scan else "")


def province_of(party: Party) -> str:
    """The province an outlet lies in by the network's file; "" where nobody filled it in."""
    return place_of(party.region).province if party.region else ""


def destination_search(rules: Rulebook, waybill_number: str) -> Position:
    """Where finding out a destination stands (CD-06.26)."""
    steps = list(DestinationStep.objects.filter(waybill_number=waybill_number))
    called = next((step.outcome for step in steps if step.code == "call_recipient"), "")
    return next_step(
        rules,
        UNKNOWN_DESTINATION,
        [Done(step.code, step.outcome) for step in steps],
        recorded=["source"],
        facts={"recipient": called} if called else {"recipient": "unreachable"},
    )


# The report.


def in_order(misroutings: Iterable[Misrouting], group_by: Sequence[str]) -> list[Misrouting]:
    """As the list has them: by what the rulebook groups by, each by its pinyin, then by number."""

    def key(row: Misrouting) -> tuple[str, ...]:
        grouped = (str(getattr(row, name)) for name in group_by)
        return (
            *(part for text in grouped for part in (names.pinyin(text), text)),
            row.waybill_number,
        )

    return sorted(misroutings, key=key)


def frozen_lines(report: MisroutingReport) -> list[ReportLine]:
    return list(report.lines.order_by("number"))


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one province and origin that follow each other."""

    province: str
    origin: str
    lines: tuple[ReportLine, ...]

    @property
    def numbers(self) -> str:
        return " ".join(str(line.number) for line in self.lines)


def groups(lines: Sequence[ReportLine]) -> list[Group]:
    """The lines as the cover form has them."""
    return [
        Group(*key, tuple(found))
        for key, found in groupby(lines, lambda one: (one.province, one.origin))
    ]


def electronic_list(report: MisroutingReport) -> bytes:
    """The workbook of a report: as it was sent, or of a locked one cover form and list, both of the same frozen
    lines (CD-08.06, CD-08.10).

    The same report gives the same file, byte for byte.
    """
    if report.issued is not None:
        return bytes(report.issued.open())
    lines = frozen_lines(report)
    with override("zh-hans"):  # head office's language, whoever sends it
        return write_workbook(
            (_("封面"), COVER_WIDTHS, _cover(report, lines)),
            (_("清单"), LIST_WIDTHS, [_heading(), *map(_cells, lines)]),
            created=report.locked_at,
        )


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _heading() -> list[str]:
    return [
        *(_("行号"), _("运单号"), _("省份"), _("始发网点")),
        *(_("面单大字"), _("错写的目的地"), _("正确目的地")),
    ]


def _cells(line: ReportLine) -> list[str]:
    return [
        *(str(line.number), line.waybill_number, line.province, line.origin),
        *(line.get_routing_text_display(), line.written_destination, line.correct_destination),
    ]


def _cover(report: MisroutingReport, lines: Sequence[ReportLine]) -> Iterable[list[str]]:
    """Title and contact, then each group with its count, and every line of it below."""
    locked_at = report.locked_at.astimezone(SHANGHAI) if report.locked_at else None
    outlet = report.sealed.get("outlet") or report.outlet.name
    yield [_("错写大字上报表"), "", outlet, f"{report.month:%Y-%m}"]
    for label, name in (
        (_("联系人"), "contact"),
        (_("电话"), "phone"),
        (_("聊天账号"), "chat_account"),
    ):
        yield [label, "", report.sealed.get(name, "")]
    yield [_("共几行"), "", str(len(lines))]
    yield [_("锁定时间"), "", f"{locked_at:%Y-%m-%d %H:%M}" if locked_at else ""]
    for group in groups(lines):
        yield []
        yield [
            group.province,
            "",
            group.origin,
            _("%(n)d 件") % {"n": len(group.lines)},
            _("行号 %(numbers)s") % {"numbers": group.numbers},
        ]
        yield from map(_cells, group.lines)


@dataclass(frozen=True, slots=True)
class Overview:
    """A report as the page lists it: the lines it would have, or has."""

    report: MisroutingReport
    lines: int
    late: bool
    soon: bool


def overviews(*, now: datetime, limit: int = 24) -> list[Overview]:
    """The newest reports of all outlets, with how many lines each has; one question."""
    rows = (
        MisroutingReport.objects.select_related("outlet", "sent_by", "locked_by")
        .defer("sealed", "issued")
        .annotate(open_lines=Count("misroutings", filter=Q(misroutings__withdrawn_at=None)))
        .order_by("-month", "outlet__pinyin")[:limit]
    )
    return [
        Overview(
            row,
            row.lines_locked if row.lines_locked is not None else row.open_lines,
            row.sent_at is None and row.due_at < now,
            row.sent_at is None and row.warn_at is not None and row.warn_at <= now <= row.due_at,
        )
        for row in rows
    ]
