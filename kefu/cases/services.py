"""Open cases, add to their timeline, move them along. Each takes part in its caller's transaction."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from kefu.cases.models import TRANSITIONS, Case, Interaction
from kefu.errors import Conflict
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.privacy import lookup, masks, phones, redact, search
from kefu.staff.models import Department, Employee

TEXT_LIMIT = 20_000  # characters of one entry
SUMMARY_LIMIT = 500
LAST_TEXT = 120

PREFIXES = {
    Case.Kind.INQUIRY: "CX",
    Case.Kind.NETWORK_QUERY: "WD",
    Case.Kind.COMPLAINT: "TS",
    Case.Kind.PROBLEM_PARCEL: "WT",
    Case.Kind.RECEIPTS: "HD",
    Case.Kind.CLAIM: "LP",
    Case.Kind.INCIDENT: "YJ",
    Case.Kind.REPORT: "BG",
    Case.Kind.PROCESS: "LX",
}

# What apps above have to say before a case of any kind is closed.
_before_closing: list[Callable[[Case, datetime], None]] = []


def before_closing(check: Callable[[Case, datetime], None]) -> None:
    """Have ``check`` asked with the locked case and the moment; it raises Conflict where something is still open.

    Called from ``AppConfig.ready()``.
    """
    _before_closing.append(check)


# What apps above know of whoever calls: whose cases go first.
_urgent_for: list[Callable[[str], bool]] = []


def urgent_for(known: Callable[[str], bool]) -> None:
    """Have ``known`` asked with the customer's number when a case is opened; where it says so the case is urgent.

    Called from ``AppConfig.ready()``.
    """
    _urgent_for.append(known)


def shown(*, case: Case, text: str, field: str = "reason", limit: int = 500) -> str:
    """Return what may stand open of a reason or note about a case: cleaned, without numbers and names."""
    text = redact.clean(text, max_length=limit, field=field)
    known = [case.sealed["customer_name"]] if case.sealed.get("customer_name") else []
    keep = [case.waybill_number] if case.waybill_number else []
    return redact.redact(text, keep=keep, names=known)


def next_number(kind: Case.Kind, at: datetime) -> str:
    """Return a new case number, e.g. ``CX-261121-0042``: kind, day in Shanghai, running number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kefu_case_number(%s, %s)", [PREFIXES[kind], at])
        return str(cursor.fetchone()[0])


def customer_fields(
    *, name: str, phone: str, summary: str, keep: Collection[str] = ()
) -> dict[str, Any]:
    """Return the columns of a case that hold its customer: sealed, masked, and findable."""
    shown = redact.redact(summary, keep=keep, names=[name] if name else ())[:SUMMARY_LIMIT]
    return {
        "sealed": {"customer_name": name, "customer_phone": phone, "summary": summary},
        "customer_name_masked": masks.mask_name(name),
        "customer_phone_masked": masks.mask_phone(phone) if phone else "",
        "summary": shown,
        "lookup": lookup.tokens_for_person(name, phone),
        "search": search.vector(shown),
    }


def open_case(
    *,
    kind: Case.Kind,
    department: Department,
    owner: Employee | None,
    waybill: Waybill | None = None,
    waybill_number: str = "",
    outlet: Party | None = None,
    customer_name: str = "",
    customer_phone: str = "",
    summary: str = "",
    priority: int = Case.Priority.NORMAL,
    source_key: bytes | None = None,
    actor: Any,
    now: datetime,
) -> Case:
    """Open a case; its department's queues hear of it, and its owner's bell if somebody else gave it to him."""
    number = waybill.number if waybill else waybill_number
    if customer_phone and any(known(customer_phone) for known in _urgent_for):
        priority = max(priority, Case.Priority.URGENT)
    case = Case.objects.create(
        number=next_number(kind, now),
        kind=kind,
        waybill=waybill,
        waybill_number=number,
        department=department,
        owner=owner,
        outlet=outlet,
        priority=priority,
        opened_at=now,
        last_at=now,
        source_key=source_key,
        **customer_fields(
            name=customer_name,
            phone=customer_phone,
            summary=summary,
            keep=[number] if number else (),
        ),
    )
    notifications.publish(
        kind=Event.Kind.CASE_NEW,
        at=now,
        department_id=department.pk,
        case_id=case.pk,
        user_id=owner.user_id if owner and owner.user != actor else None,
    )
    return case


