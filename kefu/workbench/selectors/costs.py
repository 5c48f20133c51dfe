"""What a promise costs when it is broken, in the few words a row has room for."""

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.deadlines.models import Consequence, Deadline
from kefu.penalties.models import Penalty


def amount(kind: str, value: Decimal, *, exact: bool = False) -> str:
    """200 元, 0.5 分; with ``exact`` 200.00 元."""
    if kind == Consequence.Kind.POINTS:
        return _("{points} 分").format(points=f"{value.normalize():f}")
    if exact or value != value.to_integral_value():
        return _("{yuan} 元").format(yuan=f"{value:,.2f}")
    return _("{yuan} 元").format(yuan=f"{value:,.0f}")


def condition(kind: str, name: str) -> str:
    """The condition under which it counts; empty when it counts at once."""
    fine: dict[str, str] = {
        Consequence.Condition.COMPLAINT: _("有投诉才罚"),
        Consequence.Condition.REPEAT_CALL: _("再来电才罚"),
        Consequence.Condition.EVIDENCE: _("有证据才罚"),
        Consequence.Condition.VERIFICATION: _("核实才罚"),
    }
    points: dict[str, str] = {
        Consequence.Condition.COMPLAINT: _("有投诉才扣"),
        Consequence.Condition.REPEAT_CALL: _("再来电才扣"),
        Consequence.Condition.EVIDENCE: _("有证据才扣"),
        Consequence.Condition.VERIFICATION: _("核实才扣"),
    }
    return (points if kind == Consequence.Kind.POINTS else fine).get(name, "")


def of_consequences(consequences: Iterable[Consequence], *, exact: bool = False) -> str:
    """What would follow a breach: 200 元 · 有投诉才罚."""
    parts = []
    for one in consequences:
        what = amount(one.kind, one.value, exact=exact)
        if one.kind == Consequence.Kind.POINTS:
            what = _("扣 {what}").format(what=what)
        parts += [" · ".join(filter(None, [what, condition(one.kind, one.condition)]))]
    return punctuation.in_turn(*parts)


def of_penalties(penalties: Iterable[Penalty], *, exact: bool = False) -> str:
    """What has followed: 已暂记 200 元 · 有投诉才罚."""
    words = {
        Penalty.State.PROVISIONAL: _("已暂记 {what}"),
        Penalty.State.HELD: _("{what} 待复核"),
        Penalty.State.PAYABLE: _("应付 {what}"),
        Penalty.State.LAPSED: _("{what} 已失效"),
        Penalty.State.REVERSED: _("{what} 已冲销"),
        Penalty.State.SETTLED: _("{what} 已结清"),
    }
    parts = []
    for one in penalties:
        said = words[Penalty.State(one.state)]
        if one.state == Penalty.State.PAYABLE and one.kind == Penalty.Kind.POINTS:
            said = _("应扣 {what}")  # points are no money
        text = said.format(what=amount(one.kind, one.value, exact=exact))
        if one.state == Penalty.State.PROVISIONAL:
            text = " · ".join(filter(None, [text, condition(one.kind, one.condition)]))
        parts.append(text)
    return punctuation.in_turn(*parts)


def of(deadline: Deadline, *, exact: bool = False) -> str:
    """What has followed, or would; needs consequences and penalties prefetched."""
    return of_penalties(deadline.penalties.all(), exact=exact) or of_consequences(
        deadline.consequences.all(), exact=exact
    )
