"""How fees are decided anew: from the facts beside each, by the version it was decided under or by another."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model, Q, QuerySet

from kefu.policy.clauses import NotSet
from kefu.policy.conditions import MissingFact
from kefu.policy.fees import (
    AirReturn,
    Forwarding,
    WarehouseEntry,
    air_return,
    forwarding_shortfall,
    warehouse_entry,
)
from kefu.policy.months import Month
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Decision, Missing, Outcome, span
from problem_parcels.models import EntryFeeQuote, ReturnCharge
from problem_parcels.models import Forwarding as ForwardingRow

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fees:
    """One kind of fee: the rows that hold it, when each was decided, what it came to, and how it is decided."""

    model: type[Model]
    decided_at: str
    counted: Q
    columns: tuple[str, ...]
    outcome: Callable[[Rulebook, Mapping[str, Any]], Mapping[str, Any]]
    case: str = "case"  # "": these rows are about no case

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        about = [f"{self.case}_id", f"{self.case}__number", f"{self.case}__department_id"]
        rows = (
            self._rows(month, rulebook_id)
            .filter(pk__gt=after, **{f"{self.decided_at}__lte": at})
            .order_by("pk")
            .values("pk", "rulebook_id", "inputs", *self.columns, *(about if self.case else []))
        )
        return [self._decision(row) for row in rows[:limit]]

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        with _gaps():
            return Outcome(
                {name: plain(value) for name, value in self.outcome(rules, facts).items()}
            )

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Any]:
        first, end = span(month)
        rows = self.model._default_manager.filter(
            self.counted, **{f"{self.decided_at}__gte": first, f"{self.decided_at}__lt": end}
        )
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)

    def _decision(self, row: Row) -> Decision:
        steps = row["inputs"].get("steps") or [{"clause": ""}]
        return Decision(
            key=row["pk"],
            clause=steps[-1]["clause"],
            version_id=row["rulebook_id"],
            case_id=row[f"{self.case}_id"] if self.case else None,
            case_number=row[f"{self.case}__number"] or "" if self.case else "",
            department_id=row[f"{self.case}__department_id"] if self.case else None,
            facts=row["inputs"].get("facts"),
            stored=Outcome({name: plain(row[name]) for name in self.columns}),
        )


@contextmanager
def _gaps() -> Iterator[None]:
    try:
        yield
    except NotSet as error:
        raise Missing("setting", error.clause, error.setting) from error
    except MissingFact as error:
        raise Missing("fact", error.clause, error.fact) from error
    except Refused as error:
        raise Missing("fact", detail=str(error)) from error


def _return(rules: Rulebook, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"amount": air_return(rules, AirReturn.model_validate(facts)).amount}


def _shortfall(rules: Rulebook, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"shortfall": forwarding_shortfall(rules, Forwarding.model_validate(facts)).amount}


def _entry(rules: Rulebook, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    fee = warehouse_entry(rules, WarehouseEntry.model_validate(facts))
    return {"total": fee.total, "parts": {name: str(part) for name, part in fee.parts.items()}}


RETURN_FEES = Fees(ReturnCharge, "charged_at", Q(by_air=True), ("amount",), _return)
SHORTFALLS = Fees(
    ForwardingRow, "registered_at", Q(inputs__has_key="facts"), ("shortfall",), _shortfall
)
ENTRY_FEES = Fees(EntryFeeQuote, "quoted_at", Q(), ("total", "parts"), _entry, case="")
