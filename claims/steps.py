"""What is done to a claim in a dialog, besides what is done to every case."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims import services
from claims.forms import case as forms
from claims.models import Finding, Settlement
from kefu.errors import Conflict
from kefu.workbench.forms import ReopenForm
from kefu.workbench.steps import Act, Step


def _evidence(act: Act) -> str:
    row = services.add_evidence(
        case=act.case,
        kind=act.given["kind"],
        note=act.given["note"],
        photo=act.given["photo"],
        collected_at=act.given["collected_at"],
        **act.common,
    )
    return _("已登记证据：{kind}").format(kind=row.get_kind_display())


def _facts(act: Act) -> str:
    given = act.given
    lost = given.get("percent_lost")
    services.set_facts(
        case=act.case,
        proved_value=given["proved_value"],
        repairable=given.get("repairable"),
        repair_cost=given.get("repair_cost"),
        share=lost / 100 if lost is not None else None,
        delay_days=given.get("delay_days"),
        force_majeure=given["force_majeure"],
        version=given["version"],
        **act.common,
    )
    return _("已记下，应赔金额重新算过")


def _finding(act: Act) -> str:
    given = act.given
    services.submit_finding(
        case=act.case,
        facts=given["facts"],
        cause=given["cause"],
        reason=given["reason"],
        liable=given["liable"],
        version=given["version"],
        **act.common,
    )
    return _("定责已提交，等主管确认")


def _seen(act: Act) -> dict[str, Any]:
    """The word of a second person on what he saw: another finding or amount since then is a conflict."""
    return {"note": act.given["note"], "version": act.given["version"], **act.common}


def _pending(act: Act) -> Finding:
    found = Finding.objects.filter(claim=act.case.pk, outcome=Finding.Outcome.PENDING).first()
    if found is None:
        raise Conflict(_("没有待确认的定责"), code="nothing_to_confirm")
    return found


def _confirm(act: Act) -> str:
    services.confirm_finding(finding=_pending(act), **_seen(act))
    return _("责任已确认，可以协商金额")


def _send_back(act: Act) -> str:
    services.send_back(finding=_pending(act), **_seen(act))
    return _("已退回重查")


def _contact(act: Act) -> str:
    services.contact_claimant(
        case=act.case,
        result=act.given["result"],
        channel=act.given["channel"],
        text=act.given["text"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下这次联系，时限照走")


def _offer(act: Act) -> str:
    given = act.given
    services.make_offer(
        case=act.case,
        offered=given["offered"],
        counter_amount=given["counter_amount"],
        reply=given["reply"],
        channel=given["channel"],
        text=given["text"],
        happened_at=act.happened_at,
        version=given["version"],
        **act.common,
    )
    return _("已记下这一轮，时限照走")


def _agree(act: Act) -> str:
    given = act.given
    settlement = services.agree(
        case=act.case,
        agreed=given["agreed"],
        channel=given["channel"],
        text=given["text"],
        deviation_reason=given["deviation_reason"],
        happened_at=act.happened_at,
        version=given["version"],
        **act.common,
    )
    if settlement.needs:
        return _("已谈定，时限已停，等审批")
    return _("已谈定，时限已停")


def _decide(act: Act, *, approve: bool) -> Settlement:
    found = Settlement.objects.filter(claim=act.case.pk, state=Settlement.State.PROPOSED).first()
    if found is None:
        raise Conflict(_("没有待审批的赔付"), code="nothing_to_approve")
    return services.decide_settlement(settlement=found, approve=approve, **_seen(act))


def _approve(act: Act) -> str:
    settlement = _decide(act, approve=True)
    if settlement.state == Settlement.State.APPROVED:
        return _("已批准，转去付款")
    return _("你这一级已批准，还要别人批")


def _refuse(act: Act) -> str:
    _decide(act, approve=False)
    return _("没有批准，退回协商，时限接着走")


def _remind(act: Act) -> str:
    services.remind(case=act.case, text=act.given["text"], **act.common)
    return _("已催 {who}").format(who=act.case.owner or "")


def _guide(act: Act) -> str:
    unit = act.given["unit"]
    services.guide(case=act.case, unit=unit, text=act.given["text"], **act.common)
    return _("{unit} 已经看得到").format(unit=unit)


def _major(act: Act) -> str:
    services.mark_major(case=act.case, reason=act.given["reason"], **act.common)
    return _("已标为重大，主管马上看到")


def _pause(act: Act) -> str:
    services.pause_claim(
        case=act.case,
        reason=act.given["reason"],
        note=act.given["note"],
        until=act.given["until"],
        **act.common,
    )
    return _("已挂起，期限顺延")


def _refusal(act: Act) -> str:
    fines = services.report_refusal(
        case=act.case,
        ground=act.given["ground"],
        outlet=act.given["outlet"],
        text=act.given["text"],
        **act.common,
    )
    amount = sum(fine.value for fine in fines)
    return _("已记下，按规章暂记 {amount} 元，引起投诉才生效").format(amount=amount)


def _withdraw(act: Act) -> str:
    services.withdraw(
        case=act.case, reason=act.given["reason"], version=act.given["version"], **act.common
    )
    return _("客户撤回，已结案")


def _decline(act: Act) -> str:
    services.decline(
        case=act.case, reason=act.given["reason"], version=act.given["version"], **act.common
    )
    return _("不予赔付，已结案")


def _close(act: Act) -> str:
    services.close(
        case=act.case,
        satisfaction=act.given["satisfaction"],
        version=act.given["version"],
        **act.common,
    )
    return _("已结案")


def _reopen(act: Act) -> str:
    services.reopen(case=act.case, reason=act.given["reason"], **act.common)
    return _("已重新打开，时限从客户提出起接着算")


STEPS = {
    "evidence": Step(gettext_lazy("登记证据"), gettext_lazy("记下"), forms.EvidenceForm, _evidence),
    "facts": Step(
        gettext_lazy("核定损失"),
        gettext_lazy("记下"),
        forms.FactsForm,
        _facts,
        gettext_lazy("应赔多少按这些事实和规章算；空着就不改。"),
    ),
    "finding": Step(
        gettext_lazy("提交定责"),
        gettext_lazy("提交确认"),
        forms.FindingForm,
        _finding,
        gettext_lazy("由另一个人确认以后，才能和客户谈金额。"),
    ),
    "confirm": Step(gettext_lazy("确认责任"), gettext_lazy("确认"), forms.NoteForm, _confirm),
    "send-back": Step(
        gettext_lazy("退回重查"), gettext_lazy("退回"), forms.ReasonedNoteForm, _send_back
    ),
    "contact": Step(
        gettext_lazy("联系客户"),
        gettext_lazy("记下"),
        forms.ContactForm,
        _contact,
        gettext_lazy("打过电话不算谈定，时限照走。"),
    ),
    "offer": Step(
        gettext_lazy("协商一轮"),
        gettext_lazy("记下"),
        forms.OfferForm,
        _offer,
        gettext_lazy("客户接受了，请用“谈定”。"),
    ),
    "agree": Step(
        gettext_lazy("谈定金额"),
        gettext_lazy("谈定"),
        forms.AgreementForm,
        _agree,
        gettext_lazy("客户接受后金额就定死了，时限停在客户接受的时间。"),
    ),
    "approve": Step(gettext_lazy("批准赔付"), gettext_lazy("批准"), forms.NoteForm, _approve),
    "refuse": Step(
        gettext_lazy("不批准"),
        gettext_lazy("不批准"),
        forms.ReasonedNoteForm,
        _refuse,
        gettext_lazy("退回协商，时限当作没有停过。"),
    ),
    "remind": Step(
        gettext_lazy("催理赔员"),
        gettext_lazy("催一次"),
        forms.WordsForm,
        _remind,
        gettext_lazy("每催一次都留记录。"),
    ),
    "guide": Step(
        gettext_lazy("指导网点"),
        gettext_lazy("发出"),
        forms.GuideForm,
        _guide,
        gettext_lazy("处理这笔理赔的网点和责任方看得到。"),
    ),
    "major": Step(
        gettext_lazy("标为重大"),
        gettext_lazy("标为重大"),
        forms.ReasonForm,
        _major,
        gettext_lazy("主管马上收到，结案前一直在升级清单里。"),
    ),
    "pause": Step(
        gettext_lazy("挂起时限"),
        gettext_lazy("挂起"),
        forms.PauseForm,
        _pause,
        gettext_lazy("只有规章允许的理由才行。"),
    ),
    "outlet-refuses": Step(
        gettext_lazy("网点推诿"),
        gettext_lazy("记下"),
        forms.RefusalForm,
        _refusal,
        gettext_lazy("按条款暂记罚款，引起投诉才生效。"),
    ),
    "withdraw-claim": Step(
        gettext_lazy("客户撤回"), gettext_lazy("撤回并结案"), forms.ReasonForm, _withdraw
    ),
    "decline": Step(
        gettext_lazy("不予赔付"), gettext_lazy("不赔并结案"), forms.ReasonForm, _decline
    ),
    "close": Step(gettext_lazy("结案"), gettext_lazy("结案"), forms.CloseForm, _close),
    "reopen": Step(gettext_lazy("重新打开"), gettext_lazy("重新打开"), ReopenForm, _reopen),
}
