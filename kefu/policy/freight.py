"""What a parcel costs by a price table: the first weight, the steps beyond it, what is added.

No regulation stands behind it: the numbers are the table's, which holds from a day to a day.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from kefu.policy.money import yuan
from kefu.policy.refusals import BadFacts, cannot_be

GRAMS_10 = Decimal("0.01")  # what scales show, in kilograms


@dataclass(frozen=True, slots=True)
class FreightRate:
    """One line of a price table. Weights in kg, prices in yuan; ``divisor`` in cubic centimetres a kilogram,
    None where only the scales count."""

    first_kg: Decimal
    first_price: Decimal
    step_kg: Decimal
    step_price: Decimal
    divisor: int | None = None
    fuel_percent: Decimal = Decimal(0)
    surcharge: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Freight:
    """What it comes to, with each part of the sum. ``volume_kg`` is None where the size does not count."""

    actual_kg: Decimal
    volume_kg: Decimal | None
    charged_kg: Decimal
    steps: int
    first: Decimal
    beyond: Decimal
    fuel: Decimal
    surcharge: Decimal
    extra: Decimal
    total: Decimal


def freight(
    rate: FreightRate,
    *,
    kg: Decimal,
    size_cm: tuple[Decimal, Decimal, Decimal] | None = None,
    extra: Decimal = Decimal(0),
) -> Freight:
    """Return what a parcel costs. The heavier counts of its weight and its volume by the divisor.

    A weight exactly on a step costs that step and no further one; one gram beyond it costs the next. Fuel is a
    percentage of the freight, not of the additions. ``extra``: what the area of delivery adds, in yuan.
    Raises BadFacts for a weight or a size that is not positive.
    """
    for number in (kg, *(size_cm or ())):
        if not number.is_finite() or number <= 0:
            raise BadFacts(cannot_be("no_number", number=str(number)))
    volume = None
    if size_cm is not None and rate.divisor:
        length, width, height = size_cm
        exact = length * width * height / rate.divisor
        volume = exact.quantize(GRAMS_10, rounding=ROUND_HALF_UP)
    charged = max(kg, volume or Decimal(0))
    over = max(charged - rate.first_kg, Decimal(0))
    steps = int((over / rate.step_kg).to_integral_value(rounding=ROUND_CEILING))
    first, beyond = yuan(rate.first_price), yuan(rate.step_price * steps)
    fuel = yuan((first + beyond) * rate.fuel_percent / 100)
    surcharge, extra = yuan(rate.surcharge), yuan(extra)
    total = first + beyond + fuel + surcharge + extra
    return Freight(kg, volume, charged, steps, first, beyond, fuel, surcharge, extra, total)
