"""Geometry of the pictures; the words and the numbers beside them are the templates'."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kefu.overview.dashboard.figures import Figure

WIDTH, HEIGHT = 440.0, 220.0
LEFT = 44.0  # of the axis
ROUND = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a column, in the units of the picture."""

    x: float
    y: float
    width: float
    height: float


MOST_LABELS = 16


@dataclass(frozen=True, slots=True)
class Column:
    """What is kept, broken and open at one place of the axis; ``told``: whether there is room for its label."""

    label: str
    met: Figure
    broken: Figure
    open: Figure
    told: bool = True
    middle: float = 0
    bars: tuple[Bar, Bar, Bar] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart; ``lines``: (y, what it stands for)."""

    columns: Sequence[Column]
    lines: Sequence[tuple[float, str]]
    width: float = WIDTH
    height: float = HEIGHT


def columns(found: Sequence[Column]) -> Columns:
    """Stack kept, broken and open on one axis that begins at nothing."""
    most = max((int(one.met.n + one.broken.n + one.open.n) for one in found), default=0)
    step = _step(most)
    top = max(step * -(-most // step), step)
    unit = (HEIGHT - 12) / top
    each = (WIDTH - LEFT) / max(len(found), 1)
    apart = -(-len(found) // MOST_LABELS)
    placed = [
        _placed(one, LEFT + each * n, each, unit, told=n % max(apart, 1) == 0)
        for n, one in enumerate(found)
    ]
    lines = [(HEIGHT - at * unit, f"{at:,}") for at in range(0, top + 1, step)]
    return Columns(placed, lines)


def _placed(one: Column, left: float, each: float, unit: float, *, told: bool) -> Column:
    width, y = each * 0.6, HEIGHT
    bars = []
    for part in (one.met, one.broken, one.open):
        height = int(part.n) * unit
        y -= height
        bars.append(
            Bar(round(left + each * 0.2, 1), round(y, 1), round(width, 1), round(height, 1))
        )
    met, broken, open_ = bars
    middle = round(left + each / 2, 1)
    return replace(one, told=told, middle=middle, bars=(met, broken, open_))


def _step(most: int) -> int:
    """A round distance of lines, three or four of them."""
    size = 1
    while True:
        for one in ROUND:
            if most <= 4 * one * size:
                return one * size
        size *= 10


def part(n: int, most: int) -> int:
    """How long a bar is, of 100."""
    return 100 * n // most if most else 0
