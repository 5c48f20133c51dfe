"""Numbers that are one slip of the finger away."""

from collections.abc import Collection, Iterable

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
