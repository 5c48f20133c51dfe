"""The case page: its clocks, its timeline told in words, what may be done next, and the facts beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from inquiries import wording
from inquiries.models import Complaint, NetworkQuery
from inquiries.selectors import costs
from inquiries.selectors.desk import Desk
from kefu import punctuation
from kefu.cases.models import Case, CaseLink, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline, LateEntry
from kefu.network.models import ContactNumber, Party
from kefu.parcels.models import Scan
from kefu.penalties.models import Penalty, Waiver
from kefu.privacy import lookup

TIMELINE_ROWS = 100
PREVIEW_ROWS = 5
SCAN_ROWS = 6
RELATED_ROWS = 5


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of the strip. ``ticking`` ones count down, or up when late and unanswered."""

    pk: int
    title: str
    clause: str
    due_at: datetime
    due_words: str
    ticking: bool
    outcome: str  # met, late, off; "" while ticking
    outcome_words: str
    cost: str
    detail: str
    why_url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline, ready to be shown."""

    pk: int
    at: datetime
    day: str  # set on the first line of another day than the one before
    time: str
    icon: str
    look: str  # contact-in, contact-out, note, step, breach, fine
    who: str
    meta: str
    text: str
    why_url: str


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


@dataclass(frozen=True, slots=True)
class Step:
    """A legal next step, as a button; ``key`` presses it."""

    name: str
    label: str
    url: str
    key: str = ""
    rare: bool = False  # behind “更多”


@dataclass(frozen=True, slots=True)
class CasePage:
    case: Case
    is_mine: bool
    age: str
    clocks: Sequence[Clock]
    entries: Sequence[Entry]
    has_earlier: bool
    steps: Sequence[Step]
    hint: str
    queries: Sequence[NetworkQuery]
    asked_of_us: NetworkQuery | None
    askable: Sequence[Party]
    outlets: Sequence[OutletCard]
    scans: Sequence[Scan]
    silence: str
    related: Sequence[Related]

    @property
    def has_rare(self) -> bool:
        return any(step.rare for step in self.steps)


def case_page(*, case: Case, desk: Desk, now: datetime, whole: bool = False) -> CasePage:
    """Everything on the page of ``case`` (with waybill, owner, department and outlet loaded).

    ``whole`` tells the timeline from its beginning instead of its newest ``TIMELINE_ROWS``.
    """
    deadlines = _deadlines(case)
    queries = list(case.network_queries.select_related("asked", "asking").order_by("pk"))
    open_queries = [query for query in queries if query.state == NetworkQuery.State.OPEN]
    ours = next((q for q in open_queries if q.asked.kind == Party.Kind.COMPANY), None)
    lines = case.interactions.select_related("author__employee", "party").order_by(
        "-happened_at", "-pk"
    )
    newest = list(lines if whole else lines[: TIMELINE_ROWS + 1])
    scans = _scans(case)
    return CasePage(
        case=case,
        is_mine=case.owner_id is not None and case.owner_id == desk.employee_id,
        age=wording.stretch(now - case.opened_at),
        clocks=_clocks(deadlines, desk=desk, now=now),
        entries=_entries(
            reversed(newest if whole else newest[:TIMELINE_ROWS]),
            case=case,
            deadlines=deadlines,
            now=now,
        ),
        has_earlier=not whole and len(newest) > TIMELINE_ROWS,
        steps=next_steps(case=case, desk=desk, queries=open_queries, deadlines=deadlines),
        hint=_hint(case, open_queries, deadlines),
        queries=open_queries,
        asked_of_us=ours,
        askable=_askable(case, open_queries),
        outlets=_outlets(case, queries, now=now),
        scans=scans,
        silence=wording.stretch(now - scans[0].at)
        if scans and now - scans[0].at > timedelta(days=1)
        else "",
        related=_related(case, desk=desk),
    )


def preview(*, case: Case, desk: Desk, now: datetime) -> dict[str, Any]:
    """What the pane beside the queue shows of a case."""
    deadlines = _deadlines(case)
    lines = case.interactions.select_related("author__employee", "party").order_by(
        "-happened_at", "-pk"
    )
    newest = list(lines[: PREVIEW_ROWS + 1])
    queries = list(case.network_queries.select_related("asked", "asking").order_by("pk"))
    open_queries = [query for query in queries if query.state == NetworkQuery.State.OPEN]
    scans = _scans(case)
    return {
        "case": case,
        "clocks": [clock for clock in _clocks(deadlines, desk=desk, now=now) if clock.ticking],
        "entries": _entries(
            reversed(newest[:PREVIEW_ROWS]), case=case, deadlines=deadlines, now=now
        ),
        "has_earlier": len(newest) > PREVIEW_ROWS,
        "scans": scans,
        "silence": wording.stretch(now - scans[0].at)
        if scans and now - scans[0].at > timedelta(days=1)
        else "",
        "outlets": _outlets(case, queries, now=now),
        "related": _related(case, desk=desk),
        "steps": [
            step
            for step in next_steps(case=case, desk=desk, queries=open_queries, deadlines=deadlines)
            if step.name in ("take", "feedback", "chase", "transfer", "reopen")
        ],
    }


def _deadlines(case: Case) -> list[Deadline]:
    return list(
        case.deadlines.select_related("party")
        .prefetch_related("consequences", "penalties")
        .order_by("due_at")
    )


# -- the deadline strip ---------------------------------------------------------------------------


def _waits(deadline: Deadline) -> bool:
    return deadline.answered_at is None and deadline.state != Deadline.State.CANCELLED


def _clocks(deadlines: Sequence[Deadline], *, desk: Desk, now: datetime) -> list[Clock]:
    """Those somebody waits on, soonest first; then what is over, newest first."""
    waiting = [deadline for deadline in deadlines if _waits(deadline)]
    over = [deadline for deadline in reversed(deadlines) if not _waits(deadline)]
    return [_clock(deadline, desk=desk, now=now) for deadline in waiting + over]


def _clock(deadline: Deadline, *, desk: Desk, now: datetime) -> Clock:
    outcome = words = detail = ""
    cost = costs.of(deadline, exact=True)
    answered = deadline.answered_at
    if deadline.state == Deadline.State.CANCELLED:
        outcome, words = "off", _("已取消")
    elif answered is not None:
        late = answered > deadline.due_at
        outcome = "late" if late else "met"
        words = (
            _("迟 {length}").format(length=wording.stretch(answered - deadline.due_at))
            if late
            else _("按时")
        )
        if not late:
            cost = _("用时 {length}").format(length=wording.stretch(answered - deadline.starts_at))
        detail = _("{at} 答复").format(at=wording.clock(answered))
    elif deadline.state == Deadline.State.SET_ASIDE:
        detail = _("计时出错已搁置，主管在处理")
    elif deadline.warned_at is not None:
        detail = _("{at} 已预警").format(at=wording.clock(deadline.warned_at))
        if deadline.lead_warned_at is not None:
            detail = _("{at} 已预警我和值班组长").format(at=wording.clock(deadline.lead_warned_at))
    elif deadline.warn_at is not None:
        detail = _("{at} 预警").format(at=wording.clock(deadline.warn_at))
    return Clock(
        pk=deadline.pk,
        title=_clock_title(deadline, desk),
        clause="" if deadline.clause == "promise" else deadline.clause,
        due_at=deadline.due_at,
        due_words=_due_words(deadline.due_at, now),
        ticking=_waits(deadline),
        outcome=outcome,
        outcome_words=words,
        cost=cost or _("不扣钱不扣分"),
        detail=detail,
        why_url=reverse("inquiries:why_deadline", args=[deadline.pk]),
    )


def _clock_title(deadline: Deadline, desk: Desk) -> str:
    who = deadline.party.name if deadline.party_id != desk.party_id else _("我")
    return {
        Deadline.Action.REPLY: _("{who}回复客户"),
        Deadline.Action.FEEDBACK: _("{who}反馈"),
        Deadline.Action.CALLBACK: _("{who}按承诺回电"),
    }[Deadline.Action(deadline.action)].format(who=who)


def _due_words(at: datetime, now: datetime) -> str:
    """To the second within the day, because seconds decide; else as everywhere."""
    if at.astimezone(SHANGHAI).date() == now.astimezone(SHANGHAI).date():
        return _("{time} 截止").format(time=wording.clock(at))
    return wording.due(at, now)


# -- the timeline ---------------------------------------------------------------------------------


def _entries(
    lines: Iterable[Interaction], *, case: Case, deadlines: Sequence[Deadline], now: datetime
) -> list[Entry]:
    by_pk = {deadline.pk: deadline for deadline in deadlines}
    entries = []
    day = now.astimezone(SHANGHAI).date()
    last = day
    for line in lines:
        on = line.happened_at.astimezone(SHANGHAI).date()
        mark = "" if on == last else (_("今天") if on == day else f"{on:%Y-%m-%d}")
        last = on
        entries.append(_entry(line, mark, case=case, deadline=by_pk.get(line.data.get("deadline"))))
    return entries


def _entry(line: Interaction, day: str, *, case: Case, deadline: Deadline | None) -> Entry:
    look, icon = _look(line)
    who, meta, why_url = _told(line, case=case, deadline=deadline)
    if line.backdated and line.kind == Interaction.Kind.CONTACT:
        meta = punctuation.listed(
            meta, _("{at} 补记").format(at=wording.clock(line.recorded_at)[:5])
        )
    return Entry(
        pk=line.pk,
        at=line.happened_at,
        day=day,
        time=wording.clock(line.happened_at)[:5],
        icon=icon,
        look=look,
        who=who,
        meta=meta,
        text=line.text,
        why_url=why_url,
    )


def _look(line: Interaction) -> tuple[str, str]:
    if line.kind == Interaction.Kind.BREACH:
        return "breach", "breach"
    if line.kind == Interaction.Kind.NOTE:
        return "note", "lock"
    if line.kind == Interaction.Kind.STEP:
        if line.action.startswith("penalty_"):
            reversed_ = line.action in ("penalty_reversed", "penalty_lapsed")
            return ("reversed" if reversed_ else "fine"), "money"
        return "step", {"transferred": "swap", "handed_over": "swap", "escalated": "flag"}.get(
            line.action, "check"
        )
    outward = line.direction == Interaction.Direction.OUT
    by_phone = line.channel == Interaction.Channel.PHONE
    return (
        "contact-out" if outward else "contact-in",
        "phone" if by_phone else ("out" if outward else "in"),
    )


def _author(line: Interaction) -> str:
    if line.author is None:
        return _("系统")
    employee = getattr(line.author, "employee", None)
    return str(employee or line.author)


def _other_side(line: Interaction, case: Case) -> str:
    if line.party is not None:
        return line.party.name
    if line.counterpart == Interaction.Counterpart.CUSTOMER:
        return case.customer_name_masked or _("客户")
    return line.get_counterpart_display()


def _told(line: Interaction, *, case: Case, deadline: Deadline | None) -> tuple[str, str, str]:
    """Who, what, and where it is explained."""
    if line.kind == Interaction.Kind.BREACH:
        return _told_breach(line, deadline)
    if line.kind == Interaction.Kind.NOTE:
        if line.action == "customer_need":
            return _("{author} 记客户需求").format(author=_author(line)), _("供改进时查看"), ""
        who = _("{author} 内部备注").format(author=_author(line))
        return who, _("仅本中心可见，网点和客户看不到"), ""
    if line.kind == Interaction.Kind.STEP:
        return _author(line), _step_words(line), _step_why(line)
    author, other = _author(line), _other_side(line, case)
    channel = line.get_channel_display() if line.channel else ""
    if line.direction == Interaction.Direction.OUT:
        return f"{author} → {other}", punctuation.listed(channel, _contact_words(line)), ""
    took = _("{author} 登记").format(author=author) if line.author else ""
    return other, punctuation.listed(channel, _contact_words(line), took), ""


def _contact_words(line: Interaction) -> str:
    return {
        "answered": _("实质答复"),
        "interim": _("非实质答复，计时不停"),
        "again": _("再次来电来信"),
        "contact_failed": _("电话没接通"),
        "query_asked": _("网点查询"),
        "query_answered": _("反馈"),
        "query_chased": _("催促"),
        "courier_notified": _("通知取件"),
        "driver_notified": _("通知取件"),
    }.get(line.action, "")


def _told_breach(line: Interaction, deadline: Deadline | None) -> tuple[str, str, str]:
    party = line.party.name if line.party else _("本中心")
    what = (
        Deadline.Action(line.data["action"]).label
        if line.data.get("action") in Deadline.Action
        else ""
    )
    meta = _("没有按时完成{what}").format(what=what)
    why = ""
    if deadline is not None:
        penalties = list(deadline.penalties.all())
        meta = punctuation.in_turn(meta, costs.of_penalties(penalties, exact=True))
        why = (
            reverse("inquiries:why_penalty", args=[penalties[0].pk])
            if penalties
            else reverse("inquiries:why_deadline", args=[deadline.pk])
        )
    return _("{party}超时").format(party=party), meta, why


def _step_words(line: Interaction) -> str:
    data = line.data
    if line.action.startswith("penalty_") and data.get("value"):
        what = costs.amount(data.get("kind", ""), _decimal(data["value"]), exact=True)
        words = {
            "penalty_payable": _("{clause} {what} 生效，应付"),
            "penalty_provisional": _("{clause} {what} 暂记"),
            "penalty_held": _("{clause} {what} 待复核"),
            "penalty_lapsed": _("{clause} {what} 已失效"),
            "penalty_reversed": _("{clause} {what} 已冲销"),
            "penalty_settled": _("{clause} {what} 已结清"),
        }.get(line.action, "")
        if line.action == "penalty_payable" and data.get("kind") == Penalty.Kind.POINTS:
            words = _("{clause} {what} 生效，应扣")
        return words.format(clause=data.get("clause", ""), what=what)
    at = parse_datetime(str(data.get("due_at", "")))
    cause = data.get("cause")
    values = {
        "to": data.get("to") or data.get("department", ""),
        "complaint": data.get("complaint", ""),
        "origin": data.get("origin", ""),
        "cause": Complaint.Cause(cause).label if cause in Complaint.Cause else "",
        "clause": data.get("clause", ""),
        "due": f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" if at else "",
    }
    words = {
        "waiver_proposed": pgettext("done", "提出免罚"),
        "waiver_approved": pgettext("done", "同意免罚"),
        "waiver_refused": pgettext("done", "不同意免罚"),
        "taken": _("领走了这一单"),
        "transferred": _("转交给 {to}"),
        "handed_over": _("交接给 {to}"),
        "consulted": _("转办给 {to}"),
        "department_replied": _("{to} 答复了转办"),
        "escalated": pgettext("done", "升级给主管"),
        "escalation_settled": _("主管已处理升级"),
        "closed": pgettext("done", "结案"),
        "reopened": pgettext("done", "重新打开"),
        "query_withdrawn": _("撤回网点查询"),
        "complaint_linked": _("引起投诉 {complaint}（{cause}）"),
        "origin_linked": _("由 {origin} 引起（{cause}）"),
        "redated": _("时限按 {clause} 改为 {due}"),
    }.get(line.action, line.action)
    return words.format(**values)


def _step_why(line: Interaction) -> str:
    penalty = line.data.get("penalty")
    return reverse("inquiries:why_penalty", args=[penalty]) if isinstance(penalty, int) else ""


def _decimal(text: Any) -> Any:
    return Penalty._meta.get_field("value").to_python(text)


# -- what may be done next ------------------------------------------------------------------------


def next_steps(
    *, case: Case, desk: Desk, queries: Sequence[NetworkQuery], deadlines: Sequence[Deadline]
) -> list[Step]:
    """The legal next steps only, the likeliest first. Replying, asking and notes have forms of their own."""
    if case.state == Case.State.CLOSED:
        reopen, again = (
            _step(case, "reopen", _("重新打开")),
            _step(case, "again", _("客户又来电")),
        )
        return [reopen, again, *_against_a_breach(case, desk, deadlines)]
    steps = []
    if closable(case, queries, deadlines):
        steps.append(_step(case, "close", _("结案")))
    consulted = consulted_departments(case)
    if consulted:
        steps.append(_step(case, "department-reply", _("记部门答复")))
    if case.owner_id is None and desk.employee_id:
        steps.append(_step(case, "take", _("领走"), "g"))
    asked = [query for query in queries if query.asked.kind != Party.Kind.COMPANY]
    if asked:
        steps.append(_step(case, "feedback", _("记网点反馈"), "f"))
        label = _("催{outlet}").format(outlet=asked[0].asked) if len(asked) == 1 else _("催网点")
        steps.append(_step(case, "chase", label, "u"))
    if case.customer_phone_masked or case.kind == Case.Kind.INQUIRY:
        steps.append(_step(case, "again", _("客户又来电")))
        steps.append(_step(case, "promise", _("承诺回电")))
    if asked or case.outlet_id or case.waybill_id:
        steps.append(_step(case, "contact-failed", _("电话打不通")))
    if case.kind != Case.Kind.COMPLAINT:
        steps.append(_step(case, "complaint", _("登记投诉")))
    else:
        steps.append(_step(case, "origin", _("关联起因单")))
    if case.escalated_at is None:
        steps.append(_step(case, "escalate", _("升级")))
    elif desk.user.has_perm("cases.reassign_case"):
        steps.append(_step(case, "settle-escalation", _("处理升级")))
    steps.append(_step(case, "transfer", _("转交"), "t"))
    steps.append(_step(case, "log", _("记其他往来"), rare=True))
    if asked:
        steps.append(_step(case, "withdraw", _("撤回查询"), rare=True))
    return steps + _against_a_breach(case, desk, deadlines)


def _against_a_breach(case: Case, desk: Desk, deadlines: Sequence[Deadline]) -> list[Step]:
    """What one may say against a breach and against what it costs; most cases have none."""
    if not any(deadline.state == Deadline.State.BREACHED for deadline in deadlines):
        return []
    steps = []
    if claimable(case).exists():
        steps.append(_step(case, "late-entry", _("补记申请"), rare=True))
    if objectionable(case, desk.user).exists():
        steps.append(_step(case, "objection", _("提异议"), rare=True))
    return steps


def claimable(case: Case) -> Any:
    """Broken promises whose answer is on record, late: it may have been given in time all the same."""
    waiting = LateEntry.objects.filter(approved=None).values("deadline")
    broken = Deadline.objects.filter(case=case, state=Deadline.State.BREACHED)
    return broken.exclude(answered_by=None).exclude(pk__in=waiting).order_by("due_at")


def objectionable(case: Case, user: Any) -> Any:
    """What ``user`` himself is to bear on this case and has not objected to yet."""
    over = [Penalty.State.REVERSED, Penalty.State.LAPSED]
    waiting = Waiver.objects.filter(approved=None).values("penalty")
    own = Penalty.objects.filter(case=case, party=user.party_id).exclude(party=None)
    return own.exclude(state__in=over).exclude(pk__in=waiting).order_by("pk")


def closable(case: Case, queries: Sequence[NetworkQuery], deadlines: Sequence[Deadline]) -> bool:
    waiting = [d for d in deadlines if _waits(d) and d.action != Deadline.Action.FEEDBACK]
    if queries or waiting or consulted_departments(case):
        return False
    return case.state == Case.State.ANSWERED or not deadlines


def consulted_departments(case: Case) -> list[str]:
    """Departments whose reply is waited for."""
    return [
        str(consultation.department)
        for consultation in case.consultations.all()
        if consultation.replied_at is None
    ]


def _step(case: Case, name: str, label: str, key: str = "", *, rare: bool = False) -> Step:
    return Step(name, label, reverse("inquiries:step", args=[case.number, name]), key, rare)


def _hint(case: Case, queries: Sequence[NetworkQuery], deadlines: Sequence[Deadline]) -> str:
    """Why it cannot be closed yet."""
    if case.state == Case.State.CLOSED or closable(case, queries, deadlines):
        return ""
    if any(query.asked.kind != Party.Kind.COMPANY for query in queries):
        return _("网点反馈后可结案")
    if consulted := consulted_departments(case):
        return _("{department}答复后可结案").format(department=consulted[0])
    return _("实质答复后可结案")


# -- the facts beside it --------------------------------------------------------------------------


def _askable(case: Case, open_queries: Sequence[NetworkQuery]) -> list[Party]:
    """Outlets of the parcel that have no open question already: delivering one first."""
    if case.waybill is None:
        return []
    busy = {query.asked_id for query in open_queries}
    parties = {party.pk: party for party in (case.waybill.destination, case.waybill.origin)}
    return [
        party
        for pk, party in parties.items()
        if pk not in busy and party.kind != Party.Kind.COMPANY
    ]


def _outlets(case: Case, queries: Sequence[NetworkQuery], *, now: datetime) -> list[OutletCard]:
    roles: dict[int, tuple[str, Party]] = {}
    if case.waybill is not None:
        roles[case.waybill.destination_id] = (_("派件方"), case.waybill.destination)
        roles.setdefault(case.waybill.origin_id, (_("发件方"), case.waybill.origin))
    roles = {pk: card for pk, card in roles.items() if card[1].kind != Party.Kind.COMPANY}
    for query in queries:
        for party, role in ((query.asked, _("被查")), (query.asking, _("来查"))):
            if party.kind != Party.Kind.COMPANY:
                roles.setdefault(party.pk, (role, party))
    contacts: dict[int, list[ContactNumber]] = {}
    for contact in (
        ContactNumber.objects.current(now).filter(party__in=roles).defer("sealed").order_by("kind")
    ):
        contacts.setdefault(contact.party_id, []).append(contact)
    return [
        OutletCard(role, party.name, pk, contacts.get(pk, []))
        for pk, (role, party) in roles.items()
    ]


def _scans(case: Case) -> list[Scan]:
    if not case.waybill_number:
        return []
    return list(Scan.objects.filter(waybill_number=case.waybill_number).order_by("-at")[:SCAN_ROWS])


def _related(case: Case, *, desk: Desk) -> list[Related]:
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
