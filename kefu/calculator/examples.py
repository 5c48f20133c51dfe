"""Facts to begin with: the model's own example, one of ours, or the least that decides something."""

from collections.abc import Iterator, Mapping
from typing import Any

from kefu.calculator.offers import condition_values, is_offered, offered
from kefu.calculator.reading import Loc
from kefu.calculator.shapes import Shape, examples_of, shape_of
from kefu.calculator.trial import try_out
from kefu.policy.calculation import Calculation
from kefu.policy.clauses import NotSet
from kefu.policy.rulebook import Rulebook

DAY, MONTH = "2026-03-02", "2026-03"  # a Monday
OFFICE_WEEK = [
    [{"opens": "08:30", "closes": "12:00"}, {"opens": "13:30", "closes": "17:30"}],
] * 5 + [[], []]
CALENDAR = {"department": "query", "edition": "2026", "week": OFFICE_WEEK, "years": [2026]}
LIMITS = {"edition": "2026", "share": "0.2", "minimum_wage": "1200.00"}
# Where the least that decides something would not show what a calculation does.
OURS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "reply": ({"received_at": f"{DAY}T20:40:00+08:00"},),
    "claim_settlement": (
        {
            "claimed_at": f"{DAY}T10:00:00+08:00",
            "claim_type": "loss",
            "pauses": [],
        },
    ),
    "working_hours": (
        {
            "start_at": "2026-03-06T16:30:00+08:00",
            "minutes": 240,
            "windows": OFFICE_WEEK[0],
        },
    ),
    "calendar_days": ({"start_at": f"{DAY}T10:00:00+08:00", "days": 7},),
    "mass_incident": (
        {"received_at": [f"{DAY}T10:{minute:02}:00+08:00" for minute in range(0, 60, 2)]},
    ),
    "overtime": (
        {
            "month": MONTH,
            "base": "3000.00",
            "worked": [
                {
                    "starts_at": "2026-03-04T18:00:00+08:00",
                    "ends_at": "2026-03-04T20:30:00+08:00",
                },
                {
                    "starts_at": "2026-03-07T09:00:00+08:00",
                    "ends_at": "2026-03-07T12:00:00+08:00",
                },
            ],
            "calendar": CALENDAR,
        },
    ),
    "presence": (
        {
            "windows": [
                {"starts_at": f"{DAY}T08:00:00+08:00", "ends_at": f"{DAY}T12:00:00+08:00"},
                {"starts_at": f"{DAY}T13:30:00+08:00", "ends_at": f"{DAY}T17:30:00+08:00"},
            ],
            "came_at": f"{DAY}T08:12:40+08:00",
            "left_at": f"{DAY}T17:31:00+08:00",
            "as_of": f"{DAY}T20:00:00+08:00",
        },
    ),
    "lateness": (
        {
            "month": MONTH,
            "lates": [
                {"on": "2026-03-03", "minutes": 4},
                {"on": "2026-03-12", "minutes": 9},
                {"on": "2026-03-20", "minutes": 40},
            ],
        },
    ),
    "absence": ({"base": "3000.00", "absences": [{"on": "2026-03-11", "hours": "4"}]},),
    "payslip": (
        {
            "month": MONTH,
            "hired_on": "2024-03-01",
            "department": "query",
            "limits": LIMITS,
            "score": "48.5",
            "attendance": {"late": 1},
            "penalties": [{"clause": "CD-03.12", "amount": "10.00"}],
        },
        {
            "month": MONTH,
            "hired_on": "2024-03-01",
            "department": "any",
            "base": "3000.00",
            "limits": LIMITS,
            "score": "96",
        },
    ),
    "penalty": (
        {"clause": "CD-05.10", "complaint": "no_reply"},
        {"clause": "CD-05.08", "evidence": ["recording"]},
    ),
    "compensation": (
        {
            "event": "loss",
            "insured_amount": "800.00",
            "proved_value": "1200.00",
            "freight": "18.00",
        },
        {"event": "loss", "agreed": "300.00"},
    ),
    "liability": (
        {
            "amount": "1000.00",
            "liable": [
                {"party": "NJ01", "kind": "outlet", "share": "70"},
                {"party": "SH02", "kind": "outlet", "share": "30"},
            ],
            "reason": "双方都没有验收 / neither side checked it",
        },
    ),
    "assessment": (
        {
            "month": MONTH,
            "measured": {
                "response_rate": {"done": "96", "out_of": "100"},
                "first_contact_rate": {"done": "88", "out_of": "100"},
                "satisfaction": {"done": "460", "out_of": "100"},
            },
            "judged": {
                "compliance": {"points": "85", "by": "supervisor"},
                "attitude": {"points": "90", "by": "supervisor"},
            },
        },
    ),
    "air_return": ({"destination": "510100", "shuttle": False, "weight": "3.2"},),
    "score_money": ({"points": "12.5"},),
    "rate": tuple(
        {
            "rate": rate,
            "parts": {"A": {"counted": "95", "of": "100"}, "B": {"counted": "40", "of": "50"}},
        }
        for rate in ("complaint_rate", "slip_completeness", "handling")
    ),
    "month_score": (
        {
            "month": MONTH,
            "hired_on": "2024-03-01",
            "counts": {"CD-12.17": 1, "CD-12.19": 2},
            "desks": ["phone"],
            "metrics": {"answered_calls": "1200", "exam_mark": "92"},
            "desk_metrics": {},
            "commendations": 1,
        },
        {"month": MONTH, "hired_on": "2024-03-01", "counts": {"SD-233.32": 1}},
    ),
    "pool": (
        {
            "carried": "50.00",
            "pieces": [{"of": "loss", "count": 20, "done": []}],
            "paid_out": "30.00",
        },
    ),
    "text": ({"field": "problem_remark", "text": "123456", "facts": {"problem": "address_moved"}},),
    "escalation": ({"of": "contacts_without_result", "count": 2},),
}
MOST_ROUNDS = 12


