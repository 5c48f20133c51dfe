"""Phone numbers in one normal form.

Mainland mobiles 13812345678, landlines 0514-5550137 (with extension 0514-5550137-8012), service numbers 95338 and
4008208820, everything abroad in E.164 (+85291234567).
"""

import re
from functools import lru_cache
from typing import Literal

import phonenumbers
from django.utils.translation import gettext as _

from kefu.errors import KefuError

Kind = Literal["mobile", "landline", "service", "foreign"]

MOBILE = r"1[3-9][0-9]{9}"
LANDLINE = r"(0(?:10|2[0-9]|[3-9][0-9]{2}))([2-8][0-9]{6,7})"
SERVICE = r"95[0-9]{3,6}|1[02][0-9]{3}|[48]00[0-9]{7}|1[12][0-9]|12345"
LONGEST_TEXT = 64

_MOBILE = re.compile(MOBILE)
_LANDLINE = re.compile(LANDLINE)
_SERVICE = re.compile(SERVICE)
_EXTENSION = re.compile(
    r"^(.*?[0-9])\s*(?:转|分机|(?:ext|x)\.?|#|,)\s*([0-9]{1,6})$", re.IGNORECASE
)
_DASHED_EXTENSION = re.compile(r"^(\(?0[0-9]{2,3}\)?[ -]?[0-9]{7,8})-([0-9]{1,6})$")
_SEPARATORS = re.compile(r"[\s().·_/-]+")
_TO_ASCII = str.maketrans(
    "０１２３４５６７８９＋－—–‐‑（）．　＃，",
    "0123456789+-----().\u0020#,",
)


class PhoneRefused(KefuError, ValueError):
    """The text is no phone number; ``code`` says why."""


def mobile(text: str) -> str | None:
    """Return a mainland mobile written as plain eleven digits, else None: the fast way for imports."""
    return text if len(text) == 11 and text.isascii() and _MOBILE.fullmatch(text) else None


def normalise(text: str, *, field: str = "phone") -> str:
    """Return the normal form of a number as people type it: spaces, dashes, +86, full-width digits.

    Raises PhoneRefused with the code phone_required, phone_characters, phone_too_short, phone_too_long,
    phone_area_code_missing or phone_unknown_range.
    """
    if mobile(text) is not None:
        return text
    number, code = _normalise(text) if len(text) <= LONGEST_TEXT else ("", "phone_too_long")
    if code:
        raise PhoneRefused(_message(code), code=code, field=field)
    return number


def kind(text: str) -> Kind:
    """Return what sort of number this is. Raises PhoneRefused."""
    number = normalise(text)
    if number.startswith("+"):
        return "foreign"
    if number.startswith("0"):
        return "landline"
    return "mobile" if mobile(number) else "service"


def digits(phone: str) -> str:
    """Return the digits of a normal form, without dash, plus sign and extension."""
    area, _dash, rest = phone.partition("-")
    return area.removeprefix("+") + rest.partition("-")[0]


def same(one: str, other: str) -> bool:
    """Tell whether two texts are the same line; what is no number equals nothing."""
    try:
        return digits(normalise(one)) == digits(normalise(other))
    except PhoneRefused:
        return False


@lru_cache(maxsize=4096)
def _normalise(text: str) -> tuple[str, str]:
    """Return the normal form and an empty code, or an empty number and the code of the refusal."""
    text = text.translate(_TO_ASCII).strip()
    if not text:
        return "", "phone_required"
    extension = ""
    if split := _DASHED_EXTENSION.match(text) or _EXTENSION.match(text):
        text, extension = split[1], split[2]
    number = _SEPARATORS.sub("", text)
    plus = number.startswith("+")
    bare = number.removeprefix("+")
    if not (bare.isascii() and bare.isdigit()):
        return "", "phone_characters"
    domestic = _domestic(bare, plus=plus)
    if domestic:
        area = _LANDLINE.fullmatch(domestic)
        if area:
            return "-".join(filter(None, (area[1], area[2], extension))), ""
        return (domestic, "") if not extension or domestic[0] in "48" else ("", "phone_too_long")
    if plus or bare.startswith("00"):
        return _foreign(bare if plus else bare[2:])
    if len(bare) in (7, 8) and bare[0] in "2345678":
        return "", "phone_area_code_missing"
    if len(bare) < 11:
        return "", "phone_too_short"
    return "", "phone_too_long" if len(bare) > 12 else "phone_unknown_range"


def _domestic(number: str, *, plus: bool) -> str:
    """Return a mainland number without country code, else an empty text."""
    for prefix in ("0086", "86", ""):
        if not number.startswith(prefix) or (plus and prefix != "86"):
            continue
        rest = number.removeprefix(prefix)
        if _MOBILE.fullmatch(rest):
            return rest
        if rest.startswith("0") and _MOBILE.fullmatch(rest[1:]):
            return rest[1:]  # dialled as a long-distance call
        if _LANDLINE.fullmatch(rest):
            return rest
        if prefix and _LANDLINE.fullmatch("0" + rest):
            return "0" + rest  # +86 514 5550137: the country code replaces the zero
        if _SERVICE.fullmatch(rest):
            return rest
    return ""


def _foreign(number: str) -> tuple[str, str]:
    try:
        parsed = phonenumbers.parse("+" + number)
    except phonenumbers.NumberParseException as error:
        too_long = error.error_type == phonenumbers.NumberParseException.TOO_LONG
        return "", "phone_too_long" if too_long else "phone_unknown_range"
    match phonenumbers.is_possible_number_with_reason(parsed):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return "", "phone_too_short"
        case phonenumbers.ValidationResult.TOO_LONG:
            return "", "phone_too_long"
    if not phonenumbers.is_valid_number(parsed):
        return "", "phone_unknown_range"
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), ""


def _message(code: str) -> str:
    return {
        "phone_required": _("请填写电话号码"),
        "phone_characters": _("电话号码只能有数字、空格、横线和分机号"),
        "phone_too_short": _("电话号码位数不够，请核对"),
        "phone_too_long": _("电话号码位数过多，请核对"),
        "phone_area_code_missing": _("固定电话请加区号，例如 0514-5550137"),
        "phone_unknown_range": _("没有这样的号段，请核对电话号码"),
    }[code]
