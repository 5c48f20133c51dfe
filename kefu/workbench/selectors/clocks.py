"""The deadline strip: every clock of a case, what it costs and where that is explained."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.workbench import wording
from kefu.workbench.kinds import Facts, kind_of
from kefu.workbench.selectors import costs


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


def clocks(facts: Facts) -> list[Clock]:
    """Those somebody waits on, soonest first; then what is over, newest first."""
    waiting = [deadline for deadline in facts.deadlines if deadline.is_waited_on]
    over = [deadline for deadline in reversed(facts.deadlines) if not deadline.is_waited_on]
    return [_clock(deadline, facts) for deadline in waiting + over]


def _clock(deadline: Deadline, facts: Facts) -> Clock:
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
        detail = _("{at} 答复").format(at=_moment(answered, facts.now))
    elif deadline.state == Deadline.State.SET_ASIDE:
        detail = _("计时出错已搁置，主管在处理")
    elif deadline.warned_at is not None:
        detail = _("{at} 已预警").format(at=_moment(deadline.warned_at, facts.now))
        if deadline.lead_warned_at is not None:
            detail = _("{at} 已预警我和值班组长").format(
                at=_moment(deadline.lead_warned_at, facts.now)
            )
    elif deadline.warn_at is not None:
        detail = _("{at} 预警").format(at=_moment(deadline.warn_at, facts.now))
    return Clock(
        pk=deadline.pk,
        title=_title(deadline, facts),
        clause="" if deadline.clause == "promise" else deadline.clause,
        due_at=deadline.due_at,
        due_words=_due_words(deadline.due_at, facts.now),
        ticking=deadline.is_waited_on,
        outcome=outcome,
        outcome_words=words,
        cost=cost or _("不扣钱不扣分"),
        detail=detail,
        why_url=reverse("workbench:why_deadline", args=[deadline.pk]),
    )


def _title(deadline: Deadline, facts: Facts) -> str:
    who = deadline.party.name if deadline.party_id != facts.desk.party_id else _("我")
    words = kind_of(facts.case).clocks.get(deadline.action, "{who} {what}")
    return str(words).format(who=who, what=deadline.get_action_display())


def _moment(at: datetime, now: datetime) -> str:
    """To the second within the day; else with its day."""
    same_day = at.astimezone(SHANGHAI).date() == now.astimezone(SHANGHAI).date()
    return wording.clock(at) if same_day else wording.moment(at, now)


def _due_words(at: datetime, now: datetime) -> str:
    """To the second within the day, because seconds decide; else as everywhere."""
    if at.astimezone(SHANGHAI).date() == now.astimezone(SHANGHAI).date():
        return _("{time} 截止").format(time=wording.clock(at))
    return wording.due(at, now)
