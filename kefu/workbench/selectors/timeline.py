"""The timeline of a case: what was said and done, told in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kefu import punctuation
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.penalties.models import Penalty
from kefu.workbench import wording
from kefu.workbench.kinds import Facts, additions, kind_of
from kefu.workbench.selectors import costs

# What is done to cases of every kind; a kind has words of its own besides.
WORDS = {
    "waiver_proposed": pgettext_lazy("done", "提出免罚"),
    "waiver_approved": pgettext_lazy("done", "同意免罚"),
    "waiver_refused": pgettext_lazy("done", "不同意免罚"),
    "appeal_filed": pgettext_lazy("done", "网点对处罚提出异议"),
    "appeal_evidence": gettext_lazy("网点为异议加了证据 {number}"),
    "appeal_rejected": pgettext_lazy("done", "异议不成立（第一次审议）"),
    "appeal_second": pgettext_lazy("done", "网点申请第二次审议"),
    "appeal_upheld": pgettext_lazy("done", "异议成立，处罚冲销"),
    "appeal_final": pgettext_lazy("done", "异议终结，处罚照旧"),
    "appeal_withdrawn": pgettext_lazy("done", "网点撤回异议"),
    "appeal_closed": pgettext_lazy("done", "处罚已不生效，异议终结"),
    "appeal_late": pgettext_lazy("done", "异议逾期没有审议"),
    "taken": gettext_lazy("领走了这一单"),
    "transferred": gettext_lazy("转交给 {to}"),
    "handed_over": gettext_lazy("交接给 {to}"),
    "consulted": gettext_lazy("转办给 {to}"),
    "department_replied": gettext_lazy("{to} 答复了转办"),
    "escalated": pgettext_lazy("done", "升级给主管"),
    "escalated emergency": gettext_lazy("标为突发事件，立即交主管"),
    "escalated major_complaint": gettext_lazy("标为重大投诉，立即交主管"),
    "escalation_settled": gettext_lazy("主管已处理升级"),
    "closed": pgettext_lazy("done", "结案"),
    "reopened": pgettext_lazy("done", "重新打开"),
    "redated": gettext_lazy("时限按 {clause} 改为 {due}"),
    "rung_lead": gettext_lazy("时限 {clause} 没人看，提醒了当班组长"),
    "rung_supervisor": gettext_lazy("时限 {clause} 仍没人看，提醒了部门主管"),
    "person_corrected": gettext_lazy("按本人要求更正了客户资料（{request}）"),
    "photo_added": gettext_lazy("加了照片 {number}"),
    "force_majeure_exempted": gettext_lazy("时限 {clause} 因不可抗力免责"),
}


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


def newest(case: Case, limit: int | None) -> tuple[list[Interaction], bool]:
    """Return the last ``limit`` lines or all, the latest last, and whether there are earlier ones."""
    lines = case.interactions.select_related("author__employee", "party").order_by(
        "-happened_at", "-pk"
    )
    found = list(lines if limit is None else lines[: limit + 1])
    return found[:limit][::-1], limit is not None and len(found) > limit


def entries(lines: Iterable[Interaction], facts: Facts) -> list[Entry]:
    by_pk = {deadline.pk: deadline for deadline in facts.deadlines}
    told = []
    day = facts.now.astimezone(SHANGHAI).date()
    last = day
    for line in lines:
        on = line.happened_at.astimezone(SHANGHAI).date()
        mark = "" if on == last else (_("今天") if on == day else f"{on:%Y-%m-%d}")
        last = on
        deadline = by_pk.get(line.data.get("deadline"))
        told.append(_entry(line, mark, case=facts.case, deadline=deadline))
    return told


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
        return _author(line), _step_words(line, case), _step_why(line)
    author, other = _author(line), _other_side(line, case)
    channel = line.get_channel_display() if line.channel else ""
    if line.direction == Interaction.Direction.OUT:
        return f"{author} → {other}", punctuation.listed(channel, _contact_words(line, case)), ""
    took = _("{author} 登记").format(author=author) if line.author else ""
    return other, punctuation.listed(channel, _contact_words(line, case), took), ""


def _contact_words(line: Interaction, case: Case) -> str:
    kind = kind_of(case)
    words = str(kind.words.get(line.action, "")).format(**kind.values(line))
    used = line.data.get("wording")
    template = _("模板“{name}”第 {number} 版").format(**used) if used else ""
    return punctuation.listed(words, template)


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
            reverse("workbench:why_penalty", args=[penalties[0].pk])
            if penalties
            else reverse("workbench:why_deadline", args=[deadline.pk])
        )
    return _("{party}超时").format(party=party), meta, why


def _step_words(line: Interaction, case: Case) -> str:
    if line.action.startswith("penalty_") and line.data.get("value"):
        return _penalty_words(line)
    kind, data = kind_of(case), line.data
    at = parse_datetime(str(data.get("due_at", "")))
    values = {
        "to": data.get("to") or data.get("department", ""),
        "clause": data.get("clause", ""),
        "number": data.get("number", ""),
        "due": f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" if at else "",
    }
    for addition in additions():
        if line.action in addition.words:
            return str(addition.words[line.action]).format(**values, **addition.values(line))
    told = f"{line.action} {data.get('flag', '')}".rstrip()
    words = WORDS.get(told) or kind.words.get(line.action, line.action)
    return str(words).format(**values, **kind.values(line))


def _penalty_words(line: Interaction) -> str:
    data = line.data
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
    elif line.action == "penalty_payable" and "payment" in data:
        words = _("{clause} {what} 的来款已冲销，仍应付")
    return words.format(clause=data.get("clause", ""), what=what)


def _step_why(line: Interaction) -> str:
    penalty = line.data.get("penalty")
    return reverse("workbench:why_penalty", args=[penalty]) if isinstance(penalty, int) else ""


def _decimal(text: Any) -> Any:
    return Penalty._meta.get_field("value").to_python(text)
