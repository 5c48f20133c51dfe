"""What the page of a claim shows: how far it is, what is on file, who is liable, what is computed and agreed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.translation import get_language

from claims.models import (
    ApprovalLimit,
    Claim,
    Evidence,
    Finding,
    Offer,
    Settlement,
)
from claims.selectors.amounts import Computed, borne, computed
from claims.selectors.checklist import Item, checklist, missing
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline, Pause
from kefu.policy.explanation import Line, explain
from kefu.policy.steps import Step

Stage = Claim.Stage


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain of stages; ``state``: done, now, to_do or skipped."""

    label: str
    state: str
    who: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of the liable in the stacked bar, in per cent from the left; ``amount`` once it is agreed."""

    name: str
    kind: str
    start: Decimal
    percent: Decimal
    shade: int
    amount: Decimal | None


@dataclass(frozen=True)
class ClaimFacts:
    """Everything a claim's page shows, read in as many questions however much there is."""

    claim: Claim
    evidence: Sequence[Evidence]
    findings: Sequence[Finding]
    offers: Sequence[Offer]
    settlements: Sequence[Settlement]
    actions: Counter[str]  # how often each of COUNTED was done
    computed: Computed
    pauses: Sequence[Pause]
    shares: dict[int, Decimal]  # what each liability bears of the settlement in force

    @property
    def items(self) -> list[Item]:
        return checklist(self.claim, [one.kind for one in self.evidence])

    @property
    def missing(self) -> list[str]:
        kinds = {one.kind for one in self.evidence}
        return [str(kind.label) for kind in missing(self.claim, kinds)]

    @property
    def finding(self) -> Finding | None:
        """The one that counts: the last that was not sent back."""
        kept = [one for one in self.findings if one.outcome != Finding.Outcome.SENT_BACK]
        return kept[-1] if kept else None

    @property
    def pending(self) -> Finding | None:
        found = self.finding
        return found if found and found.outcome == Finding.Outcome.PENDING else None

    @property
    def settlement(self) -> Settlement | None:
        kept = [one for one in self.settlements if one.state != Settlement.State.REFUSED]
        return kept[-1] if kept else None

    @property
    def waiting(self) -> Settlement | None:
        """The settlement somebody has to approve."""
        found = self.settlement
        return found if found and found.state == Settlement.State.PROPOSED else None

    @cached_property
    def open_needs(self) -> list[str]:
        """Whose approval is missing."""
        return self.waiting.open_needs if self.waiting else []

    @property
    def heard(self) -> set[int]:
        """Who approved one level already; the others are for other people."""
        return (
            {one.decided_by_id for one in self.waiting.approvals.all()} if self.waiting else set()
        )

    @property
    def open_needs_in_words(self) -> list[str]:
        return [str(ApprovalLimit.Need(need).label) for need in self.open_needs]

    @property
    def rounds(self) -> int:
        return len(self.offers)

    @property
    def reminders(self) -> int:
        return self.actions["claim_reminded"]

    @property
    def attempts(self) -> int:
        return self.actions["claimant_contacted"]

    @property
    def lines(self) -> Sequence[Line]:
        """The arithmetic: as it was agreed, or as it would be now."""
        language = get_language() or "zh-hans"
        if self.settlement is not None:
            steps = [Step.from_json(step) for step in self.settlement.inputs["steps"]]
            return explain(steps, language)
        found = self.computed.found
        return explain(found.steps, language) if found else ()

    @property
    def parts(self) -> list[Part]:
        finding = self.finding
        if finding is None:
            return []
        found, start = [], Decimal(0)
        for n, one in enumerate(finding.liable.all()):
            name = one.party.name if one.party else one.get_kind_display()
            found.append(
                Part(
                    name=name,
                    kind=one.get_kind_display() if one.party else "",
                    start=start,
                    percent=one.percent,
                    shade=n % 4,
                    amount=self.shares.get(one.pk),
                )
            )
            start += one.percent
        return found

    @property
    def chain(self) -> list[Link]:
        return _chain(self)


