"""A complaint as its page shows it, and what waits: grave ones without an owner, repeated calls, the inspectors' own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import get_language

from inquiries import complaint_rules as rules_of
from inquiries.models import (
    Complaint,
    ComplaintStep,
    CustomerFlag,
    Finding,
    NetworkQuery,
)
from inquiries.selectors.queries import Queries, queries_of
from inquiries.services.breaches import CAME, contacts_without_result
from inquiries.services.complaint_follow_ups import ATTEMPTS, unreached
from inquiries.services.difficult_customers import customer_token
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.policy.clauses import Consequence
from kefu.policy.explanation import Line, explain
from kefu.policy.measures import ratios
from kefu.policy.steps import Step
from kefu.privacy import lookup
from kefu.rulebooks.selectors import edition_saying, editions_here
from kefu.workbench.selectors.desk import Desk

Stage = Complaint.Stage
HISTORY_ROWS = 8
# The order of the process, as the page shows it.
CHAIN = (Stage.VERIFICATION, Stage.SOLUTION, Stage.NEGOTIATION, Stage.FOLLOW_UP, Stage.DONE)


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain of stages; ``state``: done, now or ahead."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """What is known of the customer who calls: his mark, his complaints, his cases that are still open."""

    flagged: bool = False
    complaints: int = 0
    recent: Sequence[Case] = ()
    open: Sequence[Case] = ()

    @property
    def worth_telling(self) -> bool:
        return self.flagged or bool(self.complaints)


@dataclass(frozen=True, slots=True)
class ComplaintFacts:
    """``queries``: those to and from outlets, as every inquiry has them."""

    complaint: Complaint
    queries: Queries
    steps: Sequence[ComplaintStep] = ()
    findings: Sequence[Finding] = ()
    chain: Sequence[Link] = ()
    why: Sequence[Line] = ()
    contacts: int = 0
    warn_from: int | None = None
    unreached: int = 0
    history: CustomerHistory = field(default_factory=CustomerHistory)

    @property
    def all(self) -> Sequence[NetworkQuery]:
        return self.queries.all

    @property
    def open(self) -> Sequence[NetworkQuery]:
        return self.queries.open

    @property
    def asked_of_us(self) -> NetworkQuery | None:
        return self.queries.asked_of_us

    @property
    def asked_of_outlets(self) -> Sequence[NetworkQuery]:
        return self.queries.asked_of_outlets

    @property
    def askable(self) -> Sequence[Party]:
        return self.queries.askable

    @property
    def unassigned_major(self) -> bool:
        return (
            self.complaint.grade == Complaint.Grade.MAJOR and self.complaint.case.owner_id is None
        )

    @property
    def repeated(self) -> bool:
        """Came so often that it has to be reported upward (CD-05.26)."""
        often = self.warn_from is not None and self.contacts >= self.warn_from
        return often and self.complaint.case.escalated_at is None

    @property
    def may_give_up(self) -> bool:
        return self.complaint.stage == Stage.FOLLOW_UP and self.unreached >= ATTEMPTS

    @property
    def rounds(self) -> Sequence[ComplaintStep]:
        return [
            step
            for step in self.steps
            if step.code in (ComplaintStep.Code.PROPOSE, ComplaintStep.Code.ANSWER)
        ]

    @property
    def analyses(self) -> Sequence[ComplaintStep]:
        return [step for step in self.steps if step.code == ComplaintStep.Code.ANALYSIS]


def complaint_facts(case: Case) -> ComplaintFacts | None:
    complaint = (
        Complaint.objects.filter(case=case)
        .select_related("against", "complainant", "department", "inspector", "earlier", "rulebook")
        .first()
    )
    if complaint is None:
        return None
    complaint.case = case
    steps = list(case.complaint_steps.select_related("by__employee").order_by("pk"))
    return ComplaintFacts(
        complaint=complaint,
        queries=queries_of(case),
        steps=steps,
        findings=list(case.findings.select_related("party", "penalty").order_by("pk")),
        chain=_chain(complaint.stage),
        why=_why(complaint),
        contacts=contacts_without_result(case),
        warn_from=warn_from(department_id=case.department_id, at=case.last_at),
        unreached=unreached(case) if complaint.stage == Stage.FOLLOW_UP else 0,
        history=history_of(customer_token(case), but=case),
    )


def warn_from(*, department_id: int | None, at: datetime) -> int | None:
    """From which contact about one matter on an outlet has to report it upward (CD-05.26); None: no rule here."""
    for using in editions_here(department_id=department_id, at=at):
        for clause in using.rules.in_force(Consequence):
            if clause.counts is not None and clause.counts.of == "contacts_without_result":
                return clause.nth
    return None


def _chain(stage: str) -> list[Link]:
    if not stage:
        return []
    at = CHAIN.index(Stage(stage))
    return [
        Link(
            str(one.label),
            "done" if place < at or stage == Stage.DONE else "now" if place == at else "ahead",
        )
        for place, one in enumerate(CHAIN)
    ]


def _why(complaint: Complaint) -> Sequence[Line]:
    steps = [Step.from_json(step) for step in complaint.inputs.get("steps", [])]
    return explain(steps, get_language() or "zh-hans") if steps else ()


def history_of(token: int | None, *, but: Case | None = None) -> CustomerHistory:
    """The customer known by this token (LC-01.35)."""
    if token is None:
        return CustomerHistory()
    his = Case.objects.filter(lookup__contains=[token]).defer("sealed", "search", "lookup")
    if but is not None:
        his = his.exclude(pk=but.pk)
    complaints = his.filter(kind=Case.Kind.COMPLAINT)
    recent = list(complaints.order_by("-pk")[: HISTORY_ROWS + 1])
    return CustomerHistory(
        flagged=CustomerFlag.objects.filter(token=token, lifted_at=None).exists(),
        complaints=len(recent),
        recent=recent[:HISTORY_ROWS],
        open=list(his.open().order_by("-pk")[:HISTORY_ROWS]),
    )


def token_of_phone(phone: str) -> int | None:
    tokens = lookup.tokens_for_person("", phone)
    return tokens[0] if tokens else None


# What claims ask.


@dataclass(frozen=True, slots=True)
class LiableForClaim:
    """Who answers for the claim of a parcel, by which clause, as found on which case (CD-05.12, CD-05.13)."""

    party_id: int
    clause: str
    case_number: str


def liable_for_claim(*, waybill_number: str) -> list[LiableForClaim]:
    rows = Finding.objects.filter(
        case__waybill_number=waybill_number, liability="claim", penalty__isnull=False
    ).exclude(penalty__state__in=["reversed", "lapsed"])
    return [
        LiableForClaim(*row)
        for row in rows.order_by("pk").values_list("party_id", "clause", "case__number")
    ]


def solution_accepted(case: Case) -> bool:
    """Whether the customer accepted the last proposal: before that nothing is paid out (ES-303.20)."""
    last = (
        case.complaint_steps.filter(code=ComplaintStep.Code.ANSWER)
        .order_by("-pk")
        .values_list("outcome", flat=True)
        .first()
    )
    return last == "accepted"


# What waits.


def waiting_for_somebody(desk: Desk, now: datetime) -> Any:
    """Grave complaints that nobody has, and what this inspector was given: counted in the navigation."""
    return Case.objects.visible_to(desk.user).filter(
        Q(pk__in=Complaint.objects.unassigned_major().values("case"))
        | Q(pk__in=Complaint.objects.inspected_by(desk.user).values("case"))
    )


def unassigned_majors(user: Any) -> Any:
    return (
        Case.objects.visible_to(user)
        .filter(pk__in=Complaint.objects.unassigned_major().values("case"))
        .select_related("complaint__against", "department", "waybill")
        .soonest_first()
    )


def inspected(user: Any) -> Any:
    return (
        Case.objects.visible_to(user)
        .filter(pk__in=Complaint.objects.inspected_by(user).values("case"))
        .select_related("complaint__against", "owner", "department")
        .order_by("pk")
    )


def mine_in_process(user: Any) -> Any:
    """Open complaints that wait for a step of somebody."""
    return (
        Case.objects.visible_to(user)
        .open()
        .filter(kind=Case.Kind.COMPLAINT)
        .exclude(complaint__stage__in=["", Stage.DONE])
        .exclude(pk__in=Complaint.objects.unassigned_major().values("case"))
        .select_related("complaint__against", "owner", "department")
        .soonest_first()
    )


# How many complaints there are.


@dataclass(frozen=True, slots=True)
class OutletRate:
    outlet: Party
    complaints: int
    consignments: int
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class RatePage:
    """Complaints out of consignments handled, by outlet, of one month (LC-06.01). ``known``: a rulebook has it."""

    month: date
    rows: Sequence[OutletRate]
    total: Decimal | None
    clause: str
    counted: int
    of: int


def complaint_rates(*, month: date, department_id: int | None, now: datetime) -> RatePage:
    """Two questions to the database, however many outlets there are."""
    first = datetime(month.year, month.month, 1, tzinfo=SHANGHAI)
    end = (first + timedelta(days=32)).replace(day=1)
    by_outlet: dict[int, int] = {}
    for outlet, parent, kind, n in (
        Complaint.objects.filter(received_at__gte=first, received_at__lt=end, against__isnull=False)
        .values_list("against_id", "against__parent_id", "against__kind")
        .annotate(n=Count("pk"))
        .order_by()
    ):
        at = outlet if kind == Party.Kind.OUTLET else parent
        if at is not None:
            by_outlet[at] = by_outlet.get(at, 0) + n
    handled: dict[int, int] = {}
    sent = Waybill.objects.filter(accepted_at__gte=first, accepted_at__lt=end)
    for column in ("origin", "destination"):
        for outlet, n in sent.values_list(column).annotate(n=Count("pk")).order_by():
            handled[outlet] = handled.get(outlet, 0) + n
    names = Party.objects.in_bulk({*by_outlet, *handled})
    outlets = [party for party in names.values() if party.kind == Party.Kind.OUTLET]
    using = edition_saying(rules_of.rates("complaint_rate"), department_id=department_id, at=now)
    # What was complained of may have been sent the month before: a share above the whole is none.
    parts = {
        str(party.pk): (Decimal(by_outlet.get(party.pk, 0)), Decimal(handled.get(party.pk, 0)))
        for party in outlets
        if by_outlet.get(party.pk, 0) <= handled.get(party.pk, 0)
    }
    found = ratios(using.rules, "complaint_rate", parts) if using else None
    percents = {part.name: part.percent for part in found.parts} if found else {}
    rows = [
        OutletRate(
            party,
            by_outlet.get(party.pk, 0),
            handled.get(party.pk, 0),
            percents.get(str(party.pk)),
        )
        for party in outlets
    ]
    rows.sort(key=lambda row: (-(row.percent or 0), -row.complaints, row.outlet.code))
    return RatePage(
        month=month,
        rows=rows,
        total=found.total.percent if found else None,
        clause=found.steps[0].clause if found else "",
        counted=sum(row.complaints for row in rows),
        of=sum(row.consignments for row in rows),
    )


def repeated(user: Any, *, desk: Desk, now: datetime, limit: int = 50) -> list[tuple[Case, int]]:
    """Open complaints whose customer has come several times and that nobody reported upward (CD-05.26)."""
    least = warn_from(department_id=desk.department_id, at=now)
    if least is None:
        return []
    again = Q(
        interactions__kind="contact",
        interactions__direction="in",
        interactions__counterpart="customer",
        interactions__action__in=CAME,
    )
    rows = (
        Case.objects.visible_to(user)
        .open()
        .filter(kind=Case.Kind.COMPLAINT, escalated_at=None)
        .annotate(contacts=Count("interactions", filter=again))
        .filter(contacts__gte=least)
        .select_related("complaint__against", "owner")
        .order_by("-contacts", "pk")[:limit]
    )
    return [(case, case.contacts) for case in rows]
