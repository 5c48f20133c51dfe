"""What is asked to begin a process, to do a step of it, and to draw one up. Sense is for the services."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.cases.models import Case
from kefu.policy.both import is_chinese
from kefu.policy.plans import MOST_STEPS, UNTYPED, WHY_NOT, Plan, PlanStep, choices
from kefu.policy.rulebook import Rulebook
from kefu.policy.vocabulary import word
from kefu.processes.drawing_up import HELP, Sheet, StepRow
from kefu.processes.roles import CHOICES
from kefu.processes.selectors import Standing, language
from kefu.workbench.forms import DeskForm, StepForm, VersionedForm, area, calendar_day

WEEKDAYS = [
    (1, gettext_lazy("周一")),
    (2, gettext_lazy("周二")),
    (3, gettext_lazy("周三")),
    (4, gettext_lazy("周四")),
    (5, gettext_lazy("周五")),
    (6, gettext_lazy("周六")),
    (7, gettext_lazy("周日")),
]
KINDS = [
    (kind.value, kind.label)
    for kind in Case.Kind
    if kind not in (Case.Kind.PROCESS, Case.Kind.RECEIPTS)
]


class AbandonForm(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("为什么中止"), max_length=500, widget=area(3, autofocus=True)
    )


def _offered(plan: Plan, name: str, rules: Rulebook) -> list[tuple[str, str]]:
    chinese = is_chinese(language())
    return [
        (one, zh if chinese else en[:1].upper() + en[1:])
        for one, zh, en in choices(plan, name, rules)
    ]


class StartForm(DeskForm):
    """To begin a process: what it starts with, and unless it is about a case the parcel."""

    def __init__(
        self, *args: Any, plan: Plan, rules: Rulebook, about: Case | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        for name in plan.starts_with:
            self.fields[name] = forms.ChoiceField(
                label=plan.label(name, language()),
                choices=_offered(plan, name, rules),
                widget=forms.RadioSelect,
            )
        if about is None:
            self.fields["waybill_number"] = forms.CharField(
                label=_("运单号"),
                max_length=40,
                required=False,
                help_text=_("没有运单就空着"),
                widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input"}),
            )
        self.fields["summary"] = forms.CharField(
            label=_("事由"), max_length=500, required=False, widget=area(2, **{"class": "input"})
        )

    @property
    def facts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.plan.starts_with}


class DoForm(VersionedForm):
    """To do a step: its fields in the order they are asked for, and its outcome."""

    def __init__(self, *args: Any, at: Standing, step: PlanStep, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = [n for n in at.wanted(step) if at.plan.field(n).type not in UNTYPED]
        if step.outcomes:
            self.fields["outcome"] = forms.ChoiceField(
                label=_("结果"),
                choices=[(one, at.plan.label(one, language())) for one in step.outcomes],
                widget=forms.RadioSelect,
            )
        for name in self.names:
            must = step.wanted_for is None and not at.plan.field(name).optional
            self.fields[name] = _field(at, name, must)
        if step.wanted_for:
            self.names.append(WHY_NOT)
            self.fields[WHY_NOT] = forms.CharField(
                label=_("理由"),
                required=False,
                max_length=500,
                help_text=_("不是“{outcome}”的，写明为什么；上面的可以空着").format(
                    outcome=at.plan.word(step.wanted_for, language())
                ),
                widget=area(2, **{"class": "input"}),
            )
        if any(at.plan.field(name).banned for name in self.names):
            self.fields["anyway"] = forms.BooleanField(
                label=_("有不宜说的话也照样发"), required=False
            )
        first = next((f for n, f in self.fields.items() if n != "version"), None)
        if first is not None:
            first.widget.attrs["autofocus"] = True

    @property
    def given(self) -> dict[str, Any]:
        return {name: self.cleaned_data.get(name) for name in self.names}

    @property
    def outcome(self) -> str:
        return str(self.cleaned_data.get("outcome", ""))


def _field(at: Standing, name: str, must: bool) -> forms.Field:
    field, label = at.plan.field(name), at.plan.label(name, language())
    given: dict[str, Any] = {"label": label, "required": must}
    match field.type:
        case "tick":
            return forms.BooleanField(**given)
        case "choice":
            offered = _offered(at.plan, name, at.rules)
            return forms.ChoiceField(choices=offered, widget=forms.RadioSelect, **given)
        case "sheet":
            return forms.MultipleChoiceField(
                choices=_offered(at.plan, name, at.rules),
                widget=forms.CheckboxSelectMultiple,
                help_text=_("做到的才勾；没勾的也记下，不影响办这一步"),
                **given,
            )
        case "date":
            made: forms.Field = calendar_day(**given)
        case "moment":
            widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            made = forms.DateTimeField(widget=widget, **given)
        case "money":
            made = forms.DecimalField(min_value=0, max_digits=9, decimal_places=2, **given)
        case "text":
            made = forms.CharField(max_length=500, widget=area(2), **given)
        case _:
            attrs = {"autocomplete": "off"}
            made = forms.CharField(max_length=60, widget=forms.TextInput(attrs=attrs), **given)
    made.widget.attrs["class"] = "input"
    return made


# Drawing one up.


def order_states() -> list[tuple[str, str]]:
    """What a supervisor looks through every day lists an order by."""
    known = ((name, word(name, language())) for name in ("refunding", "dispute"))
    return [("", _("不是退款维权单")), *known]


class SheetForm(DeskForm):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("用在哪些单上"),
        choices=KINDS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("都不选就只能单独发起"),
    )
    order_state = forms.ChoiceField(
        label=gettext_lazy("订单状态"), choices=order_states, required=False
    )
    warn_minutes = forms.IntegerField(
        label=gettext_lazy("提前提醒（分钟）"), required=False, min_value=1, max_value=10_000
    )
    opens = forms.RegexField(
        label=gettext_lazy("上班时间"), regex=r"^([01]\d|2[0-3]):[0-5]\d$", initial="08:30"
    )
    closes = forms.RegexField(
        label=gettext_lazy("下班时间"), regex=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", initial="17:30"
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("哪几天上班"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        initial=[1, 2, 3, 4, 5, 6, 7],
    )


class RowForm(DeskForm):
    """One step; a row without a name is no step."""

    name = forms.CharField(label=gettext_lazy("步骤"), max_length=40, required=False)
    by = forms.ChoiceField(label=gettext_lazy("谁办"), choices=CHOICES, required=False)
    hours = forms.DecimalField(
        label=gettext_lazy("时限（小时）"),
        required=False,
        min_value=0,
        max_digits=6,
        decimal_places=2,
    )
    working = forms.BooleanField(label=gettext_lazy("只算工作时间"), required=False)
    fields_text = forms.CharField(
        label=gettext_lazy("要填什么"),
        required=False,
        max_length=2_000,
        widget=area(3),
    )
    outcomes = forms.CharField(
        label=gettext_lazy("结果"), required=False, max_length=500, widget=area(3)
    )
    other_than = forms.IntegerField(
        label=gettext_lazy("不能是办第几步的人"),
        required=False,
        min_value=1,
        max_value=MOST_STEPS,
    )
    blocks = forms.BooleanField(label=gettext_lazy("没办完不能往下"), required=False, initial=True)

    HELP = HELP

    @property
    def row(self) -> StepRow | None:
        given = self.cleaned_data
        if not given["name"].strip():
            return None
        return StepRow(
            name=given["name"].strip(),
            by=given["by"],
            hours=given["hours"],
            working=given["working"],
            fields=given["fields_text"],
            outcomes=given["outcomes"],
            blocks=given["blocks"],
            other_than=given["other_than"] or 0,
        )


class Editor:
    """The whole editor: the sheet and its rows, kept as they were typed when something does not fit."""

    def __init__(self, data: Any = None, sheet: Sheet | None = None, spare: int = 3) -> None:
        if data is not None:
            self.sheet = SheetForm(data)
            number = min(sum(key.endswith("-name") for key in data), MOST_STEPS)
            self.rows = [RowForm(data, prefix=f"steps-{n}") for n in range(number)]
            return
        rows: Sequence[StepRow] = sheet.rows if sheet else ()
        self.sheet = SheetForm(initial=_initial(sheet) if sheet else None)
        self.rows = [
            RowForm(initial=_row_initial(row), prefix=f"steps-{n}") for n, row in enumerate(rows)
        ]
        empty = range(len(rows), min(len(rows) + spare, MOST_STEPS))
        self.rows += [RowForm(prefix=f"steps-{n}") for n in empty]

    def read(self) -> Sheet | None:
        """What is written there; None where the shape does not fit."""
        fits = [form.is_valid() for form in (self.sheet, *self.rows)]
        if not all(fits):
            return None
        given = self.sheet.cleaned_data
        return Sheet(rows=[row for form in self.rows if (row := form.row)], **given)

    def refuse(self, error: Any) -> None:
        """Show a refusal where it belongs: ``steps-2-fields`` is the field of the third row that has a name."""
        parts = (error.field or "").split("-")
        named = [form for form in self.rows if form.is_valid() and form.row]
        if len(parts) == 3 and int(parts[1]) < len(named):
            column = {"fields": "fields_text"}.get(parts[2], parts[2])
            named[int(parts[1])].add_error(column, str(error))
        elif len(parts) == 3:
            self.rows[0].add_error("name", str(error))
        else:
            self.sheet.refuse(error)

    @property
    def errors(self) -> bool:
        return bool(self.sheet.errors) or any(form.errors for form in self.rows)


def _initial(sheet: Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "kinds": list(sheet.kinds),
        "order_state": sheet.order_state,
        "warn_minutes": sheet.warn_minutes,
        "opens": sheet.opens,
        "closes": sheet.closes,
        "days": list(sheet.days),
    }


def _row_initial(row: StepRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "by": row.by,
        "hours": f"{row.hours.normalize():f}" if row.hours is not None else None,
        "working": row.working,
        "fields_text": row.fields,
        "outcomes": row.outcomes,
        "other_than": row.other_than or None,
        "blocks": row.blocks,
    }
