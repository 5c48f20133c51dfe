"""The facts beside a case: its outlets, the parcel's scans, what belongs to it, who looked at personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, CaseLink
from kefu.network.models import ContactNumber, Party
from kefu.parcels.models import Scan
from kefu.privacy import lookup
from kefu.workbench import wording
from kefu.workbench.kinds import Facts, kind_of
from kefu.workbench.selectors.desk import Desk

SCAN_ROWS = 6
RELATED_ROWS = 5
REVEALS = 6  # looks at personal data listed on the page


@dataclass(frozen=True, slots=True)
class OutletCard:
    role: str
    name: str
    party_id: int
    contacts: Sequence[ContactNumber]


@dataclass(frozen=True, slots=True)
class Related:
    number: str
    words: str
    state: str


def outlets(facts: Facts) -> list[OutletCard]:
    """Who has to do with the parcel or with the case, with the numbers to call."""
    case = facts.case
    roles: dict[int, tuple[str, Party]] = {}
    if case.waybill is not None:
        roles[case.waybill.destination_id] = (_("派件方"), case.waybill.destination)
        roles.setdefault(case.waybill.origin_id, (_("发件方"), case.waybill.origin))
    roles = {pk: card for pk, card in roles.items() if card[1].kind != Party.Kind.COMPANY}
    for role, party in kind_of(case).outlets(facts):
        if party.kind != Party.Kind.COMPANY:
            roles.setdefault(party.pk, (role, party))
    contacts: dict[int, list[ContactNumber]] = {}
    for contact in (
        ContactNumber.objects.current(facts.now)
        .filter(party__in=roles)
        .defer("sealed")
        .order_by("kind")
    ):
        contacts.setdefault(contact.party_id, []).append(contact)
    return [
        OutletCard(role, party.name, pk, contacts.get(pk, []))
        for pk, (role, party) in roles.items()
    ]


def scans(case: Case) -> list[Scan]:
    if not case.waybill_number:
        return []
    return list(Scan.objects.filter(waybill_number=case.waybill_number).order_by("-at")[:SCAN_ROWS])


def silence(found: Sequence[Scan], now: datetime) -> str:
    """How long no scan has come; "" up to a day."""
    quiet = found and now - found[0].at > timedelta(days=1)
    return wording.stretch(now - found[0].at) if quiet else ""


def related(case: Case, *, desk: Desk) -> list[Related]:
    """Linked complaints, then other cases of the same parcel or the same customer, newest first."""
    found: dict[int, Related] = {}
    links = CaseLink.objects.select_related("case", "origin")
    for link in links.filter(case=case):
        found[link.origin_id] = _relation(link.origin, _("起因"))
    for link in links.filter(origin=case):
        found[link.case_id] = _relation(link.case, _("引起的投诉"))
    others = (
        Case.objects.visible_to(desk.user).exclude(pk=case.pk).defer("sealed", "search", "lookup")
    )
    if case.waybill_number:
        for other in others.filter(waybill_number=case.waybill_number).order_by("-pk")[
            :RELATED_ROWS
        ]:
            found.setdefault(other.pk, _relation(other, _("同一运单")))
    phone = case.sealed.get("customer_phone")
    if phone:
        same = others.filter(lookup__contains=[lookup.token("phone", phone)])
        for other in same.order_by("-pk")[:RELATED_ROWS]:
            found.setdefault(other.pk, _relation(other, _("同一客户")))
    return list(found.values())


def _relation(case: Case, words: str) -> Related:
    return Related(
        case.number, punctuation.listed(case.get_kind_display(), words), case.get_state_display()
    )


def reveals(case: Case) -> list[AuditRow]:
    """Who looked at the customer's or the parcel's personal data lately."""
    looked_at = Q(table="cases_case", object_id=str(case.pk))
    if case.waybill_id is not None:
        looked_at |= Q(table="parcels_waybill", object_id=str(case.waybill_id))
    return list(AuditRow.objects.filter(looked_at, action="reveal").order_by("-id")[:REVEALS])
