"""What is done to a report in a dialog, besides what is done to every case."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.forms import reports as forms
from claims.services import reports as services
from kefu.workbench.forms import ReopenForm
from kefu.workbench.steps import Act, Step


def _tell(act: Act) -> str:
    notice = services.tell_concerned(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        version=act.given["version"],
        **act.common,
    )
    return _("已记下第 {n} 次通知").format(n=notice.number)


def _answered(act: Act) -> str:
    services.concerned_answered(
        case=act.case,
        text=act.given["text"],
        channel=act.given["channel"],
        version=act.given["version"],
        **act.common,
    )
    return _("已记下责任方的回音")


def _accept(act: Act) -> str:
    report = services.judge_report(
        case=act.case, accept=True, version=act.given["version"], **act.common
    )
    earned = report.bonuses.filter(employee__isnull=False).first()
    if earned is None:
        return _("已受理，这份报告没有奖金")
    return _("已受理，记 {who} 报告奖 {amount} 元").format(
        who=earned.employee, amount=earned.amount
    )


def _return(act: Act) -> str:
    services.judge_report(
        case=act.case,
        accept=False,
        reason=act.given["reason"],
        version=act.given["version"],
        **act.common,
    )
    return _("已退回报告人")


def _close(act: Act) -> str:
    services.close_report(case=act.case, version=act.given["version"], **act.common)
    return _("已结案")


def _reopen(act: Act) -> str:
    services.reopen_report(case=act.case, reason=act.given["reason"], **act.common)
    return _("已重新打开")


STEPS = {
    "tell": Step(
        gettext_lazy("通知责任方"),
        gettext_lazy("已通知"),
        forms.TellForm,
        _tell,
        gettext_lazy("打进的报告要通知两次；第一次没有回音，次日上午再通知。"),
    ),
    "answered": Step(
        gettext_lazy("记责任方回音"), gettext_lazy("记下"), forms.AnswerForm, _answered
    ),
    "accept": Step(
        gettext_lazy("受理报告"),
        gettext_lazy("受理"),
        forms.ConfirmForm,
        _accept,
        gettext_lazy("受理后结案，奖金记在报告人提交的那个月。"),
    ),
    "return": Step(
        gettext_lazy("退回报告"),
        gettext_lazy("退回"),
        forms.ReturnReportForm,
        _return,
        gettext_lazy("退回的报告没有奖金；同一票可以重打。"),
    ),
    "close": Step(gettext_lazy("结案"), gettext_lazy("结案"), forms.ConfirmForm, _close),
    "reopen": Step(gettext_lazy("重新打开"), gettext_lazy("重新打开"), ReopenForm, _reopen),
}