def lock(*, case: Case, version: int | None = None) -> Case:
    """Return the case locked for a change.

    ``version`` is the one the caller looked at. Raises Conflict, naming who was faster and what he did,
    if the case has moved on since.
    """
    # "No key": the sweep and every other writer may still add lines that reference the case.
    # By itself: rows joined to a locking read are those from before the wait, another owner's.
    Case.objects.select_for_update(no_key=True).values_list("pk").get(pk=case.pk)
    locked = Case.objects.select_related("owner__party", "department").get(pk=case.pk)
    if version is not None and locked.version != version:
        last = locked.interactions.select_related("author__employee").order_by("-id").first()
        raise Conflict(
            _("%(who)s 先记了一条，这一单已经变了；你写的还在，请看过再决定")
            % {"who": last.author if last and last.author else _("系统")},
            code="case_changed",
            interaction=last.pk if last else None,
            version=locked.version,
        )
    return locked


def add(
    *,
    case: Case,
    kind: Interaction.Kind,
    direction: Interaction.Direction,
    text: str = "",
    action: str = "",
    data: dict[str, Any] | None = None,
    counterpart: str = "",
    party: Party | None = None,
    channel: str = "",
    substantive: bool = False,
    happened_at: datetime | None = None,
    opening: bool = False,
    names: Collection[str] = (),
    actor: Any,
    now: datetime,
) -> Interaction:
    """Add one line to the timeline and let the case show it as its latest.

    ``names``: people named in ``text`` besides the customer; they are masked as well.
    ``opening``: the case was opened with this line and shows it already; nobody else knows of it yet.
    """
    known = [*filter(None, [case.sealed.get("customer_name")]), *names]
    shown = redact.redact(
        text, keep=[case.waybill_number] if case.waybill_number else (), names=known
    )
    line = Interaction.objects.create(
        case=case,
        kind=kind,
        action=action,
        direction=direction,
        counterpart=counterpart,
        party=party,
        channel=channel,
        happened_at=happened_at or now,
        recorded_at=now,
        author=actor,
        substantive=substantive,
        sealed={"text": text} if text else {},
        text=shown,
        data=data or {},
        search=search.vector(shown) if shown else None,
    )
    if opening:
        return line
    columns: dict[str, Any] = {}
    if shown or kind == Interaction.Kind.CONTACT:
        columns = {
            "last_at": line.happened_at,
            "last_text": shown[:LAST_TEXT],
            "last_direction": direction,
        }
    change(case=case, **columns)
    notifications.publish(
        kind=Event.Kind.CASE_CHANGED,
        at=now,
        department_id=case.department_id,
        case_id=case.pk,
        data={"action": action or kind},
    )
    return line


def step(
    *, case: Case, action: str, actor: Any, now: datetime, text: str = "", **data: Any
) -> Interaction:
    """Add a line on what was done with the case; ``data`` lets either language tell it."""
    return add(
        case=case,
        kind=Interaction.Kind.STEP,
        direction=Interaction.Direction.INTERNAL,
        action=action,
        text=text,
        data=data,
        actor=actor,
        now=now,
    )


def change(*, case: Case, **columns: Any) -> None:
    """Set columns of a locked case, here and in the database; whoever looked at it before has to look again."""
    for name, value in columns.items():
        setattr(case, name, value)
    case.version += 1
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1, **columns)


def move(*, case: Case, to: Case.State, **columns: Any) -> None:
    """Take the case along an arrow of its state machine; staying where it is is no step.

    Raises Conflict for an arrow that does not exist.
    """
    if case.state == to:
        return
    if (case.state, to) not in TRANSITIONS:
        raise Conflict(
            _("工单现在是“%(state)s”，不能这样办") % {"state": Case.State(case.state).label},
            code="illegal_step",
        )
    if to == Case.State.CLOSED:
        for check in _before_closing:
            check(case, columns["closed_at"])
    change(case=case, state=to, **columns)


def callable_phone(text: str, *, field: str = "customer_phone") -> str:
    """Return a phone number in normal form; empty stays empty. Raises PhoneRefused naming ``field``."""
    return phones.normalise(text, field=field) if text.strip() else ""
