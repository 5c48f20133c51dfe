"""What a service costs, who bears which cost, and where fines go."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from kefu.policy.clauses.base import (
    Amount,
    Blank,
    ClauseBase,
    Count,
    Name,
    Quantity,
    Share,
    Strict,
    Text,
)

# An administrative division by its code (GB/T 2260): province, prefecture or county.
Division = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}([0-9]{2}){0,2}$")]
Parts = Literal["exact", "hundredth", "up"]


class Tariff(ClauseBase):
    """One band of a table of prices: from ``over`` (outside) up to ``up_to`` (inside; not written:
    no end), in a ``zone`` where the table has zones.

    It costs ``base``, or ``rate`` for each unit: on the ``whole`` quantity, or on the ``excess``
    over the beginning of the band, and then what the bands below cost comes first. ``parts``: part
    of a unit counts exactly, to the hundredth, or up to the next whole. ``negotiated``: by
    agreement. ``beyond``: what is above the band is refused where no other takes it, or costs no
    more than the end of the band. ``places``: the divisions of the zone; a longer code goes before
    a shorter one. What is written blank the regulation leaves blank.
    """

    kind: Literal["tariff"]
    table: Name
    zone: Name | None = None
    places: Blank[Annotated[tuple[Division, ...], Field(min_length=1)]] = None
    unit: Literal["kg", "cubic_metre", "point"]
    over: Blank[Quantity]
    up_to: Blank[Quantity] = None
    base: Blank[Amount] = None
    rate: Blank[Amount] = None
    basis: Literal["excess", "whole"] | None = None
    parts: Parts | None = None
    negotiated: bool = False
    beyond: Literal["refused", "stays"] = "refused"

    @model_validator(mode="after")
    def _has_a_price(self) -> Self:
        written = self.model_fields_set
        if self.negotiated == bool({"base", "rate"} & written):
            raise ValueError("a price is written, or it is negotiated")
        if not ("rate" in written) == (self.basis is not None) == (self.parts is not None):
            raise ValueError("rate, basis and parts go together")
        if self.over is not None and self.up_to is not None and self.over >= self.up_to:
            raise ValueError("up_to is above over")
        if self.beyond == "stays" and not self.ends:
            raise ValueError("beyond goes with up_to")
        if self.places is not None and self.zone is None:
            raise ValueError("places are those of a zone")
        return self

    @property
    def ends(self) -> bool:
        return "up_to" in self.model_fields_set

    @property
    def question(self) -> tuple[str, ...] | None:
        if self.over is None:
            return None
        return "tariff", self.table, self.zone or "", f"{self.over.normalize():f}"


class PieceRow(Strict):
    """So many pieces cost ``base``, and each piece more than ``from_pieces`` costs ``each``;
    ``to_pieces`` blank: no end.
    """

    from_pieces: Count
    to_pieces: Blank[Count]
    base: Amount
    each: Amount


class PieceTariff(ClauseBase):
    """A table of prices by the number of pieces, in so many rows, for pieces of ``max_piece_kg`` at
    most; one that is heavier is charged by weight.
    """

    kind: Literal["piece_tariff"]
    table: Name
    max_piece_kg: Blank[Quantity]
    row_count: Count
    rows: Blank[tuple[PieceRow, ...]]

    @model_validator(mode="after")
    def _no_gap(self) -> Self:
        rows = self.rows
        if rows is None:
            return self
        if len(rows) != self.row_count:
            raise ValueError(f"the table has {self.row_count} rows, not {len(rows)}")
        if rows[0].from_pieces != 1:
            raise ValueError("the first row begins with one piece")
        for row, after in pairwise(rows):
            if row.to_pieces is None or after.from_pieces != row.to_pieces + 1:
                raise ValueError(f"the row after {row.to_pieces} pieces leaves a gap or overlaps")
        for row in rows:
            if row.to_pieces is not None and row.to_pieces < row.from_pieces:
                raise ValueError(f"a row ends before it begins: {row.from_pieces}")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "piece_tariff", self.table


class PlaceRow(Strict):
    """What a place asks for; the names of the charges are those the fee adds up."""

    place: Text
    charges: Annotated[dict[Name, Amount], Field(min_length=1)]


class PlaceTariff(ClauseBase):
    """What each place charges: a table the house keeps; blank: none has been set up."""

    kind: Literal["place_tariff"]
    table: Name
    rows: Blank[Annotated[tuple[PlaceRow, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _each_place_once(self) -> Self:
        places = [row.place for row in self.rows or ()]
        for place in places:
            if places.count(place) > 1:
                raise ValueError(f"{place} is given twice")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "place_tariff", self.table


class FeeSum(ClauseBase):
    """A fee that is a sum of parts: all of them (``whole``), or those that come on top."""

    kind: Literal["fee_sum"]
    fee: Name
    adds: Literal["whole", "on_top"]
    parts: Annotated[tuple[Name, ...], Field(min_length=1)]

    @property
    def question(self) -> tuple[str, ...]:
        return "fee_sum", self.fee, self.adds


class Bearer(ClauseBase):
    """Who bears, advances, is paid back or tops up a cost, in this ``case``.

    ``legs``: the ways the freight is for. ``after`` and ``needs``: what has to have happened and
    to be on record before money is paid back, ``to``: by which way. ``hold``: the parcel waits for
    the money.
    """

    kind: Literal["bearer"]
    cost: Name
    case: Name
    act: Literal["bears", "advances", "pays_back", "tops_up"]
    who: Name
    legs: tuple[Literal["outbound", "return"], ...] = ()
    after: Name | None = None
    needs: tuple[Name, ...] = ()
    to: Name | None = None
    hold: bool = False

    @property
    def question(self) -> tuple[str, ...]:
        return "bearer", self.cost, self.case, self.act


class Fund(ClauseBase):
    """A fund that gets a ``share`` of each deduction of these kinds; ``without``: kinds that are no
    income, since nothing was paid.
    """

    kind: Literal["fund"]
    fund: Name
    share: Share
    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    without: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _in_or_out(self) -> Self:
        if set(self.of) & set(self.without):
            raise ValueError("a kind of deduction goes into the fund or does not")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "fund", self.fund
