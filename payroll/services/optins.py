"""Clauses that are shipped switched off: a manager decides with a reason that one holds here, another person confirms."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.rulebooks.models import Rulebook, RulebookVersion
from payroll.models import OptIn
from payroll.selectors.optins import switched_off, switched_on
from payroll.services.register import said

DECIDE, CONFIRM = "payroll.opt_in", "payroll.confirm_opt_in"


@transaction.atomic
def decide(*, rulebook: Rulebook, clause: str, reason: str, actor: Any, now: datetime) -> OptIn:
    """Raises NotAllowed, KefuError naming the field, Conflict for one that is decided."""
    if not actor.has_perm(DECIDE):
        raise NotAllowed(_("由经理决定"))
    if clause not in switched_off(rulebook.code):
        raise KefuError(_("这一条不是默认停用的条款"), code="no_such_clause", field="clause")
    try:
        with transaction.atomic():
            return OptIn.objects.create(
                rulebook=rulebook,
                clause=clause,
                reason=said(reason),
                decided_by=actor,
                decided_at=now,
            )
    except IntegrityError as error:
        raise Conflict(_("这一条已经有人决定启用"), code="decided") from error


@transaction.atomic
def confirm(*, opt_in: OptIn, actor: Any, now: datetime) -> None:
    """Raises NotAllowed, Conflict (own_decision, confirmed)."""
    if not actor.has_perm(CONFIRM):
        raise NotAllowed(_("由另一位经理或人事确认"))
    row = OptIn.objects.select_for_update(of=["self"]).get(pk=opt_in.pk)
    if row.confirmed_at is not None:
        raise Conflict(_("已经确认过了"), code="confirmed")
    if row.decided_by_id == actor.pk:
        raise Conflict(_("自己决定的由另一个人确认"), code="own_decision")
    row.confirmed_by, row.confirmed_at = actor, now
    row.save(update_fields=["confirmed_by", "confirmed_at"])


def not_agreed(version: RulebookVersion, now: datetime) -> str | None:
    """Why a draft cannot be published: it switches on what nobody has agreed to; None where it does not."""
    agreed = set(
        OptIn.objects.filter(rulebook=version.rulebook_id, confirmed_at__isnull=False).values_list(
            "clause", flat=True
        )
    )
    language = get_language() or "zh-hans"
    for clause in switched_on(version.rulebook.code, version.content):
        if clause.id not in agreed:
            return _(
                "%(clause)s %(title)s 默认停用：先由经理写明理由决定启用，另一个人确认，再发布"
            ) % {"clause": clause.id, "title": clause.label(language)}
    return None
