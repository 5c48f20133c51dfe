"""What the pages of the knowledge base ask for."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.imports.forms import OwnerForm
from kefu.knowledge.models import NumberReport, Place
from kefu.workbench.assignees import Assignee
from kefu.workbench.forms import DeskForm, calendar_day
from kefu.workbench.selectors import Desk


def _measure(label: Any, most: int, **attrs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=8,
        decimal_places=2,
        required=False,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(most)],
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", **attrs}),
    )


class LookupForm(DeskForm):
    """An address as the customer says it, and what he sends."""

    q = forms.CharField(
        label=_("地址"),
        max_length=300,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autofocus": True,
                "placeholder": _("粘贴地址，或输省市区、拼音、首字母"),
            }
        ),
    )
    kg = _measure(_("重量（公斤）"), 1000, size=6)
    length = _measure(_("长（厘米）"), 1000, size=4)
    width = _measure(_("宽（厘米）"), 1000, size=4)
    height = _measure(_("高（厘米）"), 1000, size=4)
    on = calendar_day(_("按哪天"), required=False)
    place = forms.ModelChoiceField(
        queryset=Place.objects.select_related("parent__parent__parent"),
        required=False,
        widget=forms.HiddenInput,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        sides = [given.get(name) for name in ("length", "width", "height")]
        if any(sides) and not all(sides):
            raise forms.ValidationError(_("长、宽、高要一起填"), code="size_half")
        given["size_cm"] = tuple(sides) if all(sides) else None
        return given


class TableImportForm(OwnerForm):
    """From which day on the table holds. The rows belong to nobody."""

    effective_on = calendar_day(_("生效日期"))

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, desk=desk, **kwargs)
        self.home = next(
            (d for d in self.fields["owner"].departments.values() if d.pk == desk.department_id),  # type: ignore[attr-defined]
            None,
        )
        del self.fields["owner"]
        self.today = clock.now().astimezone(SHANGHAI).date()
        self.initial.setdefault("effective_on", self.today + timedelta(days=1))

    def clean_effective_on(self) -> Any:
        day = self.cleaned_data["effective_on"]
        if day < self.today:
            raise forms.ValidationError(
                _("生效日期不能早于今天：昨天有效的不改写"), code="effective_past"
            )
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.home is None:
            raise forms.ValidationError(_("你的账号没有部门，不能导入"), code="no_department")
        return given | {"owner": Assignee(self.home, None)}


class HoursForm(DeskForm):
    """When an outlet is open."""

    opens = forms.TimeField(label=_("开门"), widget=forms.TimeInput(attrs={"type": "time"}))
    closes = forms.TimeField(label=_("关门"), widget=forms.TimeInput(attrs={"type": "time"}))
    weekend_opens = forms.TimeField(
        label=_("周末开门"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    weekend_closes = forms.TimeField(
        label=_("周末关门"), required=False, widget=forms.TimeInput(attrs={"type": "time"})
    )
    note = forms.CharField(label=_("说明"), max_length=100, required=False)


class ShowNumberForm(DeskForm):
    """About which case the outlet is called."""

    case = forms.CharField(
        label=_("单号"),
        max_length=24,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class SettleForm(DeskForm):
    outcome = forms.ChoiceField(label=_("处理结果"), choices=NumberReport.Outcome.choices)
