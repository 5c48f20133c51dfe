"""What is shown of personal data where nobody has asked for more. No function here ever raises on odd text.

Guarantee 37: at least one character of a name, six digits of a phone, unit and room of an address, all but the last
four characters of an ID number.
"""

import re
import unicodedata

from kefu.privacy.names import COMPOUND_READINGS, SINGLE_SURNAMES, SPACE_IN_HAN, surname

LONGEST = 64  # characters of a mask, so that it fits its column
LONGEST_ADDRESS = 120
TITLES = (
    "女士", "先生", "小姐", "太太", "老师", "老板", "老板娘", "经理", "师傅", "阿姨", "大姐", "大哥", "主任", "医生", "同学", "总", "姐", "哥",
)  # fmt: skip

_TITLE = re.compile(rf"(.{{1,2}}?)(?:{'|'.join(sorted(TITLES, key=len, reverse=True))})")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_LATIN = re.compile(r"[^\W\d_]+(?:[ ·'’.-]+[^\W\d_]+)*")
_WORD = re.compile(r"[^\W\d_]+")
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}")
_PHONE = re.compile(r"[\d\s()（）+＋./·_-]+(?:转|ext\.?|x)?[\d\s-]*", re.IGNORECASE)
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))[- ]?([2-8]\d{6,7})(?:\D+(\d{1,6}))?")
_HOUSE = re.compile(
    r"\d|[零〇一二三四五六七八九十百壹贰叁甲乙丙丁东南西北]+(?:号|栋|幢|座|楼|层|室|单元|弄|组|门|户)"
    r"|[A-Za-z]+(?:栋|幢|座|区|楼|单元|室)"
)
_STREET = re.compile(
    r"街道|开发区|自治[区州县旗]|大道|胡同|[省市州盟县旗镇乡村屯]|(?<!小)区|(?P<street>路(?!桥)|街|巷|弄|道(?!口))"
)


def mask_name(name: str, *, firm: bool = False) -> str:
    """Return a name with the surname left: 张*, 欧阳*, 郑*华, 何女士 as 何*, 老吴 as 吴*, John Smith as J*** S****.

    The name of a firm is no personal data and stays, without the numbers people write into it.
    """
    name = SPACE_IN_HAN.sub("", " ".join(name.split()))
    if firm:
        return _LONG_NUMBER.sub(_stars, name)[:LONGEST]
    if (titled := _TITLE.fullmatch(name)) and titled[1] in COMPOUND_READINGS:
        return titled[1] + "*"
    if titled and titled[1][0] in SINGLE_SURNAMES:
        return titled[1][0] + "*"
    if len(name) == 2 and name[0] in "老小阿" and name[1] in SINGLE_SURNAMES:
        return name[1] + "*"
    if _HAN.fullmatch(name):
        return _mask_chinese(name)
    if _LATIN.fullmatch(name) and "·" not in name:
        return _WORD.sub(_but_first, name)[:LONGEST]
    return _all_but_first(name)


def mask_phone(phone: str) -> str:
    """Return a number with six digits hidden, all of them where it is shorter: 138******21, 0514-******7."""
    text = unicodedata.normalize("NFKC", phone).strip()
    if not text or not _PHONE.fullmatch(text):
        return "*" * min(len(text), LONGEST)
    if found := _LANDLINE.fullmatch(text):
        extension = "-" + "*" * len(found[3]) if found[3] else ""
        return f"{found[1]}-******{found[2][6:]}{extension}"
    digits = "".join(char for char in text if char.isdecimal())
    country = "+" if text[0] == "+" else ""
    if len(digits) == 13 and digits.startswith("86"):
        digits, country = digits[2:], ""
    if len(digits) < 7:
        return "*" * len(digits)
    shown = len(digits) - 6
    tail = min(2, shown)
    head = min(3, shown - tail) if len(digits) >= 10 else 0
    stars = "*" * (len(digits) - head - tail)
    return (country + digits[:head] + stars + digits[len(digits) - tail :])[:LONGEST]


def mask_address(address: str) -> str:
    """Return an address down to the street, the house, unit and room hidden: 江苏省扬州市邗江区文昌西路***."""
    text = " ".join(address.split())
    house = _HOUSE.search(text)
    cut = house.start() if house else len(text)
    end = 0
    for found in _STREET.finditer(text, 0, cut):
        end = found.end()
        if found["street"]:
            break
    if not end:
        return (
            text[:1] + "***"
            if cut and len(text) > 1 and text[0].isalpha()
            else "*" * min(len(text), 3)
        )
    return text[:end][:LONGEST_ADDRESS] + ("***" if end < len(text) else "")


def mask_id_number(number: str) -> str:
    """Return an ID number's last four characters behind stars; of anything shorter than 15 characters nothing."""
    text = "".join(number.split())[-LONGEST:]
    shown = 4 if len(text) >= 15 and text.isascii() and text.isalnum() else 0
    return "*" * (len(text) - shown) + text[len(text) - shown :]


def _mask_chinese(name: str) -> str:
    family = surname(name)
    given = name[len(family) :]
    if not given:
        return "*"
    if len(name) > 6:
        return name[0] + "*" * min(len(name) - 1, 6)
    shown = given[-1] if len(given) > 1 else ""
    return family + "*" * (len(given) - len(shown)) + shown


def _all_but_first(name: str) -> str:
    """Return what is not plainly a name: one letter at most, and no hint of its length beyond twelve."""
    if len(name) < 2 or not name[0].isalpha():
        return "*" * min(len(name), 12)
    return name[0] + "*" * min(len(name) - 1, 11)


def _but_first(word: re.Match[str]) -> str:
    return word[0][0] + "*" * (len(word[0]) - 1) if len(word[0]) > 1 else "*"


def _stars(found: re.Match[str]) -> str:
    return "*" * len(found[0])
