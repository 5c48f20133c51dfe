"""How a claim ends, and how it is taken up again."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from claims.models import Claim, Finding, InsuranceCase, Settlement
from claims.selectors.amounts import confirmed_finding
from claims.selectors.rules import process_rules
from claims.services import clock, insurance
from claims.services.approvals import drop, finish
from claims.services.doing import Stage, choice, go, need_right, take_up
from claims.services.reports import OF_CLAIMS, report_lacking
from claims.wording import names_in_words
from kefu.cases import services as cases
from kefu.cases.models import Case
from kefu.errors import Conflict
from kefu.network.models import Party
from kefu.policy.clauses import Fields
from kefu.policy.requirements import requirements
from kefu.privacy import redact

Ending = Claim.Ending
BEFORE_APPROVED = (Stage.EVIDENCE, Stage.CONFIRMATION, Stage.NEGOTIATION, Stage.APPROVAL)
CLOSING = "claim_closing"


@transaction.atomic
def withdraw(
    *, case: Case, reason: str, version: int | None = None, actor: Any, now: datetime
) -> Claim:
    """The customer takes his claim back, and we ours from the insurer; a breach that happened stays one.

    Raises Conflict while the insurer's money is with us.
    """
    return _end(case, Ending.WITHDRAWN, "claim_withdrawn", reason, version, actor=actor, now=now)


@transaction.atomic
def decline(
    *, case: Case, reason: str, version: int | None = None, actor: Any, now: datetime
) -> Claim:
    """Nothing is owed, and why; otherwise as ``withdraw``."""
    return _end(case, Ending.DECLINED, "claim_declined", reason, version, actor=actor, now=now)


def _end(
    case: Case,
    ending: Ending,
    action: str,
    reason: str,
    version: int | None,
    *,
    actor: Any,
    now: datetime,
) -> Claim:
    need_right(actor=actor, case=case, act="settle_claim")
    reason = redact.clean(reason, max_length=500, field="reason", required=True)
    work = take_up(case=case, stages=BEFORE_APPROVED, version=version)
    cases.step(case=work.case, action=action, text=reason, actor=actor, now=now)
    insurance.withdraw_with_claim(work, reason=reason, actor=actor, now=now)
    drop(work.claim.settlements.filter(state=Settlement.State.PROPOSED).first())
    finish(work, ending, actor=actor, now=now, settled_at=None)
    return work.claim


@transaction.atomic
def close(
    *,
    case: Case,
    satisfaction: str = "",
    version: int | None = None,
    actor: Any,
    now: datetime,
) -> Claim:
    """Close a claim that is paid, with the customer's mark if he gave one (LC-04.03).

    Refused with loose ends: nothing paid, a liable party not told, an insurance case open (LC-04.13).
    """
    need_right(actor=actor, case=case, act="settle_claim")
    if satisfaction:
        choice(satisfaction, Claim.Satisfaction, "satisfaction")
    work = take_up(case=case, stages=[Stage.RECOVERY], version=version)
    if lacks := loose_ends(work.claim):
        raise Conflict(
            _("还不能结案，还缺：%(what)s") % {"what": names_in_words(lacks)},
            code="closing_incomplete",
            field=lacks[0],
        )
    finish(work, Ending.PAID, actor=actor, now=now, satisfaction=satisfaction)
    return work.claim


def loose_ends(claim: Claim) -> list[str]:
    """What the rulebook wants before a claim is closed and is not there yet, by its names (LC-04.13).

    A rulebook that is silent is satisfied with the payment and the notices.
    """
    recorded = {
        name
        for name, there in (
            ("paid", hasattr(claim, "payment")),
            ("liable_party_notified", _all_notified(claim)),
            ("insurance_case_closed", not _insurance_open(claim)),
        )
        if there
    }
    report = _report_lacking(claim)
    using = process_rules(claim.case)
    if using is None or not any(c.form == CLOSING for c in using.rules.in_force(Fields)):
        silent = [name for name in ("paid", "liable_party_notified") if name not in recorded]
        return [*silent, *report]
    return [*requirements(using.rules, CLOSING, recorded).missing, *report]  # rule: LC-04.13


def _report_lacking(claim: Claim) -> tuple[str, ...]:
    """The report about a parcel that we sent and somebody evidently lost, delayed or damaged (CD-12.78)."""
    finding = confirmed_finding(claim)
    evident = finding is not None and finding.liable.filter(party__isnull=False).exists()
    fault = OF_CLAIMS[Claim.Loss(claim.loss)]
    return report_lacking(case=claim.case, fault=fault, evident=evident)


def _all_notified(claim: Claim) -> bool:
    finding = confirmed_finding(claim)
    # The company bears its own share without being told.
    liable = (
        finding.liable.filter(party__isnull=False).exclude(party__kind=Party.Kind.COMPANY)
        if finding
        else None
    )
    return liable is None or not liable.filter(recovery__notified_at=None).exists()


def _insurance_open(claim: Claim) -> bool:
    state = InsuranceCase.State
    return InsuranceCase.objects.filter(
        claim=claim, state__in=[state.REPORTED, state.DOCUMENTED]
    ).exists()


@transaction.atomic
def reopen(*, case: Case, reason: str, actor: Any, now: datetime) -> Claim:
    """Take up again what was withdrawn or declined; the clock counts from the demand as before.

    Raises Conflict where money went out, or where the same loss was claimed anew.
    """
    need_right(actor=actor, case=case)
    reason = redact.clean(reason, max_length=500, field="reason", required=True)
    work = take_up(case=case, stages=[Stage.CLOSED])
    if work.claim.ending in (Ending.PAID, Ending.COUPON):
        raise Conflict(_("已经赔付的理赔不能重新打开，请另立一笔"), code="paid_already")
    try:
        with transaction.atomic():
            go(work, Stage.EVIDENCE, ending="", closed_at=None)
    except IntegrityError as error:
        if "claim_one_open_for_a_loss" not in str(error):
            raise
        raise Conflict(
            _("这一票又立了一笔理赔，请到新的一笔办理"), code="claimed_already"
        ) from error
    if work.claim.findings.filter(outcome=Finding.Outcome.PENDING).exists():
        go(work, Stage.CONFIRMATION)  # what was submitted still waits
    cases.move(case=work.case, to=Case.State.OPEN, closed_at=None)
    cases.step(case=work.case, action="reopened", text=reason, actor=actor, now=now)
    clock.run_again(claim=work.claim)
    return work.claim
