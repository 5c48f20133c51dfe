"""What a problem parcel adds to the pages of all cases."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.workbench.kinds import CaseKind, Facts, NextStep, Tab, next_step
from problem_parcels.forms.case import AnswerForm, MessageForm
from problem_parcels.models import (
    ContactAttempt,
    Disposal,
    Message,
    ProblemParcel,
    where_to,
)
from problem_parcels.selectors.case import ParcelFacts, parcel_facts
from problem_parcels.steps import STEPS

Action = Deadline.Action


def message_tab(form: MessageForm) -> Tab:
    return Tab("message", _("留言网点"), "m", "problem_parcels/_compose_message.html", form)


def answer_tab(form: AnswerForm) -> Tab:
    return Tab("answer", _("回复网点"), "r", "problem_parcels/_compose_answer.html", form)


class ProblemParcelKind(CaseKind):
    """``own`` are its ``ParcelFacts``."""

    steps = STEPS
    in_preview = frozenset({"take", "carry-out", "heard", "transfer", "reopen"})
    panels = ("problem_parcels/_parcel.html", "problem_parcels/_routes.html")
    keys = (
        ("m", gettext_lazy("留言网点")),
        ("i", gettext_lazy("内部备注")),
        ("l", gettext_lazy("记联系")),
        ("d", gettext_lazy("定处置")),
        ("o", gettext_lazy("出库")),
        ("t", gettext_lazy("转交")),
        ("r", gettext_lazy("回复网点")),
        ("f", gettext_lazy("记对方回复")),
        ("u", gettext_lazy("催回复")),
    )
    words = {
        "problem_registered": gettext_lazy("登记问题件：{problem}"),
        "contact_attempted": gettext_lazy("联系 {number}：{outcome}"),
        "message_posted": gettext_lazy("留言"),
        "message_answered": gettext_lazy("回复留言{wish}"),
        "message_answered_late": gettext_lazy("迟来的回复{wish}，去向不变"),
        "message_chased": gettext_lazy("催促"),
        "message_withdrawn": gettext_lazy("撤回留言"),
        "disposal_decided": gettext_lazy("定：{what}{because}"),
        "disposal_done": gettext_lazy("出库：{what}"),
        "delivery_scanned": gettext_lazy("补派件扫描"),
        "pickup_noticed": gettext_lazy("通知自取"),
        "collected": gettext_lazy("自取签收"),
        "stored": gettext_lazy("入库 {location}"),
        "scanned_out": gettext_lazy("扫描出库 {left_for}"),
        "misrouted": gettext_lazy("登记错发"),
        "return_charged": gettext_lazy("算退回运费{amount}"),
        "forwarding_opened": gettext_lazy("转寄 {carrier}"),
        "forwarding_registered": gettext_lazy("转寄 {carrier}：已登记"),
        "forwarding_packed": gettext_lazy("转寄 {carrier}：已打包"),
    }
    clocks = {
        Action.FEEDBACK: gettext_lazy("{who}回话"),
        Action.OUTBOUND_PROBLEM: gettext_lazy("{who}当天处理"),
        Action.UNDELIVERED_MESSAGE: gettext_lazy("{who}当天留言"),
        Action.SELF_PICKUP_MESSAGE: gettext_lazy("没来取要留言"),
        Action.MESSAGE_REPLY: gettext_lazy("等{who}回复"),
        Action.RETURN_DISPATCH: gettext_lazy("当天退回出库"),
        Action.RETURNED_DISPATCH: gettext_lazy("次日退给业务员"),
        Action.REDISPATCH: gettext_lazy("次日原址再派"),
    }

    def read(self, case: Case) -> ParcelFacts:
        return parcel_facts(case)

    def customer_role(self, case: Case) -> str:
        return _("收件方")

    def values(self, line: Interaction) -> Mapping[str, str]:
        data = line.data
        wish = data.get("wish")
        return {
            "problem": _label(ProblemParcel.Problem, data.get("problem")),
            "outcome": _label(ContactAttempt.Outcome, data.get("outcome")),
            "wish": _in_brackets(_label(Message.Wish, wish) if wish else ""),
            "what": data.get("mark") or _label(Disposal.Kind, data.get("kind")),
            "because": _in_brackets(_label(Disposal.Because, data.get("because"))),
            "location": data.get("location", ""),
            "left_for": where_to(data.get("left_as", ""), data.get("left_for", "")),
            "carrier": data.get("carrier", ""),
            "amount": _(" {amount} 元").format(amount=amount)
            if (amount := data.get("amount"))
            else "",
        }

    def closable(self, facts: Facts) -> bool:
        """The service says what is still missing; the button is there once nobody is asked any more."""
        own: ParcelFacts = facts.own
        return own.given_up and own.decided is None and own.stay is None and not facts.consulted

    def hint(self, facts: Facts) -> str:
        own: ParcelFacts = facts.own
        if own.asked_of_us:
            return _("先回复网点")
        if own.decided:
            return _("出库后结案")
        if not own.given_up:
            return _("等网点回复")
        return super().hint(facts) or _("定下怎么处置，出库后结案")

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case = facts.case
        own: ParcelFacts = facts.own
        if case.state == Case.State.CLOSED:
            return []
        steps = []
        if own.decided and own.decided.kind == Disposal.Kind.PICKUP:
            steps.append(next_step(case, "collected", _("来取走了"), "o"))
        elif own.decided:
            what = own.decided.get_kind_display()
            steps.append(next_step(case, "carry-out", _("出库：{what}").format(what=what), "o"))
        if own.asked_of_outlets:
            steps.append(next_step(case, "heard", _("记对方回复"), "f"))
            steps.append(next_step(case, "chase-message", _("催回复"), "u"))
        steps.append(next_step(case, "decide", _("定处置"), "d"))
        steps.append(next_step(case, "attempt", _("记联系"), "l"))
        if own.parcel.direction == ProblemParcel.Direction.INBOUND:
            steps.append(next_step(case, "pickup", _("通知自取")))
            steps.append(next_step(case, "scan-delivery", _("补派件扫描"), rare=True))
        if own.asked_of_outlets:
            steps.append(next_step(case, "withdraw-message", _("撤回留言"), rare=True))
        return steps

    def tabs(self, facts: Facts) -> list[Tab]:
        if facts.case.state == Case.State.CLOSED:
            return []
        start = {"version": facts.case.version}
        tabs = []
        if facts.own.asked_of_us:
            tabs.append(answer_tab(AnswerForm(initial=start, auto_id="answer-%s")))
        other = facts.case.outlet
        form = MessageForm(initial={**start, "to": other}, other=other, auto_id="message-%s")
        return [*tabs, message_tab(form)]

    def outlets(self, facts: Facts) -> Iterable[tuple[str, Party]]:
        for message in facts.own.messages:
            if message.reply_to_id is None:
                ours = message.sender.kind == Party.Kind.COMPANY
                yield _("对方网点"), message.receiver if ours else message.sender


def _in_brackets(words: str) -> str:
    return _("（{words}）").format(words=words) if words else ""


def _label(choices: type, value: object) -> str:
    return str(choices(value).label) if value in choices else ""  # type: ignore[operator]
