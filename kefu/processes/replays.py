"""Who bears the freight of goods sent back, decided anew from what stands with the step."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.clauses import NotSet
from kefu.policy.fees import GoodsReturn, goods_return
from kefu.policy.months import Month
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.processes.models import StepDone
from kefu.replay.decisions import Decision, Missing, Outcome, span

SHARES = ("bears", "advances", "pays_back")


class Freight:
    """The shares of freight (SD-223.13 to SD-223.16); when a step is due is replayed with the promises."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _made_in(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _made_in(month, rulebook_id).filter(pk__gt=after, done_at__lte=at).order_by("pk")
        columns = ("pk", "inputs", "run__rulebook_id", "run_id", "run__case__number")
        found = rows.values(*columns, "run__case__department_id")
        return [_decision(row) for row in found[:limit]]

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        try:
            share = goods_return(rules, GoodsReturn.model_validate(facts))
        except NotSet as error:
            raise Missing("setting", error.clause, error.setting) from error
        return Outcome({name: plain(_sums(getattr(share, name))) for name in SHARES})


def _sums(amounts: Mapping[str, Any]) -> dict[str, str]:
    return {who: str(amount) for who, amount in amounts.items()}


def _made_in(month: Month, rulebook_id: int | None) -> QuerySet[StepDone]:
    first, end = span(month)
    rows = StepDone.objects.filter(done_at__gte=first, done_at__lt=end, inputs__has_key="shares")
    return rows if rulebook_id is None else rows.filter(run__rulebook__rulebook=rulebook_id)


def _decision(row: Mapping[str, Any]) -> Decision:
    inputs = row["inputs"]
    return Decision(
        key=row["pk"],
        clause=inputs["steps"][-1]["clause"],
        version_id=row["run__rulebook_id"],
        case_id=row["run_id"],
        case_number=row["run__case__number"],
        department_id=row["run__case__department_id"],
        facts=inputs["facts"],
        stored=Outcome({name: inputs["shares"][name] for name in SHARES}),
    )


FREIGHT = Freight()
