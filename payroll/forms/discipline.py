"""What the pages of rewards and sanctions, of suggestions and of awards ask."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.policy.vocabulary import word
from kefu.staff.models import Department, Employee
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from payroll.models import Idea, Level, ProposedMeasure
from payroll.selectors.people import people_of

ROWS = 60  # clauses that one sending may name


class ProposeForm(DeskForm):
    """``user``: whose people may be chosen."""

    employee = forms.ModelChoiceField(
        label=_("谁"), queryset=Employee.objects.none(), empty_label=_("请选择")
    )
    happened_on = calendar_day(_("发生日期"))
    chosen = forms.TypedMultipleChoiceField(label=_("条款"), required=False)
    facts = forms.CharField(
        label=_("事实"),
        max_length=1000,
        widget=area(4, placeholder=_("何时、何地、做了什么、有谁在场，写看到的，不写评价")),
    )
    evidence = forms.CharField(
        label=_("证据在哪"),
        max_length=500,
        required=False,
        widget=forms.TextInput(
            attrs={"placeholder": _("工单号、录音编号、证人；图片、录音、PDF 提交后再补")}
        ),
    )
    answer_by = moment(_("陈述到"), help_text=_("处分要写：本人在这之前可以陈述"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_of(user).exclude(status=Employee.Status.LEFT).order_by("number")
        self.choose("employee", people.select_related("department"))
        given = self.data.getlist("chosen") if hasattr(self.data, "getlist") else []
        field: Any = self.fields["chosen"]
        field.choices = [(one, one) for one in given[:ROWS] if len(one) <= 16]

    def levels(self) -> dict[str, str]:
        """By clause that was ticked: the level that was chosen with it, "" where there is nothing to choose."""
        return {
            clause: self.data.get(f"level-{clause}", "")[:14]
            for clause in self.cleaned_data["chosen"]
        }


class HintForm(DeskForm):
    """A suggestion of the program, made a proposal or dismissed."""

    clause = forms.CharField(max_length=16, required=False)
    level = forms.CharField(max_length=20, required=False)
    facts = forms.CharField(label=_("事实"), max_length=1000, widget=area(2))
    answer_by = moment(_("陈述到"))


class StatementForm(DeskForm):
    text = forms.CharField(label=_("我的陈述"), max_length=1000, widget=area(4))


class VerifyForm(DeskForm):
    """``needs``: what the clause wants established."""

    finding = forms.CharField(label=_("核实情况"), max_length=1000, widget=area(3))
    established = forms.MultipleChoiceField(
        label=_("已查明"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, needs: Sequence[str], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["established"]
        field.choices = [(need, word(need, language)) for need in needs]
        if not needs:
            del self.fields["established"]


class DecideForm(DeskForm):
    """For each measure the level that is given, or none."""

    reason = forms.CharField(label=_("决定理由"), max_length=1000, widget=area(3))
    amount = forms.DecimalField(
        label=_("罚款（元）"), max_digits=8, decimal_places=2, min_value=0, required=False
    )

    def __init__(
        self,
        *args: Any,
        measures: Sequence[tuple[ProposedMeasure, Sequence[str]]],
        rewards: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.measures = [measure.pk for measure, _levels in measures]
        for measure, levels in measures:
            none = [("", _("不给"))] if rewards else []
            self.fields[f"given-{measure.pk}"] = forms.ChoiceField(
                label=measure.entry.clause,
                choices=[*((one, Level(one).label) for one in levels), *none],
                initial=measure.asked,
                required=False,
                widget=forms.Select(attrs={"class": "input s"}),
            )
        self.order_fields([name for name in self.fields if name != "reason"])
        if not any("fine" in levels for _measure, levels in measures):
            del self.fields["amount"]

    def given(self) -> dict[int, str]:
        return {pk: self.cleaned_data.get(f"given-{pk}", "") for pk in self.measures}


class ReasonForm(DeskForm):
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(2))


class ObjectForm(DeskForm):
    measure = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    text = forms.CharField(label=_("异议"), max_length=1000, widget=area(3))


class AnswerObjectionForm(DeskForm):
    objection = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    answer = forms.CharField(label=_("答复"), max_length=1000, widget=area(2))
    upheld = forms.TypedChoiceField(
        choices=[("1", _("异议成立")), ("0", _("异议不成立"))], coerce=lambda value: value == "1"
    )


class PictureForm(DeskForm):
    picture = forms.FileField(label=_("证据"), max_length=200, allow_empty_file=True)
    caption = forms.CharField(label=_("说明"), max_length=200, required=False)


class WithdrawForm(DeskForm):
    measure = forms.IntegerField(min_value=1, max_value=2**62, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("为什么撤销"), max_length=500, widget=area(2))


class IdeaForm(DeskForm):
    title = forms.CharField(label=_("题目"), max_length=60)
    content = forms.CharField(
        label=_("内容"),
        max_length=2000,
        widget=area(5, placeholder=_("现在怎样、哪里不好、建议怎么做、会省下什么")),
    )
    shown = forms.ChoiceField(label=_("公开"), choices=Idea.Shown.choices)


class IdeaAnswerForm(DeskForm):
    adopted = forms.TypedChoiceField(
        choices=[("1", _("采纳")), ("0", _("不采纳"))], coerce=lambda value: value == "1"
    )
    answer = forms.CharField(label=_("给提出人的答复"), max_length=1000, widget=area(3))
    points = forms.DecimalField(
        label=_("加分"), max_digits=5, decimal_places=2, min_value=0, required=False
    )
    cash = forms.DecimalField(
        label=_("现金（元）"), max_digits=8, decimal_places=2, min_value=0, required=False
    )


class RoundForm(DeskForm):
    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    month = forms.DateField(label=_("月份"), input_formats=["%Y-%m"])

    def __init__(self, *args: Any, departments: Any, months: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments)
        self.fields["month"].widget = forms.Select(
            choices=[(f"{one:%Y-%m}", f"{one:%Y-%m}") for one in months], attrs={"class": "input"}
        )


class NominateForm(DeskForm):
    employee = forms.ModelChoiceField(
        label=_("谁"), queryset=Employee.objects.none(), empty_label=_("请选择")
    )
    evidence = forms.CharField(label=_("事迹和证据"), max_length=500, widget=area(2))


class OptInForm(DeskForm):
    rulebook = forms.CharField(max_length=20)
    clause = forms.CharField(max_length=16)
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(2))
