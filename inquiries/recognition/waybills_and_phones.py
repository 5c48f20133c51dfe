"""Numbers in a text: which are waybills, which are phones, and which may be either."""

import re
from collections.abc import Collection
from dataclasses import replace

from inquiries.recognition.found import Confidence, Found, Positions, Role, found_at
from kefu.privacy import numbers, phones

_LETTERED = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{1,4})(\d{8,16})([A-Za-z]{2})?(?![A-Za-z0-9])")
_NO_WAYBILL_LETTERS = {"qq", "wx", "vx", "v", "tel", "no", "id", "sn"}
_PHONE_HINT = re.compile(
    r"(?:电话|手机|手机号|座机|号码|联系|联系方式|回我|回电|打我|打|拨|tel|[她他]的?)[: 是为]{0,3}$",
    re.IGNORECASE,
)
_CHAT_HINT = re.compile(r"(?:qq|微信|wx|vx)[: 号是]{0,3}$", re.IGNORECASE)
_WAYBILL_HINT = re.compile(r"(?:单号|运单|运单号|快递号|件号|面单|票号|物流号)[: 是为]{0,3}$")
_WRITER_PHONE = re.compile(
    r"(?:回我|打我|打给我|联系我|找我|我的?(?:电话|手机|座机|号码|手机号)|回电|回拨)[^\d\n]{0,6}$"
)
_RECIPIENT_PHONE = re.compile(
    r"(?:[她他]的?|收件人?|收货人?|签收人|对方|客户|客人)[^\d\n,;。]{0,10}$"
)
_SENDER_PHONE = re.compile(r"(?:寄件人?|发件人?|发货人?|寄方)[^\d\n,;。]{0,10}$")
_LOOK_BACK = 20  # characters before a number that may say what it is


def find_numbers(
    text: str, folded: str, lengths: Collection[int]
) -> tuple[list[Found], list[Found]]:
    """Return every mention of waybill numbers and of phones. What may be either stands in both, with low confidence."""
    shortest, longest = min(lengths) - 2, max(15, max(lengths) + 3)

    def is_waybill(digits: str) -> bool:
        return shortest <= len(digits) <= longest

    waybills: list[Found] = []
    calls: list[Found] = []
    lettered = [
        found for found in _LETTERED.finditer(folded) if found[1].lower() not in _NO_WAYBILL_LETTERS
    ]
    for found in lettered:
        doubtful = not found[3] and phones.mobile(found[2]) is not None
        waybills.append(
            found_at(
                "waybill",
                text,
                found.start(),
                found.end(),
                found[0].upper(),
                "low" if doubtful else "medium",
                "phone_or_waybill" if doubtful else "letters_and_digits",
            )
        )
        if doubtful:
            calls.append(
                found_at(
                    "phone", text, found.start(2), found.end(), found[2], "low", "phone_or_waybill"
                )
            )
    taken = Positions(waybills)
    for number in numbers.find(folded, is_waybill=is_waybill):
        if taken.touch(number.start, number.end):
            continue
        before = folded[max(0, number.start - _LOOK_BACK) : number.start].rpartition("\n")[2]
        written = folded[number.start : number.end]
        raw = numbers.ascii_digits("".join(filter(str.isdecimal, written)))
        as_waybill = _as_waybill(number, raw, before, lengths)
        as_phone = _as_phone(number, before, lengths)
        if as_waybill and number.what == "card":
            size = len(as_waybill[0])
            for start in range(number.start, number.end, size):
                value = number.digits[start - number.start :][:size]
                waybills.append(
                    found_at("waybill", text, start, start + size, value, *as_waybill[1:])
                )
        elif as_waybill:
            waybills.append(found_at("waybill", text, number.start, number.end, *as_waybill))
        if as_phone:
            call = found_at("phone", text, number.start, number.end, *as_phone)
            calls.append(replace(call, role=_phone_role(before)))
    return waybills, calls


def _as_waybill(
    number: numbers.Number, raw: str, before: str, lengths: Collection[int]
) -> tuple[str, Confidence, str] | None:
    """Return the number read as a waybill: value, confidence, reason. None where it is certainly none."""
    digits, size, whole = number.digits, sum(number.groups), len(number.groups) == 1
    if _CHAT_HINT.search(before):
        return None
    if number.what in ("mobile", "landline"):
        doubtful = (
            whole
            and not _PHONE_HINT.search(before)
            and (_WAYBILL_HINT.search(before) or size in lengths)
        )
        return (raw, "low", "phone_or_waybill") if doubtful else None
    if number.what == "card":
        glued = next((length for length in lengths if size > 19 and size % length == 0), 0)
        return (digits[:glued], "low", "glued") if whole and glued else None
    if number.what != "waybill":
        return None
    if _PHONE_HINT.search(before):
        return (digits, "low", "phone_or_waybill") if size in lengths else None
    even = whole or (set(number.groups[:-1]) == {4} and number.groups[-1] <= 4)
    if size in lengths:
        return (
            (digits, "high", "digits_typical") if even else (digits, "medium", "joined_from_groups")
        )
    if not even:
        return None
    return digits, "low", "digits_missing" if size < max(lengths) else "digits_extra"


def _as_phone(
    number: numbers.Number, before: str, lengths: Collection[int]
) -> tuple[str, Confidence, str] | None:
    """Return the number read as a phone: value, confidence, reason. None where it is certainly none."""
    digits, size, whole = number.digits, sum(number.groups), len(number.groups) == 1
    if _CHAT_HINT.search(before):
        return None
    hinted = bool(_PHONE_HINT.search(before))
    if number.what in ("mobile", "landline", "service", "foreign"):
        try:
            value = phones.normalise("+" + digits if number.what == "foreign" else digits)
        except phones.PhoneRefused:
            return None
        if whole and not hinted and (_WAYBILL_HINT.search(before) or size in lengths):
            return value, "low", "phone_or_waybill"
        plain = number.what == "mobile" or (number.what == "landline" and (not whole or hinted))
        return value, "high" if plain else "medium", number.what
    if not hinted or number.what in ("card", "identity"):
        return None
    if number.what == "waybill":
        return digits, "low", "phone_or_waybill" if size in lengths else "digits_wrong"
    return digits, "low", "area_code_missing" if size <= 8 else "digits_wrong"


def _phone_role(before: str) -> Role:
    if _WRITER_PHONE.search(before):
        return "writer"
    if _SENDER_PHONE.search(before):
        return "sender"
    return "recipient" if _RECIPIENT_PHONE.search(before) else ""
