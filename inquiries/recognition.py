"""Reading a pasted chat or a block of waybill numbers: what is in it, how sure we are, and what belongs together.

Pure: text in, findings out. Whether a number exists is for the caller to find out (``near_variants``). Every pattern is
bounded, so the time is linear in the length of the text.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal

from django.utils.translation import gettext as _

from kefu.errors import KefuError
from kefu.privacy import numbers, phones
from kefu.privacy.names import COMPOUND_READINGS, SINGLE_SURNAMES

MAX_CHARACTERS = 20_000
MAX_NUMBERS = 500

What = Literal["waybill", "phone", "name", "time", "kind"]
Confidence = Literal["high", "medium", "low"]
Role = Literal["writer", "recipient", "sender", ""]


class TextTooLong(KefuError):
    code = "paste_too_long"


class TooManyNumbers(KefuError):
    code = "paste_too_many_numbers"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found: where (code points of the text as given), as written, as meant, and why we think so."""

    what: What
    start: int
    end: int
    raw: str
    value: str
    confidence: Confidence
    reason: str
    role: Role = ""
    again: tuple[tuple[int, int], ...] = ()  # later mentions of the same value
    candidates: tuple[str, ...] = ()  # filled by the caller from the database

    @property
    def preselected(self) -> bool:
        """Only what is certain may be ticked before a person has looked."""
        return self.confidence == "high"


@dataclass(frozen=True, slots=True)
class Group:
    """A waybill with what is said about it. ``text`` is without the numbers of waybills and chat headers."""

    waybill: Found
    text: str
    start: int
    end: int
    names: tuple[Found, ...]
    phones: tuple[Found, ...]
    times: tuple[Found, ...]
    kinds: tuple[Found, ...]  # the likeliest first

    @property
    def kind(self) -> Found | None:
        return self.kinds[0] if self.kinds else None


@dataclass(frozen=True)
class Recognised:
    """Everything found in a text, each value once, in the order of its first mention."""

    text: str
    waybills: tuple[Found, ...]
    phones: tuple[Found, ...]
    names: tuple[Found, ...]
    times: tuple[Found, ...]
    kinds: tuple[Found, ...]
    groups: tuple[Group, ...]
    writer: Found | None  # the customer's name in the chat's headers
    writer_firm: str  # what stands before it: 云锦布艺老吴

    @property
    def callback(self) -> Found | None:
        """The phone the writer wants to be called back on."""
        return next((phone for phone in self.phones if phone.role == "writer"), None)

    @property
    def uncertain(self) -> tuple[Found, ...]:
        """The waybill numbers a person has to decide about."""
        return tuple(waybill for waybill in self.waybills if waybill.confidence == "low")

    @cached_property
    def marks(self) -> tuple[tuple[int, int, Found], ...]:
        """Every mention of a waybill, phone or name to mark in the text, in order and without overlap."""
        mentions = [
            (start, end, rank, found)
            for rank, family in enumerate((self.waybills, self.phones, self.names))
            for found in family
            for start, end in _spans(found)
        ]
        mentions.sort(key=lambda mention: mention[:3])
        marks: list[tuple[int, int, Found]] = []
        for start, end, _rank, found in mentions:
            if not marks or start >= marks[-1][1]:
                marks.append((start, end, found))
        return tuple(marks)


def recognise(
    text: str, *, lengths: Collection[int] = (12,), most: int = MAX_NUMBERS
) -> Recognised:
    """Find what an agent would mark in a pasted text. ``lengths``: how many digits a waybill number has here.

    Raises TextTooLong beyond 20,000 characters and TooManyNumbers beyond ``most`` different waybill numbers.
    """
    if len(text) > MAX_CHARACTERS:
        raise TextTooLong(
            _("最多粘贴 %(most)d 个字，请分几次粘贴") % {"most": MAX_CHARACTERS}, field="text"
        )
    folded = text.translate(_HALF_WIDTH)  # one character for one, so that positions stay
    lines = _lines(folded)
    waybills, calls = _numbers(text, folded, lengths)
    taken = _Positions((*waybills, *calls))
    names = _names(text, folded, lines, taken)
    times = _times(text, folded, lines, taken)
    kinds = _kinds(text, folded)
    different = _once(waybills)
    if len(different) > most:
        raise TooManyNumbers(
            _("最多 %(most)d 个单号，现在有 %(count)d 个，请用导入")
            % {"most": most, "count": len(different)},
            field="text",
        )
    written = sorted((name for name in names if name.role == "writer"), key=lambda name: name.start)
    people = _once(names)
    return Recognised(
        text=text,
        waybills=different,
        phones=_once(calls),
        names=people,
        times=_once(times),
        kinds=_once(kinds),
        groups=_groups(text, folded, lines, different, calls, names, times, kinds),
        writer=next((name for name in people if written and name.value == written[0].value), None),
        writer_firm=_firm(text, lines, written),
    )