COUNTED = ("claim_reminded", "claimant_contacted")


def claim_facts(case: Case) -> ClaimFacts:
    claim = Claim.objects.select_related("deadline").get(pk=case.pk)
    claim.case = case
    settlements = list(
        claim.settlements.select_related("proposed_by__employee").prefetch_related(
            "approvals__decided_by__employee"
        )
    )
    last = next((one for one in reversed(settlements) if one.state != "refused"), None)
    lines = case.interactions.filter(action__in=COUNTED).values_list("action", flat=True)
    return ClaimFacts(
        claim=claim,
        evidence=list(
            claim.evidence.select_related("collected_by__employee", "photo").defer(
                "photo__photo", "photo__thumbnail", "sealed"
            )
        ),
        findings=list(
            claim.findings.select_related(
                "submitted_by__employee", "decided_by__employee"
            ).prefetch_related("liable__party")
        ),
        offers=list(claim.offers.defer("sealed").select_related("recorded_by__employee")),
        settlements=settlements,
        actions=Counter(lines),
        computed=computed(claim),
        pauses=list(claim.deadline.pauses.all()) if claim.deadline else [],
        shares={one.pk: amount for one, amount in borne(last)} if last else {},
    )


def _chain(facts: ClaimFacts) -> list[Link]:
    """The stages in their order, each done one with who and when (LC-04.06)."""
    claim, done = facts.claim, dict[str, tuple[Any, datetime | None]]()
    if (finding := facts.finding) is not None:
        done[Stage.EVIDENCE] = (finding.submitted_by, finding.submitted_at)
        if finding.outcome:
            done[Stage.CONFIRMATION] = (finding.decided_by, finding.decided_at)
    if (settlement := facts.settlement) is not None:
        done[Stage.NEGOTIATION] = (settlement.proposed_by, settlement.accepted_at)
        if settlement.state == Settlement.State.APPROVED:
            last = list(settlement.approvals.all())[-1:]
            done[Stage.APPROVAL] = (
                (last[0].decided_by, last[0].decided_at) if last else (None, settlement.proposed_at)
            )
    if (payment := getattr(claim, "payment", None)) is not None:
        done[Stage.PAYMENT] = (payment.paid_by, payment.paid_at)
    if claim.ending == Claim.Ending.PAID:
        done[Stage.RECOVERY] = (None, claim.closed_at)
    links = []
    for stage in Stage:
        who, at = done.get(stage, (None, None))
        if stage == Stage.CLOSED and claim.closed_at:
            links.append(Link(claim.get_ending_display(), "done", "", claim.closed_at))
        elif stage == claim.stage:
            links.append(Link(str(stage.label), "now"))
        elif at is not None:
            name = str(getattr(who, "employee", who) or "")
            links.append(Link(str(stage.label), "done", name, at))
        else:
            links.append(Link(str(stage.label), "skipped" if claim.closed_at else "to_do"))
    return links


@dataclass(frozen=True, slots=True)
class Age:
    """How many of its days a claim has used: the day of the demand is not counted. ``of`` None: no clock."""

    used: int
    of: int | None

    @property
    def share(self) -> int:
        """Per cent of the days, at most all of them."""
        return min(100, round(100 * self.used / self.of)) if self.of else 0

    @property
    def late(self) -> bool:
        return self.of is not None and self.used > self.of


def age_of(claim: Claim, now: datetime) -> Age:
    """The days used until it was settled, or until today; pauses move the last day and with it the number."""
    first = claim.demanded_at.astimezone(SHANGHAI).date()
    until = (claim.settled_at or claim.closed_at or now).astimezone(SHANGHAI).date()
    deadline: Deadline | None = claim.deadline
    if deadline is None:
        return Age((until - first).days, None)
    # Due at 24:00 of the last day: the first instant of the next.
    whole = (deadline.due_at.astimezone(SHANGHAI).date() - first).days - 1
    return Age((until - first).days, whole)
