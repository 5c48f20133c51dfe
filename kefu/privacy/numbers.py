"""Telling the numbers in a text apart: phones, ID and card numbers, waybills, however they are spaced.

Redaction masks by it and recognition fills forms by it, so that the two never disagree.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from kefu.privacy.phones import LANDLINE, MOBILE, SERVICE

What = Literal["mobile", "landline", "service", "foreign", "identity", "card", "waybill", "plain"]

# Between two digits of one number: at most three blanks, dashes, dots, brackets or invisible characters.
SEPARATOR = r"[ \t\u00a0\u3000()（）\-\u2010-\u2015－.．·•_/\u200b-\u200f\u2060\ufeff]{0,3}"
RUN = rf"[+＋(（]?\d(?:{SEPARATOR}\d){{6,}}(?:{SEPARATOR}[xXｘＸ](?![A-Za-z0-9]))?"
MOST_GROUPS = 11  # a mobile number spelled digit by digit
LONGEST = 19  # digits of a bank card

_RUN = re.compile(RUN)
_GROUP = re.compile(r"\d+")
_MOBILE = re.compile(rf"(?:0|(?:00)?86)?({MOBILE})")
_LANDLINE = re.compile(rf"(?:(?:00)?86)?{LANDLINE}")
_LANDLINE_ABROAD = re.compile(r"0086(10|2[0-9]|[3-9][0-9]{2})([2-8][0-9]{6,7})")
_SERVICE = re.compile(SERVICE)
_DATE = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_IDENTITY = re.compile(rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_DATE}[0-9]{{3}}[0-9X]")
_OLD_IDENTITY = re.compile(rf"(?:[1-5][0-9]|6[1-5])[0-9]{{4}}[0-9]{{2}}{_DATE}[0-9]{{3}}")
_WEIGHT: dict[What, int] = {"mobile": 3, "identity": 3, "landline": 2, "waybill": 2}


Group = tuple[int, int, str]  # start and end in the run, digits


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a text: where it stands, its plain digits, and how many digits stood together."""

    start: int
    end: int
    digits: str  # ASCII; of an ID number possibly with a final X
    what: What
    groups: tuple[int, ...]


def looks_like_waybill(digits: str) -> bool:
    """Tell whether plain digits are as long as waybill numbers are: twelve to fifteen."""
    return 12 <= len(digits) <= 15


def find(
    text: str,
    *,
    keep: Collection[str] = (),
    is_waybill: Callable[[str], object] = looks_like_waybill,
) -> Iterator[Number]:
    """Yield the numbers of at least seven digits, in order. Numbers in ``keep`` are waybills whatever they look like.

    The time is linear in the length of the text.
    """
    for run in _RUN.finditer(text):
        yield from split(run[0], run.start(), keep=keep, is_waybill=is_waybill)


def split(
    run: str,
    offset: int = 0,
    *,
    keep: Collection[str] = (),
    is_waybill: Callable[[str], object] = looks_like_waybill,
) -> list[Number]:
    """Return the numbers in one run of digits and separators, so that as many digits as possible make sense."""
    groups = [
        (found.start(), found.end(), ascii_digits(found[0])) for found in _GROUP.finditer(run)
    ]
    if run[-1] in "xXｘＸ" and _ends_identity(groups):
        start, _end, digits = groups[-1]
        groups[-1] = (start, len(run), digits + "X")
    alone = [_classify(digits, (len(digits),), keep, is_waybill) for _start, _end, digits in groups]
    plus = run[0] in "+＋"
    if len(groups) == 1 and not plus:
        digits = groups[0][2]
        return _numbers([(0, 1, alone[0] or _leftover(digits))], groups, run, offset)
    if _written_like_a_card(groups) and not any(alone):
        return _numbers([(0, len(groups), "card")], groups, run, offset)
    pieces: list[tuple[int, int, What]] = []
    first = _international(groups, alone, pieces) if plus else 0
    pieces += _partition(groups, alone, first, keep, is_waybill)
    return _numbers(pieces, groups, run, offset)


def _ends_identity(groups: list[Group]) -> bool:
    """Tell whether the last 17 digits, whatever their spacing, want an X to be an ID number."""
    digits = ""
    for _start, _end, group in reversed(groups):
        digits = group + digits
        if len(digits) >= 17:
            break
    return _IDENTITY.fullmatch(digits + "X") is not None


def _written_like_a_card(groups: list[Group]) -> bool:
    """Tell whether the run is four digits by four, 16 to 19 in all, as bank cards are printed."""
    lengths = [len(digits) for _start, _end, digits in groups]
    fours = set(lengths[:4]) == {4} and groups[0][2][0] in "3456"
    return fours and (len(lengths) == 4 or (len(lengths) == 5 and lengths[4] <= 3))


def _international(
    groups: list[Group], alone: list[What | None], pieces: list[tuple[int, int, What]]
) -> int:
    """Take a number that begins with a plus sign; return the first group after it."""
    digits, possible = "", 0
    for index, (_start, _end, group) in enumerate(groups):
        if digits and alone[index] and digits != "86":
            break  # a number by itself, after the one with the plus sign
        digits += group
        if len(digits) > 15:
            break
        if _MOBILE.fullmatch(digits) or _landline("00" + digits):
            pieces.append((0, index + 1, "mobile" if _MOBILE.fullmatch(digits) else "landline"))
            return index + 1
        possible = index + 1
    if possible and not digits.startswith("86"):
        pieces.append((0, possible, "foreign"))
        return possible
    return 0


