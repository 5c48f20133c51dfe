"""What a claim adds to the pages of all cases."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import ApprovalLimit, Claim, Evidence, Offer
from claims.selectors.case import ClaimFacts, claim_facts
from claims.services import Ground, PauseReason, loose_ends
from claims.services.approvals import RIGHTS
from claims.steps import STEPS
from kefu import punctuation
from kefu.cases.models import Case, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.workbench.kinds import Addition, CaseKind, Facts, NextStep, next_step

Stage = Claim.Stage
# Cases that a claim grows from.
GROWN_FROM = frozenset(
    {
        Case.Kind.INQUIRY,
        Case.Kind.COMPLAINT,
        Case.Kind.NETWORK_QUERY,
        Case.Kind.PROBLEM_PARCEL,
        Case.Kind.RECEIPTS,  # one that is wanted; a courier's batch is about no single parcel
    }
)


class ClaimKind(CaseKind):
    """``own`` are its ``ClaimFacts``."""

    steps = STEPS
    in_preview = frozenset({"take", "confirm", "approve", "remind", "transfer", "reopen"})
    panels = (
        "claims/_claim.html",
        "claims/_evidence.html",
        "claims/_liability.html",
        "claims/_amount.html",
    )
    keys = (
        ("e", gettext_lazy("登记证据")),
        ("d", gettext_lazy("提交定责")),
        ("l", gettext_lazy("联系客户")),
        ("o", gettext_lazy("协商一轮")),
        ("a", gettext_lazy("谈定金额")),
        ("p", gettext_lazy("确认或批准")),
        ("b", gettext_lazy("核定损失")),
        ("u", gettext_lazy("催理赔员")),
        ("i", gettext_lazy("内部备注")),
        ("t", gettext_lazy("转交")),
    )
    words = {
        "claim_demanded": gettext_lazy("要求赔偿（{loss}）"),
        "claim_grew": gettext_lazy("由 {origin} 转来"),
        "claim_registered": gettext_lazy("登记理赔 {claim}"),
        "evidence_added": gettext_lazy("登记证据：{kind}"),
        "claim_facts": gettext_lazy("核定损失：{facts}"),
        "finding_submitted": gettext_lazy("提交定责，待确认"),
        "finding_confirmed": gettext_lazy("确认责任"),
        "finding_sent_back": gettext_lazy("退回重查"),
        "claimant_contacted": gettext_lazy("联系客户：{result}"),
        "claim_offered": gettext_lazy("提出 {amount} 元：{reply}{counter}"),
        "claim_agreed": gettext_lazy("谈定 {amount} 元"),
        "settlement_approved": gettext_lazy("批准赔付 {amount} 元（{needs}）"),
        "settlement_refused": gettext_lazy("没有批准赔付 {amount} 元"),
        "coupon_given": gettext_lazy("发优惠券 {amount} 元，不算赔付"),
        "claim_withdrawn": gettext_lazy("客户撤回"),
        "claim_declined": gettext_lazy("不予赔付"),
        "claim_major": gettext_lazy("标为重大"),
        "claim_reminded": gettext_lazy("催理赔员"),
        "claim_guidance": gettext_lazy("指导"),
        "claim_refused_by_outlet": gettext_lazy("网点推诿：{ground}"),
        "claim_paused": gettext_lazy("挂起到 {until}：{reason}"),
        "complaint_linked": gettext_lazy("引起投诉 {complaint}"),
    }
    clocks = {Deadline.Action.CLAIM_SETTLEMENT: gettext_lazy("{who}理赔办结")}

    def read(self, case: Case) -> ClaimFacts:
        return claim_facts(case)

    def state(self, case: Case, own: ClaimFacts) -> str:
        return own.claim.get_stage_display()

    def customer_role(self, case: Case) -> str:
        return case.claim.get_claimant_display() if hasattr(case, "claim") else ""

    def values(self, line: Interaction) -> Mapping[str, str]:
        data = line.data
        counter = data.get("counter")
        return {
            "loss": _label(Claim.Loss, data.get("loss")),
            "origin": data.get("origin", ""),
            "claim": data.get("claim", ""),
            "complaint": data.get("complaint", ""),
            "kind": _label(Evidence.Kind, data.get("kind")),
            "facts": _facts_in_words(data.get("facts", {})),
            "result": str(RESULTS.get(data.get("result", ""), "")),
            "amount": data.get("amount", ""),
            "reply": _label(Offer.Reply, data.get("reply")),
            "counter": _("，客户要 {amount} 元").format(amount=counter) if counter else "",
            "needs": punctuation.alike(
                *(_label(ApprovalLimit.Need, need) for need in data.get("needs", ()))
            ),
            "ground": _label(Ground, data.get("ground")),
            "reason": _label(PauseReason, data.get("reason")),
            "until": _minute(data.get("until", "")),
        }

    def closable(self, facts: Facts) -> bool:
        claim = facts.own.claim
        return claim.stage == Stage.RECOVERY and not loose_ends(claim) and not facts.consulted

    def hint(self, facts: Facts) -> str:
        own: ClaimFacts = facts.own
        stage = own.claim.stage
        if stage == Stage.EVIDENCE and own.missing:
            return _("还缺：{what}").format(what=punctuation.alike(*own.missing))
        if stage == Stage.CONFIRMATION:
            return _("等主管确认责任")
        if stage == Stage.APPROVAL:
            return _("等{who}审批").format(who=punctuation.alike(*own.open_needs_in_words))
        if stage == Stage.PAYMENT:
            return _("等财务付款")
        return super().hint(facts)

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case, own = facts.case, facts.own
        if case.state == Case.State.CLOSED:
            return []
        steps = [*_of_the_heads(facts), *_of_the_adjuster(facts)]
        if case.owner_id and case.owner_id != facts.desk.employee_id:
            steps.append(next_step(case, "remind", _("催理赔员"), "u"))
        if facts.desk.user.has_perm("claims.work_claim"):
            steps += [
                next_step(case, "guide", _("指导网点"), rare=True),
                next_step(case, "outlet-refuses", _("网点推诿"), rare=True),
                next_step(case, "pause", _("挂起时限"), rare=True),
            ]
            if not own.claim.major:
                steps.append(next_step(case, "major", _("标为重大"), rare=True))
            if own.claim.stage in (
                Stage.EVIDENCE,
                Stage.CONFIRMATION,
                Stage.NEGOTIATION,
                Stage.APPROVAL,
            ):
                steps += [
                    next_step(case, "withdraw-claim", _("客户撤回"), rare=True),
                    next_step(case, "decline", _("不予赔付"), rare=True),
                ]
        return steps


def _of_the_heads(facts: Facts) -> list[NextStep]:
    """Confirming and approving, for whoever may; the service refuses one's own."""
    case, own, user = facts.case, facts.own, facts.desk.user
    steps = []
    if own.pending is not None and user.has_perm("claims.confirm_finding"):
        steps.append(next_step(case, "confirm", _("确认责任"), "p"))
        steps.append(next_step(case, "send-back", _("退回重查")))
    may = any(user.has_perm(RIGHTS[need]) for need in own.open_needs)
    if may and user.pk not in own.heard:
        steps.append(next_step(case, "approve", _("批准赔付"), "p"))
        steps.append(next_step(case, "refuse", _("不批准")))
    return steps


