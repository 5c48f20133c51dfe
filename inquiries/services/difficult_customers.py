"""Customers marked as difficult, so that whoever takes the next call knows (LC-01.35)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import CustomerFlag
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.requirements import offered
from kefu.privacy import lookup, redact
from kefu.rulebooks.selectors import edition_saying


@transaction.atomic
def flag_customer(*, case: Case, reason: str = "", actor: Any, now: datetime) -> CustomerFlag:
    """Mark the customer of a case as difficult, so that whoever takes his next call knows (LC-01.35)."""
    if not actor.has_perm("cases.work_case"):
        raise NotAllowed(_("你的角色不能标记客户"))
    case = cases.lock(case=case)
    using = edition_saying(
        rules_of.offers("customer_flag"), department_id=case.department_id, at=now
    )
    flags = offered(using.rules, "customer_flag").keys if using else ()
    token = customer_token(case)
    if not flags:
        raise Conflict(_("这里的规章没有客户标记"), code="no_flag")
    if token is None:
        raise KefuError(_("没有客户的电话，认不出他"), code="no_phone", field="reason")
    shown = cases.shown(case=case, text=redact.clean(reason, max_length=500, field="reason"))
    flag, new = CustomerFlag.objects.get_or_create(
        token=token,
        flag=flags[0],
        lifted_at=None,
        defaults={"case": case, "reason": shown, "flagged_by": actor, "flagged_at": now},
    )
    if not new:
        raise Conflict(_("已经标记过了"), code="already_flagged")
    cases.step(case=case, action="customer_flagged", text=shown, actor=actor, now=now)
    return flag


@transaction.atomic
def lift_flag(*, case: Case, actor: Any, now: datetime) -> None:
    """Take the mark off again; the row stays."""
    if not actor.has_perm("cases.reassign_case"):
        raise NotAllowed(_("只有组长和主管可以取消标记"))
    case = cases.lock(case=case)
    open_flags = CustomerFlag.objects.filter(token=customer_token(case) or 0, lifted_at=None)
    if not open_flags.update(lifted_at=now, lifted_by=actor):
        raise Conflict(_("这位客户没有标记"), code="not_flagged")
    cases.step(case=case, action="customer_unflagged", actor=actor, now=now)


def customer_token(case: Case) -> int | None:
    """By which the same customer is known again: his number."""
    tokens = lookup.tokens_for_person("", case.sealed.get("customer_phone", ""))
    return tokens[0] if tokens else None
