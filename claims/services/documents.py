"""Issue a paper: keep the facts of that moment, masked and sealed, and the digest of what was drawn from them."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from claims import papers
from claims.models import Claim, Document, Finding, Recovery, Settlement
from claims.services.recoveries import shares, standing
from kefu import pdf
from kefu.audit import services as audit
from kefu.cases import reveal
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.selectors import our_company

Kind = Document.Kind
TO_A_PARTY = {Kind.LIABILITY_NOTICE, Kind.DEDUCTION_NOTE}
RIGHTS = ("claims.work_claim", "claims.recover", "claims.pay_claim")


@transaction.atomic
def issue(
    *, case: Case, kind: str, recovery: Recovery | None = None, actor: Any, now: datetime
) -> Document:
    """Issue one paper of a claim, to one of the liable if it is such a one; a later one has a number of its own.

    Raises NotAllowed, Conflict for what there is nothing to write about yet, KefuError, pdf.NoFont.
    """
    _need_right(actor)
    if kind not in Kind.values or (kind in TO_A_PARTY) != (recovery is not None):
        raise KefuError(_("请从列表里选"), code="field_required", field="kind")
    case = cases.lock(case=case)
    claim = Claim.objects.select_related("case__waybill__origin", "case__waybill__destination").get(
        pk=case.pk
    )
    with translation.override("zh-hans"):
        given, plain = _FACTS[kind](claim, recovery)
    before = Document.objects.filter(case=case).order_by("-number").first()
    row = Document(
        case=case,
        kind=kind,
        recovery=recovery,
        number=before.number + 1 if before else 1,
        layout=papers.LAYOUT,
        inputs=given,
        sealed=plain,
        drawn_with=pdf.drawn_with(),
        issued_by=actor,
        issued_at=now,
    )
    row.digest, row.plain_digest = digest(row), digest(row, plain=True)
    row.save()
    cases.step(
        case=case, action="document_issued", actor=actor, now=now, document=row.pk, kind=kind
    )
    return row


def drawn(document: Document, *, plain: bool = False) -> bytes:
    """Draw a paper from what was kept. Raises pdf.NoFont."""
    given = {**document.inputs, **(document.sealed if plain else {})}
    number = f"{document.inputs['case']}-{document.number}"
    return pdf.draw(papers.paper(document.kind, document.layout, number, given))


def digest(document: Document, *, plain: bool = False) -> str:
    return hashlib.sha256(drawn(document, plain=plain)).hexdigest()


@transaction.atomic
def open_masked(*, document: Document, actor: Any, now: datetime) -> bytes:
    """Return the file with personal data masked; who drew which paper is on record before it leaves."""
    _need_right(actor)
    file = drawn(document)
    audit.record(
        action="document_drawn",
        actor=actor,
        at=now,
        table=Document._meta.db_table,
        object_id=document.pk,
        after={"case": document.inputs["case"], "kind": document.kind},
    )
    return file


def open_plain(
    *, document: Document, reason: str, actor: Any, address: str = "", now: datetime
) -> bytes:
    """Return the file with names and numbers in plain, to print and sign: with the right and a reason, and on record as
    every look at personal data (``reveal.record_look``, whose errors it raises). Not inside a transaction.
    """
    _need_right(actor)
    reveal.record_look(
        case=document.case,
        what=f"claim_document:{document.pk}",
        reason=reason,
        actor=actor,
        address=address,
        now=now,
    )
    return drawn(document, plain=True)


def _need_right(actor: Any) -> None:
    if not any(actor.has_perm(right) for right in RIGHTS):
        raise NotAllowed(_("你的角色不能出具理赔文书"))


# The facts of each paper: what stands open or masked, and the plain values behind the masks.

Found = tuple[dict[str, Any], dict[str, str]]


def _day(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d}" if at else ""


def _about(claim: Claim) -> dict[str, Any]:
    return {
        "company": our_company().name,
        "case": claim.case.number,
        "waybill": claim.case.waybill_number,
        "loss": str(claim.get_loss_display()),
        "demanded_at": _day(claim.demanded_at),
    }


def _claimant(claim: Claim) -> Found:
    case, sealed = claim.case, claim.case.sealed
    masked = {"claimant": case.customer_name_masked, "phone": case.customer_phone_masked}
    plain = {
        "claimant": sealed.get("customer_name", ""),
        "phone": sealed.get("customer_phone", ""),
    }
    return masked, plain


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _claim_form(claim: Claim, _recovery: Recovery | None) -> Found:
    masked, plain = _claimant(claim)
    waybill = claim.case.waybill
    evidence = [
        [str(one.get_kind_display()), _day(one.collected_at)]
        for one in claim.evidence.order_by("pk")
    ]
    given = {
        "role": str(claim.get_claimant_display()),
        "origin": waybill.origin.name if waybill else "",
        "destination": waybill.destination.name if waybill else "",
        "accepted_on": _day(waybill.accepted_at) if waybill else "",
        "freight": _amount(claim.freight),
        "insured_amount": _amount(claim.insured_amount),
        "proved_value": _amount(claim.proved_value),
        "demanded_amount": _amount(claim.demanded_amount),
        "summary": claim.case.summary,
        "evidence": evidence,
    }
    plain["summary"] = claim.case.sealed.get("summary", "") or claim.case.summary
    return {**_about(claim), **masked, **given}, plain


def _agreement(claim: Claim, _recovery: Recovery | None) -> Found:
    settlement = _settlement(claim)
    masked, plain = _claimant(claim)
    payment = getattr(claim, "payment", None)
    if payment is not None:
        masked |= {"payee": payment.payee_masked, "account": payment.account_masked}
        plain |= dict(payment.sealed)
    given = {"amount": str(settlement.amount), "agreed_on": _day(settlement.accepted_at)}
    return {**_about(claim), **masked, **given}, plain


def _settlement(claim: Claim) -> Settlement:
    """What binds us: signed before it is approved, the approval could no longer be refused."""
    settlement = claim.settlements.filter(state=Settlement.State.APPROVED).first()
    if settlement is None:
        raise Conflict(_("金额还没有谈定和批准，不能出具"), code="not_agreed")
    if settlement.inputs["form"] == "coupon":
        raise Conflict(_("发的是优惠券，不付钱，不用出具"), code="coupon")
    return settlement


def _to_a_party(claim: Claim, recovery: Recovery | None) -> Found:
    assert recovery is not None
    if recovery.claim_id != claim.pk:
        raise KefuError(_("请从列表里选"), code="field_required", field="recovery")
    if recovery.pk not in {row.pk for row in standing(claim) if row.reversed_at is None}:
        raise Conflict(_("这一份已经冲销或重新划分，不再出具"), code="no_longer_owed")
    settlement = _settlement(claim)
    finding = recovery.liability.finding
    assert finding.outcome == Finding.Outcome.CONFIRMED
    divided = [
        [
            str(one.liability.party or one.liability.get_kind_display()),
            f"{one.liability.percent.normalize():f}",
            str(one.amount),
        ]
        for one in shares(claim, settlement)
    ]
    given: Mapping[str, Any] = {
        "party": recovery.party.name,
        "party_code": recovery.party.code,
        "form": recovery.form,
        "percent": f"{recovery.liability.percent.normalize():f}",
        "amount": str(recovery.amount),
        "settled": str(settlement.amount),
        "facts": finding.facts,
        "cause": str(finding.get_cause_display()),
        "reason": finding.reason,
        "found_on": _day(finding.decided_at),
        "shares": divided,
    }
    return {**_about(claim), **given}, {}


def _deduction_note(claim: Claim, recovery: Recovery | None) -> Found:
    """For whoever has no statement, once he owes it: otherwise it would be taken from him twice, or for nothing."""
    assert recovery is not None
    if recovery.form != Recovery.Form.DEDUCTION:
        raise Conflict(
            _("{party}按对账单结算，不出扣款通知单").format(party=recovery.party),
            code="on_statement",
        )
    if recovery.entry_id is None:
        raise Conflict(_("先入账，再出具扣款通知单"), code="not_booked")
    return _to_a_party(claim, recovery)


_FACTS: Mapping[str, Callable[[Claim, Recovery | None], Found]] = {
    Kind.CLAIM_FORM: _claim_form,
    Kind.AGREEMENT: _agreement,
    Kind.LIABILITY_NOTICE: _to_a_party,
    Kind.DEDUCTION_NOTE: _deduction_note,
}
