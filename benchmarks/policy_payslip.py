"""Payslips of the courier rulebook with their explanation, beside the same slips written by hand.

Ours: checked facts in, the payslip and every line of its arithmetic in words out, on one core. Limit: a function
that knows this one case, its clauses and its sentences, and does nothing but the sums and the text.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from kefu.policy.explanation import explain
from kefu.policy.pay import Limits, Owed, PayFacts, PayRules, Piece, payslip
from kefu.policy.rulebook import load

SLIPS = {"small": 2_000, "full": 20_000}
ROUNDS = 3  # the best of each counts: other programs only ever add
AIM = 2_000  # a second
FEN = Decimal("0.01")
LIMITS = Limits(edition="2026-07", share=Decimal("0.2"), minimum_wage=Decimal(1000))
Told = tuple[Decimal, list[tuple[str, str]]]


def run(scale: str) -> Iterator[dict[str, Any]]:
    people = [_facts(number) for number in range(SLIPS[scale])]
    rules = PayRules.of(load("CD"))

    def ours(facts: PayFacts) -> Told:
        slip = payslip(facts, rules)
        return slip.net, [(line.text, line.value) for line in explain(slip.steps, "zh-hans")]

    for facts in people[:100]:
        assert ours(facts) == by_hand(facts), facts
    best, limit = [], []
    for _round in range(ROUNDS):  # in turn, so that both meet the same machine
        best.append(_rate(ours, people))
        limit.append(_rate(by_hand, people))
    yield {
        "name": "policy_payslip",
        "ours": round(max(best)),
        "limit": round(max(limit)),
        "ratio": round(max(best) / max(limit), 3),
        "unit": "payslips with explanation a second of one core",
        "n": len(people),
        "aim": f">= {AIM} a second",
        "aim_reached": max(best) >= AIM,
        "load": os.getloadavg()[0],
    }


def _rate(make: Callable[[PayFacts], Told], people: list[PayFacts]) -> float:
    began = time.process_time()
    for facts in people:
        make(facts)
    return len(people) / (time.process_time() - began)


def _facts(number: int) -> PayFacts:
    return PayFacts(
        month="2026-11",
        hired_on=date(2023, 1 + number % 12, 1 + number % 28),
        department="query",
        limits=LIMITS,
        score=Decimal(40) + Decimal(number % 21) / 2,
        pieces=(
            Piece(of="damage", count=1 + number % 5, done=frozenset({"accepted"})),
            Piece(of="loss", count=1 + number % 3, done=frozenset({"accepted"})),
            Piece(
                of="complaint", count=1 + number % 7, done=frozenset({"recorded", "handed_over"})
            ),
        ),
        penalties=(
            Owed(clause="CD-12.79", amount=Decimal(30)),
            Owed(clause="CD-03.12", amount=Decimal(10)),
        ),
    )


def by_hand(facts: PayFacts) -> Told:
    served = (2026 - facts.hired_on.year) * 12 + 11 - facts.hired_on.month
    steps = (served - 13) // 12
    seniority = Decimal(100 + 50 * steps)
    assert facts.score is not None
    performance = (facts.score * 200 / 50).quantize(FEN, rounding=ROUND_HALF_UP)
    damage, loss, complaint = (piece.count for piece in facts.pieces)
    gross = 1000 + seniority + performance + 15 * damage + 25 * loss + 10 * complaint + 50
    room = (gross * Decimal("0.2")).quantize(FEN, rounding=ROUND_DOWN)
    told = [
        (f"基本工资，入职第 {served + 1} 个月", "1,000.00 元"),
        (f"入职后第 {served} 个月，第 13 个月起发", "100.00 元"),
        (f"100.00 元 + {steps} × 50.00 元", f"{seniority:,.2f} 元"),
        (f"{facts.score:f} ÷ 50 × 200.00 元", f"{performance:,.2f} 元"),
        (f"{damage} 件 × 15.00 元", f"{15 * damage:,.2f} 元"),
        (f"{loss} 件 × 25.00 元", f"{25 * loss:,.2f} 元"),
        (f"{complaint} 件 × 10.00 元", f"{10 * complaint:,.2f} 元"),
        ("满勤", "50.00 元"),
        ("本月应扣", "30.00 元"),
        ("本月应扣", "10.00 元"),
        (f"扣款上限 = {gross:,.2f} 元 × 20%（2026-07）", f"{room:,.2f} 元"),
        (f"实发 = {gross:,.2f} 元 − 40.00 元", f"{gross - 40:,.2f} 元"),
    ]
    return gross - 40, told
