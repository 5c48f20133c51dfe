"""Reports about a week or a month, and the ageing of claims: what their forms ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from claims.models import Claim, Register
from claims.services.registers import ANALYSIS_LIMIT, NOTE_LIMIT
from kefu.workbench.forms import DeskForm, area, calendar_day


class DrawUpForm(DeskForm):
    """A report about a period that is over, to be made by hand."""

    kind = forms.ChoiceField(label=gettext_lazy("报表"), choices=Register.Kind.choices)
    about = calendar_day(gettext_lazy("期间里的一天"))


class StepForm(DeskForm):
    """A step of a report; the analysis goes with the preparing, the note with everything."""

    step = forms.SlugField(max_length=10)
    analysis = forms.CharField(
        label=gettext_lazy("文字分析"), max_length=ANALYSIS_LIMIT, required=False, widget=area(6)
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=NOTE_LIMIT, required=False)


class AgeingForm(forms.Form):
    """What narrows the list behind the figures; anything else in the address is refused."""

    by = forms.ChoiceField(choices=[("outlet", ""), ("liable", "")], required=False)
    stage = forms.ChoiceField(choices=Claim.Stage.choices, required=False)
    loss = forms.ChoiceField(choices=Claim.Loss.choices, required=False)
    party = forms.IntegerField(min_value=0, max_value=2**62, required=False)
    band = forms.IntegerField(min_value=0, max_value=20, required=False)
    late = forms.BooleanField(required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)

    def asked(self) -> dict[str, Any]:
        data = self.cleaned_data
        names = ("stage", "loss", "party", "band", "late")
        return {"by": data["by"] or "outlet", **{name: data[name] for name in names}}
