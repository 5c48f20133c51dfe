"""What pages and services ask of incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from inquiries.models import (
    AffectedCase,
    BroadcastReceipt,
    GroupedComplaint,
    Incident,
    IncidentFinding,
    IncidentMember,
    IncidentNotice,
    Statement,
    WaitingCustomer,
)
from inquiries.models.incidents import FINISHED
from inquiries.selectors.areas import area_of, in_area
from kefu.cases.models import Case
from kefu.knowledge.above import GoingOn
from kefu.knowledge.models import Wording
from kefu.network.models import ContactNumber, Party
from kefu.policy.requirements import Composed, composed
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from kefu.workbench.selectors import Desk

FORM = "affected_inquiry"
OF_CUSTOMERS = (Case.Kind.INQUIRY, Case.Kind.COMPLAINT, Case.Kind.PROBLEM_PARCEL)
# Incidents of a place, which touch the parcels of its area.
PLACED = (Incident.Kind.NATURAL_DISASTER, Incident.Kind.OTHER)
PAGE_ROWS = 50


def script(incident: Incident) -> Composed:
    """What agents tell a customer whose parcel is held up, filled in (ES-502.03, ES-502.04)."""
    values = {name: getattr(incident, name) for name in ("reason", "hub", "expected_delay_days")}
    return composed(edition(incident.rulebook_id).rules, FORM, values=values)


def covers(incident: Incident, case: Case) -> bool:
    """Whether the parcel of a case comes from or goes to the incident's area, or the case is about an outlet there."""
    return Case.objects.filter(in_area(area_of(incident)), pk=case.pk).exists()


def incidents_of(case: Case) -> list[Incident]:
    """The open disasters and failures in whose area a case lies, the latest first."""
    return [one for one in _going_on().filter(kind__in=PLACED) if covers(one, case)]


@dataclass(frozen=True, slots=True)
class Touched:
    """What goes on around a case: the incidents in whose area it lies, each with what its customer is told, and
    whether a system is down or was until just now."""

    incidents: Sequence[tuple[Incident, str]]
    failing: bool


def touched(case: Case) -> Touched:
    found = list(_going_on())
    return Touched(
        [
            (one, script(one).text or "")
            for one in found
            if one.kind in PLACED and covers(one, case)
        ],
        any(one.kind == Incident.Kind.SYSTEM_FAILURE for one in found),
    )


# What the house says of an incident by its kind; mass complaints have their one solution instead.
OCCASIONS = {
    Incident.Kind.NATURAL_DISASTER: Wording.Occasion.STORM,
    Incident.Kind.OTHER: Wording.Occasion.DELAY,
    Incident.Kind.SYSTEM_FAILURE: Wording.Occasion.FAILURE,
}


def to_tell() -> list[GoingOn]:
    """What agents tell while incidents go on, each with the rulebook's own words."""
    return [
        GoingOn(OCCASIONS[kind], one.title, (script(one).text or "") if one.kind in PLACED else "")
        for one in _going_on()
        if (kind := Incident.Kind(one.kind)) in OCCASIONS
    ]


def _going_on() -> QuerySet[Incident, Incident]:
    return (
        Incident.objects.open()
        .real()
        .select_related("case")
        .prefetch_related("regions", "outlets")
        .order_by("-started_at")
    )


def cases_in_area(incident: Incident) -> QuerySet[Case, Case]:
    """The customers' cases that were open at any moment of a disaster in its area."""
    found = Case.objects.filter(
        in_area(area_of(incident)) | Q(affected_by__incident=incident), kind__in=OF_CUSTOMERS
    ).exclude(customer_phone_masked="")
    if incident.ended_at is not None:
        found = found.filter(opened_at__lte=incident.ended_at)
    return found.filter(Q(closed_at=None) | Q(closed_at__gte=incident.started_at)).distinct()


@dataclass(frozen=True, slots=True)
class Banner:
    """What every page says while something goes on."""

    incidents: Sequence[Incident]
    unread: Sequence[BroadcastReceipt]


def banner(employee_id: int | None) -> Banner:
    """What goes on, the real before the practised, and which warnings the reader has not confirmed."""
    found = list(
        Incident.objects.open().select_related("case").order_by("is_drill", "-started_at")[:3]
    )
    unread: list[BroadcastReceipt] = []
    if found and employee_id is not None:
        mine = BroadcastReceipt.objects.filter(
            employee=employee_id, read_at=None, broadcast__incident__completed_at=None
        )
        unread = list(mine.select_related("broadcast__incident__case").order_by("pk")[:3])
    return Banner(found, unread)


def going_on(_desk: Desk, _now: datetime) -> QuerySet[Incident, Incident]:
    """What the banner tells of, drills too."""
    return Incident.objects.open()


