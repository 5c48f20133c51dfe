"""What is done to a complaint in a dialog, besides what is done to every inquiry."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries import forms_complaints as forms
from inquiries import services
from inquiries.models import Complaint
from inquiries.steps import STEPS as OF_INQUIRIES
from kefu.workbench.forms import StepForm
from kefu.workbench.steps import Act, Step


def _verify(act: Act) -> str:
    services.verify(
        case=act.case,
        method=act.given.get("method", ""),
        text=act.given["text"],
        courier_said=act.given.get("courier_said", ""),
        head_said=act.given.get("head_said", ""),
        evidence=act.given.get("evidence", ()),
        version=act.given["version"],
        **act.common,
    )
    return _("已核实，下一步提方案")


def _propose(act: Act) -> str:
    services.propose(
        case=act.case,
        text=act.given["text"],
        apology=act.given["apology"],
        delay_reason=act.given.get("delay_reason", ""),
        coupon=act.given.get("coupon"),
        force_majeure=act.given.get("force_majeure", False),
        channel=act.given["channel"],
        happened_at=act.happened_at,
        version=act.given["version"],
        **act.common,
    )
    return _("方案已记下，等客户答复")


def _answer(act: Act) -> str:
    services.answer_solution(
        case=act.case,
        accepted=act.given["accepted"],
        text=act.given["text"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        version=act.given["version"],
        **act.common,
    )
    return _("客户认可，接着回访") if act.given["accepted"] else _("客户不认可，继续协商")


def _follow_up(act: Act) -> str:
    services.follow_up(
        case=act.case,
        satisfied=act.given["satisfied"],
        further_needs=act.given["further_needs"],
        channel=act.given["channel"],
        happened_at=act.happened_at,
        version=act.given["version"],
        **act.common,
    )
    return _("客户满意，可以结案") if act.given["satisfied"] else _("客户不满意，重新协商")


def _unreached(act: Act) -> str:
    services.note_unreached(
        case=act.case, text=act.given["text"], version=act.given["version"], **act.common
    )
    return _("已记下没接通，回访计时照走")


def _give_up(act: Act) -> str:
    services.give_up_follow_up(
        case=act.case, reason=act.given["reason"], version=act.given["version"], **act.common
    )
    return _("回访到此为止，可以结案")


def _reclass(act: Act) -> str:
    complaint = services.reclass(
        case=act.case,
        grade=act.given["grade"],
        reason=act.given["reason"],
        version=act.given["version"],
        **act.common,
    )
    return _("已改为{grade}").format(grade=complaint.get_grade_display())


def _analyse(act: Act) -> str:
    services.analyse(
        case=act.case, cause=act.given["cause"], suggestion=act.given["suggestion"], **act.common
    )
    return _("已记下原因和建议")


def _inspector(act: Act) -> str:
    inspector = act.given["inspector"]
    services.assign_inspector(case=act.case, inspector=inspector, **act.common)
    return _("已交给 {who}").format(who=inspector)


def _conclude(act: Act) -> str:
    services.conclude(
        case=act.case, outcome=act.given["outcome"], remedy=act.given["remedy"], **act.common
    )
    return _("结论：{what}").format(what=Complaint.Conclusion(act.given["outcome"]).label)


def _coordinate(act: Act) -> str:
    services.coordinate(
        case=act.case,
        outcome=act.given["outcome"],
        promise=act.given["promise"],
        amount=act.given["amount"],
        **act.common,
    )
    return _("已记下")


def _flag(act: Act) -> str:
    services.flag_customer(case=act.case, reason=act.given["reason"], **act.common)
    return _("已标记，客户再来电时会提示")


def _unflag(act: Act) -> str:
    services.lift_flag(case=act.case, **act.common)
    return _("已取消标记")


STEPS = {
    **OF_INQUIRIES,
    "verify": Step(gettext_lazy("核实"), gettext_lazy("记下核实结果"), forms.VerifyForm, _verify),
    "propose": Step(
        gettext_lazy("提方案"),
        gettext_lazy("告诉客户了"),
        forms.ProposeForm,
        _propose,
        gettext_lazy("赔钱的另转理赔；客户认可之后才算解决。"),
    ),
    "solution-answer": Step(
        gettext_lazy("客户答复"),
        gettext_lazy("记下"),
        forms.AnswerForm,
        _answer,
        gettext_lazy("不认可的再协商一轮，协商期间计时照走。"),
    ),
    "follow-up": Step(
        gettext_lazy("回访"),
        gettext_lazy("记下"),
        forms.FollowUpForm,
        _follow_up,
        gettext_lazy("不满意的回到提方案，并且再回访一次。"),
    ),
    "unreached": Step(
        gettext_lazy("回访没接通"), gettext_lazy("记下"), forms.UnreachedForm, _unreached
    ),
    "give-up": Step(
        gettext_lazy("联系不上，不再回访"),
        gettext_lazy("不再回访"),
        forms.GiveUpForm,
        _give_up,
    ),
    "reclass": Step(
        gettext_lazy("改等级"),
        gettext_lazy("改"),
        forms.ReclassForm,
        _reclass,
        gettext_lazy("时限按新的等级重新算：解决从受理起算，核实从改等级起算。"),
    ),
    "analyse": Step(
        gettext_lazy("写原因和建议"), gettext_lazy("记下"), forms.AnalysisForm, _analyse
    ),
    "inspect": Step(
        gettext_lazy("交给质检"), gettext_lazy("交给他"), forms.InspectorForm, _inspector
    ),
    "conclude": Step(
        gettext_lazy("下结论"),
        gettext_lazy("下结论"),
        forms.ConcludeForm,
        _conclude,
        gettext_lazy("结论只下一次，属实的计入被投诉人的次数。"),
    ),
    "coordinate": Step(
        gettext_lazy("协调"),
        gettext_lazy("记下"),
        forms.CoordinateForm,
        _coordinate,
        gettext_lazy("先记协调结果；不成的再记直接联系发件网点时答应了什么。"),
    ),
    "flag": Step(
        gettext_lazy("标为难点客户"),
        gettext_lazy("标记"),
        forms.FlagForm,
        _flag,
        gettext_lazy("他再来电时，接的人会看到标记和他以前的投诉。"),
    ),
    "unflag": Step(gettext_lazy("取消难点客户"), gettext_lazy("取消标记"), StepForm, _unflag),
}
