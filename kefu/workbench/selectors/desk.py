"""Who sits at the desk, and what waits for him: one query each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kefu import punctuation
from kefu.cases.models import Case
from kefu.database.functions import OldestRunning
from kefu.network.models import ContactNumber
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
    group: str = ""

    @property
    def shown(self) -> str:
        return "" if self.count is None else shown_count(self.count)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that fold together; ``name`` tells its count apart on the page."""

    name: str
    label: str
    pages: tuple[Page, ...]

    @property
    def names(self) -> list[str]:
        return [page.name for page in self.pages]

    @property
    def count(self) -> int:
        """How much waits on all of them."""
        return sum(page.count or 0 for page in self.pages)

    @property
    def shown(self) -> str:
        return shown_count(self.count) if self.count else ""


@dataclass(frozen=True, slots=True)
class Pulse:
    views: tuple[ViewCount, ...]
    pages: tuple[Page, ...]
    unread: int
    cursor: str
    notices: tuple[PageNotice, ...]  # that have something to say now


def grouped(pages: Sequence[Page]) -> list[Group]:
    """The pages that fold, group by group."""
    labels = dict.fromkeys(page.group for page in pages if page.group)
    return [
        Group(f"group-{n}", label, tuple(page for page in pages if page.group == label))
        for n, label in enumerate(labels)
    ]


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
        Page(entry.name, str(entry.label), entry.url, row.get(f"at_{entry.name}"), str(entry.group))
        for entry in entries
    )
    told = tuple(notice for n, notice in enumerate(notices()) if row[f"on_{n}"])
    return Pulse(views, pages, row["unread"], f"{row['oldest']}-0", told)


def restricted_pages(*, desk: Desk, now: datetime) -> Sequence[Page]:
    """The pages that it takes a right to open and where something waits, in one query."""
    entries = [one for one in navigation(desk.user) if one.rights and one.waiting is not None]
    columns = {
        f"at_{one.name}": capped_count(one.waiting(desk, now)) for one in entries if one.waiting
    }
    if not columns:
        return ()
    row: Any = User.objects.filter(pk=desk.user.pk).values(**columns).get()
    pages = [
        Page(one.name, str(one.label), one.url, row[f"at_{one.name}"], str(one.group))
        for one in entries
    ]
    return [page for page in pages if page.count]


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
    rings, pages = [], {entry.name: entry.url for entry in navigation(user)}
    for event in events:
        case = cases.get(event.case_id) if event.case_id else None
        rings.append(
            Ring(
                pk=event.pk,
                label=event.get_kind_display(),
                at=event.at,
                number=case.number if case else "",
                summary=case.summary if case else _without_case(event),
                url=reverse("workbench:case", args=[case.number]) if case else _page(event, pages),
                unread=event.pk > seen_id,
            )
        )
    return rings


# Where that is dealt with which is about no case: the first of these pages that the reader may open.
OWN, TO_DECIDE = ("my_shifts",), ("requests", "my_shifts")
FOR_WHO_DECIDES = {"asked", "agreed", "call_accepted", "call_declined"}
PLACES: dict[str, Sequence[str]] = {
    Event.Kind.ROSTER: OWN,
    Event.Kind.LUNCH: OWN,
    Event.Kind.ROSTER_DUE: ("rosters",),
    Event.Kind.OBJECTION: ("register", "my_score"),
    Event.Kind.REGISTER_DUE: ("registers",),
    Event.Kind.REGISTER_LATE: ("registers",),
    Event.Kind.SCORES_DUE: ("scores",),
    Event.Kind.SCORES_LATE: ("scores",),
}


def _page(event: Event, pages: Mapping[str, str]) -> str:
    names = PLACES.get(event.kind, ())
    if event.kind in REQUESTS:
        names = TO_DECIDE if event.data["state"] in FOR_WHO_DECIDES else OWN
    return next((pages[name] for name in names if name in pages), event.data.get("url", ""))


# What is due towards an insurer.
INSURANCE = {
    "report": gettext_lazy("向保险公司报案"),
    "documents": gettext_lazy("向保险公司交材料"),
    "contact": gettext_lazy("联系保险公司"),
}


# What has a date in somebody's file.
PERSON_DUE = {
    "probation": gettext_lazy("试用期快满，请评估"),
    "probation_over": gettext_lazy("试用期已满，还没有评估"),
    "confirm": gettext_lazy("评估通过，等书面转正"),
    "probation_ended": gettext_lazy("试用期评估不予录用，请办理"),
    "change": gettext_lazy("报了个人信息变更"),
    "replacement": gettext_lazy("申请补领"),
    "false_document": gettext_lazy("入职材料被核实为不实"),
}


