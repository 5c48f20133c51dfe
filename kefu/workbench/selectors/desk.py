"""Who sits at the desk, and what waits for him: one query each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu import punctuation
from kefu.cases.models import Case
from kefu.notifications.models import Event
from kefu.policy.seats import Missing
from kefu.rulebooks.wording import value_in_words
from kefu.staff.models import Duty, Employee, User
from kefu.staff.selectors import seats_in_words
from kefu.workbench.kinds import PageNotice, navigation, notices
from kefu.workbench.selectors.views import VIEWS, capped_count, shown_count

BELL_ROWS = 30


@dataclass(frozen=True, slots=True)
class Desk:
    """The signed-in person at work. Ids are None for somebody without a staff number."""

    user: Any
    employee_id: int | None
    number: str
    name: str
    department_id: int | None
    department_name: str
    party_id: int | None
    seat: str  # "" when not on duty
    nickname: str = ""
    avatar_id: int | None = None

    @property
    def on_duty(self) -> bool:
        return bool(self.seat)


def desk(user: Any) -> Desk:
    seat = Duty.objects.filter(employee=OuterRef("pk"), ended_at=None).values("seat")[:1]
    employee: Any = (
        Employee.objects.filter(user=user)
        .select_related("department")
        .annotate(open_seat=Coalesce(Subquery(seat), Value("")))
        .first()
    )
    if employee is None:
        return Desk(
            user,
            None,
            user.username,
            str(user),
            None,
            user.get_role_display(),
            None,
            "",
        )
    department = employee.department
    return Desk(
        user=user,
        employee_id=employee.pk,
        number=employee.number,
        name=employee.name,
        department_id=department.pk,
        department_name=str(department),
        party_id=employee.party_id,
        seat=employee.open_seat,
        nickname=employee.nickname,
        avatar_id=employee.avatar_id,
    )


@dataclass(frozen=True, slots=True)
class ViewCount:
    """A view in the side navigation with how many cases it holds (at most COUNT_CAP)."""

    name: str
    label: str
    url: str
    count: int

    @property
    def shown(self) -> str:
        return shown_count(self.count)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an app in the side navigation; ``count``: how much waits there, None where nothing is counted."""

    name: str
    label: str
    url: str
    count: int | None

    @property
    def shown(self) -> str:
        return "" if self.count is None else shown_count(self.count)


@dataclass(frozen=True, slots=True)
class Pulse:
    views: tuple[ViewCount, ...]
    pages: tuple[Page, ...]
    unread: int
    cursor: str
    notices: tuple[PageNotice, ...]  # that have something to say now


class OldestRunning(Func):
    """The oldest transaction still running: what follows it in the outbox has not been seen by anyone."""

    template = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)"
    output_field = BigIntegerField()


def pulse(*, desk: Desk, now: datetime) -> Pulse:
    """Counts of all views and pages, unread bells and the place of this moment in the outbox, in one query."""
    entries = navigation(desk.user)
    rings = bell_events(desk.user).filter(pk__gt=Coalesce(OuterRef("bell_mark__seen_id"), Value(0)))
    columns = {f"in_{view.name}": capped_count(view.cases(desk, now)) for view in VIEWS.values()}
    columns |= {
        f"at_{entry.name}": capped_count(entry.waiting(desk, now))
        for entry in entries
        if entry.waiting is not None
    }
    columns |= {
        f"on_{n}": capped_count(notice.about(desk, now)) for n, notice in enumerate(notices())
    }
    row: Any = (
        User.objects.filter(pk=desk.user.pk)
        .values(unread=capped_count(rings), oldest=OldestRunning(), **columns)
        .get()
    )
    views = tuple(
        ViewCount(view.name, str(view.label), view_url(view.name), row[f"in_{view.name}"])
        for view in VIEWS.values()
    )
    pages = tuple(
        Page(entry.name, str(entry.label), entry.url, row.get(f"at_{entry.name}"))
        for entry in entries
    )
    told = tuple(notice for n, notice in enumerate(notices()) if row[f"on_{n}"])
    return Pulse(views, pages, row["unread"], f"{row['oldest']}-0", told)


def view_url(view: str, **query: str) -> str:
    query = {
        **({} if view == "mine" else {"view": view}),
        **{k: v for k, v in query.items() if v},
    }
    return reverse("workbench:queue") + (f"?{urlencode(query)}" if query else "")


def bell_events(user: Any) -> QuerySet[Event, Event]:
    return Event.objects.filter(user_id=user.pk)


@dataclass(frozen=True, slots=True)
class Ring:
    """One line of the bell."""

    pk: int
    label: str
    at: datetime
    number: str
    summary: str
    url: str
    unread: bool


def bell(user: Any, *, seen_id: int) -> Sequence[Ring]:
    """The latest events meant for ``user``, newest first, with the case each is about."""
    events = list(bell_events(user).order_by("-pk")[:BELL_ROWS])
    cases = {
        case.pk: case
        for case in Case.objects.visible_to(user)
        .filter(pk__in={event.case_id for event in events})
        .only("number", "summary")
    }
    rings = []
    for event in events:
        case = cases.get(event.case_id) if event.case_id else None
        rings.append(
            Ring(
                pk=event.pk,
                label=event.get_kind_display(),
                at=event.at,
                number=case.number if case else "",
                summary=case.summary if case else _without_case(event),
                url=reverse("workbench:case", args=[case.number]) if case else "",
                unread=event.pk > seen_id,
            )
        )
    return rings


# What is due towards an insurer.
INSURANCE = {
    "report": gettext_lazy("向保险公司报案"),
    "documents": gettext_lazy("向保险公司交材料"),
    "contact": gettext_lazy("联系保险公司"),
}


def _without_case(event: Event) -> str:
    """What an event says that is about no case."""
    if event.kind in (Event.Kind.REPORT_DUE, Event.Kind.REPORT_LATE):
        return _("{outlet} {month} 错写上报表").format(**event.data)
    if event.kind in (Event.Kind.REGISTER_DUE, Event.Kind.REGISTER_LATE):
        return f"{value_in_words('reports', event.data['register'])} {event.data['period']}"
    if event.kind == Event.Kind.NO_OUT_SCAN:
        return _("{on} 处理了没有扫描出库：{n} 件").format(
            on=event.data["on"], n=event.data["number"]
        )
    if event.kind in (Event.Kind.INSURANCE_DUE, Event.Kind.INSURANCE_LATE):
        what = INSURANCE.get(event.data["what"], "")
        return _("{about} {what}，期限 {on}").format(
            about=event.data["about"], what=what, on=event.data["on"]
        )
    if event.kind in (Event.Kind.REFUNDS_DUE, Event.Kind.REFUNDS_LATE):
        unchecked = _("主管还没有看") if event.data.get("unchecked") else ""
        words = _("{on}，在办 {n} 单").format(on=event.data["on"], n=event.data["number"])
        return punctuation.listed(words, unchecked)
    if event.kind != Event.Kind.SEAT_MISSING:
        return ""
    what = seats_in_words([Missing.from_json(lack) for lack in event.data["missing"]])
    who = event.data.get("who")  # nobody, where the gap was there when its clause began to hold
    return _("{who} 已下班：{what}").format(who=who, what=what) if who else what
