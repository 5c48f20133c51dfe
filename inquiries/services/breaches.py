"""What is known of a breach on a case, as policy asks: which edition says so, who answers, what the records tell."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint, ComplaintStep, NetworkQuery
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.policy.clauses import Consequence
from kefu.policy.ladders import Happening
from kefu.policy.penalties import Breach
from kefu.rulebooks.selectors import Edition, edition_saying

# Both are complaints of the attitude; what the rulebooks call them.
ATTITUDE, SERVICE = "attitude_complaints", "service_complaints"
CAME = ("", "again")  # what a customer came with by himself, not what he answered us


@dataclass(frozen=True, slots=True)
class Found:
    """What a person says he found. ``established`` and ``evidence``: names of the clause; ``said``: in words, such as
    the surname that was heard; ``chosen``: the amount where the clause leaves it open; ``count``: the how-manieth time.
    """

    established: Collection[str] = ()
    evidence: Mapping[str, str] = field(default_factory=dict)
    verified: bool = False
    count: int | None = None
    chosen: Decimal | None = None
    measure: str | None = None
    severity: str | None = None
    said: str = ""


NOTHING = Found()


def edition_for(
    case: Case, clause: str, *, party: Party | None = None, now: datetime
) -> Edition | None:
    """The edition that has a clause, of those that bind this case towards a party."""
    return edition_saying(
        rules_of.names(clause),
        department_id=case.department_id,
        at=now,
        outlet_id=party.outlet_id if party else None,
    )


def party_for(role: str, case: Case) -> Party | None:
    """Who answers in a role on this case, as far as it says; for a contract area its outlet does (CD-05.05), and our
    own company never."""
    party = _in_role(role, case)
    return None if party is not None and party.kind == Party.Kind.COMPANY else party


def _in_role(role: str, case: Case) -> Party | None:
    complaint = Complaint.objects.filter(case=case).select_related("against", "complainant").first()
    against = complaint.against if complaint else case.outlet
    complainant = complaint.complainant if complaint else None
    match role:
        case "origin_outlet":
            return case.waybill.origin if case.waybill else None
        case "delivery_outlet":
            return case.waybill.destination if case.waybill else None
        case "parent_outlet":
            return complainant.parent if complainant else None
        case "asking_outlet":
            return _outlet_of(complainant)
        case "courier":
            return against if against and against.kind == Party.Kind.COURIER else None
        case "agent" | "employee" | "owner" | "supervisor":
            return against if against and against.kind == Party.Kind.EMPLOYEE else None
        case _:
            return _outlet_of(against) or _outlet_of(case.outlet)


def _outlet_of(party: Party | None) -> Party | None:
    """The outlet that employs somebody, or that a contract area belongs to."""
    if party is None or party.kind in (Party.Kind.OUTLET, Party.Kind.COMPANY):
        return party
    return party.parent


# Whom of the persons a role can mean; every other role is an outlet's.
PERSONS = {
    "courier": Party.Kind.COURIER,
    **dict.fromkeys(("agent", "employee", "owner", "supervisor"), Party.Kind.EMPLOYEE),
}


def bearer(role: str, party: Party | None) -> Party:
    """Who bears it: a person of that role, or the outlet behind whoever is named, and never our own company."""
    person = PERSONS.get(role)
    if party is not None and person is None:
        party = _outlet_of(party)
    if party is None or party.kind == Party.Kind.COMPANY:
        raise KefuError(_("还不知道由谁承担，请先写明"), code="party_required", field="party")
    if person is not None and party.kind != person:
        raise KefuError(
            _("这一条由%(kind)s承担") % {"kind": person.label}, code="wrong_party", field="party"
        )
    return party


def interactions(case: Case) -> int:
    """Questions between outlets about this parcel that are on record (CD-05.06, CD-05.27)."""
    if not case.waybill_number:
        return case.network_queries.count()
    return NetworkQuery.objects.filter(case__waybill_number=case.waybill_number).count()


def contacts_without_result(case: Case) -> int:
    """How often the customer has come about this matter: each of his calls on it and on what it grew from."""
    about = {case.pk, *case.links.values_list("origin_id", flat=True)}
    return Interaction.objects.filter(
        case__in=about,
        kind=Interaction.Kind.CONTACT,
        direction=Interaction.Direction.IN,
        counterpart=Interaction.Counterpart.CUSTOMER,
        action__in=CAME,
    ).count()


def breach_of(
    case: Case, clause: Consequence, party: Party, found: Found, *, now: datetime
) -> Breach:
    """What is known of it, as policy asks."""
    count = found.count
    if (
        clause.counts is not None
        and clause.counts.of == "contacts_without_result"
        and count is None
    ):
        count = contacts_without_result(case)
    history: tuple[Happening, ...] = ()
    if clause.counts is not None and clause.counts.of in (ATTITUDE, SERVICE):
        history = complaint_history(party, clause.counts.of)
    cause = _cause(case, clause)
    raised = list(case.findings.values_list("clause", flat=True))
    complaint = Complaint.objects.filter(case=case).first()
    lost = complaint is not None and complaint.category == Complaint.Category.LOST
    value = _value(case, complaint)
    return Breach(
        clause=clause.id,
        complaint=cause,
        verified=found.verified,
        evidence=tuple(name for name, said in found.evidence.items() if said.strip()),
        established=(*found.established, *(("lost",) if lost else ())),
        numbers={} if value is None else {"value": value},
        count=count,
        history=history,
        on=now.astimezone(SHANGHAI).date(),
        raised=tuple(one for one in raised if one != clause.id),
        chosen=found.chosen,
        measure=found.measure,
        severity=found.severity or (complaint.grade if complaint else None) or None,
    )


def _cause(case: Case, clause: Consequence) -> Any:
    """The cause of the complaint this is, or that grew from this case and counts for the clause."""
    own = Complaint.objects.filter(case=case).values_list("cause", flat=True).first()
    linked = CaseLink.objects.filter(origin=case).values_list("cause", flat=True)
    causes = [*([own] if own else []), *linked]
    return next((cause for cause in causes if cause in clause.causes), next(iter(causes), None))


def _value(case: Case, complaint: Complaint | None) -> Decimal | None:
    if complaint is not None and complaint.item_value is not None:
        return complaint.item_value
    return case.waybill.declared_value if case.waybill else None


def complaint_history(party: Party, of: str) -> tuple[Happening, ...]:
    """The verified complaints about somebody, in the order of their conclusions; others than of the attitude are
    told as such, for a rulebook that lets them break the row (ES-204.04, OS-04.21)."""
    rows = (
        ComplaintStep.objects.filter(
            code=ComplaintStep.Code.CONCLUDE,
            outcome=Complaint.Conclusion.VERIFIED,
            case__complaint__against=party,
        )
        .order_by("pk")
        .values_list("happened_at", "case__complaint__category")
    )
    return tuple(
        Happening(
            of=of,
            on=at.astimezone(SHANGHAI).date(),
            other=category != Complaint.Category.ATTITUDE,
        )
        for at, category in rows
    )


def promised_compensation(case: Case) -> Decimal:
    """What the area office or headquarters promised the customer (CD-05.28)."""
    promises = case.complaint_steps.filter(code=ComplaintStep.Code.CONTACT_ORIGIN)
    return sum((one.amount for one in promises if one.amount), Decimal(0))
