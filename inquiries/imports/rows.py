"""One row of a table: is it an inquiry, and if not, why not. Nothing here asks the database."""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inquiries.imports import columns, tables
from inquiries.models import Inquiry
from kefu.cases.models import Case, Interaction
from kefu.cases.services import TEXT_LIMIT
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.rulebook import Rulebook
from kefu.privacy import phones, redact
from kefu.privacy.keys import lookup_key
from kefu.rulebooks.services import require
from kefu.spreadsheets import unquoted

Word = TypeVar("Word", str, int)  # what a word in a cell stands for

NAME_LIMIT = 60
EARLIEST = datetime(2000, 1, 1, tzinfo=SHANGHAI)

_WALL_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*T?\s*(\d{1,2})[:：时点](\d{1,2})(?:[:：分](\d{1,2})?秒?)?(?:\.\d+)?分?"
)
_ONLY_A_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")

# Why a row was refused, by code. Rows are told about long after, in the language of whoever asks.
REASONS: dict[str, Promise] = {
    "waybill_required": _("没有运单号"),
    "waybill_characters": _("运单号只能有数字和字母"),
    "waybill_length": _("运单号位数不对"),
    "waybill_letters": _("运单号中字母过多"),
    "waybill_pattern": _("运单号格式不符合本公司规则"),
    "waybill_unknown": _("查无此单"),
    "digits_lost": _("长数字被 Excel 改写，末几位已丢失；请把单元格设为文本再填"),
    "phone_required": _("没有电话"),
    "phone_characters": _("电话里有不是号码的字"),
    "phone_too_short": _("电话位数不够"),
    "phone_too_long": _("电话位数过多"),
    "phone_area_code_missing": _("固定电话没有区号"),
    "phone_unknown_range": _("没有这样的号段"),
    "field_required": _("按规则手册，运单号和电话至少要填一样"),
    "text_required": _("没有写事由"),
    "text_control_character": _("有不能保存的控制字符"),
    "text_not_unicode": _("文字编码不正确"),
    "text_too_long": _("文字太长"),
    "kind_unknown": _("没有这个类型"),
    "kind_by_form": _("取件、投诉和网点查询要在登记页面填写"),
    "channel_unknown": _("没有这个渠道"),
    "asker_unknown": _("“谁在问”要写寄件方、收件方、其他人、业务员或网点"),
    "priority_unknown": _("优先级要写普通或加急"),
    "outlet_unknown": _("没有这个网点"),
    "desk_forwards_only": _("所选部门或负责人不办理查件，请导入给办理的部门"),
    "time_unreadable": _("时间认不出，请写成 2026-11-20 09:05"),
    "time_without_hour": _("只有日期，请写到几点几分"),
    "in_future": _("时间在将来"),
    "too_long_ago": _("时间早于 2000 年"),
    "row_failed": _("这一行没能保存，程序已记录"),
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


@dataclass(slots=True)
class Refused:
    """A row we do not take, with the field and the code of the reason."""

    number: int
    cells: Sequence[str]
    field: str
    code: str


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
            waybill = _waybill(given["waybill_number"])
            phone = _phone(given["customer_phone"])
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
            received_at = given["received_at"].strip()
            return Row(
                number,
                cells,
                waybill,
                kind,
                name,
                phone,
                text,
                when := self._time(received_at) if received_at else None,
                _one_of(
                    columns.CHANNELS, given["channel"], "channel", Interaction.Channel.IMPORT.value
                ),
                _one_of(columns.ASKERS, given["asker"], "asker", Inquiry.Asker.OTHER.value),
                self._outlet(given["outlet"]),
                _one_of(
                    columns.PRIORITIES, given["priority"], "priority", Case.Priority.NORMAL.value
                ),
                source_key(waybill, kind, phone, when, text),
            )
        except KefuError as error:
            return Refused(number, cells, error.field or "", error.code)

    def _kind(self, cell: str) -> str:
        word = columns.word(cell) if cell else ""
        if not word:
            return self.form.kind
        kind = columns.KINDS.get(word)
        if kind is None:
            code = "kind_by_form" if word in columns.KINDS_BY_FORM else "kind_unknown"
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

    def _time(self, text: str) -> datetime:
        at = _moment(text)
        if at > self.now:
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


def _waybill(cell: str) -> str:
    number = _digits(cell, "waybill_number")
    return redact.clean_waybill(number, field="waybill_number") if number else ""


def _phone(cell: str) -> str:
    number = _digits(cell, "customer_phone")
    return phones.normalise(number, field="customer_phone") if number else ""


def _digits(cell: str, field: str) -> str:
    """Return a number's cell trimmed. Raises KefuError where a spreadsheet has rounded it."""
    if isinstance(cell, tables.LostDigits) or ("+" in cell and _SCIENTIFIC.fullmatch(cell.strip())):
        raise _refused(field, "digits_lost")
    return unquoted(cell.strip())


def _one_of(words: Mapping[str, Word], cell: str, field: str, otherwise: Word) -> Word:
    word = columns.word(cell) if cell else ""
    if not word:
        return otherwise
    if word not in words:
        raise _refused(field, f"{field}_unknown")
    return words[word]


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    """Return the instant a cell names; without a zone it is Shanghai's wall time."""
    try:
        at = _parse(text)
    except (ValueError, OverflowError):
        code = "time_without_hour" if _ONLY_A_DAY.fullmatch(text) else "time_unreadable"
        raise _refused("received_at", code) from None
    if at < EARLIEST:
        raise _refused("received_at", "too_long_ago")
    return at


def _parse(text: str) -> datetime:
    if found := _WALL_TIME.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
    if len(text) <= len("2026-11-20"):  # a day, or eight digits of one
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