# What people ask of each other, and how it stands.
REQUESTS = (
    Event.Kind.SWAP,
    Event.Kind.LEAVE,
    Event.Kind.OUTING,
    Event.Kind.OVERTIME_CALL,
    Event.Kind.MEASURE,
    Event.Kind.IDEA,
    Event.Kind.AWARD,
)
REQUESTED = {
    "asked": gettext_lazy("新申请"),
    "called": gettext_lazy("请你答复"),
    "call_accepted": gettext_lazy("接受加班"),
    "call_declined": gettext_lazy("不接受加班"),
    "call_withdrawn": gettext_lazy("不用来加班了"),
    "agreed": gettext_lazy("同事已同意，等批准"),
    "effective": gettext_lazy("已生效"),
    "approved": gettext_lazy("已批准"),
    "declined": gettext_lazy("同事不同意"),
    "refused": gettext_lazy("未批准"),
    "withdrawn": gettext_lazy("已撤回"),
    "void": gettext_lazy("已作废"),
    "to_answer": gettext_lazy("请你陈述"),
    "to_verify": gettext_lazy("等核实"),
    "to_decide": gettext_lazy("等决定"),
    "decided": gettext_lazy("有决定，请签阅"),
    "rejected": gettext_lazy("未采纳"),
    "adopted": gettext_lazy("已采纳"),
    "submitted": gettext_lazy("新建议"),
    "published": gettext_lazy("已公布"),
}

# What people are told of training and examinations.
TRAINED = {
    "due": gettext_lazy("{on} {what}"),
    "late": gettext_lazy("{on} {what}，还没有登记"),
    "exam": gettext_lazy("{what}，{on} 前要考"),
    "mark": gettext_lazy("{what}：成绩出来了"),
    "to_mark": gettext_lazy("{what}：有简答等评卷"),
    "unmarked": gettext_lazy("{what}：还有人没有成绩"),
    "course": gettext_lazy("{who} {what}，{on} 开始"),
    "re_exam": gettext_lazy("{who} 专项培训结束，可以安排重考"),
    "suspended": gettext_lazy("{who} {on} 起停岗，请改排班、交接在办的单"),
}


# What became of an objection to a line of the register.
OBJECTED = {
    "made": gettext_lazy("等你答复"),
    "upheld": gettext_lazy("异议成立，不再计入"),
    "rejected": gettext_lazy("异议不成立"),
}


# What happened to a meeting, to what was agreed in one, and to an announcement.
MEETING = {
    "called": gettext_lazy("召集"),
    "moved": gettext_lazy("改期"),
    "cancelled": gettext_lazy("不开了"),
    "soon": gettext_lazy("快开始了"),
    "submitted": gettext_lazy("交了书面意见"),
    "absent": gettext_lazy("没有到会"),
    "to_sign": gettext_lazy("纪要等你签字"),
    "to_review": gettext_lazy("纪要等你审阅"),
    "sent_back": gettext_lazy("纪要退回，请改"),
}
MEETINGS = {
    "daily_meeting": gettext_lazy("每日例会"),
    "morning_meeting": gettext_lazy("晨会"),
    "weekly_meeting": gettext_lazy("周例会"),
    "weekly_exchange_meeting": gettext_lazy("周交流会"),
    "company_meeting": gettext_lazy("公司会议"),
    "product_training": gettext_lazy("新品讲解"),
}
TASK = {
    "raised": gettext_lazy("提给你的问题"),
    "assigned": gettext_lazy("由你负责"),
    "escalated": gettext_lazy("上报给你"),
    "due": gettext_lazy("今天到期"),
    "late": gettext_lazy("已经过期"),
    "urged": gettext_lazy("请抓紧办"),
}
ANNOUNCED = {
    "new": gettext_lazy("请阅读并确认"),
    "remind": gettext_lazy("还没有确认"),
    "not_known": gettext_lazy("还有人没确认"),
    "launch_late": gettext_lazy("上架时间到了，还有人没确认"),
}


def _of_the_department(event: Event) -> str:
    """What an event says of a meeting, its items, an announcement or the hand-over book."""
    data = event.data
    if event.kind == Event.Kind.MEETING:
        subject, what = MEETINGS.get(data["subject"], ""), MEETING.get(data["what"], "")
        return punctuation.listed(f"{subject} {data['on']} {what}", data["who"])
    if event.kind == Event.Kind.TASK:
        return punctuation.listed(f"{TASK.get(data['what'], '')} {data['on']}", data["text"])
    if event.kind == Event.Kind.ANNOUNCEMENT:
        return f"{data['title']} {ANNOUNCED.get(data['what'], '')}"
    if event.kind == Event.Kind.SAFETY:
        return f"{data['who']} {data['place']}"
    return f"{data['who']} {data['on']}"


