"""What an import asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from kefu.workbench.assignees import AssigneeField
from kefu.workbench.forms import DeskForm
from kefu.workbench.selectors import Desk


class TableForm(DeskForm):
    """A table to look at before it is imported."""

    file = forms.FileField(
        label=gettext_lazy("表格"), widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt"})
    )


class OwnerForm(DeskForm):
    """Who gets the rows; an app adds what it has to know besides."""

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = owner = AssigneeField(desk=desk)
        owner.widget.attrs["class"] = "input"
        self.initial.setdefault("owner", self.usual(owner))

    def usual(self, owner: AssigneeField) -> str:
        """Who gets them if nothing is said: whoever sits here."""
        return owner.me
