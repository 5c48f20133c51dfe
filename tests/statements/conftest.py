"""Chengdu and Xi'an, their fines of November, and the month that ends."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.overview.verify import verify
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.statements import services
from kefu.statements.models import Payment, Statement
from tests.centre import Centre, at
from tests.frozen import centre, clock

__all__ = ["centre", "clock"]

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@dataclass
class Books:
    centre: Centre
    case: Case
    clock: Any

    @transaction.atomic
    def fine(self, amount: str, when: str, party: Party | None = None) -> Penalty:
        """A fine that counts at once: 'when' is a moment of Shanghai, with its day."""
        inputs = {
            "clause": "CD-05.10",
            "follows": "",
            "role": "queried_outlet",
            "kind": "fine",
            "each": amount,
            "times": 1,
            "condition": "at_once",
            "also": [],
            "causes": [],
        }
        return penalties.impose(
            case=self.case,
            clause="CD-05.10",
            version_id=self.case.deadlines.first().rulebook_id,
            party=party or self.centre.chengdu,
            kind=Penalty.Kind.FINE,
            value=Decimal(amount),
            inputs=inputs,
            actor=None,
            now=at(when),
        )

    @transaction.atomic
    def take_back(self, penalty: Penalty, when: str) -> None:
        penalties.reverse(
            penalty=penalty,
            reason="查明不是网点的责任",
            fact={"reversal": "correction"},
            actor=self.centre.chen.user,
            now=at(when),
        )

    def draw(self, month: date = NOVEMBER, party: Party | None = None) -> Statement | None:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        return services.draw_up(
            party=party or self.centre.chengdu, month=month, now=at(f"{after} 01:00:00")
        )

    def issue(self, statement: Statement, when: str = "2026-12-01 10:00:00") -> Statement:
        return services.issue(statement=statement, actor=self.centre.chen.user, now=at(when))

    def follow(self, when: str) -> int:
        return services.follow(now=at(when))

    def pay(self, amount: str, when: str = "2026-12-10 10:00:00", **given: Any) -> Payment:
        now: datetime = at(when)
        facts = {"reference": f"T{Payment.objects.count()}", "paid_on": now.date(), **given}
        facts = {"party": self.centre.chengdu, "actor": self.centre.chen.user, **facts}
        return services.record_payment(amount=Decimal(amount), now=now, **facts)


@pytest.fixture
def books(centre, clock):
    case = centre.inquiry(now=at("2026-11-01 08:00:00"))
    return Books(centre, case, clock)


def violations() -> list[Any]:
    """What ``verify`` finds against statements, the journal and penalties."""
    words = ("statement", "penalty", "payment_in", "posting", "entr", "ledger", "balance")
    return [one for one in verify() if one.violations and any(w in one.check for w in words)]
