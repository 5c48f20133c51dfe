"""What the pages of calls and chats ask for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Department
from kefu.workbench.forms import DeskForm
from payroll.models import Rating


class CompleteForm(DeskForm):
    """Whose month is whole."""

    department = forms.ModelChoiceField(label=_("部门"), queryset=Department.objects.all())


class RatingForm(DeskForm):
    """What the customer gave, and about which case."""

    case = forms.CharField(
        label=_("工单"),
        max_length=24,
        widget=forms.TextInput(attrs={"placeholder": "CX-20261120-0001", "autocomplete": "off"}),
    )
    stars = forms.TypedChoiceField(
        label=_("评分"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=[(n, str(n)) for n in (5, 4, 3, 2, 1)],
    )
    source = forms.ChoiceField(
        label=_("来源"), choices=Rating.Source.choices, widget=forms.RadioSelect
    )
