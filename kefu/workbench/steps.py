"""What is done to a case in a dialog: what a step is, and those of every kind of case.

Each is a form and one call into a service.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.desk import services as desk
from kefu.penalties import services as penalties
from kefu.penalties.models import Waiver
from kefu.workbench import forms
from kefu.workbench.door import DeskRequest


@dataclass(frozen=True, slots=True)
class Act:
    """What a step's service needs."""

    request: DeskRequest
    case: Case
    given: dict[str, Any]
    now: datetime

    @property
    def happened_at(self) -> datetime | None:
        return forms.latest(self.given.get("happened"), self.now)

    @property
    def common(self) -> dict[str, Any]:
        return {"actor": self.request.user, "now": self.now}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its form, its words, its service; returns what to tell the agent."""

    title: Promise
    submit: Promise
    form: type[forms.StepForm]
    do: Callable[[Act], str]
    help: Promise | str = ""


def _transfer(act: Act) -> str:
    to = act.given["to"]
    desk.transfer(
        case=act.case,
        to=to,
        department=act.given["department"],
        note=act.given["note"],
        version=act.given["version"],
        **act.common,
    )
    return _("已转交给 {to}").format(to=to or act.given["department"])


def _escalate(act: Act) -> str:
    flag = act.given.get("flag", "")
    case = desk.escalate(
        case=act.case,
        note=act.given["note"],
        flag=flag,
        version=act.given["version"],
        **act.common,
    )
    if flag and case.owner is not None:
        return _("已交给 {to}，请当面或打电话再说一声").format(to=case.owner)
    return _("已升级，主管会看到")


def _settle_escalation(act: Act) -> str:
    desk.settle_escalation(case=act.case, note=act.given["note"], **act.common)
    return _("升级已处理")


def _log(act: Act) -> str:
    desk.log_contact(
        case=act.case,
        counterpart=Interaction.Counterpart(act.given["counterpart"]),
        direction=Interaction.Direction(act.given["direction"]),
        channel=act.given["channel"],
        text=act.given["text"],
        **act.common,
    )
    return _("已记下")


def _late_entry(act: Act) -> str:
    deadline = act.given["deadline"]
    deadlines.propose_late_entry(
        deadline=deadline,
        interaction=deadline.answered_by,
        claimed_at=act.given["claimed_at"],
        reason=act.given["reason"],
        **act.common,
    )
    return _("补记申请已提出，由一位主管审批")


def _objection(act: Act) -> str:
    penalties.propose_waiver(
        penalty=act.given["penalty"],
        ground=Waiver.Ground.OBJECTION,
        reason=act.given["reason"],
        **act.common,
    )
    return _("异议已提出，由一位主管审批")


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


def _need(act: Act) -> str:
    desk.note_need(case=act.case, text=act.given["text"], **act.common)
    return _("客户需求已记下")


STEPS = {
    "transfer": Step(
        gettext_lazy("转交"),
        gettext_lazy("转交"),
        forms.TransferForm,
        _transfer,
        gettext_lazy("正在走的计时和超时的代价一起转给接手的人；已经超时的留在原处。"),
    ),
    "escalate": Step(
        gettext_lazy("升级给主管"), gettext_lazy("升级"), forms.EscalateForm, _escalate
    ),
    "settle-escalation": Step(
        gettext_lazy("处理升级"), gettext_lazy("处理好了"), forms.SettleForm, _settle_escalation
    ),
    "log": Step(
        gettext_lazy("记其他往来"),
        gettext_lazy("记下"),
        forms.LogContactForm,
        _log,
        gettext_lazy("和业务员、驾驶员、公司的往来，不停任何计时。"),
    ),
    "late-entry": Step(
        gettext_lazy("补记申请"),
        gettext_lazy("提出申请"),
        forms.LateEntryForm,
        _late_entry,
        gettext_lazy(
            "当时已经答复、只是登记晚了的，由一位主管审批；同意后超时和它的代价一起撤回。"
        ),
    ),
    "objection": Step(
        gettext_lazy("提异议"),
        gettext_lazy("提出异议"),
        forms.ObjectionForm,
        _objection,
        gettext_lazy("只对自己要承担的处罚；由一位主管审批，审批前照旧。"),
    ),
    "consult": Step(
        gettext_lazy("转办其他部门"),
        gettext_lazy("转办"),
        forms.ConsultForm,
        _consult,
        gettext_lazy("这一单和它的计时还归原负责人；部门答复并告知客户后才能结案。"),
    ),
    "department-reply": Step(
        gettext_lazy("记部门答复"),
        gettext_lazy("记下答复"),
        forms.DepartmentReplyForm,
        _department_reply,
        gettext_lazy("答复之后还要告知客户，才能结案。"),
    ),
    "need": Step(
        gettext_lazy("记客户需求"),
        gettext_lazy("记下"),
        forms.NeedForm,
        _need,
        gettext_lazy("与这一单无关的愿望和建议，供以后研究；不停计时。"),
    ),
}