def example(calculation: Calculation, rulebook: Rulebook) -> dict[str, Any]:
    """Facts that the rulebook decides on, or leaves blank; none where it knows no name to begin with."""
    models = (dict(one) for one in examples_of(calculation) if isinstance(one, Mapping))
    tried = [
        (facts, try_out(calculation, rulebook, facts))
        for facts in (*models, *OURS.get(calculation.name, ()))
    ]
    if decided := [facts for facts, trial in tried if trial.decided]:
        return decided[0]
    try:
        built = _built(calculation, rulebook)
    except NotSet:
        return next((facts for facts, trial in tried if trial.blank), {})
    if not tried or try_out(calculation, rulebook, built).decided:
        return built
    return tried[0][0]


def _built(calculation: Calculation, rulebook: Rulebook) -> dict[str, Any]:
    """The least: what has to be filled in, and then whatever policy still asks for."""
    shape, maker = shape_of(calculation), _Maker(calculation.name, rulebook)
    best: dict[str, Any] = {}
    for turn in range(MOST_ROUNDS):
        facts = maker.start(shape, turn)
        for _round in range(MOST_ROUNDS):
            trial = try_out(calculation, rulebook, facts)
            if trial.decided:
                return facts
            wanted = [fault.loc for fault in trial.faults if fault.missing and fault.loc]
            try:
                added = [maker.add(facts, shape, loc) for loc in wanted]
            except NotSet:
                break
            if not any(added):
                break
        best = best or facts
    return best


