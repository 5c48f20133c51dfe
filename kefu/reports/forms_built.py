"""Building a report: its form is made of the columns that its kind of cases has."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.reports.columns import GROUPS, MEASURES, Column, Of, columns_of
from kefu.reports.models import BuiltReport
from kefu.reports.shapes import On, Period, Shape
from kefu.staff.models import Department
from kefu.workbench.forms import DeskForm, PartyField, calendar_day

MOST_COLUMNS = 20
CHOOSE, LEAST, MOST = "choose_", "least_", "most_"
NOTHING = [("", "—")]


class KindForm(forms.Form):
    """What kind of cases a new report is about."""

    kind = forms.ChoiceField(label=_("工单种类"), choices=Case.Kind.choices)


class BuiltForm(DeskForm):
    """All that a report asks for; of the choices nothing ticked means all of them."""

    name = forms.CharField(label=_("名称"), max_length=80)
    columns = forms.MultipleChoiceField(
        label=_("栏目"), widget=forms.CheckboxSelectMultiple, required=False
    )
    on = forms.ChoiceField(label=_("按"), choices=On.choices)
    period = forms.ChoiceField(label=_("期间"), choices=Period.choices)
    first = calendar_day(_("从"), required=False)
    last = calendar_day(_("到"), required=False)
    departments = forms.ModelMultipleChoiceField(
        Department.objects.filter(active=True),
        label=_("部门"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    outlet = PartyField(kinds=[Party.Kind.OUTLET], label=_("对方网点"))
    group = forms.ChoiceField(label=_("分组"), required=False)
    then = forms.ChoiceField(label=_("再分"), required=False)
    measures = forms.MultipleChoiceField(
        label=_("合计和平均"), widget=forms.CheckboxSelectMultiple, required=False
    )
    shared = forms.BooleanField(label=_("共享给能建报表的同事"), required=False)
    schedule = forms.ChoiceField(
        label=_("定时"),
        choices=[("", _("不定时")), *BuiltReport.Schedule.choices],
        required=False,
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind, self.known = kind, columns_of(kind)
        super().__init__(*args, **kwargs)
        self._offer("columns", self.known.values())
        self._offer("measures", [one for one in self.known.values() if one.of in MEASURES])
        groups = [one for one in self.known.values() if one.of in GROUPS]
        for name in ("group", "then"):
            self._offer(name, groups, NOTHING)
        for one in self.known.values():
            if one.of == Of.CHOICE:
                self.fields[CHOOSE + one.name] = forms.MultipleChoiceField(
                    label=str(one.label),
                    choices=one.choices.choices,
                    widget=forms.CheckboxSelectMultiple,
                    required=False,
                )
            elif one.of in MEASURES:
                for end in (LEAST, MOST):
                    self.fields[end + one.name] = forms.DecimalField(
                        label=str(one.label),
                        max_digits=12,
                        decimal_places=2,
                        required=False,
                        widget=forms.NumberInput(attrs={"class": "input xs"}),
                    )

    def _offer(self, name: str, columns: Any, first: Any = ()) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [*first, *((one.name, one.label) for one in columns)]

    @property
    def chosen(self) -> Iterator[BoundField]:
        """The choices that narrow it, one field a column."""
        return (self[name] for name in self.fields if name.startswith(CHOOSE))

    @property
    def ranged(self) -> Iterator[tuple[Column, BoundField, BoundField]]:
        for one in self.known.values():
            if LEAST + one.name in self.fields:
                yield one, self[LEAST + one.name], self[MOST + one.name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (data.get("columns") or data.get("group")):
            self.add_error("columns", gettext("至少选一栏，或者选一种分组"))
        if len(data.get("columns") or ()) > MOST_COLUMNS:
            self.add_error("columns", gettext("最多选 %(n)s 栏") % {"n": MOST_COLUMNS})
        if data.get("then") and data.get("then") == data.get("group"):
            self.add_error("then", gettext("两种分组要不一样"))
        if data.get("then") and not data.get("group"):
            self.add_error("group", gettext("先选第一种分组"))
        if data.get("measures") and not data.get("group"):
            self.add_error("group", gettext("合计和平均要先分组"))
        if data.get("period") == Period.BETWEEN:
            self._clean_days(data)
        for name in self.known:
            least, most = data.get(LEAST + name), data.get(MOST + name)
            if least is not None and most is not None and least > most:
                self.add_error(MOST + name, gettext("上限不能小于下限"))
        return data

    def _clean_days(self, data: Mapping[str, Any]) -> None:
        first, last = data.get("first"), data.get("last")
        for name, day in (("first", first), ("last", last)):
            if day is None and name not in self.errors:
                self.add_error(name, ValidationError(gettext("选了“从…到…”，两头都要填")))
        if first and last and last < first:
            self.add_error("last", gettext("不能早于开始的那天"))

    def shape(self) -> Shape:
        """What was asked for. Only of a valid form."""
        data = self.cleaned_data
        between = data["period"] == Period.BETWEEN
        ranges = {name: (data.get(LEAST + name), data.get(MOST + name)) for name in self.known}
        return Shape(
            kind=self.kind,
            columns=tuple(data["columns"]),
            groups=tuple(name for name in (data["group"], data["then"]) if name),
            measures=tuple(data["measures"]),
            on=data["on"],
            period=data["period"],
            first=data["first"] if between else None,
            last=data["last"] if between else None,
            departments=tuple(one.pk for one in data["departments"]),
            outlet=data["outlet"].pk if data["outlet"] else None,
            choices={
                name: tuple(codes) for name in self.known if (codes := data.get(CHOOSE + name))
            },
            ranges={name: both for name, both in ranges.items() if both != (None, None)},
        )


def initial_of(report: BuiltReport, shape: Shape) -> dict[str, Any]:
    """What the form of a report that there is shows at first."""
    outlet = Party.objects.filter(pk=shape.outlet).first() if shape.outlet else None
    groups = [*shape.groups, "", ""]
    return {
        "name": report.name,
        "columns": shape.columns,
        "on": shape.on,
        "period": shape.period,
        "first": shape.first,
        "last": shape.last,
        "departments": shape.departments,
        "outlet": outlet.name if outlet else "",
        "group": groups[0],
        "then": groups[1],
        "measures": shape.measures,
        "shared": report.shared,
        "schedule": report.schedule,
        **{CHOOSE + name: codes for name, codes in shape.choices.items()},
        **{LEAST + name: least for name, (least, _most) in shape.ranges.items()},
        **{MOST + name: most for name, (_least, most) in shape.ranges.items()},
    }


FIRST_COLUMNS = ("number", "state", "department", "owner", "outlet", "opened_at", "closed_at")
FIRST: Mapping[str, Any] = {
    "columns": FIRST_COLUMNS,
    "on": On.OPENED,
    "period": Period.LAST_MONTH,
}
