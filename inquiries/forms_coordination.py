"""What is asked when others help with a case: courier, driver, another department."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inquiries.forms import TEXT, CloseForm, StepForm, area
from kefu.cases.models import Consultation
from kefu.desk.services import CONSULTATION_LIMIT
from kefu.network.models import Party
from kefu.staff.models import Department


class NotifyForm(StepForm):
    """Whom we told to fetch a parcel; ``kind`` says of which sort he is."""

    kind = Party.Kind.COURIER
    party = forms.ModelChoiceField(label=_("谁"), queryset=Party.objects.none(), empty_label=None)
    text = forms.CharField(
        label=_("怎么说的"), max_length=500, required=False, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("party", Party.objects.filter(kind=self.kind, active=True))
        pickup = getattr(self.case, "pickup", None)
        if pickup is not None and self.kind == Party.Kind.COURIER:
            self.initial["party"] = pickup.courier_id


class NotifyDriverForm(NotifyForm):
    kind = Party.Kind.DRIVER


class ConsultForm(StepForm):
    department = forms.ModelChoiceField(
        label=_("转办部门"), queryset=Department.objects.none(), empty_label=None
    )
    question = forms.CharField(
        label=_("请办事项"), max_length=CONSULTATION_LIMIT, widget=area(4, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Department.objects.filter(active=True).exclude(pk=self.case.department_id)
        self.choose("department", others)
        self.initial.pop("department", None)  # the case's own is none of them


class ConsultationChoice(forms.ModelChoiceField):
    def label_from_instance(self, consultation: Consultation) -> str:
        return f"{consultation.department} {consultation.question[:40]}"


class DepartmentReplyForm(StepForm):
    consultation = ConsultationChoice(
        label=_("转办"), queryset=Consultation.objects.none(), empty_label=None
    )
    reply = forms.CharField(
        label=_("部门答复"), max_length=CONSULTATION_LIMIT, widget=area(4, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = self.case.consultations.open().select_related("department")
        self.choose("consultation", waiting)


class ClosingForm(CloseForm):
    # Ticked or not is for the rulebook to judge: some want it, others do not ask.
    further_needs_asked = forms.BooleanField(label=_("已问过还有没有别的需要"), required=False)


class NeedForm(StepForm):
    text = forms.CharField(label=_("客户需求"), max_length=TEXT, widget=area(4, autofocus=True))
