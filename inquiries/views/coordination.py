"""Steps that bring others in: the courier, the driver, another department; and what a customer wishes for.

They stand in the same table as the other steps of a case, and open in the same dialog.
"""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries import services
from inquiries.forms_coordination import (
    ClosingForm,
    ConsultForm,
    DepartmentReplyForm,
    NeedForm,
    NotifyDriverForm,
    NotifyForm,
)
from inquiries.views.steps import STEPS, Act, Step
from kefu.desk import services as desk


def _courier(act: Act) -> str:
    party = act.given["party"]
    services.notify_courier(case=act.case, courier=party, text=act.given["text"], **act.common)
    return _("已记下通知业务员 {who}").format(who=party)


def _driver(act: Act) -> str:
    party = act.given["party"]
    services.notify_driver(case=act.case, driver=party, text=act.given["text"], **act.common)
    return _("已记下通知驾驶员 {who}").format(who=party)


def _consult(act: Act) -> str:
    department = act.given["department"]
    desk.consult_department(
        case=act.case,
        department=department,
        question=act.given["question"],
        version=act.given["version"],
        **act.common,
    )
    return _("已转办给 {department}，这一单还归原负责人").format(department=department)


def _department_reply(act: Act) -> str:
    consultation = desk.department_replied(
        consultation=act.given["consultation"], reply=act.given["reply"], **act.common
    )
    return _("已记下 {department} 的答复，还要告知客户").format(department=consultation.department)


def _close(act: Act) -> str:
    services.close(
        case=act.case,
        note=act.given["note"],
        further_needs_asked=act.given["further_needs_asked"],
        version=act.given["version"],
        **act.common,
    )
    return _("已结案")


def _need(act: Act) -> str:
    desk.note_need(case=act.case, text=act.given["text"], **act.common)
    return _("客户需求已记下")


STEPS |= {
    "notify-courier": Step(
        gettext_lazy("通知业务员"), gettext_lazy("已通知"), NotifyForm, _courier
    ),
    "notify-driver": Step(
        gettext_lazy("通知驾驶员"), gettext_lazy("已通知"), NotifyDriverForm, _driver
    ),
    "consult": Step(
        gettext_lazy("转办其他部门"),
        gettext_lazy("转办"),
        ConsultForm,
        _consult,
        gettext_lazy("这一单和它的计时还归原负责人；部门答复并告知客户后才能结案。"),
    ),
    "department-reply": Step(
        gettext_lazy("记部门答复"),
        gettext_lazy("记下答复"),
        DepartmentReplyForm,
        _department_reply,
        gettext_lazy("答复之后还要告知客户，才能结案。"),
    ),
    # In the place of the general form: with the question whether there is anything else.
    "close": replace(STEPS["close"], form=ClosingForm, do=_close),
    "need": Step(
        gettext_lazy("记客户需求"),
        gettext_lazy("记下"),
        NeedForm,
        _need,
        gettext_lazy("与这一单无关的愿望和建议，供以后研究；不停计时。"),
    ),
}
