"""Text that people write: cleaned at every door, and redacted wherever it is shown or searched."""

import re
import unicodedata
from collections.abc import Callable, Collection

from django.conf import settings
from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.privacy import masks, numbers

WAYBILL_LENGTH = (10, 20)  # characters
WAYBILL_LETTERS = 4  # at most: "mostly digits"

_CHINESE_DIGITS = str.maketrans("零〇一二三四五六七八九幺", "0012345678" + "91")
_REDACTED = re.compile(
    rf"(?P<number>{numbers.RUN})"
    r"|(?P<spoken>[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9})"
    r"|(?P<room>(?:\d{1,5}[-－#]){0,3}\d{1,5}(?=[ 　]?(?:号楼|栋|幢|单元|室|户))|(?<=[路街道巷弄村])\d{1,5}(?=号))"
)
_ANY_NUMBER = re.compile(
    r"\d|[一幺][三四五六七八九]"
)  # most texts have none: look before reading closely
_PHONE_HINT = re.compile(
    r"(?:电话|手机|座机|固话|号码|联系|回电|致电|拨打|微信|[Tt][Ee][Ll]|[Qq]{2}|[Ww][Xx]|☎)\D{0,4}$"
)
_LETTERS_BEFORE = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,4}$")

# Zero-width and direction characters change what a reader sees without being seen.
_HIDDEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_EMOJI = r"[\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff]"
_EMOJI_JOINER = re.compile(rf"(?<={_EMOJI})\u200d(?={_EMOJI})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_WAYBILL_GAPS = re.compile(r"[\s\-‐-―_.·]+")


class TextRefused(KefuError):
    """A text that cannot be taken as it is; ``code`` says why, ``field`` where."""


class WaybillRefused(KefuError, ValueError):
    """The text is no waybill number; ``code`` says why."""


def redact(text: str, *, keep: Collection[str] = (), names: Collection[str] = ()) -> str:
    """Return the text with phones, ID and card numbers and room numbers masked, however they are spaced.

    Plain numbers as long as waybills stay, as do those in ``keep`` whatever they look like. ``names`` are full names
    known to the case; each is replaced by its mask.
    """
    for name in names:
        if len(name) > 1 and name in text:
            text = text.replace(name, masks.mask_name(name))
    if not _ANY_NUMBER.search(text):
        return text
    is_waybill = _waybill_test()

    def masked(found: re.Match[str]) -> str:
        if found.lastgroup == "room":
            return re.sub(r"\d", "*", found[0])
        if found.lastgroup == "spoken":
            return masks.mask_phone(found[0].translate(_CHINESE_DIGITS))
        run, offset, parts, done = found[0], found.start(), [], 0
        for number in numbers.split(run, keep=keep, is_waybill=is_waybill):
            mask = _mask_number(number, text, offset)
            if mask is not None:
                parts += [run[done : number.start], mask]
                done = number.end
        return "".join(parts) + run[done:]

    return _REDACTED.sub(masked, text)


def _mask_number(number: numbers.Number, text: str, offset: int) -> str | None:
    """Return what to show instead of a number, None to leave it. ``offset``: where its run begins in the text."""
    match number.what:
        case "mobile" | "landline":
            return masks.mask_phone(number.digits)
        case "foreign":
            return masks.mask_phone("+" + number.digits)
        case "identity":
            return masks.mask_id_number(number.digits)
        case "card":
            start = offset + number.start
            if _LETTERS_BEFORE.search(text, max(0, start - 5), start):
                return None  # YT1234567890123456: a waybill of another company
            return "*" * (len(number.digits) - 4) + number.digits[-4:]
        case "plain" if len(number.digits) <= 11:
            start = offset + number.start
            if _PHONE_HINT.search(text, max(0, start - 12), start):
                return masks.mask_phone(number.digits)
    return None


def _waybill_pattern() -> re.Pattern[str] | None:
    pattern = getattr(settings, "KEFU_WAYBILL_PATTERN", None)
    return re.compile(pattern) if pattern else None


def _waybill_test() -> Callable[[str], object]:
    pattern = _waybill_pattern()
    return pattern.fullmatch if pattern else numbers.looks_like_waybill


def clean(
    text: str,
    *,
    max_length: int,
    field: str = "",
    multiline: bool = True,
    required: bool = False,
) -> str:
    """Return a text fit to be stored: composed (NFC), trimmed, line ends as one newline, nothing invisible in it.

    Zero-width and direction characters go, except the joiners inside an emoji. Without ``multiline`` line ends and tabs
    become spaces. ``max_length`` counts characters of the result. Raises TextRefused with the code text_required,
    text_control_character, text_not_unicode or text_too_long.
    """
    if not text.isprintable():
        text = _LINE_END.sub("\n", text)
        if _SURROGATE.search(text):
            raise TextRefused(
                _("文字编码不正确，请重新输入"),
                code="text_not_unicode",
                field=field or None,
            )
        if _CONTROL.search(text):
            raise TextRefused(
                _("文字中有不能保存的控制字符，请删除后再试"),
                code="text_control_character",
                field=field or None,
            )
        if _HIDDEN.search(text):
            text = _without_hidden(text)
        if not multiline:
            text = text.replace("\n", " ").replace("\t", " ")
    text = unicodedata.normalize("NFC", text).strip()
    if required and not text:
        raise TextRefused(_("请填写此项"), code="text_required", field=field or None)
    if len(text) > max_length:
        raise TextRefused(
            _("最多 %(most)d 个字，现在有 %(length)d 个")
            % {"most": max_length, "length": len(text)},
            code="text_too_long",
            field=field or None,
            max_length=max_length,
            length=len(text),
        )
    return text


def has_hidden(text: str) -> bool:
    """Tell whether ``clean`` would take invisible characters out, for the note of an import."""
    return bool(_HIDDEN.search(text)) and bool(_HIDDEN.search(_EMOJI_JOINER.sub("", text)))


def _without_hidden(text: str) -> str:
    # The joiners of emoji step aside under a noncharacter, which no text can hold after this.
    text = text.replace("\uffff", "")
    return _HIDDEN.sub("", _EMOJI_JOINER.sub("\uffff", text)).replace("\uffff", "\u200d")


def clean_waybill(text: str, *, field: str = "waybill") -> str:
    """Return a waybill number as it is stored: ASCII capitals and digits without gaps.

    By default 10 to 20 letters and digits, at most four of them letters; KEFU_WAYBILL_PATTERN replaces this. Raises
    WaybillRefused with the code waybill_required, waybill_characters, waybill_length, waybill_letters or
    waybill_pattern.
    """
    number = text
    if not (text.isascii() and text.isdigit()):
        number = unicodedata.normalize("NFKC", _HIDDEN.sub("", text))
        number = _WAYBILL_GAPS.sub("", number).upper()
    code = _refuse_waybill(number)
    if code:
        least, most = WAYBILL_LENGTH
        message = {
            "waybill_required": _("请填写运单号"),
            "waybill_characters": _("运单号只能有数字和字母"),
            "waybill_length": _("运单号应为 %(least)d 到 %(most)d 位，请核对")
            % {"least": least, "most": most},
            "waybill_letters": _("运单号中字母过多，请核对"),
            "waybill_pattern": _("运单号格式不符合本公司规则，请核对"),
        }[code]
        raise WaybillRefused(message, code=code, field=field)
    return number


def _refuse_waybill(number: str) -> str:
    """Return the code of the refusal; empty if the number is well formed."""
    if not number:
        return "waybill_required"
    if not (number.isascii() and number.isalnum()):
        return "waybill_characters"
    if pattern := _waybill_pattern():
        return "" if pattern.fullmatch(number) else "waybill_pattern"
    if not WAYBILL_LENGTH[0] <= len(number) <= WAYBILL_LENGTH[1]:
        return "waybill_length"
    letters = 0 if number.isdigit() else sum(char.isalpha() for char in number)
    return "waybill_letters" if letters > WAYBILL_LETTERS else ""