def _landline(digits: str) -> tuple[str, str] | None:
    """Return area code and number of a mainland landline, with or without country code."""
    if found := _LANDLINE.fullmatch(digits):
        return found[1], found[2]
    if found := _LANDLINE_ABROAD.fullmatch(digits):
        return "0" + found[1], found[2]
    return None


def _partition(
    groups: list[Group],
    alone: list[What | None],
    first: int,
    keep: Collection[str],
    is_waybill: Callable[[str], object],
) -> list[tuple[int, int, What]]:
    """Join neighbouring groups to numbers, covering the most digits: from the right, the best way on from each group."""
    count = len(groups)
    best: list[tuple[int, int]] = [(0, 0)] * (count + 1)  # digits covered, weight
    choice: list[tuple[int, What]] = [(0, "plain")] * count
    for index in range(count - 1, first - 1, -1):
        digits = groups[index][2]
        single = alone[index]
        choice[index] = (index + 1, single or _leftover(digits))
        covered, weight = best[index + 1]
        if single:
            covered, weight = covered + len(digits), weight + _WEIGHT.get(single, 1) + 1
        best[index] = (covered, weight)
        prefix = digits in ("86", "0086", "0")
        lengths = [len(digits)]
        scattered = len(digits) < 3
        for last in range(index + 1, min(count, index + MOST_GROUPS)):
            # What is a number by itself is not a part of another, except after a country code.
            if single or (alone[last] and not prefix):
                break
            digits += groups[last][2]
            size = len(digits)
            if size > LONGEST:
                break
            lengths.append(len(groups[last][2]))
            scattered = scattered or lengths[-1] < 3
            # Of digits scattered in ones and twos only a phone or an ID number can be made.
            if size < 10 or (scattered and size > 13 and size != 18):
                continue
            what = _classify(digits, lengths, keep, is_waybill)
            if what is None:
                continue
            covered, weight = best[last + 1]
            reached = (covered + len(digits), weight + _WEIGHT.get(what, 1))
            if reached > best[index]:
                best[index], choice[index] = reached, (last + 1, what)
    pieces, index = [], first
    while index < count:
        after, what = choice[index]
        pieces.append((index, after, what))
        index = after
    return pieces


def _numbers(
    pieces: list[tuple[int, int, What]], groups: list[Group], run: str, offset: int
) -> list[Number]:
    numbers = []
    for index, after, what in pieces:
        parts = groups[index:after]
        start, end = parts[0][0], parts[-1][1]
        digits = "".join(part[2] for part in parts)
        if what == "mobile":
            digits = digits[-11:]
        elif what == "landline":
            digits = "".join(_landline(digits) or _landline("00" + digits) or digits)
        if index == 0 and (run[0] in "+＋" or (run[0] in "(（" and re.search("[)）]", run[:end]))):
            start = 0
        if len(digits) >= 7 or what != "plain":
            lengths = tuple(len(part[2]) for part in parts)
            numbers.append(Number(offset + start, offset + end, digits, what, lengths))
    return numbers


def _classify(
    digits: str,
    lengths: Collection[int],
    keep: Collection[str],
    is_waybill: Callable[[str], object],
) -> What | None:
    """Return what these digits are, None if nothing certain. ``lengths``: how they were grouped."""
    if digits in keep:
        return "waybill"
    length, joined = len(digits), len(lengths) > 1
    if length < 7 or length > LONGEST:
        return None
    if 11 <= length <= 15 and _MOBILE.fullmatch(digits):
        return "mobile"
    if digits[0] in "08" and _landline(digits):
        return "landline"
    if length == 10 and digits[0] in "48" and _SERVICE.fullmatch(digits):
        return "service"
    if length == 18 and _IDENTITY.fullmatch(digits) and (not joined or identity_checks(digits)):
        return "identity"
    if not joined:
        if digits[-1] == "X":
            return None
        if length == 15 and _OLD_IDENTITY.fullmatch(digits):
            return "identity"
        if is_waybill(digits):
            return "waybill"
        return "card" if length >= 16 else None
    if digits[-1] != "X" and all(3 <= group <= 6 for group in lengths) and is_waybill(digits):
        return "waybill"
    if length >= 16 and set(list(lengths)[:-1]) == {4} and luhn(digits):
        return "card"
    return None


def _leftover(digits: str) -> What:
    """Return what to call digits that are nothing known: too long to be harmless, or plain."""
    return "card" if len(digits) >= 16 else "plain"


def ascii_digits(text: str) -> str:
    """Return digits of any script as ASCII ones."""
    return text if text.isascii() else "".join(str(unicodedata.decimal(char)) for char in text)


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of a bank card."""
    if not digits.isdigit():
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def identity_checks(number: str) -> bool:
    """Tell whether an 18-character ID number ends with the right check character (ISO 7064, MOD 11-2)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return number[-1] == "10X98765432"[total % 11]
