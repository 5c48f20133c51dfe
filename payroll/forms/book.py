"""What the hand-over book asks for, by the rulebook's fields."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.staff.models import Employee
from kefu.workbench.forms import DeskForm, area
from payroll.selectors.book import Asked


class TicksForm(DeskForm):
    """Lines to tick; all of them, the service says which is missing."""

    ticked = forms.MultipleChoiceField(
        label=_("检查"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, ticks: Sequence[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["ticked"]
        field.choices = [(one.name, one.label) for one in ticks]
        if not ticks:
            del self.fields["ticked"]


class PageForm(TicksForm):
    """A page of the book: a text under each field of the rulebook, and whom it is for."""

    addressee = forms.ModelChoiceField(
        label=_("交给"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("下一个来接班的人"),
    )

    def __init__(self, *args: Any, asked: Sequence[Asked], takers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.choose("addressee", takers)
        for number, one in enumerate(asked):
            self.fields[one.name] = forms.CharField(
                label=one.label,
                max_length=1_000,
                required=False,
                widget=area(3, **{"class": "input", "autofocus": number == 0}),
            )
        self.order_fields([*(one.name for one in asked), "addressee", "ticked"])

    @property
    def content(self) -> dict[str, str]:
        return {one.name: self.cleaned_data.get(one.name, "") for one in self.asked}


class RedirectForm(DeskForm):
    addressee = forms.ModelChoiceField(
        label=_("改交给"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("下一个来接班的人"),
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("addressee", people)
