"""What is asked when somebody is held responsible, when a number is called, and when one is changed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inquiries.forms_complaints import in_words
from inquiries.forms_intake import ACCUSED, OUTLETS, PhoneField
from inquiries.models import LineCheck, Rectification
from inquiries.services.lines import HOLDER_LIMIT
from kefu.network.models import ContactNumber
from kefu.policy.clauses import Consequence
from kefu.workbench.forms import DeskForm, PartyField, area, calendar_day

OPEN_EVIDENCE = "customer_evidence"  # where the clause wants some and names no kinds


class FindingForm(DeskForm):
    """What one clause asks for: its facts as ticks, its evidence in words, its amount where it leaves it open."""

    clause = forms.CharField(max_length=16, widget=forms.HiddenInput)
    party = PartyField(label=_("由谁承担"), kinds=ACCUSED)
    said = forms.CharField(label=_("怎么认定的"), max_length=500, required=False, widget=area(2))

    def __init__(self, *args: Any, written: Consequence, **kwargs: Any) -> None:
        self.written = written
        kwargs.setdefault("prefix", written.id.replace(".", "-"))
        super().__init__(*args, **kwargs)
        self.initial.setdefault("clause", written.id)
        for name, label in in_words([*written.needs, *written.needs_any]):
            self.fields[f"fact_{name}"] = forms.BooleanField(label=label, required=False)
        if "evidence" in written.conditions:
            kinds = written.evidence_any_of or (OPEN_EVIDENCE,)
            for name, label in in_words(kinds):
                shown = _("客户的举证") if name == OPEN_EVIDENCE else label
                self.fields[f"evidence_{name}"] = forms.CharField(
                    label=shown, max_length=100, required=False
                )
        if "verification" in written.conditions:
            self.fields["verified"] = forms.BooleanField(label=_("已核实"), required=False)
        if written.fine_range is not None:
            self.fields["chosen"] = forms.DecimalField(
                label=_("罚款（元）"), max_digits=8, decimal_places=2, required=False
            )
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
                field.widget.attrs.setdefault("class", "input")

    def named(self, prefix: str) -> dict[str, Any]:
        """The values of the fields whose names begin so, by the rest of their names."""
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        }

    def refuse(self, error: Any) -> None:
        name = error.field or ""
        for known in (name, f"fact_{name}", f"evidence_{name}", {"amount": "chosen"}.get(name, "")):
            if known in self.fields:
                self.add_error(known, str(error))
                return
        if name in ("verification", "evidence"):
            first = next((one for one in self.fields if one.startswith(name[:8])), None)
            self.add_error("verified" if name == "verification" else first, str(error))
            return
        self.add_error(None, str(error))


class PointsForm(DeskForm):
    """Points that an event takes from somebody."""

    event = forms.CharField(max_length=40, widget=forms.HiddenInput)
    party = PartyField(label=_("扣谁的"), kinds=ACCUSED)
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(2))


class RectificationForm(DeskForm):
    finding = forms.IntegerField(widget=forms.HiddenInput)
    measure = forms.ChoiceField(label=_("措施"), choices=Rectification.Measure.choices)
    due_on = calendar_day(_("限期"))
    heavier = forms.DecimalField(label=_("逾期罚款（元）"), max_digits=8, decimal_places=2)


class LineForm(DeskForm):
    """A call to a number."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("结果"), choices=LineCheck.Outcome.choices)
    note = forms.CharField(label=_("说明"), max_length=300, required=False)


class NumberForm(DeskForm):
    """A number that an outlet reports."""

    party = PartyField(label=_("网点"), kinds=OUTLETS)
    kind = forms.ChoiceField(
        label=_("用途"),
        choices=[
            one for one in ContactNumber.Kind.choices if one[0] != ContactNumber.Kind.PERSONAL
        ],
    )
    number = PhoneField(label=_("新号码"))
    holder = forms.CharField(label=_("接听人"), max_length=HOLDER_LIMIT, required=False)
    effective_on = calendar_day(_("启用日期"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, message in (("party", _("请填网点")), ("number", _("请填号码"))):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, message)
        return cleaned
