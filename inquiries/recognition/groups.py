"""What belongs together: which words of a text speak of which waybill."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from inquiries.recognition.found import Confidence, Found, Group, Positions, Span, once, spans_of
from inquiries.recognition.kinds import likeliest
from inquiries.recognition.lines import Line

LONGEST_STRETCH = 1_000  # characters that are searched for what belongs to a number
LONGEST_SUMMARY = 500

_CLAUSE_END = re.compile("[,\uff0c。;\uff1b！\uff01?\uff1f、\t]")
_WORDS = re.compile(r"[A-Za-z\u3400-\u9fff]")
_CONNECTION = re.compile(r"[\s,\uff0c、;\uff1b和跟与及还有/]*")
_GREETING = re.compile(
    r"(?:在吗|在么|在不在|你好|您好|亲+|老板|hi|hello|[,.!?~。！？～ \t])+", re.IGNORECASE
)
_SPACES = re.compile(r"[ \t\u3000]+")
_EDGES = " \t\r\n\u3000,\uff0c、;\uff1b:\uff1a。"
_LESS_SURE: dict[Confidence, Confidence] = {"high": "medium", "medium": "low", "low": "low"}

_Mention = tuple[int, int, Found]


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

    names: Positions
    phones: Positions
    times: Positions
    kinds: Positions


def group(
    text: str,
    folded: str,
    lines: list[Line],
    different: tuple[Found, ...],
    calls: list[Found],
    names: list[Found],
    times: list[Found],
    kinds: list[Found],
) -> tuple[Group, ...]:
    """Return a group for each of the ``different`` waybills, in their order, with what the text says of it."""
    mentions = sorted(
        ((start, end, waybill) for waybill in different for start, end in spans_of(waybill)),
        key=lambda mention: mention[:2],
    )
    starts = [mention[0] for mention in mentions]
    asides = Positions(call for call in calls if call.role == "writer")
    places: dict[str, dict[Span, None]] = {waybill.value: {} for waybill in different}
    for block in _blocks(lines):
        first, last = bisect_left(starts, block[0].start), bisect_left(starts, block[-1].end)
        for value, span in _places(folded, block, mentions[first:last], asides):
            places[value][span] = None

    said = _Said(
        names=Positions(name for name in names if name.role != "writer"),
        phones=Positions(call for call in calls if call.role != "writer"),
        times=Positions(one for one in times if one.reason != "header"),
        kinds=Positions(kinds),
    )
    # What is said of all holds for each, a little less surely.
    general = tuple(
        replace(kind, confidence=_LESS_SURE[kind.confidence])
        for kind in likeliest(
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
                names=once(_inside(said.names, spans)),
                phones=once(_inside(said.phones, spans)),
                times=once(_inside(said.times, spans)),
                kinds=likeliest(_inside(said.kinds, spans)) or general,
            )
        )
    return tuple(groups)


def _inside(positions: Positions, spans: list[Span]) -> list[Found]:
    return [found for span in spans for found in positions.within(*span)]


def _outside(found: Iterable[Found], spans: list[Span]) -> list[Found]:
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


def _blocks(lines: list[Line]) -> Iterator[list[Line]]:
    """Yield what was written under one header, line by line."""
    block: list[Line] = []
    for line in lines:
        if not line.header:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _places(
    folded: str, block: list[Line], mentions: list[_Mention], asides: Positions
) -> Iterator[tuple[str, Span]]:
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
    folded: str, block: list[Line], mentions: list[_Mention], asides: Positions
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


def _line_stretches(folded: str, line: Line, mentions: list[_Mention]) -> Iterator[_Stretch]:
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


def _stretch(folded: str, start: int, end: int, line: Line, mentions: list[_Mention]) -> _Stretch:
    words = _WORDS.search(_without(folded, start, end, mentions)) is not None
    return _Stretch(
        start, end, line.start, [waybill.value for _start, _end, waybill in mentions], words
    )


def _clipped(stretch: _Stretch) -> Span:
    # Without a limit five hundred numbers might share one endless line.
    return stretch.start, min(stretch.end, stretch.start + LONGEST_STRETCH)


def _summary(text: str, spans: list[Span], mentions: list[_Mention], starts: list[int]) -> str:
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
