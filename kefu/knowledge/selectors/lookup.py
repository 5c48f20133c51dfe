"""Who delivers at an address, when, and what a parcel there costs, with its arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.knowledge.models import Coverage, Edition, Place, Rate
from kefu.knowledge.selectors.recognise import (
    Recognised,
    chain_of,
    clean,
    pieces_of,
    recognise,
)
from kefu.policy.explanation import Explanation, Fact, Footer, Line
from kefu.policy.freight import Freight, FreightRate, freight

Size = tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Served:
    """Who delivers there; ``days``: how long it takes in all, None where no table says."""

    coverage: Coverage
    days: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an address. ``told``: the price explained, None where no weight was given or no table has one."""

    recognised: Recognised
    served: Sequence[Served]
    rate: Rate | None
    price: Freight | None
    told: Explanation | None

    @property
    def where(self) -> str:
        return full_name(self.recognised.chain)


def full_name(chain: Sequence[Place]) -> str:
    return "".join(place.name for place in chain)


def look_up(
    *,
    text: str,
    on: date,
    place: Place | None = None,
    kg: Decimal | None = None,
    size_cm: Size | None = None,
) -> Found:
    """Look an address up as the tables hold on a day. ``place``: chosen where the text could mean several."""
    if place is not None:
        cleaned = clean(text).replace(" ", "")
        known = Recognised(chain_of(place), (), "", cleaned, pieces_of(cleaned))
    else:
        known = recognise(text)
    rows = _coverage(known, on)
    if not known.chain and len(rows) == 1 and rows[0].keyword:
        known = Recognised(chain_of(rows[0].place), (), "", known.rest, known.pieces)
    rate = _rate(known.chain, on)
    served = [Served(row, _days(rate, row)) for row in rows] if known.chain else []
    if not known.chain or rate is None or kg is None:
        return Found(known, served, rate, None, None)
    extra = served[0].coverage.extra_fee if len(served) == 1 else Decimal(0)
    price = freight(_as_policy(rate), kg=kg, size_cm=size_cm, extra=extra)
    return Found(known, served, rate, price, _explained(known, rate, price, size_cm, on))


def _coverage(known: Recognised, on: date) -> list[Coverage]:
    """The rows of the streets that the text names, the longest first; else the one of the deepest place that has one."""
    dated = Coverage.objects.on(on).select_related(
        "place__parent__parent__parent", "outlet", "edition"
    )
    chain = {place.pk: depth for depth, place in enumerate(known.chain)}
    if known.pieces:
        streets = [
            row
            for row in dated.filter(~Q(keyword=""), keyword__in=list(known.pieces))
            if not chain
            or row.place_id in chain
            or known.chain[-1].pk in {above.pk for above in chain_of(row.place)}
        ]
        if streets:
            longest = max(len(row.keyword) for row in streets)
            return [row for row in streets if len(row.keyword) == longest]
    if not chain:
        return []
    whole = list(dated.filter(place__in=list(chain), keyword=""))
    return sorted(whole, key=lambda row: -chain[row.place_id])[:1]


def _rate(chain: Sequence[Place], on: date) -> Rate | None:
    depth = {place.pk: number for number, place in enumerate(chain)}
    rows = Rate.objects.on(on).filter(place__in=list(depth)).select_related("edition", "place")
    return max(rows, key=lambda row: depth[row.place_id], default=None)


def _days(rate: Rate | None, row: Coverage) -> int | None:
    return None if rate is None or rate.days is None else rate.days + row.extra_days


def _as_policy(rate: Rate) -> FreightRate:
    return FreightRate(
        rate.first_kg,
        rate.first_price,
        rate.step_kg,
        rate.step_price,
        rate.divisor,
        rate.fuel_percent,
        rate.surcharge,
    )


def _yuan(amount: Decimal) -> str:
    return format(amount, ",.2f")


def _kg(weight: Decimal) -> str:
    return _("%(kg)s 公斤") % {"kg": format(weight.normalize(), "f")}


def _explained(
    known: Recognised, rate: Rate, price: Freight, size_cm: Size | None, on: date
) -> Explanation:
    """The sum line by line, in the shape that every amount of the house is explained in."""
    facts = [
        Fact(_("目的地"), full_name(known.chain)),
        Fact(_("按哪个地名的价"), str(rate.place)),
        Fact(_("称重"), _kg(price.actual_kg)),
    ]
    lines = []
    if size_cm is not None:
        sides = " × ".join(format(side.normalize(), "f") for side in size_cm)
        facts.append(Fact(_("长宽高（厘米）"), sides))
        if price.volume_kg is None:
            lines.append(Line("", _("这条运价不计体积"), "—"))
        else:
            lines.append(
                Line(
                    "",
                    _("体积重：%(sides)s ÷ %(divisor)d")
                    % {"sides": sides, "divisor": rate.divisor},
                    _kg(price.volume_kg),
                )
            )
    lines.append(Line("", _("计费重：称重和体积重取大的"), _kg(price.charged_kg)))
    lines.append(Line("", _("首重 %(kg)s") % {"kg": _kg(rate.first_kg)}, _yuan(price.first)))
    if price.steps:
        lines.append(
            Line(
                "",
                _("续重 %(n)d 个 %(kg)s，每个 %(each)s 元")
                % {"n": price.steps, "kg": _kg(rate.step_kg), "each": _yuan(rate.step_price)},
                _yuan(price.beyond),
            )
        )
    if price.fuel:
        percent = format(rate.fuel_percent.normalize(), "f")
        lines.append(Line("", _("燃油附加费 %(n)s%%") % {"n": percent}, _yuan(price.fuel)))
    if price.surcharge:
        lines.append(Line("", rate.surcharge_name or _("附加费"), _yuan(price.surcharge)))
    if price.extra:
        lines.append(Line("", _("派送加收"), _yuan(price.extra)))
    total = _("%(yuan)s 元") % {"yuan": _yuan(price.total)}
    return Explanation(
        clause="",
        title=_("运费"),
        basis="",
        result=total,
        facts=tuple(facts),
        arithmetic=tuple(lines),
        total=Line("", _("合计"), total),
        changes=(
            Fact(_("实际收费"), _("以收件时的称重和量方为准")),
            Fact(_("换了运价表"), _("以收件那天有效的一版为准")),
        ),
        footer=Footer(
            _("按"),
            edition_name(rate.edition),
            _("这条价从 %(day)s 起有效；查的是 %(on)s 的价")
            % {"day": rate.valid_from.isoformat(), "on": on.isoformat()},
        ),
    )


def edition_name(edition: Edition) -> str:
    return _("%(kind)s第 %(n)d 版") % {
        "kind": edition.get_kind_display(),
        "n": edition.number,
    }


def destination(case: Case) -> tuple[str, Decimal | None]:
    """Where a case's parcel goes, as far as it may be shown, and how heavy it is."""
    waybill = case.waybill
    if waybill is None:
        return "", None
    masked = waybill.receiver_address_masked.partition("*")[0]
    return masked or waybill.route_to, waybill.weight_kg or None


__all__ = ["Found", "Served", "chain_of", "destination", "edition_name", "full_name", "look_up"]