# --- Lines -----------------------------------------------------------------------------------------------------------

_HALF_WIDTH = str.maketrans(
    {
        chr(code): chr(code - 0xFEE0)
        for code in range(0xFF10, 0xFF5B)
        if chr(code - 0xFEE0).isalnum()
    }
    | {"：": ":", "　": " ", "\u00a0": " ", "，": ",", "；": ";", "－": "-", "＋": "+"}
)
_DAY = r"大前天|前天|昨天|昨晚|今天|今早|今晚|明天|后天"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DATE = r"20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}[日号]?"
_HEADER = re.compile(
    rf"[ \t]*(?:(?P<who>[^\d\s:,;。][^\n:,;。]{{0,29}}?)[ \t]+(?:(?:{_DATE}|{_DAY})[ \t]+)?{_CLOCK}"
    rf"|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?[ \t]+{_CLOCK}[ \t]+(?P<after>[^\d\s:,;。][^\n:,;。]{{0,29}})"
    r"|(?P<alone>[^\d\s:,;。][^\n:,;。]{0,15}):)[ \t\r]*"
)
_NOT_WHO = re.compile(
    rf"(?:{_DAY}|.*(?:人|电话|手机|地址|姓名|单号|时间|备注|如下|这几个|这些|几个)$|.*(?:[说查催改问送派签]|收到|[没未])).*"
)
_AGENT = re.compile(r"客服|坐席|机器人|系统")
_GREETING = re.compile(
    r"(?:在吗|在么|在不在|你好|您好|亲+|老板|hi|hello|[,.!?~。！？～ \t])+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    header: bool
    who: tuple[int, int]  # where a header names the writer; (0, 0) in other lines


def _lines(folded: str) -> list[_Line]:
    lines, start = [], 0
    for content in folded.split("\n"):
        end = start + len(content)
        found = _HEADER.fullmatch(content) if len(content) <= 80 else None
        part = found and next(name for name in ("who", "after", "alone") if found[name])
        if found and part and not _NOT_WHO.fullmatch(found[part]):
            lines.append(
                _Line(start, end, True, (start + found.start(part), start + found.end(part)))
            )
        else:
            lines.append(_Line(start, end, False, (0, 0)))
        start = end + 1
    return lines


class _Positions:
    """Spans by position: what lies in a stretch of text, found by bisection."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.found = sorted(found, key=lambda one: one.start)
        self.starts = [one.start for one in self.found]

    def within(self, start: int, end: int) -> list[Found]:
        return self.found[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def touch(self, start: int, end: int) -> bool:
        """Tell whether the stretch shares a character with any of the (separate) spans."""
        index = bisect_left(self.starts, end)
        return index > 0 and self.found[index - 1].end > start


def _once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return each value once, by the first of its surest mentions' confidence, with the later mentions' places."""
    ordered: dict[tuple[str, str], list[Found]] = {}
    for one in sorted(found, key=lambda one: (one.start, one.end)):
        ordered.setdefault((one.value, one.reason if one.what == "kind" else ""), []).append(one)
    return tuple(
        replace(
            min(mentions, key=lambda one: _SURE[one.confidence]),
            start=mentions[0].start,
            end=mentions[0].end,
            raw=mentions[0].raw,
            role=next((one.role for one in mentions if one.role), ""),
            again=tuple((one.start, one.end) for one in mentions[1:]),
        )
        for mentions in ordered.values()
    )


_SURE: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


# --- Waybills and phones ---------------------------------------------------------------------------------------------

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


def _numbers(text: str, folded: str, lengths: Collection[int]) -> tuple[list[Found], list[Found]]:
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
            _found(
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
                _found(
                    "phone", text, found.start(2), found.end(), found[2], "low", "phone_or_waybill"
                )
            )
    taken = _Positions(waybills)
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
                    _found("waybill", text, start, start + size, value, *as_waybill[1:])
                )
        elif as_waybill:
            waybills.append(_found("waybill", text, number.start, number.end, *as_waybill))
        if as_phone:
            call = _found("phone", text, number.start, number.end, *as_phone)
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


