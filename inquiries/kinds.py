"""What inquiries, network queries and complaints add to the pages of all cases."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries.forms import AnswerQueryForm, AskForm, ReplyForm
from inquiries.models import Complaint
from inquiries.selectors.queries import Queries, queries_of
from inquiries.services.intake import RETYPED
from inquiries.steps import STEPS
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.network.models import Party
from kefu.workbench.kinds import CaseKind, Facts, NextStep, Tab, next_step


def reply_tab(form: ReplyForm) -> Tab:
    return Tab("reply", _("回复客户"), "r", "inquiries/_compose_reply.html", form)


def answer_tab(form: AnswerQueryForm) -> Tab:
    return Tab("answer", _("答复网点"), "r", "inquiries/_compose_answer.html", form)


def outlet_tab(form: AskForm) -> Tab:
    return Tab("outlet", _("留言网点"), "m", "inquiries/_compose_outlet.html", form)


class InquiryKind(CaseKind):
    """A case that a customer or an outlet opened; ``own`` are its ``Queries``."""

    steps = STEPS
    in_preview = frozenset({"take", "feedback", "chase", "transfer", "reopen"})
    panels: Sequence[str] = ("inquiries/_pickup.html",)
    answers_customers = True
    keys = (
        ("r", gettext_lazy("回复")),
        ("m", gettext_lazy("留言网点")),
        ("i", gettext_lazy("内部备注")),
        ("f", gettext_lazy("记反馈")),
        ("u", gettext_lazy("催网点")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        "answered": gettext_lazy("实质答复"),
        "interim": gettext_lazy("非实质答复，计时不停"),
        "again": gettext_lazy("再次来电来信"),
        "contact_failed": gettext_lazy("电话没接通"),
        "query_asked": gettext_lazy("网点查询"),
        "query_answered": gettext_lazy("反馈"),
        "query_chased": gettext_lazy("催促"),
        "query_withdrawn": gettext_lazy("撤回网点查询"),
        "courier_notified": gettext_lazy("通知取件"),
        "driver_notified": gettext_lazy("通知取件"),
        "retyped": gettext_lazy("改为{to}"),
        "main_account": gettext_lazy("主号不接待客户，转给{to}"),
        "complaint_linked": gettext_lazy("引起投诉 {complaint}（{cause}）"),
        "origin_linked": gettext_lazy("由 {origin} 引起（{cause}）"),
    }
    clocks = {
        Deadline.Action.REPLY: gettext_lazy("{who}回复客户"),
        Deadline.Action.FEEDBACK: gettext_lazy("{who}反馈"),
        Deadline.Action.CALLBACK: gettext_lazy("{who}按承诺回电"),
        Deadline.Action.DISASTER_FOLLOW_UP: gettext_lazy("{who}灾后回访"),
    }

    def read(self, case: Case) -> Queries:
        return queries_of(case)

    def customer_role(self, case: Case) -> str:
        inquiry = getattr(case, "inquiry", None)
        return inquiry.get_asker_display() if inquiry else ""

    def values(self, line: Interaction) -> Mapping[str, str]:
        cause = line.data.get("cause")
        return {
            "complaint": line.data.get("complaint", ""),
            "origin": line.data.get("origin", ""),
            "cause": str(Complaint.Cause(cause).label) if cause in Complaint.Cause else "",
        }

    def closable(self, facts: Facts) -> bool:
        """Once whoever asked has a real answer; the clock of an outlet that was let off may stand."""
        waiting = [
            clock
            for clock in facts.deadlines
            if clock.is_waited_on and clock.action != Deadline.Action.FEEDBACK
        ]
        if facts.own.open or waiting or facts.consulted:
            return False
        return facts.case.state == Case.State.ANSWERED or not facts.deadlines

    def hint(self, facts: Facts) -> str:
        if facts.own.asked_of_outlets:
            return _("网点反馈后可结案")
        return super().hint(facts) or _("实质答复后可结案")

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case, asked = facts.case, facts.own.asked_of_outlets
        if case.state == Case.State.CLOSED:
            return [next_step(case, "again", _("客户又来电"))]
        steps = []
        if asked:
            steps.append(next_step(case, "feedback", _("记网点反馈"), "f"))
            only = _("催{outlet}").format(outlet=asked[0].asked) if len(asked) == 1 else ""
            steps.append(next_step(case, "chase", only or _("催网点"), "u"))
        if case.customer_phone_masked or case.kind == Case.Kind.INQUIRY:
            steps.append(next_step(case, "again", _("客户又来电")))
            steps.append(next_step(case, "promise", _("承诺回电")))
        if asked or case.outlet_id or case.waybill_id:
            steps.append(next_step(case, "contact-failed", _("电话打不通")))
        if case.kind == Case.Kind.COMPLAINT:
            steps.append(next_step(case, "origin", _("关联起因单")))
        inquiry = getattr(case, "inquiry", None)
        if inquiry is not None and inquiry.kind in RETYPED:
            steps.append(next_step(case, "retype", _("改类型"), rare=True))
        if asked:
            steps.append(next_step(case, "withdraw", _("撤回查询"), rare=True))
        return steps

    def tabs(self, facts: Facts) -> list[Tab]:
        start = {"version": facts.case.version}
        is_open = facts.case.state != Case.State.CLOSED
        tabs = []
        if facts.own.asked_of_us:
            tabs.append(answer_tab(AnswerQueryForm(initial=start, auto_id="answer-%s")))
        elif is_open:
            by_phone = {**start, "channel": Interaction.Channel.PHONE}
            tabs.append(reply_tab(ReplyForm(initial=by_phone, auto_id="reply-%s")))
        if is_open:
            askable = facts.own.askable
            tabs.append(outlet_tab(AskForm(initial=start, askable=askable, auto_id="outlet-%s")))
        return tabs

    def outlets(self, facts: Facts) -> Iterable[tuple[str, Party]]:
        for query in facts.own.all:
            yield _("被查"), query.asked
            yield _("来查"), query.asking
