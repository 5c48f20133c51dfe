"""What intake looks up while somebody types: parcels, cases already open, numbers one slip away, and the
clocks that would start. One query each, however many numbers a message holds."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from inquiries.recognition.found import Found, Recognised
from inquiries.recognition.slips import near_matches, near_variants
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.parcels.models import Scan, Waybill
from kefu.policy.clauses import Duty as DutyClause
from kefu.policy.clocks import (
    Due,
    OutletRules,
    PickupRules,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    pickup_day,
    reply_due,
)
from kefu.policy.clocks import Pickup as PickupDay
from kefu.privacy import names, phones
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Department
from kefu.workbench import wording

NEAR_NUMBERS = 20  # uncertain numbers of one message whose neighbours are looked up
NEAR_SHOWN = 4
OPEN_SHOWN = 3  # open cases of one parcel offered for adding
PARTIES_SHOWN = 12
QUIET = timedelta(days=1)  # without a scan for so long, a parcel is said to stand still

ClockName = Literal["reply", "again", "feedback"]
CLOCKS: tuple[ClockName, ...] = ("reply", "again", "feedback")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A waybill we know, with its last scan."""

    waybill: Waybill
    last_scan: Scan | None

    @property
    def number(self) -> str:
        return self.waybill.number

    @property
    def route(self) -> str:
        return f"{self.waybill.route_from} → {self.waybill.route_to}"

    @property
    def outlet(self) -> Party | None:
        """The delivering outlet, where it is somebody else's: the one to be asked."""
        party = self.waybill.destination
        return None if party.kind == Party.Kind.COMPANY or not party.active else party

    def whereabouts(self, now: datetime) -> str:
        """Where it stands: 11-19 16:20 签收, 3 天无扫描, 08:40 派件."""
        scan = self.last_scan
        if scan is None:
            return _("还没有扫描")
        last = f"{wording.moment(scan.at, now)} {scan.get_kind_display()}"
        if scan.kind == Scan.Kind.SIGNED or now - scan.at < QUIET:
            return last
        return _("{days} 天无扫描，最后 {last}").format(days=(now - scan.at).days, last=last)


def known_parcels(numbers: Collection[str]) -> dict[str, Parcel]:
    """Return those of ``numbers`` that are waybills of ours, by number."""
    if not numbers:
        return {}
    waybills = Waybill.objects.filter(number__in=set(numbers)).select_related(
        "origin", "destination"
    )
    found = {waybill.number: waybill for waybill in waybills}
    scans = (
        Scan.objects.filter(waybill_number__in=found)
        .order_by("waybill_number", "-at")
        .distinct("waybill_number")
    )
    last = {scan.waybill_number: scan for scan in scans} if found else {}
    return {number: Parcel(waybill, last.get(number)) for number, waybill in found.items()}


def open_cases(*, user: Any, numbers: Collection[str]) -> dict[str, list[Case]]:
    """Return the open cases of each waybill number, soonest due first."""
    found: dict[str, list[Case]] = {}
    if numbers:
        cases = (
            Case.objects.visible_to(user)
            .open()
            .filter(waybill_number__in=set(numbers))
            .select_related("owner", "department")
            .defer("sealed", "search", "lookup")
            .soonest_first()
        )
        for case in cases:
            of_number = found.setdefault(case.waybill_number, [])
            if len(of_number) < OPEN_SHOWN:
                of_number.append(case)
    return found


def near_candidates(numbers: Iterable[str]) -> dict[str, list[Parcel]]:
    """Return for each number the waybills of ours that are one slip of the pen away, best first."""
    asked = list(numbers)[:NEAR_NUMBERS]
    variants = {number: {number, *near_variants(number)} for number in asked}
    known = known_parcels(set().union(*variants.values()) if variants else set())
    return {
        number: [
            known[near]
            for near in dict.fromkeys(
                (number, *near_matches(number, sorted(variants[number] & known.keys())))
            )
            if near in known
        ][:NEAR_SHOWN]
        for number in asked
    }