def _found(
    what: What, text: str, start: int, end: int, value: str, confidence: Confidence, reason: str
) -> Found:
    return Found(what, start, end, text[start:end], value, confidence, reason)


# --- Names -----------------------------------------------------------------------------------------------------------

_SURNAME = rf"(?:{'|'.join(COMPOUND_READINGS)}|[{''.join(sorted(SINGLE_SURNAMES))}])"
_TITLES = r"女士|先生|小姐|太太|老师|老板娘|老板|经理|师傅|阿姨|大姐|大哥|主任|医生"
_SHORT_TITLES = r"[总姐哥](?=$|[\s,:;。！？!?、说讲问的在要没看帮有给叫让打回也])"
_RECIPIENT = r"收件人|收货人|签收人|收件方|收方"
_SENDER = r"寄件人|发件人|发货人|寄方"
_TITLED = re.compile(
    rf"(?:(?P<recipient>{_RECIPIENT})|(?P<sender>{_SENDER}))?[: 是叫]{{0,2}}(?P<name>(?P<surname>{_SURNAME})(?:{_TITLES}|{_SHORT_TITLES}))"
)
# Surnames after which 先生 is a name, but which are also the words 查, 找, 单 … before one.
_WORD_SURNAMES = frozenset("查寻单于任包计成车常应安和连")
_NO_SURNAMES = frozenset("位向都由全从")
_NICKNAME = re.compile(
    "(?:老|小|阿)[王李张刘陈杨黄赵吴周徐孙朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖董潘袁蔡蒋余杜叶程魏苏吕丁卢姚沈姜崔谭陆汪廖贾夏"
    "方邹熊孟秦邱侯江尹薛阎段雷龙黎陶贺郝顾龚邵钱严覃武戴莫赖樊兰施洪](?!区|时|型|吃|费)"
)
_LABELLED = re.compile(
    rf"(?:(?P<recipient>{_RECIPIENT})|(?P<sender>{_SENDER})|联系人|姓名)(?:姓名|名字)?[ \t]{{0,2}}(?P<sign>[:是叫为]?)[ \t]{{0,2}}"
    rf"(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,3}})"
)
_NAME_STOPS = frozenset(
    "说没不的在要是电手已未称反讲问打叫也都又就让给拿联换改住把被想还与发寄查到地该位昨今上下裹便名收签你我他她女先"
)
_NO_NAMES = frozenset(
    [  # begin with a surname and are none
        "任何", "方便", "应该", "单位", "于是", "常常", "安排", "平时", "包裹", "全部", "时候", "何时",
        "何地", "高兴", "查询", "申请", "解释", "支付", "付款", "白天", "关机", "计划", "通过", "幸好",
        "能否", "由于", "满意", "习惯", "施工", "师傅", "经理", "常州", "温州", "郑州", "徐州", "苏州",
        "江苏", "江西", "广东", "云南", "武汉", "宁波", "金华", "唐山", "成都", "台州",
    ]
)  # fmt: skip
_FULL_NAME = re.compile(rf"{_SURNAME}[\u4e00-\u9fff]{{1,2}}")


