"""What is found in a text, and where."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

What = Literal["waybill", "phone", "name", "time", "kind"]
Confidence = Literal["high", "medium", "low"]
Role = Literal["writer", "recipient", "sender", ""]
Span = tuple[int, int]
SURE: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


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
            for start, end in spans_of(found)
        ]
        mentions.sort(key=lambda mention: mention[:3])
        marks: list[tuple[int, int, Found]] = []
        for start, end, _rank, found in mentions:
            if not marks or start >= marks[-1][1]:
                marks.append((start, end, found))
        return tuple(marks)


class Positions:
    """Spans by position: what lies in a stretch of text, found by bisection."""

    def __init__(self, found: Iterable[Found]) -> None:
        self.found = sorted(found, key=lambda one: one.start)
        self.starts = [one.start for one in self.found]

    def within(self, start: int, end: int) -> list[Found]:
        """What begins within the stretch, in order."""
        return self.found[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def touch(self, start: int, end: int) -> bool:
        """Tell whether the stretch shares a character with any of the (separate) spans."""
        index = bisect_left(self.starts, end)
        return index > 0 and self.found[index - 1].end > start


def once(found: Iterable[Found]) -> tuple[Found, ...]:
    """Return each value once, by the first of its surest mentions' confidence, with the later mentions' places."""
    ordered: dict[tuple[str, str], list[Found]] = {}
    for one in sorted(found, key=lambda one: (one.start, one.end)):
        ordered.setdefault((one.value, one.reason if one.what == "kind" else ""), []).append(one)
    return tuple(
        replace(
            min(mentions, key=lambda one: SURE[one.confidence]),
            start=mentions[0].start,
            end=mentions[0].end,
            raw=mentions[0].raw,
            role=next((one.role for one in mentions if one.role), ""),
            again=tuple((one.start, one.end) for one in mentions[1:]),
        )
        for mentions in ordered.values()
    )


def found_at(
    what: What, text: str, start: int, end: int, value: str, confidence: Confidence, reason: str
) -> Found:
    """What stands in the text from ``start`` to ``end``, meant as ``value``."""
    return Found(what, start, end, text[start:end], value, confidence, reason)


def spans_of(found: Found) -> tuple[Span, ...]:
    """Where it stands, each time it is mentioned."""
    return ((found.start, found.end), *found.again)
