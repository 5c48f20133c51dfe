"""Which place an address means: province, city, district and town by the longest match, 省 and 市 left out or not.

Every piece of the text of two to twelve signs is asked for by equality, all in one question along the index: how
many places there are makes no difference.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kefu.knowledge.models import Place, PlaceName
from kefu.privacy import names

LOOKED_AT = 80  # signs of an address
LONGEST = 12  # signs of a name
NEAREST = 6
_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z]{2,}")
_NOT_WORD = re.compile(r"[\s*＊,，.。;；:：、/|（）()\[\]【】\"'“”-]+")
# A place's short name before these is a street, not the place: 南京西路 stands in Shanghai.
_STREET = re.compile(r"[东西南北中一二三四五]?[路街巷弄道桥]|大[道街桥厦]|广场|新村")
_LOOKS_LIKE_PLACE = re.compile(r"^([\u3400-\u9fff]{1,7}?(?:自治县|街道|[区县市镇乡旗]))")
_ABOVE = "place__parent__parent__parent"


@dataclass(frozen=True, slots=True)
class Hit:
    """A place's name in the text, from ``start`` up to ``end``."""

    place: Place
    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """``chain``: the place meant and those above it, the province first; empty where none is or several are.
    ``choices``: the places it could be; ``missing``: what was not found, as it is written; ``rest``: the text behind
    the place; ``pieces``: all that the text was cut into."""

    chain: tuple[Place, ...]
    choices: tuple[Place, ...]
    missing: str
    rest: str
    pieces: frozenset[str]

    @property
    def place(self) -> Place | None:
        return self.chain[-1] if self.chain else None


def chain_of(place: Place) -> tuple[Place, ...]:
    chain = [place]
    while chain[0].parent is not None:
        chain.insert(0, chain[0].parent)
    return tuple(chain)


def clean(text: str) -> str:
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text)).strip().lower()[:LOOKED_AT]


def pieces_of(text: str) -> frozenset[str]:
    """Every piece of Chinese that could be a name."""
    text = text.replace(" ", "")
    return frozenset(
        run[start : start + length]
        for run in _HAN.findall(text)
        for start in range(len(run))
        for length in range(2, min(LONGEST, len(run) - start) + 1)
    )


def recognise(text: str) -> Recognised:
    """Find the place that an address means."""
    cleaned = clean(text)
    if not _HAN.search(cleaned):
        return _by_letters(cleaned)
    cleaned = cleaned.replace(" ", "")
    pieces = pieces_of(cleaned)
    hits = _hits(cleaned, pieces)
    best, tied = _best(hits)
    if not best:
        missing = _first_unknown(cleaned)
        return Recognised((), tuple(_nearest(cleaned)), missing, cleaned, pieces)
    start, end = best[0].start, best[-1].end
    alone = len(best) == 1
    before = [hit for hit in hits if alone and hit.end <= start and hit.place.level <= 2]
    own = cleaned[best[-1].start : end]
    if before and not any(hit.place in chain_of(best[0].place) for hit in before):
        # 扬州鼓楼区: each exists, the one in the other does not.
        higher = max(before, key=lambda hit: hit.end - hit.start).place
        return Recognised((), (higher, *tied[:NEAREST]), own, cleaned[end:], pieces)
    if len(tied) > 1:
        return Recognised((), tuple(tied[: NEAREST * 2]), "", cleaned[end:], pieces)
    place, rest = best[-1].place, cleaned[end:]
    missing = _first_unknown(rest) if place.level < 3 else ""
    choices = tuple(_alike(place, missing)) if missing else ()
    return Recognised(chain_of(place), choices, missing, rest, pieces)


def _hits(text: str, pieces: Iterable[str]) -> list[Hit]:
    """Every place whose name stands in the text; of a place that stands there twice the longest."""
    rows = PlaceName.objects.filter(
        key__in=list(pieces), kind__in=[PlaceName.Kind.FULL, PlaceName.Kind.SHORT]
    ).select_related(_ABOVE)
    found: dict[int, Hit] = {}
    for row in rows:
        start = text.find(row.key)
        while start >= 0:
            end = start + len(row.key)
            street = row.kind == PlaceName.Kind.SHORT and _STREET.match(text, end)
            known = found.get(row.place_id)
            if not street and (known is None or end - start > known.end - known.start):
                found[row.place_id] = Hit(row.place, row.kind, start, end)
            start = text.find(row.key, start + 1)
    return list(found.values())