def _names(text: str, folded: str, lines: list[_Line], taken: _Positions) -> list[Found]:
    names: list[Found] = []
    for found in _TITLED.finditer(folded):
        family = found["surname"]
        if family in _NO_SURNAMES or (family in _WORD_SURNAMES and found["name"][1:] == "师傅"):
            continue
        label = bool(found["recipient"] or found["sender"])
        sure: Confidence = "high" if label else "low" if family in _WORD_SURNAMES else "medium"
        names.append(_name(text, found, "name", sure, "titled"))
    titled = _Positions(names)
    for found in _LABELLED.finditer(folded):
        name = found["name"]
        family = 2 if name[:2] in COMPOUND_READINGS else 1
        cut = next(
            (index for index, char in enumerate(name[family:], family) if char in _NAME_STOPS),
            len(name),
        )
        if not found["sign"]:
            cut = min(cut, family + 2)
        if cut > family and name[:2] not in _NO_NAMES and not titled.touch(*found.span("name")):
            sure = "high" if found["sign"] == ":" else "medium"
            reason = "labelled" if found["sign"] == ":" else "after_label"
            names.append(_name(text, found, "name", sure, reason, length=cut))
    places = _Positions(names)
    for found in _NICKNAME.finditer(folded):
        agent = _AGENT.search(folded, max(0, found.start() - 4), found.start())
        if not agent and not places.touch(found.start(), found.end()):
            names.append(
                _found("name", text, found.start(), found.end(), found[0], "medium", "nickname")
            )
    names += _header_names(text, folded, lines, _Positions(names))
    names = [name for name in names if not taken.touch(name.start, name.end)]
    return _with_writers(folded, lines, names)


def _with_writers(folded: str, lines: list[_Line], names: list[Found]) -> list[Found]:
    """Mark the names of who writes: in headers, and before a colon that begins a line (老吴：帮查一下)."""
    spoken = _Positions(names)
    headers = [line.who for line in lines if line.header and not _AGENT.search(folded, *line.who)]
    writers = {name.start for who in headers for name in spoken.within(*who)}
    begins = {line.start for line in lines}
    writers |= {
        name.start
        for name in names
        if name.start in begins and folded[name.end : name.end + 1] == ":"
    }
    return [replace(name, role="writer") if name.start in writers else name for name in names]


def _firm(text: str, lines: list[_Line], written: list[Found]) -> str:
    """Return what the first header has before the writer's name."""
    for line in lines:
        if line.header and written and line.who[0] <= written[0].start < line.who[1]:
            return text[line.who[0] : written[0].start].strip(" \t\u3000-_:\uff1a")
    return ""


def _header_names(text: str, folded: str, lines: list[_Line], names: _Positions) -> Iterator[Found]:
    """Yield the writers whose whole header is a person's name: 张三 14:19."""
    for line in lines:
        if line.header and not names.within(*line.who) and _FULL_NAME.fullmatch(folded, *line.who):
            yield _found("name", text, *line.who, text[slice(*line.who)], "medium", "header")


def _name(
    text: str,
    found: re.Match[str],
    part: str,
    confidence: Confidence,
    reason: str,
    *,
    length: int | None = None,
) -> Found:
    start, end = found.span(part)
    end = end if length is None else start + length
    role: Role = "recipient" if found["recipient"] else "sender" if found["sender"] else ""
    return replace(_found("name", text, start, end, text[start:end], confidence, reason), role=role)


# --- Times -----------------------------------------------------------------------------------------------------------

_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨晚": -1, "今天": 0, "今早": 0, "今晚": 0, "明天": 1, "后天": 2,
}  # fmt: skip
_TIME = re.compile(
    r"(?=[\d大前昨今明后凌早上中下傍晚])"
    rf"(?:(?P<day>{_DAY})|(?<!\d)(?P<date>20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?|\d{{1,2}}月\d{{1,2}}[日号]?"
    rf"|\d{{1,2}}[-/]\d{{1,2}}(?=[ \t]{{1,2}}{_CLOCK})))?"
    r"[ \t]{0,2}(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上)?"
    rf"(?:(?<!\d)(?:(?P<clock>{_CLOCK})(?!\d)|(?P<hour>[01]?\d|2[0-3])点(?:(?P<half>半)|(?P<minute>[0-5]?\d)分?)?))?"
)
_DATE_PARTS = re.compile(r"\d+")
_AFTERNOON = ("下午", "傍晚", "晚上")