def banner_for(desk: Desk, _now: datetime) -> Banner:
    return banner(desk.employee_id)


def waiting(desk: Desk, _now: datetime) -> QuerySet[Incident, Incident]:
    """What stands beside the entry in the navigation: open incidents; a drill is none."""
    return Incident.objects.visible_to(desk.user).open().real()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an incident is."""

    complaints: int
    finished: int
    told: int
    waiting: int
    waiting_open: int
    affected: int
    follow_ups_open: int

    @property
    def open(self) -> int:
        return self.complaints - self.finished

    @property
    def percent(self) -> int:
        return 100 * self.finished // self.complaints if self.complaints else 0


def progress(incident: Incident) -> Progress:
    return progress_of([incident])[incident.pk]


def progress_of(incidents: Sequence[Incident]) -> dict[int, Progress]:
    """How far each is, by its key: three questions, however many they are."""
    reached = IncidentNotice.objects.filter(grouped=OuterRef("pk"), reached=True)
    due = Q(follow_up__isnull=False, follow_up__answered_at=None, follow_up__released_at=None)
    counted: list[tuple[Any, dict[str, Count]]] = [
        (
            GroupedComplaint.objects,
            {
                "complaints": Count("pk"),
                "finished": Count("pk", filter=FINISHED),
                "told": Count("pk", filter=Q(Exists(reached))),
            },
        ),
        (
            WaitingCustomer.objects,
            {"waiting": Count("pk"), "waiting_open": Count("pk", filter=Q(contacted_at=None))},
        ),
        (
            AffectedCase.objects,
            {"affected": Count("pk"), "follow_ups_open": Count("pk", filter=due)},
        ),
    ]
    found = {one.pk: dict.fromkeys(Progress.__slots__, 0) for one in incidents}
    for rows, numbers in counted:
        of_these = rows.filter(incident__in=list(found)).order_by().values("incident")
        for row in of_these.annotate(**numbers):
            found[row.pop("incident")] |= row
    return {pk: Progress(**numbers) for pk, numbers in found.items()}


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands beside an incident's timeline."""

    incident: Incident
    progress: Progress
    members: Sequence[IncidentMember]
    statements: Sequence[Statement]
    findings: Sequence[IncidentFinding]
    words: str  # what agents tell; "" where nothing is prepared
    lacking: Sequence[str]  # roles and posts that nobody has


def overview(incident: Incident, *, lacking: Sequence[str] = ()) -> Overview:
    return Overview(
        incident,
        progress(incident),
        list(incident.members.filter(left_at=None).select_related("employee", "outlet")),
        list(incident.statements.prefetch_related("publications")[:5]),
        list(incident.findings.select_related("liable", "submitted_by", "decided_by")),
        script(incident).text or "",
        lacking,
    )


def complaints_page(
    incident: Incident, *, only: str = "", after: int = 0
) -> list[GroupedComplaint]:
    """The next complaints of an incident with what was told to whom; ``only``: "open" or "untold"."""
    rows = incident.complaints.select_related("complaint__case__owner", "answered_by")
    rows = rows.prefetch_related(Prefetch("notices", IncidentNotice.objects.order_by("pk")))
    if only == "open":
        rows = rows.unfinished()
    if only == "untold":
        rows = rows.exclude(notices__reached=True)
    return list(rows.filter(pk__gt=after).order_by("pk")[: PAGE_ROWS + 1])


@dataclass(frozen=True, slots=True)
class Contact:
    """One line of the emergency list; ``number`` None where nobody can be called (ES-503.04)."""

    party: Party
    number: ContactNumber | None


def emergency_contacts(now: datetime) -> list[Contact]:
    """The technical department, then the heads of all outlets, those without a number among them."""
    numbers = {
        (number.party_id, number.kind): number
        for number in ContactNumber.objects.current(now).filter(
            kind__in=[ContactNumber.Kind.TECHNICAL, ContactNumber.Kind.HEAD]
        )
    }
    ours = Party.objects.filter(kind=Party.Kind.COMPANY)
    outlets = Party.objects.filter(kind=Party.Kind.OUTLET, active=True).order_by("pinyin", "code")
    technical = [Contact(one, numbers.get((one.pk, ContactNumber.Kind.TECHNICAL))) for one in ours]
    heads = [Contact(one, numbers.get((one.pk, ContactNumber.Kind.HEAD))) for one in outlets]
    return technical + heads


def readers(incident: Incident) -> list[tuple[Any, int, list[Employee]]]:
    """Each broadcast with how many read it, and who has not yet."""
    found = []
    for sent in incident.broadcasts.select_related("sent_by").prefetch_related(
        "receipts__employee"
    ):
        receipts = list(sent.receipts.all())
        unread = [one.employee for one in receipts if one.read_at is None]
        found.append((sent, len(receipts) - len(unread), unread))
    return found
