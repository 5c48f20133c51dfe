"""Times in a text."""

import re
from bisect import bisect_left
from datetime import date

from inquiries.recognition.found import Confidence, Found, Positions, found_at
from inquiries.recognition.lines import CLOCK, DAY, Line

_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨晚": -1, "今天": 0, "今早": 0, "今晚": 0, "明天": 1, "后天": 2,
}  # fmt: skip
_TIME = re.compile(
    r"(?=[\d大前昨今明后凌早上中下傍晚])"
    rf"(?:(?P<day>{DAY})|(?<!\d)(?P<date>20\d\d[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?|\d{{1,2}}月\d{{1,2}}[日号]?"
    rf"|\d{{1,2}}[-/]\d{{1,2}}(?=[ \t]{{1,2}}{CLOCK})))?"
    r"[ \t]{0,2}(?P<part>凌晨|早上|上午|中午|下午|傍晚|晚上)?"
    rf"(?:(?<!\d)(?:(?P<clock>{CLOCK})(?!\d)|(?P<hour>[01]?\d|2[0-3])点(?:(?P<half>半)|(?P<minute>[0-5]?\d)分?)?))?"
)
_DATE_PARTS = re.compile(r"\d+")
_AFTERNOON = ("下午", "傍晚", "晚上")


def find_times(text: str, folded: str, lines: list[Line], taken: Positions) -> list[Found]:
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
        times.append(found_at("time", text, start, end, f"{day} {clock}".strip(), sure, reason))
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