def _times(text: str, folded: str, lines: list[_Line], taken: _Positions) -> list[Found]:
    """Return every mention of a time; the value is a day ("-1", "2026-11-19", "11-19"), a clock ("14:19"), or both."""
    headers = [line for line in lines if line.header]
    header_starts = [line.start for line in headers]
    times = []
    for found in _TIME.finditer(folded):
        start, end = (
            found.start() + len(found[0]) - len(found[0].lstrip()),
            found.start() + len(found[0].rstrip()),
        )
        if start >= end or taken.touch(start, end):
            continue
        day = str(_DAYS[found["day"]]) if found["day"] else _date_value(found["date"] or "")
        clock = _clock_value(found)
        if not (day or clock) or (found["date"] and not found["day"] and not day):
            continue
        index = bisect_left(header_starts, start + 1) - 1
        header = index >= 0 and start < headers[index].end
        reason = (
            "header"
            if header
            else "day_and_clock"
            if day and clock
            else "clock"
            if clock
            else "date"
            if found["date"]
            else "day"
        )
        sure: Confidence = "high" if found["clock"] or found["day"] else "medium"
        times.append(_found("time", text, start, end, f"{day} {clock}".strip(), sure, reason))
    return times


def _date_value(written: str) -> str:
    parts = [int(part) for part in _DATE_PARTS.findall(written)]
    try:
        if len(parts) == 3:
            return date(*parts).isoformat()
        return date(2000, *parts).isoformat()[5:] if len(parts) == 2 else ""
    except ValueError:
        return ""


def _clock_value(found: re.Match[str]) -> str:
    if found["clock"]:
        hour, minute = (int(part) for part in found["clock"].split(":")[:2])
    elif found["hour"]:
        hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    else:
        return ""
    late = (
        found["part"] in _AFTERNOON
        or found["day"] in ("昨晚", "今晚")
        or (found["part"] == "中午" and hour < 3)
    )
    return f"{hour + 12 if late and hour < 12 else hour:02}:{minute:02}"


def moment(value: str, *, now: datetime) -> datetime | date:
    """Return what a found time means on the day of ``now`` (aware): a datetime in its zone, or a date without clock.

    A date without year is the one nearest to ``now``. Raises ValueError for what is not the value of a found time.
    """
    day_text, _space, clock = value.rpartition(" ") if ":" in value else (value, "", "")
    today = now.date()
    if not day_text:
        day = today
    elif len(day_text) == 10:
        day = date.fromisoformat(day_text)
    elif len(day_text) == 5:
        month, number = int(day_text[:2]), int(day_text[3:])
        years = [
            year for year in range(today.year - 4, today.year + 5) if _exists(year, month, number)
        ]
        day = min((date(year, month, number) for year in years), key=lambda one: abs(one - today))
    else:
        day = today + timedelta(days=int(day_text))
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=now.tzinfo) if clock else day


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# --- Kinds -----------------------------------------------------------------------------------------------------------

# What the customer wants: kind, reason, confidence, words. Where two kinds are equally sure, the earlier row wins.
_KINDS: tuple[tuple[str, str, Confidence, str], ...] = (
    ("complaint", "complaint", "high", r"(?<![不没])投诉|举报|12305|申诉|曝光"),
    ("claim", "compensation", "high", r"理赔|索赔|赔偿|赔付|赔钱|(?:要|怎么|给)赔"),
    ("claim", "damaged", "medium", r"破损|压坏|摔坏|坏了|碎了|烂了|漏了|湿了"),
    ("claim", "lost", "medium", r"丢件|丢了|弄丢|遗失|丢失|少件|短少|少了.{0,2}件"),
    ("refusal", "refused", "high", r"拒收|拒签|不想要了|不要了"),
    ("return", "intercept", "high", r"拦截|截单|截下|追回|别送了|不要送"),
    ("return", "return", "high", r"退回|退件|退货|拉回"),
    ("address_change", "address_change", "high", r"[改换]个?(?:一下|下)?(?:收货|收件)?地址|地址.{0,2}[写填发]?错|改派|改送|改寄|改到"),
    ("address_change", "phone_change", "high", r"[改换]个?(?:一下|下)?(?:收件人)?的?(?:电话|手机|号码|联系方式)|(?:电话|手机号?|号码).{0,2}[写填留]?错"),
    ("address_change", "name_change", "high", r"[改换]个?(?:一下|下)?(?:收件人|名字|姓名)(?!的?(?:电话|手机|地址|号码))"),
    ("self_pickup", "self_pickup", "high", r"自提|自取|[放存](?:在|到)?.{0,2}(?:驿站|代收点|快递柜|丰巢)"),
    ("trace", "not_moving", "high", r"[没不]动|[没不未]更新|没有更新|无更新|[没无](?:有)?(?:扫描|物流|轨迹|信息)|停滞|卡在|没走"),
    ("trace", "signed_not_received", "medium", r"签收.{0,20}[没未]有?(?:收到|拿到|见到)|[没未]有?(?:收到|拿到|见到).{0,20}签收|虚假签收|[非不]是?本人签"),
    ("trace", "not_received", "medium", r"[没未]有?(?:收到|拿到|送到|到货)|还没到"),
    ("trace", "asked_to_trace", "high", r"查件|查询|到哪|在哪|什么情况|查(?:一?下|几|个|个?单)|帮.{0,2}查"),
    ("expedite", "urged", "high", r"催|加急"),
    ("trace", "asked_to_look", "medium", r"看一?下|看看|跟进|核实|问一?下"),
    ("expedite", "hurried", "medium", r"快点|尽快|抓紧|赶紧|着急|急用|[很都挺好太]急"),
    ("pickup", "pickup", "high", r"上门[取揽收]|[取揽]件(?!码)|揽收"),
    ("pickup", "wants_to_send", "medium", r"[要想]寄|寄件(?![人方地时])|寄个?(?:快递|东西|包裹)"),
)  # fmt: skip
_KIND = [re.compile(words) for _kind, _reason, _sure, words in _KINDS]
_KIND_RANK = {reason: rank for rank, (_kind, reason, _sure, _words) in enumerate(_KINDS)}


