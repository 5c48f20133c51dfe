"""Collect evidence, and the facts that compensation is computed by."""

from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Evidence
from claims.selectors.checklist import needs_identity
from claims.services.doing import Stage, amount, choice, need_right, take_up
from claims.services.registration import checked_delay, checked_share
from kefu.cases import services as cases
from kefu.cases.models import Attachment, Case
from kefu.cases.photos import attach_photo
from kefu.errors import Conflict, KefuError
from kefu.privacy import redact

LIMIT = 500  # characters
BEFORE_AGREEMENT = (Stage.EVIDENCE, Stage.CONFIRMATION, Stage.NEGOTIATION)


@transaction.atomic
def add_evidence(
    *,
    case: Case,
    kind: str,
    note: str = "",
    picture: IO[bytes] | None = None,
    photo: Attachment | None = None,
    collected_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> Evidence:
    """Put a piece of evidence on file, with who collected it and when (LC-01.17).

    A photo comes by the door of all photos, or is one that the case has already. A claim after signing without a
    look stays admissible: its evidence may be of any later day (CD-05.13). Raises KefuError naming the field.
    """
    if not actor.has_perm("cases.work_case"):
        raise KefuError(_("你的角色不能登记证据"), code="not_allowed")
    kind = choice(kind, Evidence.Kind, "kind")
    text = redact.clean(note, max_length=LIMIT, field="note")
    if not text and picture is None and photo is None:
        raise KefuError(_("请附照片，或写明是什么证据"), code="nothing_shown", field="note")
    work = take_up(case=case, stages=())
    if kind == Evidence.Kind.IDENTITY and not needs_identity(work.claim):
        raise KefuError(
            _("现在不需要身份证明，请不要收集"), code="identity_not_needed", field="kind"
        )
    collected = _collected_at(work.claim, collected_at, now)
    if picture is not None:
        photo = attach_photo(case=work.case, picture=picture, caption=note, actor=actor, now=now)
    if photo is not None and photo.case_id != work.case.pk:
        raise KefuError(_("照片不是这一单的"), code="not_of_this_case", field="photo")
    row = Evidence.objects.create(
        claim=work.claim,
        kind=kind,
        photo=photo,
        sealed={"text": text} if text else {},
        note=cases.shown(case=work.case, text=text, field="note") if text else "",
        collected_by=actor,
        collected_at=collected,
        recorded_at=now,
    )
    cases.step(
        case=cases.lock(case=work.case),
        action="evidence_added",
        kind=kind,
        evidence=row.pk,
        actor=actor,
        now=now,
    )
    return row


def _collected_at(claim: Claim, stated: datetime | None, now: datetime) -> datetime:
    if stated is None:
        return now
    if stated > now:
        raise KefuError(_("取证时间不能晚于现在"), code="in_future", field="collected_at")
    waybill = claim.case.waybill
    if waybill is not None and stated < waybill.accepted_at:
        raise KefuError(_("取证时间不能早于收件"), code="before_acceptance", field="collected_at")
    return stated


@transaction.atomic
def set_facts(
    *,
    case: Case,
    proved_value: Decimal | None = None,
    repairable: bool | None = None,
    repair_cost: Decimal | None = None,
    share: Decimal | None = None,
    delay_days: int | None = None,
    force_majeure: bool | None = None,
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Claim:
    """Write down what compensation is computed by; None leaves a fact as it is. The timeline keeps each change.

    Raises Conflict once an amount was agreed, KefuError naming the field.
    """
    need_right(actor=actor, case=case, act="investigate_claim")
    work = take_up(case=case, stages=BEFORE_AGREEMENT, version=version)
    claim = work.claim
    given = {
        "proved_value": amount(proved_value, "proved_value"),
        "repairable": repairable,
        "repair_cost": amount(repair_cost, "repair_cost"),
        "share": None if share is None else checked_share(share, claim.loss),
        "delay_days": checked_delay(delay_days, work.case.waybill, now),
        "force_majeure": force_majeure,
    }
    changed = {
        name: value
        for name, value in given.items()
        if value is not None and value != getattr(claim, name)
    }
    if not changed:
        raise Conflict(_("没有改动"), code="nothing_changed")
    for name, value in changed.items():
        setattr(claim, name, value)
    claim.save(update_fields=list(changed))
    told = {
        name: value if isinstance(value, bool | int) else str(value)
        for name, value in changed.items()
    }
    cases.step(case=work.case, action="claim_facts", facts=told, actor=actor, now=now)
    return claim
