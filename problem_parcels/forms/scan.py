"""What the scan page sends. The fields a type asks for are ``selectors.asking``; here they are only read."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.workbench.forms import DeskForm, TimeOfDay, latest
from problem_parcels.models import ContactAttempt, ProblemParcel
from problem_parcels.services import Attempt, Given

CHOSEN = "chosen-"  # + the name the clauses have for it
NAME = re.compile(r"[a-z][a-z_]{1,39}")
MOST_CHOSEN = 20
# The first ten have a key: 1 … 9, then 0.
KEYS = "1234567890"


def couriers() -> Any:
    return Party.objects.filter(kind=Party.Kind.COURIER, active=True).order_by("code")


class ScanForm(DeskForm):
    """One record: chosen once, given to each parcel that is scanned."""

    problem = forms.ChoiceField(
        label=_("类型"), choices=ProblemParcel.Problem.choices, widget=forms.RadioSelect
    )
    place = forms.ChoiceField(
        label=_("存放在"), choices=ProblemParcel.Place.choices, required=False
    )
    outcome = forms.ChoiceField(
        label=_("联系结果"), choices=[("", ""), *ContactAttempt.Outcome.choices], required=False
    )
    at = TimeOfDay(label=_("拨打时间"))
    reason = forms.CharField(max_length=500, required=False)
    remark = forms.CharField(label=_("备注"), max_length=500, required=False)
    new_address = forms.CharField(max_length=200, required=False)
    new_recipient = forms.CharField(max_length=60, required=False)
    new_phone = forms.CharField(max_length=40, required=False)
    courier = forms.ModelChoiceField(queryset=Party.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courier: Any = self.fields["courier"]
        courier.queryset = couriers()

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by the names of the clauses, as it stands in the form."""
        names = [name for name in self.data if name.startswith(CHOSEN)][:MOST_CHOSEN]
        return {
            name.removeprefix(CHOSEN): self.data[name].strip()
            for name in names
            if NAME.fullmatch(name.removeprefix(CHOSEN))
        }

    @property
    def said(self) -> dict[str, str]:
        """Everything chosen so far, for what the type asks next."""
        plain = ("outcome", "reason", "courier")
        return self.chosen | {name: self.data.get(name, "").strip() for name in plain}

    def given(self, now: datetime) -> Given:
        """The record that the valid form says. Raises KefuError for a time that is none."""
        data = self.cleaned_data
        attempts = []
        if data["outcome"]:
            attempts = [Attempt(data["outcome"], latest(data["at"], now) or now)]
        return Given(
            problem=data["problem"],
            chosen={name: _moment(name, value, now) for name, value in self.chosen.items()},
            remark=data["remark"],
            reason=data["reason"],
            new_address=data["new_address"],
            new_recipient=data["new_recipient"],
            new_phone=data["new_phone"],
            attempts=attempts,
            courier=data["courier"],
            place=data["place"] or ProblemParcel.Place.WAREHOUSE,
        )


def _moment(name: str, value: str, now: datetime) -> str:
    """A time of day as the moment it was; other values as they are."""
    if not name.endswith("_at") or not value:
        return value
    try:
        at = latest(TimeOfDay().clean(value), now)
    except ValidationError as error:
        raise KefuError(str(error.messages[0]), code="time_unreadable", field=name) from error
    return at.isoformat(timespec="minutes") if at else ""


class OneParcelForm(ScanForm):
    """A scanned number. ``again``: record it although it was recorded today."""

    number = forms.CharField(label=_("运单号"), max_length=60)
    again = forms.BooleanField(required=False)


class PasteForm(DeskForm):
    """Numbers in a text, one a line or in between words."""

    text = forms.CharField(
        label=_("运单号"),
        max_length=20_000,
        error_messages={"required": _("请粘贴运单号")},
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True, "spellcheck": "false"}),
    )
