"""What is done to an inquiry in a dialog, besides what is done to every case."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries import forms, services
from inquiries.models import NetworkQuery
from kefu.cases.models import Case
from kefu.errors import KefuError
from kefu.workbench.forms import ReopenForm
from kefu.workbench.steps import Act, Step


def _feedback(act: Act) -> str:
    query = services.record_feedback(
        query=act.given["query"],
        answer=act.given["answer"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下 {outlet} 的反馈").format(outlet=query.asked)


def _chase(act: Act) -> str:
    query: NetworkQuery = act.given["query"]
    services.chase(query=query, text=act.given["text"], **act.common)
    return _("已催 {outlet}，它的计时照走").format(outlet=query.asked)


def _withdraw(act: Act) -> str:
    services.withdraw(query=act.given["query"], reason=act.given["reason"], **act.common)
    return _("已撤回查询")


def _again(act: Act) -> str:
    services.customer_again(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下，客户的新计时开始了")


def _promise(act: Act) -> str:
    services.answer_customer(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        substantive=False,
        promised_for=act.given["promised_for"],
        version=act.given["version"],
        **act.common,
    )
    return _("承诺已记下，到点前会提醒你")


def _contact_failed(act: Act) -> str:
    services.contact_failed(
        case=act.case,
        outlet=act.given["outlet"],
        text=act.given["text"],
        happened_at=act.happened_at,
        **act.common,
    )
    return _("已记下电话没接通")


def _origin(act: Act) -> str:
    origin = (
        Case.objects.visible_to(act.request.user)
        .filter(number=act.given["number"].strip().upper())
        .first()
    )
    if origin is None:
        raise KefuError(_("没有这个单号"), code="no_such_case", field="number")
    services.link_complaint(
        complaint=act.case, origin=origin, cause=act.given["cause"], **act.common
    )
    return _("已关联 {number}").format(number=origin.number)


def _retype(act: Act) -> str:
    inquiry = services.retype(
        case=act.case, kind=act.given["kind"], reason=act.given["reason"], **act.common
    )
    return _("已改为{kind}").format(kind=inquiry.get_kind_display())


def _close(act: Act) -> str:
    services.close(
        case=act.case,
        note=act.given["note"],
        further_needs_asked=act.given["further_needs_asked"],
        version=act.given["version"],
        **act.common,
    )
    return _("已结案")


def _reopen(act: Act) -> str:
    services.reopen(case=act.case, reason=act.given["reason"], **act.common)
    return _("已重新打开")


def _courier(act: Act) -> str:
    party = act.given["party"]
    services.notify_courier(case=act.case, courier=party, text=act.given["text"], **act.common)
    return _("已记下通知业务员 {who}").format(who=party)


def _driver(act: Act) -> str:
    party = act.given["party"]
    services.notify_driver(case=act.case, driver=party, text=act.given["text"], **act.common)
    return _("已记下通知驾驶员 {who}").format(who=party)


STEPS = {
    "feedback": Step(
        gettext_lazy("记网点反馈"),
        gettext_lazy("记下反馈"),
        forms.FeedbackForm,
        _feedback,
        gettext_lazy("网点的计时停在反馈发生的时间。"),
    ),
    "chase": Step(
        gettext_lazy("催网点"),
        gettext_lazy("催一次"),
        forms.ChaseForm,
        _chase,
        gettext_lazy("网点的计时照走，不会重新开始。"),
    ),
    "withdraw": Step(
        gettext_lazy("撤回查询"),
        gettext_lazy("撤回"),
        forms.WithdrawForm,
        _withdraw,
        gettext_lazy("已经超时的不会因此撤销。"),
    ),
    "again": Step(
        gettext_lazy("客户又来电来信"),
        gettext_lazy("记下"),
        forms.AgainForm,
        _again,
        gettext_lazy("客户每次没有得到答复的来电来信，都有自己的计时。"),
    ),
    "promise": Step(
        gettext_lazy("承诺回电"),
        gettext_lazy("记下承诺"),
        forms.PromiseForm,
        _promise,
        gettext_lazy("承诺有自己的计时，不停原来的计时。"),
    ),
    "contact-failed": Step(
        gettext_lazy("电话打不通"),
        gettext_lazy("记下"),
        forms.ContactFailedForm,
        _contact_failed,
        gettext_lazy("晚间对方线路已关的，回复时限可以顺延到次日早上，由规则手册决定。"),
    ),
    "origin": Step(gettext_lazy("关联起因单"), gettext_lazy("关联"), forms.OriginForm, _origin),
    "retype": Step(gettext_lazy("改类型"), gettext_lazy("改"), forms.RetypeForm, _retype),
    "close": Step(gettext_lazy("结案"), gettext_lazy("结案"), forms.ClosingForm, _close),
    "reopen": Step(gettext_lazy("重新打开"), gettext_lazy("重新打开"), ReopenForm, _reopen),
    "notify-courier": Step(
        gettext_lazy("通知业务员"), gettext_lazy("已通知"), forms.NotifyForm, _courier
    ),
    "notify-driver": Step(
        gettext_lazy("通知驾驶员"), gettext_lazy("已通知"), forms.NotifyDriverForm, _driver
    ),
}
