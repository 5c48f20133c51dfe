"""A rulebook of invented clauses about money, for what no regulation of ours happens to ask."""

from typing import Any

from kefu.policy.rulebook import Rulebook

FRAME = {
    "label_zh": "试验",
    "label_en": "Trial",
    "area": "claims",
    "automation": "full",
    "module": "kefu.policy.penalties",
}
HOUSE = {"entry_allowance_minutes": None, "interruption_share": None}


def book(*clauses: dict[str, Any]) -> Rulebook:
    """Clauses without an id are numbered ZZ-01.01, ZZ-01.02 …"""
    numbered = [
        FRAME | {"id": f"ZZ-01.{i:02}"} | clause for i, clause in enumerate(clauses, start=1)
    ]
    content = {"code": "ZZ", "name_zh": "试验规章", "name_en": "Trial", "house": HOUSE}
    return Rulebook.from_json(content | {"clauses": numbered})


def penalty(**settings: Any) -> dict[str, Any]:
    return {"kind": "consequence", "role": "agent", "condition": "at_once"} | settings


def band(over: object, up_to: object = None, **settings: Any) -> dict[str, Any]:
    """One band of a table in kilograms; without a price it costs one yuan a kilogram."""
    price = {"rate": "1", "basis": "excess", "parts": "exact"}
    if {"base", "negotiated"} & settings.keys():
        price = {}
    bounds = {"over": over} if up_to is None else {"over": over, "up_to": up_to}
    return {"kind": "tariff", "table": "trial", "unit": "kg"} | bounds | price | settings


def term(**settings: Any) -> dict[str, Any]:
    """One clause of a compensation: for a loss, insured or not."""
    frame = {"kind": "compensation", "event": "loss", "sets": "amount", "basis": "proved_value"}
    return frame | settings