def _of_the_adjuster(facts: Facts) -> list[NextStep]:
    case, stage = facts.case, facts.own.claim.stage
    evidence = next_step(case, "evidence", _("登记证据"), "e")
    contact = next_step(case, "contact", _("联系客户"), "l")
    if not facts.desk.user.has_perm("claims.work_claim"):
        return [evidence, contact]
    losses = next_step(case, "facts", _("核定损失"), "b")
    if stage == Stage.EVIDENCE:
        return [evidence, next_step(case, "finding", _("提交定责"), "d"), losses, contact]
    if stage == Stage.NEGOTIATION:
        return [
            contact,
            next_step(case, "offer", _("协商一轮"), "o"),
            next_step(case, "agree", _("谈定金额"), "a"),
            losses,
            evidence,
        ]
    return [contact, evidence]


class RegisterAClaim(Addition):
    """A claim may be registered from any case about a parcel."""

    words = {"claim_registered": gettext_lazy("登记理赔 {claim}")}

    def values(self, line: Interaction) -> Mapping[str, str]:
        return {"claim": line.data.get("claim", "")}

    def next_steps(self, facts: Facts) -> list[NextStep]:
        case = facts.case
        if case.kind not in GROWN_FROM or not case.waybill_id:
            return []
        query = urlencode({"from": case.number})
        url = f"{reverse('claims:new')}?{query}"
        return [NextStep("claim", _("登记理赔"), url, rare=True, page=True)]


RESULTS = {
    "reached": gettext_lazy("联系上了"),
    "no_answer": gettext_lazy("没人接"),
    "busy": gettext_lazy("占线"),
    "refused": gettext_lazy("不愿谈"),
    "wrong_number": gettext_lazy("号码不对"),
}


def _facts_in_words(facts: Mapping[str, object]) -> str:
    words = []
    for name, value in facts.items():
        label = Claim._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        said = value
        if isinstance(value, bool):
            said = _("是") if value else _("否")
        words.append(f"{label} {said}")
    return punctuation.alike(*words)


def _minute(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(SHANGHAI):%m-%d %H:%M}" if text else ""


def _label(choices: type, value: object) -> str:
    return str(choices(value).label) if value in choices else ""  # type: ignore[operator]