def _kinds(text: str, folded: str) -> list[Found]:
    return [
        _found("kind", text, found.start(), found.end(), kind, sure, reason)
        for pattern, (kind, reason, sure, _words) in zip(_KIND, _KINDS, strict=True)
        for found in pattern.finditer(folded)
    ]


def _likeliest(kinds: Iterable[Found]) -> tuple[Found, ...]:
    """Return the kinds, the likeliest first. Signed for, yet not received, says more than not received."""
    once = _once(kinds)
    reasons = {kind.reason for kind in once}
    if "signed_not_received" in reasons:
        once = tuple(kind for kind in once if kind.reason != "not_received")
    return tuple(sorted(once, key=lambda kind: (_SURE[kind.confidence], _KIND_RANK[kind.reason])))


# --- What belongs together -----------------------------------------------------------------------------------

LONGEST_STRETCH = 1_000  # characters that are searched for what belongs to a number
LONGEST_SUMMARY = 500

_CLAUSE_END = re.compile("[,\uff0c。;\uff1b！\uff01?\uff1f、\t]")
_WORDS = re.compile(r"[A-Za-z\u3400-\u9fff]")
_CONNECTION = re.compile(r"[\s,\uff0c、;\uff1b和跟与及还有/]*")
_SPACES = re.compile(r"[ \t\u3000]+")
_EDGES = " \t\r\n\u3000,\uff0c、;\uff1b:\uff1a。"
_LESS_SURE: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}

_Mention = tuple[int, int, Found]
_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of one line that speaks of some waybills, or a line that speaks of none."""

    start: int
    end: int
    line: int  # where its line starts
    values: list[str]
    words: bool  # has words besides the numbers


@dataclass(frozen=True, slots=True)
class _Said:
    """What may belong to a waybill. The writer's own name and phone belong to none."""

    names: _Positions
    phones: _Positions
    times: _Positions
    kinds: _Positions


