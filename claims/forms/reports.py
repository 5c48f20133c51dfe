"""Reports about losses, delays and damages: what the forms ask. Whether it makes sense is for the services."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from claims.models import Fault, FaultReport
from claims.services.reports import TEXT_LIMIT
from kefu.cases.models import Interaction
from kefu.network.models import Party
from kefu.staff.models import Department
from kefu.workbench.forms import DeskForm, PartyField, StepForm, area, moment

CONCERNED = [
    Party.Kind.OUTLET,
    Party.Kind.CONTRACTOR,
    Party.Kind.HUB,
    Party.Kind.COURIER,
    Party.Kind.DRIVER,
    Party.Kind.EMPLOYEE,
]
SENDERS = [Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB]
CHANNELS = [
    (c.value, c.label)
    for c in (
        Interaction.Channel.PHONE,
        Interaction.Channel.OA,
        Interaction.Channel.CHAT,
        Interaction.Channel.COUNTER,
    )
]


class ReportForm(DeskForm):
    """A report to be registered. The parties are called as the offering of parties knows them."""

    direction = forms.ChoiceField(
        label=gettext_lazy("方向"),
        choices=FaultReport.Direction.choices,
        widget=forms.RadioSelect,
    )
    fault = forms.ChoiceField(
        label=gettext_lazy("类型"), choices=Fault.choices, widget=forms.RadioSelect
    )
    waybill_number = forms.CharField(
        label=gettext_lazy("运单号"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autofocus": True, "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    against = PartyField(label=gettext_lazy("责任方"), kinds=CONCERNED)
    department = forms.ModelChoiceField(
        label=gettext_lazy("或责任部门"),
        queryset=Department.objects.filter(active=True),
        required=False,
        empty_label=gettext_lazy("不是部门"),
    )
    outlet = PartyField(label=gettext_lazy("来报单位"), kinds=SENDERS)
    about = forms.CharField(
        label=gettext_lazy("由哪一单来"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "LP-261121-0042"}),
    )
    submitted_at = moment(gettext_lazy("报告时间"), help_text=gettext_lazy("空着就是现在"))
    text = forms.CharField(label=gettext_lazy("发生了什么"), max_length=TEXT_LIMIT, widget=area(4))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in (("against", "accused"), ("outlet", "outlet")):
            self.fields[name].widget.attrs |= {
                "list": f"list-{name}",
                "placeholder": _("编号、名称或拼音"),
                "hx-get": f"{reverse('inquiries:new_parties')}?kind={kind}",
                "hx-trigger": "input changed delay:250ms",
                "hx-target": f"#list-{name}",
                "data-background": "",
            }


class TellForm(StepForm):
    channel = forms.ChoiceField(label=gettext_lazy("怎样通知"), choices=CHANNELS)
    text = forms.CharField(
        label=gettext_lazy("通知了谁、说了什么"),
        max_length=TEXT_LIMIT,
        widget=area(4, autofocus=True),
    )


class AnswerForm(StepForm):
    channel = forms.ChoiceField(label=gettext_lazy("渠道"), choices=CHANNELS)
    text = forms.CharField(
        label=gettext_lazy("对方怎么说"), max_length=TEXT_LIMIT, widget=area(4, autofocus=True)
    )


class ConfirmForm(StepForm):
    """Nothing to fill in."""


class ReturnReportForm(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么退回"), max_length=500, widget=area(3, autofocus=True)
    )


class FindForm(forms.Form):
    """Which reports the register shows."""

    view = forms.ChoiceField(
        choices=[(name, "") for name in ("open", "incoming", "outgoing")], required=False
    )
    q = forms.CharField(max_length=24, required=False)
    before = forms.IntegerField(min_value=1, max_value=2**62, required=False)


class ForgottenForm(DeskForm):
    """A person's word on a report that seems forgotten."""

    do = forms.ChoiceField(choices=[("confirm", ""), ("dismiss", "")])
    reason = forms.CharField(max_length=500, required=False)
