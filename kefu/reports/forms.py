"""Reports about a week or a month: what their forms ask."""

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy

from kefu.reports.models import Register
from kefu.reports.services.registers import ANALYSIS_LIMIT, NOTE_LIMIT
from kefu.workbench.forms import DeskForm, area, calendar_day


class DrawUpForm(DeskForm):
    """A report about a period that is over, to be made by hand."""

    kind = forms.ChoiceField(label=gettext_lazy("报表"))
    about = calendar_day(gettext_lazy("期间里的一天"))

    def __init__(self, *args: Any, kinds: Collection[str], **kwargs: Any) -> None:
        """``kinds``: those that whoever asks may look at."""
        super().__init__(*args, **kwargs)
        choices = [(kind.value, kind.label) for kind in Register.Kind if kind in kinds]
        cast(forms.ChoiceField, self.fields["kind"]).choices = choices


class StepForm(DeskForm):
    """A step of a report; the analysis goes with the preparing, the note with everything."""

    step = forms.SlugField(max_length=10)
    analysis = forms.CharField(
        label=gettext_lazy("文字分析"), max_length=ANALYSIS_LIMIT, required=False, widget=area(6)
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=NOTE_LIMIT, required=False)
