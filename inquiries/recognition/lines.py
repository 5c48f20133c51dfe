"""The lines of a pasted chat, and which of them are the headers that name who writes."""

import re
from dataclasses import dataclass

HALF_WIDTH = str.maketrans(
    {
        chr(code): chr(code - 0xFEE0)
        for code in range(0xFF10, 0xFF5B)
        if chr(code - 0xFEE0).isalnum()
    }
    | {"：": ":", "　": " ", "\u00a0": " ", "，": ",", "；": ";", "－": "-", "＋": "+"}
)
DAY = r"大前天|前天|昨天|昨晚|今天|今早|今晚|明天|后天"
CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_DATE = r"20\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}[日号]?"
_HEADER = re.compile(
    rf"[ \t]*(?:(?P<who>[^\d\s:,;。][^\n:,;。]{{0,29}}?)[ \t]+(?:(?:{_DATE}|{DAY})[ \t]+)?{CLOCK}"
    rf"|20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?[ \t]+{CLOCK}[ \t]+(?P<after>[^\d\s:,;。][^\n:,;。]{{0,29}})"
    r"|(?P<alone>[^\d\s:,;。][^\n:,;。]{0,15}):)[ \t\r]*"
)
_NOT_WHO = re.compile(
    rf"(?:{DAY}|.*(?:人|电话|手机|地址|姓名|单号|时间|备注|如下|这几个|这些|几个)$|.*(?:[说查催改问送派签]|收到|[没未])).*"
)
AGENT = re.compile(r"客服|坐席|机器人|系统")


@dataclass(frozen=True, slots=True)
class Line:
    start: int
    end: int
    header: bool
    who: tuple[int, int]  # where a header names the writer; (0, 0) in other lines


def lines_of(folded: str) -> list[Line]:
    """Cut a text in half-width characters into its lines."""
    lines, start = [], 0
    for content in folded.split("\n"):
        end = start + len(content)
        found = _HEADER.fullmatch(content) if len(content) <= 80 else None
        part = found and next(name for name in ("who", "after", "alone") if found[name])
        if found and part and not _NOT_WHO.fullmatch(found[part]):
            lines.append(
                Line(start, end, True, (start + found.start(part), start + found.end(part)))
            )
        else:
            lines.append(Line(start, end, False, (0, 0)))
        start = end + 1
    return lines