class _Maker:
    """Makes up values. The ``turn``-th name that the rulebook knows is taken for its subject."""

    def __init__(self, calculation: str, rulebook: Rulebook) -> None:
        self.calculation, self.rulebook = calculation, rulebook
        self.facts: dict[str, Any] = {}

    def start(self, shape: Shape, turn: int) -> dict[str, Any]:
        self.facts = {}
        for part in shape.parts:
            if part.required:
                self.facts[part.name] = self.value(part, turn)
        return self.facts

    def add(self, facts: dict[str, Any], shape: Shape, loc: Loc) -> bool:
        """Fill in what is asked for; false if that is nothing we can make up."""
        name = str(loc[0])
        part = next((one for one in shape.parts if one.name == name), None)
        if part is not None and name not in facts:
            facts[name] = self.value(part, 0)
            return True
        if part is not None and part.kind == "entries" and part.item and len(loc) > 1:
            facts[name][str(loc[1])] = self.value(part.item, 0)
            return True
        named = {one.name: one for one in shape.parts if one.kind == "entries"}
        for one in named.values():
            if one.key and one.item and one.name != "facts" and name in self.offered(one.key):
                facts.setdefault(one.name, {})[name] = self.value(one.item)
                return True
        if part is None and "facts" in named:
            values = condition_values(self.calculation, self.rulebook, facts, name)
            into, value = ("facts", values[0]) if values else ("numbers", "1")
            if into in named and name not in facts.setdefault(into, {}):
                facts[into][name] = value
                return True
        return False

    def offered(self, shape: Shape) -> list[str]:
        return offered(self.calculation, shape.path, self.rulebook, self.facts)

    def value(self, shape: Shape, turn: int = 0) -> Any:
        match shape.kind:
            case "group":
                return {part.name: self.value(part) for part in shape.parts if part.required}
            case "rows" | "list" | "spans":
                return list(self.rows(shape))
            case "entries":
                assert shape.item and shape.key
                known = self.offered(shape.key) or list(shape.key.values)
                return {name: self.value(shape.item) for name in known[:8]}
            case "choice":
                return shape.values[min(turn, len(shape.values) - 1)]
            case "code" | "clause" | "text":
                return self.name(shape, turn)
            case "whole":
                return self.whole(shape)
            case "number":
                return self.number(shape)
            case "yes_no":
                return False
        if shape.name == "hired_on":
            return "2024-03-01"
        return LATER[shape.kind] if _ends(shape) else TIMES[shape.kind]

    def rows(self, shape: Shape) -> Iterator[Any]:
        assert shape.item
        if shape.fixed:
            yield from OFFICE_WEEK if shape.least == len(OFFICE_WEEK) else ()
        elif shape.kind == "list" and (known := self.offered(shape)):
            yield from known[: shape.most or 1][:1]
        elif shape.kind == "spans":
            yield from OFFICE_WEEK[0]
        else:
            yield self.value(shape.item)

    def name(self, shape: Shape, turn: int) -> str:
        known = self.offered(shape)
        if known:
            return known[min(turn, len(known) - 1)]
        if shape.kind != "text" and is_offered(self.calculation, shape.path):
            raise NotSet(self.rulebook.code, shape.name)
        return "any" if shape.kind == "code" else "示例 / example"

    def whole(self, shape: Shape) -> int:
        low = int(shape.low or 0) + shape.open_low
        return max(low, min(3, int(shape.high or 3)))

    def number(self, shape: Shape) -> str:
        made = NUMBERS.get(shape.name) or BY_UNIT.get(shape.unit, "1")
        return made if not shape.high or float(made) <= float(shape.high) else shape.high


BY_UNIT = {"yuan": "100.00", "kg": "2.5", "hours": "8"}
NUMBERS = {
    "base": "3000.00",
    "cost": "130.00",
    "counted": "95",
    "done": "95",
    "of": "100",
    "out_of": "100",
    "points": "85",
    "score": "96",
}
TIMES: Mapping[str, Any] = {
    "day": DAY,
    "month": MONTH,
    "moment": f"{DAY}T10:00:00+08:00",
    "clock": "09:00",
    "json": None,
}
LATER: Mapping[str, Any] = {
    **TIMES,
    "moment": f"{DAY}T12:00:00+08:00",
    "clock": "18:00",
}


def _ends(shape: Shape) -> bool:
    return shape.name.startswith(("ends", "closes", "to_"))
