"""One cell of a table: the waybill, phone, time or word that stands in it."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.imports import tables
from kefu.imports.columns import Word
from kefu.imports.columns import word as folded
from kefu.privacy import phones, redact
from kefu.spreadsheets import unquoted

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
    "text_control_character": _("有不能保存的控制字符"),
    "text_not_unicode": _("文字编码不正确"),
    "text_too_long": _("文字太长"),
    "time_unreadable": _("时间认不出，请写成 2026-11-20 09:05"),
    "time_without_hour": _("只有日期，请写到几点几分"),
    "in_future": _("时间在将来"),
    "too_long_ago": _("时间早于 2000 年"),
    "row_failed": _("这一行没能保存，程序已记录"),
}


def refused(field: str, code: str) -> KefuError:
    return KefuError(REASONS.get(code, code), code=code, field=field)


def waybill(cell: str, *, field: str) -> str:
    """A waybill number in normal form; "" if there is none. Raises KefuError."""
    number = digits(cell, field)
    return redact.clean_waybill(number, field=field) if number else ""


def phone(cell: str, *, field: str) -> str:
    """A phone number in normal form; "" if there is none. Raises KefuError."""
    number = digits(cell, field)
    return phones.normalise(number, field=field) if number else ""


def digits(cell: str, field: str) -> str:
    """Return a number's cell trimmed. Raises KefuError where a spreadsheet has rounded it."""
    if isinstance(cell, tables.LostDigits) or ("+" in cell and _SCIENTIFIC.fullmatch(cell.strip())):
        raise refused(field, "digits_lost")
    return unquoted(cell.strip())


def one_of(
    words: Mapping[str, Word], cell: str, field: str, otherwise: Word, *, code: str = ""
) -> Word:
    """What the word in a cell stands for. Raises KefuError ``{field}_unknown``, or ``code``."""
    word = folded(cell) if cell else ""
    if not word:
        return otherwise
    if word not in words:
        raise refused(field, code or f"{field}_unknown")
    return words[word]


def moment(cell: str, field: str) -> datetime | None:
    """The instant a cell names, without a zone Shanghai's wall time; None if it is empty. Raises KefuError."""
    text = cell.strip()
    if not text:
        return None
    found = _moment(text)
    if isinstance(found, str):
        raise refused(field, found)
    return found


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | str:
    """The instant, or the code of why it is none."""
    try:
        at = _parse(text)
    except (ValueError, OverflowError):
        return "time_without_hour" if _ONLY_A_DAY.fullmatch(text) else "time_unreadable"
    return "too_long_ago" if at < EARLIEST else at


def _parse(text: str) -> datetime:
    if found := _WALL_TIME.fullmatch(text):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI)
    if len(text) <= len("2026-11-20"):  # a day, or eight digits of one
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
