"""What is done to a problem parcel in a dialog, besides what is done to every case."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.errors import Conflict
from kefu.workbench.door import employee_of
from kefu.workbench.forms import ReopenForm
from kefu.workbench.steps import Act, Step
from problem_parcels import services
from problem_parcels.forms import case as forms
from problem_parcels.services import Attempt


def _attempt(act: Act) -> str:
    services.log_attempt(
        case=act.case,
        attempt=Attempt(
            outcome=act.given["outcome"],
            at=act.happened_at or act.now,
            whose=act.given["whose"],
            number=act.given["number"],
        ),
        **act.common,
    )
    return _("已记下这次联系")


def _heard(act: Act) -> str:
    answer = services.reply(
        message=act.given["message"],
        text=act.given["text"],
        wish=act.given["wish"],
        by=employee_of(act.request),
        channel=act.given["channel"],
        **act.common,
    )
    return _("已记下 {outlet} 的回复").format(outlet=answer.sender)


def _chase(act: Act) -> str:
    services.chase(message=act.given["message"], text=act.given["text"], **act.common)
    return _("已催 {outlet}，它的计时照走").format(outlet=act.given["message"].receiver)


def _withdraw(act: Act) -> str:
    services.withdraw_message(
        message=act.given["message"], reason=act.given["reason"], **act.common
    )
    return _("已撤回留言")


def _decide(act: Act) -> str:
    disposal = services.decide(
        case=act.case,
        kind=act.given["kind"],
        asked_by=act.given["asked_by"],
        reason=act.given["reason"],
        person=act.given["person"],
        version=act.given["version"],
        **act.common,
    )
    return _("已定：{what}").format(what=disposal.get_kind_display())


def _carry_out(act: Act) -> str:
    disposal = act.case.disposals.filter(carried_out_at=None, withdrawn_at=None).first()
    if disposal is None:
        raise Conflict(_("还没有定怎么处置"), code="nothing_decided")
    services.carry_out(
        disposal=disposal,
        by=employee_of(act.request),
        version=act.given["version"],
        **act.common,
    )
    return _("已出库：{what}").format(what=disposal.mark or disposal.get_kind_display())


def _scan_delivery(act: Act) -> str:
    services.scan_delivery(case=act.case, **act.common)
    return _("已补派件扫描")


def _pickup(act: Act) -> str:
    disposal = services.notify_pickup(
        case=act.case,
        place=act.given["place"],
        when=act.given["when"],
        version=act.given["version"],
        **act.common,
    )
    if disposal.deadline is None:
        return _("已记下通知自取")
    return _("已记下通知自取，没来取会提醒留言")


def _collected(act: Act) -> str:
    services.collected(
        case=act.case,
        signer=act.given["signer"],
        by=employee_of(act.request),
        version=act.given["version"],
        **act.common,
    )
    return _("已签收出库")


def _close(act: Act) -> str:
    services.close(case=act.case, version=act.given["version"], **act.common)
    return _("已结案")


def _reopen(act: Act) -> str:
    services.reopen(case=act.case, reason=act.given["reason"], **act.common)
    return _("已重新打开")


STEPS = {
    "attempt": Step(gettext_lazy("记联系"), gettext_lazy("记下"), forms.AttemptForm, _attempt),
    "heard": Step(
        gettext_lazy("记对方回复"),
        gettext_lazy("记下"),
        forms.HeardForm,
        _heard,
        gettext_lazy("对方要求退回的，当天要退出去。"),
    ),
    "chase-message": Step(
        gettext_lazy("催回复"),
        gettext_lazy("催一次"),
        forms.ChaseForm,
        _chase,
        gettext_lazy("对方的计时照走，不会重新开始。"),
    ),
    "withdraw-message": Step(
        gettext_lazy("撤回留言"), gettext_lazy("撤回"), forms.WithdrawForm, _withdraw
    ),
    "decide": Step(
        gettext_lazy("定处置"),
        gettext_lazy("就这样办"),
        forms.DecideForm,
        _decide,
        gettext_lazy("退回要有人要求，或留言满五天没有回复；没有原因的件不退。"),
    ),
    "carry-out": Step(
        gettext_lazy("出库"),
        gettext_lazy("扫描出库"),
        forms.CarryOutForm,
        _carry_out,
        gettext_lazy("按定好的处置扫描出库；没有别的事就结案。"),
    ),
    "scan-delivery": Step(
        gettext_lazy("补派件扫描"),
        gettext_lazy("补扫"),
        forms.ConfirmForm,
        _scan_delivery,
        gettext_lazy("退回之前要有所属承包区的派件扫描。"),
    ),
    "pickup": Step(
        gettext_lazy("通知自取"),
        gettext_lazy("已通知"),
        forms.PickupForm,
        _pickup,
        gettext_lazy("第三天还没来取，要给发件公司留言。"),
    ),
    "collected": Step(
        gettext_lazy("来取走了"), gettext_lazy("签收"), forms.CollectedForm, _collected
    ),
    "close": Step(gettext_lazy("结案"), gettext_lazy("结案"), forms.ConfirmForm, _close),
    "reopen": Step(gettext_lazy("重新打开"), gettext_lazy("重新打开"), ReopenForm, _reopen),
}
