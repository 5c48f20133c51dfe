"""Why an amount: the facts, the arithmetic, who has to agree; from what the row keeps."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from claims.models import ApprovalLimit, Claim, Settlement
from claims.selectors.amounts import computed
from kefu import punctuation
from kefu.policy.explanation import Explanation, Fact, Footer, Line, explain
from kefu.policy.steps import Step
from kefu.rulebooks.selectors import Edition, edition

# The facts of policy, as the columns of a claim are called.
FACTS = (
    "insured_amount",
    "proved_value",
    "freight",
    "repairable",
    "repair_cost",
    "share",
    "delay_days",
    "force_majeure",
)


def explained(claim: Claim, settlement: Settlement | None, language: str) -> Explanation | None:
    """Tell the amount of a settlement, or without one what the rulebook computes now; None where it sets none."""
    amount: Decimal | None
    if settlement is not None:
        using = edition(settlement.rulebook_id)
        steps = tuple(Step.from_json(step) for step in settlement.inputs["steps"])
        facts, amount = settlement.inputs["claim"], settlement.amount
        clause = settlement.clause
    else:
        found = computed(claim)
        if found.found is None or found.using is None:
            return None
        using, steps, clause = found.using, found.found.steps, found.found.clause
        facts = found.facts.model_dump(mode="json", exclude_none=True)
        amount = found.found.amount if found.found.amount is not None else found.found.proposed
    shown = f"{amount:,.2f}" if amount is not None else "—"
    title = using.rules[clause].label(language) if clause in using.rules else ""
    return Explanation(
        clause=clause,
        title=title or _("谈定的金额"),
        basis=str(claim.get_loss_display()),
        result=_("{amount} 元").format(amount=shown),
        facts=tuple(_facts(facts)),
        arithmetic=explain(steps, language),
        total=Line("", _("谈定") if settlement else _("按规章"), shown),
        changes=tuple(_changes(settlement)),
        footer=_footer(using, language),
    )


def _facts(facts: dict[str, object]) -> Iterator[Fact]:
    for name in FACTS:
        value = facts.get(name)
        if value is None:
            continue
        if isinstance(value, bool):
            value = _("是") if value else _("否")
        elif name == "share":
            value = f"{(Decimal(str(value)) * 100).normalize():f}%"
        yield Fact(str(Claim._meta.get_field(name).verbose_name), str(value))  # type: ignore[union-attr]


def _changes(settlement: Settlement | None) -> Iterator[Fact]:
    if settlement is None:
        yield Fact(_("谈定的不同"), _("要写理由，并由经理批准"))
        return
    if settlement.computed is not None and settlement.computed != settlement.amount:
        yield Fact(_("按规章"), f"{settlement.computed:,.2f}")
    if settlement.deviation_reason:
        yield Fact(_("偏离理由"), settlement.deviation_reason)
    for number, amount in settlement.inputs.get("besides", ()):
        yield Fact(_("同一票另有"), f"{number} {Decimal(amount):,.2f}")
    needs = punctuation.alike(*(str(ApprovalLimit.Need(need).label) for need in settlement.needs))
    yield Fact(_("要谁批准"), needs or _("不用"))


def _footer(using: Edition, language: str) -> Footer:
    name = _("{name} 第 {version} 版").format(name=using.rules.name(language), version=using.number)
    on = using.effective_on
    note = _("{on} 起生效").format(on=on.isoformat()) if on else ""
    return Footer(_("规则手册"), name, note)
