"""Yuan and points: the only place where a number is rounded."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from kefu.policy.refusals import BadFacts, cannot_be

FEN = Decimal("0.01")
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"


def yuan(amount: Decimal | int | str) -> Decimal:
    """Return ``amount`` in yuan with two places, halves up (away from zero): 0.005 is one fen.

    Raises TypeError for a float, BadFacts for anything that is not a finite number.
    """
    return _finite(amount).quantize(FEN, rounding=ROUND_HALF_UP)


def cut(amount: Decimal | int | str, step: Decimal = FEN) -> Decimal:
    """Return ``amount`` cut off at the fen, or at ``step``: for a limit that must not be passed, and
    for showing a number that is longer than its column. Never for what is owed.

    Raises TypeError for a float, BadFacts for anything that is not a finite number.
    """
    return _finite(amount).quantize(step, rounding=ROUND_DOWN)


def points(number: Decimal | int | str) -> Decimal:
    """Return ``number`` as points of a score, never rounded: 0.5 stays 0.5 and 0.50 becomes 0.5.

    Raises TypeError for a float, BadFacts for more than two places or no finite number.
    """
    exact = _finite(number)
    if exact != exact.quantize(FEN, rounding=ROUND_HALF_UP):
        raise BadFacts(cannot_be("two_places", number=str(number)))
    short = exact.normalize()
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]


def in_capitals(amount: Decimal) -> str:
    """Return an amount in the signs of Chinese contracts: 1200.50 is 壹仟贰佰元伍角整. Below a trillion, not negative."""
    fen = int(yuan(amount) / FEN)
    if not 0 <= fen < 10**14:
        raise ValueError(f"cannot be written out: {amount}")
    whole, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    said = _integer_in_capitals(whole) + "元" if whole else ""
    if jiao:
        said += _CAPITALS[jiao] + "角"
    elif rest and whole:
        said += "零"
    if rest:
        return said + _CAPITALS[rest] + "分"
    return (said or "零元") + "整"


def _integer_in_capitals(number: int) -> str:
    """By groups of four digits; a gap of noughts within or between groups is one 零."""
    said, gap = "", False
    for place, unit in ((12, "兆"), (8, "亿"), (4, "万"), (0, "")):
        group = number // 10**place % 10_000
        for power, small in ((3, "仟"), (2, "佰"), (1, "拾"), (0, "")):
            digit = group // 10**power % 10
            if digit:
                said += ("零" if gap and said else "") + _CAPITALS[digit] + small
            gap = not digit
        said += unit if group else ""
    return said


def _finite(number: Decimal | int | str) -> Decimal:
    # A float has lost the fen before it gets here; True is no amount.
    if isinstance(number, bool) or not isinstance(number, (Decimal, int, str)):
        raise TypeError(f"an amount is a Decimal, an int or a text, not {type(number).__name__}")
    try:
        exact = Decimal(number)
    except ArithmeticError:
        raise BadFacts(cannot_be("no_number", number=str(number))) from None
    if not exact.is_finite():
        raise BadFacts(cannot_be("no_number", number=str(number)))
    return exact
