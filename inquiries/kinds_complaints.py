"""What a complaint adds to the pages of all cases."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries.kinds import InquiryKind
from inquiries.models import Complaint
from inquiries.selectors.complaints import ComplaintFacts, complaint_facts
from inquiries.selectors.queries import Queries, queries_of
from inquiries.steps_complaints import STEPS
from kefu.cases.models import Case, Interaction
from kefu.deadlines.models import Deadline
from kefu.workbench.kinds import Addition, Facts, NextStep, next_step

Action = Deadline.Action
Stage = Complaint.Stage


class ComplaintKind(InquiryKind):
    """``own`` are its ``ComplaintFacts``; without a row of its own, as imported long ago, its ``Queries``."""

    steps = STEPS
    in_preview = frozenset(
        {"take", "verify", "propose", "follow-up", "feedback", "transfer", "reopen"}
    )
    panels = ("complaints/_panel.html",)
    keys = (
        ("r", gettext_lazy("回复")),
        ("v", gettext_lazy("办下一步")),
        ("m", gettext_lazy("留言网点")),
        ("i", gettext_lazy("内部备注")),
        ("f", gettext_lazy("记反馈")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        **InquiryKind.words,
        "complaint_graded": gettext_lazy("定为{grade}投诉"),
        "complaint_regraded": gettext_lazy("改为{grade}投诉，时限重新算"),
        "complaint_promised": gettext_lazy("答应客户 {promised} 办好"),
        "complaint_verified": gettext_lazy("核实"),
        "complaint_courier_said": gettext_lazy("问了业务员"),
        "complaint_head_said": gettext_lazy("问了网点负责人"),
        "solution_proposed": gettext_lazy("第 {round} 轮方案{coupon}"),
        "solution_accepted": gettext_lazy("认可第 {round} 轮方案"),
        "solution_rejected": gettext_lazy("不认可第 {round} 轮方案"),
        "followed_up_satisfied": gettext_lazy("回访：满意"),
        "followed_up_dissatisfied": gettext_lazy("回访：不满意"),
        "follow_up_unreached": gettext_lazy("回访没接通"),
        "follow_up_given_up": gettext_lazy("联系不上，不再回访"),
        "complaint_analysed": gettext_lazy("写原因和建议"),
        "inspector_assigned": gettext_lazy("交给质检 {to}"),
        "complaint_concluded": gettext_lazy("结论：{outcome}"),
        "complaint_coordinate": gettext_lazy("协调：{outcome}"),
        "complaint_contact_origin": gettext_lazy("联系发件网点"),
        "customer_flagged": gettext_lazy("标为难点客户"),
        "customer_unflagged": gettext_lazy("取消难点客户"),
        "finding": gettext_lazy("按 {clause} 认定 {who}{measure}"),
        "rectification_ordered": gettext_lazy("责令 {who} 整改，限 {due_on}"),
        "rectification_rechecked": gettext_lazy("复查 {who}：{outcome}"),
    }
    clocks = {
        **InquiryKind.clocks,
        Action.COMPLAINT_VERIFICATION: gettext_lazy("{who}核实"),
        Action.COMPLAINT_SOLUTION: gettext_lazy("{who}解决"),
        Action.COMPLAINT_FOLLOW_UP: gettext_lazy("{who}回访"),
        Action.COMPLAINT_REVISIT: gettext_lazy("{who}再次回访"),
        Action.COMPLAINT_HANDLING: gettext_lazy("{who}按承诺办好"),
    }

    def read(self, case: Case) -> ComplaintFacts | Queries:  # type: ignore[override]
        return complaint_facts(case) or queries_of(case)

    def state(self, case: Case, own: Any) -> str:
        """What has to be done next, where the rulebook has an order."""
        if isinstance(own, ComplaintFacts) and case.state != Case.State.CLOSED:
            return own.complaint.get_stage_display() or super().state(case, own)
        return super().state(case, own)

    def values(self, line: Interaction) -> Mapping[str, str]:
        data = line.data
        grade, outcome = data.get("sort"), str(data.get("outcome", ""))
        coupon = data.get("coupon")
        return {
            **super().values(line),
            "grade": str(Complaint.Grade(grade).label) if grade in Complaint.Grade else "",
            "promised": str(data.get("promised_for", ""))[:16].replace("T", " "),
            "round": str(data.get("round", "")),
            "coupon": _("，券 {amount} 元").format(amount=coupon) if coupon else "",
            "outcome": _outcome(outcome),
            "who": str(data.get("who", "")),
            "measure": _measure(str(data.get("measure", ""))),
            "due_on": str(data.get("due_on", "")),
        }

    def closable(self, facts: Facts) -> bool:
        """Once the customer is content; the time he was promised ends with the case."""
        if not isinstance(facts.own, ComplaintFacts):
            return super().closable(facts)
        if facts.own.complaint.stage not in ("", Stage.DONE):
            return False
        own = (Action.FEEDBACK, Action.COMPLAINT_HANDLING)
        waiting = [c for c in facts.deadlines if c.is_waited_on and c.action not in own]
        released = [c for c in waiting if c.released_at is None]
        if facts.own.open or released or facts.consulted:
            return False
        return facts.case.state == Case.State.ANSWERED or not facts.deadlines

    def hint(self, facts: Facts) -> str:
        if isinstance(facts.own, ComplaintFacts) and facts.own.complaint.stage not in (
            "",
            Stage.DONE,
        ):
            return _("{stage}，客户满意后可结案").format(
                stage=facts.own.complaint.get_stage_display()
            )
        return super().hint(facts)

    def next_steps(self, facts: Facts) -> list[NextStep]:
        own, case = facts.own, facts.case
        if not isinstance(own, ComplaintFacts):
            return super().next_steps(facts)
        if case.state == Case.State.CLOSED:
            return [*super().next_steps(facts), *_at_any_time(own, facts)]
        return [*_of_stage(own, facts), *super().next_steps(facts), *_at_any_time(own, facts)]


def _of_stage(own: ComplaintFacts, facts: Facts) -> list[NextStep]:
    """What the stage asks for, under one key."""
    case, steps = facts.case, []
    match own.complaint.stage:
        case Stage.VERIFICATION:
            steps = [next_step(case, "verify", _("核实"), "v")]
        case Stage.SOLUTION:
            steps = [next_step(case, "propose", _("提方案"), "v")]
        case Stage.NEGOTIATION:
            steps = [next_step(case, "solution-answer", _("客户答复"), "v")]
        case Stage.FOLLOW_UP:
            steps = [
                next_step(case, "follow-up", _("回访"), "v"),
                next_step(case, "unreached", _("没接通")),
            ]
            if own.may_give_up and facts.desk.user.has_perm("inquiries.judge_complaint"):
                steps.append(next_step(case, "give-up", _("不再回访")))
    if own.complaint.grade and own.complaint.stage in (
        Stage.VERIFICATION,
        Stage.SOLUTION,
        Stage.NEGOTIATION,
    ):
        steps.append(next_step(case, "reclass", _("改等级"), rare=True))
    return steps


def _at_any_time(own: ComplaintFacts, facts: Facts) -> list[NextStep]:
    case, user = facts.case, facts.desk.user
    steps = []
    if user.has_perm("inquiries.judge_complaint") and not own.complaint.conclusion:
        steps.append(next_step(case, "conclude", _("下结论"), rare=True))
    if user.has_perm("cases.reassign_case") and not own.complaint.conclusion:
        steps.append(next_step(case, "inspect", _("交给质检"), rare=True))
    if own.complaint.level != Complaint.Level.CENTRE:
        steps.append(next_step(case, "coordinate", _("协调"), rare=True))
    steps.append(next_step(case, "analyse", _("写原因和建议"), rare=True))
    if case.customer_phone_masked and not own.history.flagged:
        steps.append(next_step(case, "flag", _("标为难点客户"), rare=True))
    elif own.history.flagged and user.has_perm("cases.reassign_case"):
        steps.append(next_step(case, "unflag", _("取消难点客户"), rare=True))
    return steps


class OfferComplaint(Addition):
    """From any case a complaint may grow; its form opens with what the case knows."""

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case = facts.case
        if case.kind in (Case.Kind.COMPLAINT, Case.Kind.INCIDENT):
            return []
        known = {"kind": "complaint", "origin": case.number, "waybill": case.waybill_number}
        query = urlencode({name: value for name, value in known.items() if value})
        url = f"{reverse('inquiries:new_single')}?{query}"
        return [NextStep("complaint", _("登记投诉"), url, page=True)]


def _outcome(outcome: str) -> str:
    words = {
        **{one.value: str(one.label) for one in Complaint.Conclusion},
        "settled": _("协调好了"),
        "failed": _("协调不成"),
        "in_time": _("按期整改"),
        "overdue": _("逾期未改"),
    }
    return words.get(outcome, "")


def _measure(measure: str) -> str:
    words = {
        "training": _("：培训"),
        "suspension": _("：停岗"),
        "suspension_training": _("：停岗培训"),
    }
    return words.get(measure, "")