OF_THE_DEPARTMENT = (
    Event.Kind.MEETING,
    Event.Kind.TASK,
    Event.Kind.ANNOUNCEMENT,
    Event.Kind.BOOK,
    Event.Kind.SAFETY,
)


# What became of something that an inspection found.
INSPECTED = {
    "found": gettext_lazy("有一条检查发现，请答复"),
    "accept": gettext_lazy("本人认可"),
    "explain": gettext_lazy("本人作了说明"),
    "object": gettext_lazy("本人有异议"),
    "upheld": gettext_lazy("查实"),
    "not_upheld": gettext_lazy("不成立"),
    "ordered": gettext_lazy("限期整改"),
    "reason": gettext_lazy("说明了不能按期的原因"),
    "done": gettext_lazy("整改完成，请复查"),
    "fixed": gettext_lazy("复查：已整改"),
    "not_fixed": gettext_lazy("复查：未整改"),
    "overdue": gettext_lazy("整改逾期"),
    "not_rechecked": gettext_lazy("到期没有复查"),
}


def _without_case(event: Event) -> str:
    """What an event says that is about no case."""
    if event.kind in OF_THE_DEPARTMENT:
        return _of_the_department(event)
    if event.kind in (Event.Kind.REPORT_DUE, Event.Kind.REPORT_LATE):
        return _("{outlet} {month} 错写上报表").format(**event.data)
    if event.kind in (Event.Kind.REGISTER_DUE, Event.Kind.REGISTER_LATE):
        return f"{value_in_words('reports', event.data['register'])} {event.data['period']}"
    if event.kind == Event.Kind.BUILT_REPORT:
        return f"{event.data['report']} {event.data['period']}"
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
    if event.kind == Event.Kind.ROSTER:
        return _("{department} {since} 至 {until}，第 {number} 版").format(**event.data)
    if event.kind == Event.Kind.LUNCH:
        return _("{on} 午餐改到 {at}").format(**event.data)
    if event.kind == Event.Kind.ROSTER_DUE:
        return "{department} {on}".format(**event.data)
    if event.kind == Event.Kind.OBJECTION:
        given = {name: event.data[name] for name in ("who", "clause", "on")}
        state = OBJECTED.get(event.data["state"], "")
        return _("{who} {clause} {on}：{state}").format(**given, state=state)
    if event.kind in (Event.Kind.SCORES_DUE, Event.Kind.SCORES_LATE):
        return _("{department} {month}，{until} 前公布，还差 {n} 人").format(**event.data)
    if event.kind in REQUESTS:
        state = REQUESTED.get(event.data["state"], "")
        return _("{who} {on}：{state}").format(
            who=event.data["who"], on=event.data["on"], state=state
        )
    if event.kind == Event.Kind.PERSON_LEFT:
        left = (
            _("退回部门的工单 {n} 张").format(n=event.data["cases"]) if event.data["cases"] else ""
        )
        return punctuation.listed(event.data["who"], left)
    if event.kind == Event.Kind.PERSON_DUE:
        what = PERSON_DUE.get(event.data["what"], "")
        return _("{who} {what}：{on}").format(who=event.data["who"], what=what, on=event.data["on"])
    if event.kind == Event.Kind.TRAINING:
        return str(TRAINED[event.data["state"]]).format(**event.data)
    if event.kind == Event.Kind.INSPECTION:
        what = INSPECTED.get(event.data["what"], "")
        return f"{event.data['who']} {event.data['clause']} {what}"
    if event.kind == Event.Kind.CHECKS_SHORT:
        return _("{department} 卫生检查 {done}/{wanted}，{on} 前补齐").format(**event.data)
    if event.kind == Event.Kind.VERIFIED_BAD:
        return ngettext("{n} 处，见管理后台", "{n} 处，见管理后台", event.data["n"]).format(
            n=event.data["n"]
        )
    if event.kind == Event.Kind.NUMBER_WRONG:
        kind = ContactNumber.Kind(event.data["kind"]).label
        return f"{event.data['outlet']} {kind}"
    if event.kind != Event.Kind.SEAT_MISSING:
        return ""
    what = seats_in_words([Missing.from_json(lack) for lack in event.data["missing"]])
    who = event.data.get("who")  # nobody, where the gap was there when its clause began to hold
    return _("{who} 已下班：{what}").format(who=who, what=what) if who else what