# -- a pasted message ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubt:
    """A number a person has to decide about. ``picked``: one of the candidates, "keep", "none", or nothing yet."""

    found: Found
    unknown: bool  # well formed, but no waybill of ours
    candidates: Sequence[Parcel]
    picked: str


@dataclass(frozen=True, slots=True)
class Line:
    """One parcel of the message. ``parcel`` is None for a number kept although nobody knows it."""

    number: str
    found: Found
    parcel: Parcel | None
    open_cases: Sequence[Case]
    text: str  # what the message says of it
    kind: Found | None
    names: Sequence[Found]
    phones: Sequence[Found]
    decided: bool  # picked by the agent, not read from the text


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as understood: what is doubtful, and one line for each parcel it is about."""

    recognised: Recognised
    doubts: Sequence[Doubt]
    lines: Sequence[Line]

    @property
    def pending(self) -> list[Doubt]:
        return [doubt for doubt in self.doubts if not doubt.picked]


def read(*, recognised: Recognised, picks: dict[str, str], user: Any) -> Reading:
    """Match what was recognised with what we have; ``picks`` are the agent's decisions on doubtful numbers.

    A number that is not certain, or certain and unknown, becomes a doubt, and a line only once it is decided.
    """
    certain = [group for group in recognised.groups if group.waybill.confidence != "low"]
    known = known_parcels({group.waybill.value for group in certain})
    doubtful = [group for group in recognised.groups if group.waybill.value not in known]
    near = near_candidates(group.waybill.value for group in doubtful)
    doubts, chosen = [], {}
    senders = {_sender(parcel) for parcel in known.values()} - {""}
    for group in doubtful:
        number = group.waybill.value
        # The parcel of whoever sent the others is the likelier one.
        candidates = sorted(near.get(number, []), key=lambda parcel: _sender(parcel) not in senders)
        allowed = {"keep", "none", *(parcel.number for parcel in candidates)}
        picked = picks.get(number, "") if picks.get(number, "") in allowed else ""
        doubts.append(Doubt(group.waybill, group.waybill.confidence != "low", candidates, picked))
        if picked and picked != "none":
            chosen[number] = next(
                (parcel for parcel in candidates if parcel.number == picked), None
            )
    numbers = [
        (
            parcel.number if (parcel := known.get(value) or chosen.get(value)) else value,
            group,
            parcel,
        )
        for group in recognised.groups
        if (value := group.waybill.value) in known or value in chosen
    ]
    opened = open_cases(user=user, numbers=[number for number, _group, _parcel in numbers])
    lines: dict[str, Line] = {}
    for number, group, parcel in numbers:
        lines.setdefault(
            number,
            Line(
                number=number,
                found=group.waybill,
                parcel=parcel,
                open_cases=opened.get(number, []),
                text=group.text,
                kind=group.kind,
                names=group.names,
                phones=group.phones,
                decided=group.waybill.value in chosen,
            ),
        )
    return Reading(recognised, doubts, list(lines.values()))


def _sender(parcel: Parcel) -> str:
    return str(parcel.waybill.sealed.get("sender_phone", ""))


Side = Literal["sender", "receiver"]
SIDES: tuple[Side, ...] = ("receiver", "sender")


def side_of_phone(waybill: Waybill, phone: str) -> Side | None:
    """Whose phone on the label this is. Compares in memory; nothing is shown that was not typed."""
    for side in SIDES:
        given = waybill.sealed.get(f"{side}_phone", "")
        if given and phones.same(given, phone):
            return side
    return None


def side_of_name(waybill: Waybill, name: str) -> Side | None:
    """Whose name on the label this may be: the whole name, or a title with the same surname (何女士)."""
    for side in SIDES:
        given = waybill.sealed.get(f"{side}_name", "")
        if given and (
            given == name or (len(name) > 1 and _surname(name) == names.surname(given) != "")
        ):
            return side
    return None


def _surname(name: str) -> str:
    return names.surname(name[1:]) if name[0] in "老小阿" else names.surname(name)


# -- what will start ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClockAhead:
    """A clock that starts on saving: whose, how long, until when, by which clause."""

    name: ClockName
    length: str
    due_at: datetime
    due_words: str
    clause: str
    why_url: str


def due_ahead(*, name: ClockName, using: Edition, channel: str, starts_at: datetime) -> Due | None:
    """When it would be due; None where the rulebook sets no time."""
    if name == "feedback":
        return outlet_due(starts_at, OutletRules.of(using.rules))
    facts = ReplyFacts(received_at=starts_at, channel=channel, first=name == "reply")
    return reply_due(facts, ReplyRules.of(using.rules))


@dataclass(frozen=True, slots=True)
class Ahead:
    """The clocks that saving now would start, or why they cannot be told; ``refresh_url`` tells them anew."""

    clocks: Sequence[ClockAhead] = ()
    problem: str = ""
    refresh_url: str = ""


def clocks_ahead(
    *,
    wanted: Collection[ClockName],
    department: Department,
    channel: str,
    received_at: datetime | None,
    now: datetime,
) -> Ahead:
    """Return the clocks as they would start now under the department's rulebook.

    ``received_at`` is when the customer asked, None for now; an outlet is asked now in any case.
    """
    common = {"department": str(department.pk), "channel": channel}
    clocks = []
    try:
        using = edition_in_force(department_id=department.pk, at=now)
    except KefuError as error:
        return Ahead(problem=str(error))
    for name in wanted:
        starts_at = now if name == "feedback" else received_at or now
        due = due_ahead(name=name, using=using, channel=channel, starts_at=starts_at)
        if due is not None:
            query = urlencode({"clock": name, "at": starts_at.isoformat(), **common})
            clocks.append(
                ClockAhead(
                    name=name,
                    length=wording.stretch(due.due_at - due.starts_at),
                    due_at=due.due_at,
                    due_words=wording.due(due.due_at, now),
                    clause=due.clause,
                    why_url=f"{reverse('inquiries:new_why')}?{query}",
                )
            )
    at = received_at.isoformat() if received_at else ""
    query = urlencode([*(("clock", name) for name in wanted), ("at", at), *common.items()])
    return Ahead(clocks, "", f"{reverse('inquiries:new_clocks')}?{query}" if clocks else "")


def pickup_ahead(*, department: Department, same_day: bool, now: datetime) -> PickupDay:
    """The day a pick-up registered now is for (CD-03.17, CD-06.27)."""
    using = edition_in_force(department_id=department.pk, at=now)
    return pickup_day(now, PickupRules.of(using.rules), same_day_override=same_day)


def past_cut_off(*, department: Department, now: datetime) -> bool:
    """Whether a pick-up registered now goes to the next day unless a supervisor keeps it."""
    return (
        pickup_ahead(department=department, same_day=False, now=now).on
        > now.astimezone(SHANGHAI).date()
    )


def quotes_prices(*, department: Department, now: datetime) -> bool:
    """Whether the desk tells customers prices: not where it works no inquiries and the rulebook forbids it (CD-06.31)."""
    using = edition_in_force(department_id=department.pk, at=now)
    forbidden = any(clause.subject == "no_quotes" for clause in using.rules.in_force(DutyClause))
    return department.works_inquiries or not forbidden


# -- who and where ----------------------------------------------------------------------------------


def parties(*, text: str, kinds: Collection[str]) -> list[Party]:
    """Parties to choose from, by the beginning of code, name or pinyin; outlets by where they deliver too (CD-06.03)."""
    found = Party.objects.filter(active=True, kind__in=kinds)
    key = text.partition(" ")[0] if " " in text.strip() else text
    if key.strip():
        there = found.serving(key) if Party.Kind.OUTLET in kinds else found.none()
        found = found.filter(Q(pk__in=found.matching(key)) | Q(pk__in=there))
    return list(found[:PARTIES_SHOWN])
