"""Slips whose time is over: one proposes to destroy them, another decides (CD-05.14)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from problem_parcels.models import Receipt, ReceiptDestruction


@transaction.atomic
def propose_destruction(*, until: date, actor: Any, now: datetime) -> ReceiptDestruction:
    """Propose to destroy the slips that were to be kept until this day or less long.

    Their last day has to be over. Raises KefuError naming ``until``, Conflict where there is nothing.
    """
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能办理回单"))
    if until >= now.astimezone(SHANGHAI).date():
        raise KefuError(
            _("保存到这一天的还没有过期，只能选今天以前"), code="still_kept", field="until"
        )
    if ReceiptDestruction.objects.filter(until=until, approved=None).exists():
        raise Conflict(_("这一天的已经有人提出，等另一位决定"), code="already_proposed")
    if not Receipt.objects.to_destroy(until).exists():
        raise Conflict(_("没有到期可以销毁的回单"), code="nothing_to_destroy", field="until")
    return ReceiptDestruction.objects.create(until=until, proposed_at=now, proposed_by=actor)


@transaction.atomic
def decide_destruction(
    *, destruction: ReceiptDestruction, approve: bool, actor: Any, now: datetime
) -> int:
    """Destroy what was proposed, or leave it; never one's own proposal. Return how many slips.

    What somebody asked for since stays. Raises NotAllowed, Conflict for a proposal that is decided.
    """
    if not actor.has_perm("problem_parcels.destroy_receipts"):
        raise NotAllowed(_("只有主管可以批准销毁回单"))
    row = ReceiptDestruction.objects.select_for_update(no_key=True).get(pk=destruction.pk)
    if row.approved is not None:
        raise Conflict(_("这次销毁已经有人决定了"))
    if row.proposed_by_id == actor.pk:
        raise KefuError(_("不能批准自己提出的销毁"), code="own_proposal")
    destroyed = 0
    if approve:
        destroyed = Receipt.objects.to_destroy(row.until).update(
            destruction=row, destroyed_on=now.astimezone(SHANGHAI).date()
        )
    row.approved, row.decided_by, row.decided_at, row.slips = approve, actor, now, destroyed
    row.save(update_fields=["approved", "decided_by", "decided_at", "slips"])
    return destroyed
