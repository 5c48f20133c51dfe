"""What every step on a claim begins with: the lock, the right, the stage; and what people type, checked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from claims.models import Claim
from claims.selectors.rules import process_rules
from kefu import punctuation
from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.services.promises import check_entry_time
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.access import Actor, may
from kefu.policy.refusals import NotInRulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import User

POLICY_MOST = Decimal(1_000_000)  # yuan; policy takes no greater amount
# What the rulebooks call those who work on claims.
CALLED = {
    User.Role.ADJUSTER: "adjuster",
    User.Role.SUPERVISOR: "centre",
    User.Role.MANAGER: "centre",
}
Stage = Claim.Stage


@dataclass(frozen=True, slots=True)
class Work:
    """A claim that is locked for a step, with its case."""

    case: Case
    claim: Claim


def take_up(*, case: Case, stages: Collection[str], version: int | None = None) -> Work:
    """Return the claim locked. Raises Conflict where it is in none of ``stages``; () is any but closed."""
    locked = cases.lock(case=case, version=version)
    claim = Claim.objects.select_for_update(of=["self"], no_key=True).get(pk=locked.pk)
    claim.case = locked
    allowed = stages or [stage for stage in Stage if stage != Stage.CLOSED]
    if claim.stage not in allowed:
        raise Conflict(
            _("理赔现在是“{stage}”，这一步要在“{allowed}”时办").format(
                stage=claim.get_stage_display(),
                allowed=punctuation.alike(*(str(Stage(one).label) for one in allowed)),
            ),
            code="other_stage",
        )
    return Work(locked, claim)


def need_right(*, actor: Any, case: Case, act: str = "") -> None:
    """Refuse whoever may not work on claims, or not do ``act`` by the rulebook that speaks of it (LC-04.02)."""
    if not actor.has_perm("claims.work_claim"):
        raise NotAllowed(_("你的角色不能办理理赔"))
    if act:
        need_rulebooks_leave(actor=actor, case=case, act=act)


def need_rulebooks_leave(
    *, actor: Any, case: Case, act: str, recorded: Collection[str] = ()
) -> None:
    """Refuse what the rulebook keeps for others; one that is silent leaves it to the rights of the product."""
    using = process_rules(case)
    if using is None:
        return
    try:
        found = may(
            using.rules, act, Actor(role=CALLED.get(actor.role, actor.role), recorded=recorded)
        )
    except NotInRulebook:
        return
    if not found.allowed:  # rule: LC-04.02, LC-04.08
        raise NotAllowed(
            _("按 %(clause)s，这一步由理赔员办") % {"clause": found.refused_by[0]},
            code="not_by_you",
            clause=found.refused_by[0],
        )


def go(work: Work, to: Stage, **columns: Any) -> None:
    """Take the claim along an arrow; the database knows the same arrows."""
    claim = work.claim
    claim.stage = to
    for name, value in columns.items():
        setattr(claim, name, value)
    claim.save(update_fields=["stage", *columns])


def amount(value: Decimal | None, field: str, *, least: Decimal = Decimal(0)) -> Decimal | None:
    """Return a sum in yuan as it is stored. Raises KefuError naming the field for one that cannot be."""
    if value is None:
        return None
    if not value.is_finite() or not least <= value <= POLICY_MOST:
        raise KefuError(
            _("金额要在 {least} 到 {most} 元之间").format(least=least, most=f"{POLICY_MOST:,}"),
            code="out_of_range",
            field=field,
        )
    if value != value.quantize(Decimal("0.01")):
        raise KefuError(_("金额最多到分"), code="too_precise", field=field)
    return value.quantize(Decimal("0.01"))


def when_it_happened(
    work: Work, happened_at: datetime | None, *, earliest: datetime, now: datetime
) -> datetime:
    """Return the stated moment of a word with the customer, else ``now``. Raises KefuError on ``happened_at``."""
    if happened_at is None:
        return now
    using = edition_in_force(department_id=work.case.department_id, at=now)
    check_entry_time(happened_at=happened_at, now=now, using=using)
    if happened_at < earliest:
        raise KefuError(
            _("不能早于上一步（%(at)s）") % {"at": f"{earliest.astimezone(SHANGHAI):%m-%d %H:%M}"},
            code="before_last_step",
            field="happened_at",
        )
    return happened_at


def choice(value: str, choices: Any, field: str) -> str:
    """Return a value of a list. Raises KefuError naming the field for another."""
    if value not in choices.values:
        raise KefuError(_("请从列表里选"), code="field_required", field=field)
    return value


def said(
    work: Work,
    *,
    action: str,
    text: str,
    channel: str,
    direction: Interaction.Direction = Interaction.Direction.OUT,
    happened_at: datetime,
    actor: Any,
    now: datetime,
    **data: Any,
) -> Interaction:
    """Add a word with the claimant to the timeline."""
    return cases.add(
        case=work.case,
        kind=Interaction.Kind.CONTACT,
        action=action,
        direction=direction,
        counterpart=Interaction.Counterpart.CUSTOMER,
        channel=choice(channel, Interaction.Channel, "channel"),
        text=text,
        happened_at=happened_at,
        data=data,
        actor=actor,
        now=now,
    )
