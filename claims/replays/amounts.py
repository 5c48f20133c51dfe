"""How amounts are decided anew: what the customer gets, and what each of the liable bears of it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from claims.models import Settlement
from kefu.policy.clauses import NotSet
from kefu.policy.compensation import Claim, LossDivision, compensate, divide
from kefu.policy.months import Month
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Decision, Missing, Outcome, span
from kefu.rulebooks.models import RulebookVersion

Facts = Mapping[str, Any]
COLUMNS = ("pk", "computed", "clause", "rulebook_id", "inputs", "claim_id")
ABOUT = ("claim__case__number", "claim__case__department_id")


@contextmanager
def _gaps() -> Iterator[None]:
    try:
        yield
    except NotSet as error:
        raise Missing("setting", error.clause, error.setting) from error
    except Refused as error:
        raise Missing("fact", detail=str(error)) from error


class Compensations:
    """What the rulebook computed beside what was agreed (ES-303.13 … ES-303.19, LC-01.20)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = self._rows(month, rulebook_id).filter(pk__gt=after, proposed_at__lte=at)
        return [
            _decision(
                row,
                clause=row["clause"],
                version_id=row["rulebook_id"],
                facts=row["inputs"]["claim"],
                stored={"computed": plain(row["computed"]), "clause": row["clause"]},
            )
            for row in rows.order_by("pk").values(*COLUMNS, *ABOUT)[:limit]
        ]

    def decide(self, facts: Facts, rules: Rulebook) -> Outcome:
        with _gaps():
            found = compensate(rules, Claim.model_validate(facts))
        return Outcome({"computed": plain(found.amount), "clause": found.clause})

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Settlement]:
        rows = _made_in(month).filter(computed__isnull=False)
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


class Divisions:
    """How an agreed amount was divided among the liable (LC-01.18, LC-03.19, LC-04.12)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = self._rows(month, rulebook_id).filter(pk__gt=after, proposed_at__lte=at)
        return [
            _decision(
                row,
                clause=division["steps"][0]["clause"],
                version_id=division["rulebook"],
                facts=division["facts"],
                stored={"amounts": division["amounts"]},
            )
            for row in rows.order_by("pk").values(*COLUMNS, *ABOUT)[:limit]
            for division in [row["inputs"]["division"]]
        ]

    def decide(self, facts: Facts, rules: Rulebook) -> Outcome:
        with _gaps():
            found = divide(rules, LossDivision.model_validate(facts))
        return Outcome({"amounts": [str(amount) for amount in found.amounts]})

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Settlement]:
        rows = _made_in(month).filter(inputs__division__has_key="rulebook")
        if rulebook_id is None:
            return rows
        versions = RulebookVersion.objects.filter(rulebook=rulebook_id).values_list("pk", flat=True)
        return rows.filter(inputs__division__rulebook__in=list(versions))


def _made_in(month: Month) -> QuerySet[Settlement]:
    first, end = span(month)
    return Settlement.objects.filter(proposed_at__gte=first, proposed_at__lt=end)


def _decision(
    row: Mapping[str, Any],
    *,
    clause: str,
    version_id: int,
    facts: Facts,
    stored: Mapping[str, Any],
) -> Decision:
    return Decision(
        key=row["pk"],
        clause=clause,
        version_id=version_id,
        case_id=row["claim_id"],
        case_number=row["claim__case__number"],
        department_id=row["claim__case__department_id"],
        facts=facts,
        stored=Outcome(stored),
    )