def _groups(
    text: str,
    folded: str,
    lines: list[_Line],
    different: tuple[Found, ...],
    calls: list[Found],
    names: list[Found],
    times: list[Found],
    kinds: list[Found],
) -> tuple[Group, ...]:
    mentions = sorted(
        ((start, end, waybill) for waybill in different for start, end in _spans(waybill)),
        key=lambda mention: mention[:2],
    )
    starts = [mention[0] for mention in mentions]
    asides = _Positions(call for call in calls if call.role == "writer")
    places: dict[str, dict[_Span, None]] = {waybill.value: {} for waybill in different}
    for block in _blocks(lines):
        first, last = bisect_left(starts, block[0].start), bisect_left(starts, block[-1].end)
        for value, span in _places(folded, block, mentions[first:last], asides):
            places[value][span] = None

    said = _Said(
        names=_Positions(name for name in names if name.role != "writer"),
        phones=_Positions(call for call in calls if call.role != "writer"),
        times=_Positions(one for one in times if one.reason != "header"),
        kinds=_Positions(kinds),
    )
    # What is said of all holds for each, a little less surely.
    general = tuple(
        replace(kind, confidence=_LESS_SURE[kind.confidence])
        for kind in _likeliest(
            _outside(kinds, [span for spans in places.values() for span in spans])
        )
    )
    groups = []
    for waybill in different:
        # A number in a chat header has no place of its own; it stands for itself.
        spans = list(places[waybill.value]) or [(waybill.start, waybill.end)]
        groups.append(
            Group(
                waybill=waybill,
                text=_summary(text, spans, mentions, starts),
                start=spans[0][0],
                end=spans[0][1],
                names=_once(_inside(said.names, spans)),
                phones=_once(_inside(said.phones, spans)),
                times=_once(_inside(said.times, spans)),
                kinds=_likeliest(_inside(said.kinds, spans)) or general,
            )
        )
    return tuple(groups)


def _spans(found: Found) -> tuple[_Span, ...]:
    return ((found.start, found.end), *found.again)


def _inside(positions: _Positions, spans: list[_Span]) -> list[Found]:
    return [found for span in spans for found in positions.within(*span)]


def _outside(found: Iterable[Found], spans: list[_Span]) -> list[Found]:
    """Return what lies in none of the stretches."""
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    starts = [start for start, _end in merged]
    outside = []
    for one in found:
        index = bisect_left(starts, one.start + 1) - 1
        if index < 0 or one.start >= merged[index][1]:
            outside.append(one)
    return outside