def _best(hits: Sequence[Hit]) -> tuple[list[Hit], list[Place]]:
    """The longest way down the tree that stands in the text, and the places that it fits equally well."""
    by_place = {hit.place.pk: hit for hit in hits}
    ways: list[tuple[int, int, list[Hit]]] = []
    for hit in hits:
        way = [hit]
        for above in reversed(chain_of(hit.place)[:-1]):
            other = by_place.get(above.pk)
            if other is not None and other.end <= way[0].start:
                way.insert(0, other)
        alone = len(way) == 1 and hit.end - hit.start < 3
        if alone and hit.place.level == Place.Level.TOWN and len(hits) > 1:
            continue  # 新城 is a town somewhere; beside another name it is a word
        ways.append((sum(one.end - one.start for one in way), -way[0].start, way))
    if not ways:
        return [], []
    score, start, _way = max(ways, key=lambda way: way[:2])
    equal = [way for length, begins, way in ways if (length, begins) == (score, start)]
    # Where a place and one inside it are called the same (吉林省吉林市), the larger is meant.
    ends = {way[-1].place.pk for way in equal}
    top = [way for way in equal if not ends & {above.pk for above in chain_of(way[-1].place)[:-1]}]
    top.sort(key=lambda way: (way[-1].place.level, way[-1].place.pk))
    return top[0], [way[-1].place for way in top]


def _first_unknown(text: str) -> str:
    found = _LOOKS_LIKE_PLACE.match(text)
    return found[1] if found else ""


def _alike(place: Place, missing: str) -> list[Place]:
    """What stands below a place and is written or read alike, the nearest first; else all that stands there."""
    below = list(
        Place.objects.filter(parent=place).select_related("parent__parent__parent").order_by("pk")
    )
    sound = names.pinyin(missing)
    ranked = sorted(
        below,
        key=lambda one: (
            -max(
                difflib.SequenceMatcher(None, missing, one.name).ratio(),
                difflib.SequenceMatcher(None, sound, names.pinyin(one.name)).ratio(),
            ),
            one.pk,
        ),
    )
    return ranked[:NEAREST]


def _nearest(text: str) -> list[Place]:
    """Places that sound like what is written (杨州 for 扬州); else those that begin with the same sign."""
    run = next(iter(_HAN.findall(text)), "")[:10]
    sounds = {
        names.pinyin(run[start : start + length]): length
        for start in range(len(run))
        for length in (2, 3, 4)
        if start + length <= len(run)
    }
    rows = list(
        PlaceName.objects.filter(kind=PlaceName.Kind.PINYIN, key__in=list(sounds))
        .select_related(_ABOVE)
        .order_by("place__level", "place_id")[:60]
    )
    rows.sort(key=lambda row: -sounds[row.key])
    if not rows and run:
        rows = list(
            PlaceName.objects.filter(kind=PlaceName.Kind.FULL, key__startswith=run[0])
            .select_related(_ABOVE)
            .order_by("place__level", "place_id")[:60]
        )
        rows.sort(key=lambda row: -difflib.SequenceMatcher(None, run, row.key).ratio())
    return list({row.place_id: row.place for row in rows}.values())[:NEAREST]


def _by_letters(text: str) -> Recognised:
    """Pinyin or its initials, a word for each level: “yz hj”, “yangzhou hanjiang”."""
    words = _LATIN.findall(text)
    rows = PlaceName.objects.filter(
        key__in=words, kind__in=[PlaceName.Kind.PINYIN, PlaceName.Kind.INITIALS]
    ).select_related(_ABOVE)
    hits: dict[int, Hit] = {}
    for row in rows:
        at = words.index(row.key)
        hits.setdefault(row.place_id, Hit(row.place, row.kind, at, at + 1))
    best, tied = _best(list(hits.values()))
    if best and len(tied) == 1:
        return Recognised(chain_of(best[-1].place), (), "", "", frozenset())
    return Recognised((), tuple(tied[: NEAREST * 2]), "" if tied else text, "", frozenset())
