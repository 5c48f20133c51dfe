"""One row of a table: is it an inquiry, and if not, why not. Nothing here asks the database."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inquiries.imports import columns
from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.cases.services import TEXT_LIMIT
from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports.chunks import Refused
from kefu.imports.columns import word
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.privacy.keys import lookup_key
from kefu.rulebooks.services import require
from kefu.spreadsheets import unquoted

NAME_LIMIT = 60

# Why a row was refused, by code. Rows are told about long after, in the language of whoever asks.
REASONS: dict[str, Promise] = read.REASONS | {
    "field_required": _("按规则手册，运单号和电话至少要填一样"),
    "text_required": _("没有写事由"),
    "kind_unknown": _("没有这个类型"),
    "kind_by_form": _("取件、投诉和网点查询要在登记页面填写"),
    "channel_unknown": _("没有这个渠道"),
    "asker_unknown": _("“谁在问”要写寄件方、收件方、其他人、业务员或网点"),
    "priority_unknown": _("优先级要写普通或加急"),
    "outlet_unknown": _("没有这个网点"),
    "desk_forwards_only": _("所选部门或负责人不办理查件，请导入给办理的部门"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What rows are read by: where each field stands, and what holds for all of them."""

    places: Mapping[str, int]  # field → position in the row
    kind: str  # of a row that names none
    rules: Rulebook
    outlets: Mapping[str, int]  # code or name → party
    forwards_only: bool = False  # for a desk that passes inquiries on and works none (CD-06.28)


@dataclass(slots=True)
class Row:
    """An inquiry as a row tells it. ``received_at`` None: when it is imported."""

    number: int  # in the file, from 1
    cells: Sequence[str]
    waybill_number: str
    kind: str
    customer_name: str
    customer_phone: str
    text: str
    received_at: datetime | None
    channel: str
    asker: str
    outlet_id: int | None
    priority: int
    source_key: bytes


class RowReader:
    """Reads rows by one form. Cells that repeat from row to row are worked out once."""

    def __init__(self, form: Form, *, now: datetime) -> None:
        self.form = form
        self.now = now
        self._lacks = lru_cache(maxsize=64)(self._lacks)  # type: ignore[method-assign]
        self._at = [(column.field, form.places.get(column.field)) for column in columns.COLUMNS]

    def read(self, number: int, cells: Sequence[str]) -> Row | Refused:
        try:
            given = {
                field: cells[place] if place is not None and place < len(cells) else ""
                for field, place in self._at
            }
            kind = self._kind(given["kind"])
            self._check_desk(kind)
            waybill = read.waybill(given["waybill_number"], field="waybill_number")
            phone = read.phone(given["customer_phone"], field="customer_phone")
            name = given["customer_name"]
            if name:
                name = redact.clean(
                    name, max_length=NAME_LIMIT, field="customer_name", multiline=False
                )
            text = redact.clean(
                unquoted(given["text"]), max_length=TEXT_LIMIT, field="text", required=True
            )
            if lacking := self._lacks(kind, bool(waybill), bool(phone)):
                return Refused(number, cells, lacking, "field_required")
            when = self._time(given["received_at"])
            return Row(
                number,
                cells,
                waybill,
                kind,
                name,
                phone,
                text,
                when,
                read.one_of(
                    columns.CHANNELS, given["channel"], "channel", Interaction.Channel.IMPORT.value
                ),
                read.one_of(columns.ASKERS, given["asker"], "asker", Inquiry.Asker.OTHER.value),
                self._outlet(given["outlet"]),
                read.one_of(
                    columns.PRIORITIES, given["priority"], "priority", Case.Priority.NORMAL.value
                ),
                source_key(waybill, kind, phone, when, text),
            )
        except KefuError as error:
            return Refused(number, cells, error.field or "", error.code)

    def _kind(self, cell: str) -> str:
        said = word(cell) if cell else ""
        if not said:
            return self.form.kind
        kind = columns.KINDS.get(said)
        if kind is None:
            code = "kind_by_form" if said in columns.KINDS_BY_FORM else "kind_unknown"
            raise _refused("kind", code)
        return kind

    def _check_desk(self, kind: str) -> None:
        if self.form.forwards_only and kind in Inquiry.FORWARDED:
            raise _refused("kind", "desk_forwards_only")

    def _lacks(self, kind: str, has_waybill: bool, has_phone: bool) -> str:
        """Return the field that the rulebook wants for this kind and the row has not; empty if none."""
        if kind in (Inquiry.Kind.TRACE, Inquiry.Kind.EXPEDITE):
            try:
                require(
                    self.form.rules,
                    "tracking_inquiry",
                    waybill_number=has_waybill,
                    sender_phone=has_phone,
                    recipient_phone=has_phone,
                )
            except KefuError as error:
                return "waybill_number" if error.field == "waybill_number" else "customer_phone"
        return ""

    def _time(self, cell: str) -> datetime | None:
        at = read.moment(cell, "received_at")
        if at is not None and at > self.now:
            raise _refused("received_at", "in_future")
        return at

    def _outlet(self, cell: str) -> int | None:
        cell = cell.strip()
        if not cell:
            return None
        party = self.form.outlets.get(cell.casefold())
        if party is None:
            raise _refused("outlet", "outlet_unknown")
        return party


def source_key(
    waybill: str, kind: str, phone: str, received_at: datetime | None, text: str
) -> bytes:
    """Return what makes a row the same row: 32 bytes, equal for equal facts.

    Keyed, so that nobody who holds a dump can try out phone numbers.
    """
    when = received_at.timestamp() if received_at else ""
    message = f"inquiry\x1f{waybill}\x1f{kind}\x1f{phone}\x1f{when}\x1f{text}"
    return hmac.digest(lookup_key(), message.encode(), "sha256")


def _refused(field: str, code: str) -> KefuError:
    return KefuError(REASONS[code], code=code, field=field)