def _blocks(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Yield what was written under one header, line by line."""
    block: list[_Line] = []
    for line in lines:
        if not line.header:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _places(
    folded: str, block: list[_Line], mentions: list[_Mention], asides: _Positions
) -> Iterator[tuple[str, _Span]]:
    """Yield which stretches of a block speak of which waybill; the stretch with the number itself comes first.

    A block with one waybill speaks of that one throughout. With several, each has its part of its line; a number
    without words of its own shares those of the next or last number in its line, or of the next or last line
    without numbers.
    """
    stretches = _stretches(folded, block, mentions, asides)
    values = {waybill.value for _start, _end, waybill in mentions}
    if len(values) == 1:
        value = values.pop()
        for stretch in sorted(stretches, key=lambda stretch: not stretch.values):
            yield value, _clipped(stretch)
        return
    following = _nearest(stretches[::-1])[::-1]
    for stretch, after, before in zip(stretches, following, _nearest(stretches), strict=True):
        shared = None
        if not stretch.words:
            near = (
                one
                for one in (after, before)
                if one and (not one.values or one.line == stretch.line)
            )
            shared = next(near, None)
        for value in stretch.values:
            yield value, _clipped(stretch)
            if shared is not None:
                yield value, _clipped(shared)


def _nearest(stretches: list[_Stretch]) -> list[_Stretch | None]:
    """Return for each stretch the last one before it that has words."""
    nearest: list[_Stretch | None] = []
    last: _Stretch | None = None
    for stretch in stretches:
        nearest.append(last)
        if stretch.words:
            last = stretch
    return nearest


def _stretches(
    folded: str, block: list[_Line], mentions: list[_Mention], asides: _Positions
) -> list[_Stretch]:
    """Cut a block into stretches of at most one line, each about one waybill, several, or none."""
    stretches: list[_Stretch] = []
    index = 0
    for line in block:
        first = index
        while index < len(mentions) and mentions[index][0] < line.end:
            index += 1
        here = mentions[first:index]
        if here:
            stretches += _line_stretches(folded, line, here)
            continue
        aside = asides.within(line.start, line.end) or _GREETING.fullmatch(
            folded, line.start, line.end
        )
        if not aside and _WORDS.search(folded, line.start, line.end):
            stretches.append(_Stretch(line.start, line.end, line.start, [], True))
    return stretches


def _line_stretches(folded: str, line: _Line, mentions: list[_Mention]) -> Iterator[_Stretch]:
    begin, inside = line.start, [mentions[0]]
    for before, mention in pairwise(mentions):
        cut = _cut(folded, before[1], mention[0])
        if cut:
            yield _stretch(folded, begin, cut, line, inside)
            begin, inside = cut, []
        inside.append(mention)
    yield _stretch(folded, begin, line.end, line, inside)


def _cut(folded: str, start: int, end: int) -> int:
    """Return where, between two numbers of a line, the second's part begins; 0 if what is said is said of both."""
    between = folded[start:end]
    if _CONNECTION.fullmatch(between):
        return 0
    return start + max(
        (found.end() for found in _CLAUSE_END.finditer(between)), default=len(between)
    )


def _stretch(folded: str, start: int, end: int, line: _Line, mentions: list[_Mention]) -> _Stretch:
    words = _WORDS.search(_without(folded, start, end, mentions)) is not None
    return _Stretch(
        start, end, line.start, [waybill.value for _start, _end, waybill in mentions], words
    )


def _clipped(stretch: _Stretch) -> _Span:
    # Without a limit five hundred numbers might share one endless line.
    return stretch.start, min(stretch.end, stretch.start + LONGEST_STRETCH)


def _summary(text: str, spans: list[_Span], mentions: list[_Mention], starts: list[int]) -> str:
    parts = []
    for start, end in spans:
        inside = mentions[bisect_left(starts, start) : bisect_left(starts, end)]
        parts.append(_without(text, start, end, inside).strip(_EDGES))
    return "\uff0c".join(filter(None, parts))[:LONGEST_SUMMARY]


def _without(text: str, start: int, end: int, mentions: list[_Mention]) -> str:
    """Return a stretch of the text without the waybill numbers in it and what joins them."""
    kept = []
    for index, (begins, ends, _waybill) in enumerate(mentions):
        between = text[start:begins]
        if index == 0 or not _CONNECTION.fullmatch(between):
            kept.append(between)
        start = ends
    kept.append(text[start:end])
    return _SPACES.sub(" ", "".join(kept))


# --- Numbers one slip away -----------------------------------------------------------------------------------

_DIGITS = "0123456789"


def near_variants(number: str, *, lengths: Collection[int] = (12,)) -> list[str]:
    """Return every number of the right length that is one slip away, for one exact look-up of them all.

    A slip is a digit left out, one too many, a wrong one, or two neighbours swapped: about 110 numbers where a
    digit was left out, 120 where the length is right, 13 where there is one too many.
    """
    size = len(number)
    variants: dict[str, None] = {}
    if size in lengths:
        for index in range(size - 1):
            swapped = number[index + 1] + number[index]
            variants[number[:index] + swapped + number[index + 2 :]] = None
        for index in range(size):
            for digit in _DIGITS:
                variants[number[:index] + digit + number[index + 1 :]] = None
    if size + 1 in lengths:
        for index in range(size, -1, -1):
            for digit in _DIGITS:
                variants[number[:index] + digit + number[index:]] = None
    if size - 1 in lengths:
        for index in range(size):
            variants[number[:index] + number[index + 1 :]] = None
    variants.pop(number, None)
    return list(variants)


def near_matches(number: str, known: Iterable[str]) -> list[str]:
    """Return the known numbers one slip away, the likeliest first: swapped, then left out or too many, then wrong.

    Among equals the one that agrees longest from the left comes first, then the order they were given in.
    """
    ranked = []
    for order, candidate in enumerate(dict.fromkeys(known)):
        rank = _slip(number, candidate)
        if rank is not None:
            ranked.append((rank, -_common_start(number, candidate), order, candidate))
    return [candidate for _rank, _common, _order, candidate in sorted(ranked)]


def _slip(one: str, other: str) -> int | None:
    """Return how likely the slip between two numbers is (0 the most), None if it takes more than one."""
    if one == other or abs(len(one) - len(other)) > 1:
        return None
    start = _common_start(one, other)
    rest, other_rest = one[start:], other[start:]
    if len(one) != len(other):
        longer, shorter = (rest, other_rest) if len(one) > len(other) else (other_rest, rest)
        return 1 if longer[1:] == shorter else None
    if rest[2:] == other_rest[2:] and rest[1::-1] == other_rest[:2]:
        return 0
    return 2 if rest[1:] == other_rest[1:] else None


def _common_start(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
