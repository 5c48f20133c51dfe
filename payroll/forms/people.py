"""What the pages of joining and leaving ask for. Forms check shape; whether it makes sense is for the services."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.errors import KefuError
from kefu.staff.models import Department, Employee, Position, User
from kefu.workbench.forms import DeskForm, area, calendar_day
from payroll.forms.pay import EmployeeField, yuan
from payroll.models import Article, Issue, Leaving, PersonalFact, ProbationReview, Replacement
from payroll.services.personnel import MARITAL
from payroll.services.vacancies import BEST_MARK

ROLES = [one for one in User.Role.choices if one[0] != User.Role.OUTLET]
WAGE_MOST = Decimal("999999")


def departments() -> Any:
    return Department.objects.filter(active=True)


class FilterForm(DeskForm):
    q = forms.CharField(label=_("查找"), max_length=40, required=False)
    department = forms.ModelChoiceField(
        label=_("部门"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("全部部门"),
    )
    state = forms.ChoiceField(label=_("状态"), required=False)

    def __init__(self, *args: Any, states: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments())
        field: Any = self.fields["state"]
        field.choices = [("", _("没有离职的")), *states]


class VacancyForm(DeskForm):
    department = forms.ModelChoiceField(label=_("部门"), queryset=Department.objects.none(), empty_label=_("请选"))  # fmt: skip
    position = forms.ModelChoiceField(
        label=_("岗位"), queryset=Position.objects.all(), empty_label=_("请选")
    )
    wanted = forms.IntegerField(label=_("人数"), min_value=1, max_value=200, initial=1)
    asks = forms.CharField(label=_("要求"), max_length=500, required=False, widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments())


class OutsideForm(DeskForm):
    reasons = forms.MultipleChoiceField(
        label=_("对外招募的理由"), widget=forms.CheckboxSelectMultiple, required=False
    )
    note = forms.CharField(label=_("说明"), max_length=300, required=False)

    def __init__(self, *args: Any, reasons: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reasons"]
        field.choices = reasons
        field.widget.attrs.pop("class", None)


class InsideForm(DeskForm):
    employee = EmployeeField(label=_("内部员工"))


class ApplyForm(DeskForm):
    name = forms.CharField(label=_("姓名"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))  # fmt: skip
    phone = forms.CharField(label=_("电话"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}))  # fmt: skip
    about = forms.CharField(label=_("经历"), max_length=2_000, required=False, widget=area(3))


class CloseForm(DeskForm):
    text = forms.CharField(label=_("说明"), max_length=300)


class EvaluationForm(DeskForm):
    """A mark and a remark for each criterion of the rulebook."""

    result = forms.ChoiceField(
        label=_("结论"),
        choices=[("pass", _("通过")), ("fail", _("不通过"))],
        widget=forms.RadioSelect,
    )
    remark = forms.CharField(label=_("说明"), max_length=500, required=False, widget=area(2))

    def __init__(self, *args: Any, criteria: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = [name for name, _label in criteria]
        marks = [(str(n), str(n)) for n in range(BEST_MARK, 0, -1)]
        for name, label in criteria:
            self.fields[name] = forms.ChoiceField(
                label=label, choices=[("", "–"), *marks], required=False
            )
            self.fields[name].widget.attrs["class"] = "input"
            self.fields[f"{name}_remark"] = forms.CharField(
                label=_("评语"), max_length=200, required=False
            )
            self.fields[f"{name}_remark"].widget.attrs["class"] = "input"

    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[name], self[f"{name}_remark"]) for name in self.criteria]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        marks = {
            name: {"mark": int(data[name]), "remark": data.get(f"{name}_remark", "")}
            for name in self.criteria
            if data.get(name)
        }
        kept: dict[str, Any] = {n: data[n] for n in ("result", "remark") if n in data}
        return {"marks": marks, **kept}


class OfferForm(DeskForm):
    starts_on = calendar_day(_("报到日期"))
    base = yuan(_("约定基本工资（元），不填按岗位工资表"), required=False)


class ReportForm(DeskForm):
    number = forms.CharField(label=_("工号（再次入职填原工号）"), max_length=16, widget=forms.TextInput(attrs={"autocomplete": "off"}))  # fmt: skip
    hired_on = calendar_day(_("入职日期"))
    role = forms.ChoiceField(label=_("角色"), choices=ROLES, initial=User.Role.AGENT)
    channels = forms.MultipleChoiceField(
        label=_("服务渠道"), choices=Employee.Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    coach = EmployeeField(label=_("带教主管"), required=False)


class HireForm(DeskForm):
    hired_on = calendar_day(_("入职日期"))
    department = forms.ModelChoiceField(label=_("部门"), queryset=Department.objects.none(), empty_label=_("请选"))  # fmt: skip
    position = forms.ModelChoiceField(label=_("岗位"), queryset=Position.objects.all(), empty_label=_("请选"))  # fmt: skip
    on_trial = forms.BooleanField(label=_("从试用期开始"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments())


class PlaceForm(DeskForm):
    from_on = calendar_day(_("自"))
    department = forms.ModelChoiceField(label=_("部门"), queryset=Department.objects.none(), empty_label=_("请选"))  # fmt: skip
    position = forms.ModelChoiceField(label=_("岗位"), queryset=Position.objects.all(), empty_label=_("请选"))  # fmt: skip
    reason = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments())


class WageForm(DeskForm):
    from_on = calendar_day(_("自"))
    base = forms.DecimalField(
        label=_("约定基本工资（元）"), max_value=WAGE_MOST, max_digits=8, decimal_places=2, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": _("不填：按岗位工资表")}),
    )  # fmt: skip
    post_allowance = forms.BooleanField(label=_("领职务加给"), required=False)
    reason = forms.CharField(label=_("理由"), max_length=200)


class LeaveForm(DeskForm):
    last_day = calendar_day(_("最后工作日"))
    kind = forms.ChoiceField(label=_("缘由"), choices=Leaving.Kind.choices)
    reason = forms.CharField(label=_("说明"), max_length=500, widget=area(2))
    at_once = forms.BooleanField(label=_("现在就停用账号（最后工作日不晚于今天）"), required=False)


class HandOverForm(DeskForm):
    """One case left to somebody."""

    case = forms.IntegerField(widget=forms.HiddenInput)
    to = forms.ModelChoiceField(
        label=_("给谁"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("部门未分配"),
    )
    note = forms.CharField(label=_("交接说明"), max_length=500)

    def __init__(self, *args: Any, takers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("to", takers)


class DocumentForm(DeskForm):
    kind = forms.CharField(max_length=40, widget=forms.HiddenInput)
    count = forms.IntegerField(label=_("份数"), min_value=0, max_value=99, required=False)
    not_applicable = forms.CharField(label=_("不适用的理由"), max_length=200, required=False)

    def clean_count(self) -> int:
        return self.cleaned_data["count"] or 1


class FalseForm(DeskForm):
    kind = forms.CharField(max_length=40, widget=forms.HiddenInput)
    clause = forms.ChoiceField(label=_("条款"))
    reason = forms.CharField(label=_("怎么查实的"), max_length=300)

    def __init__(self, *args: Any, clauses: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["clause"]
        field.choices = clauses


class InductionForm(DeskForm):
    told = forms.MultipleChoiceField(
        label=_("已告知"), widget=forms.CheckboxSelectMultiple, required=False
    )
    supervisor = EmployeeField(label=_("直接主管"))

    def __init__(self, *args: Any, topics: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["told"]
        field.choices = topics
        field.widget.attrs.pop("class", None)


class CoachForm(DeskForm):
    coach = EmployeeField(label=_("带教主管"))


class ReviewForm(DeskForm):
    outcome = forms.ChoiceField(label=_("结论"), choices=ProbationReview.Outcome.choices)
    ends_on = calendar_day(_("改到（延长、缩短时填）"), required=False)
    evaluation = forms.CharField(label=_("评估"), max_length=1_000, widget=area(3))


class ConfirmForm(DeskForm):
    confirmed_on = calendar_day(_("转正日期"))


FIELDS = [one for one in PersonalFact.Field.choices if one[0] != PersonalFact.Field.ID_NUMBER]
CONTACT = ("contact_name", "contact_relation", "contact_phone")


class ChangeForm(DeskForm):
    """What changed; of an emergency contact three things, of everything else one."""

    field = forms.ChoiceField(label=_("什么变了"), choices=FIELDS)
    changed_on = calendar_day(_("哪天变的"))
    value = forms.CharField(label=_("新的内容"), max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))  # fmt: skip
    marital = forms.ChoiceField(label=_("婚姻状况"), choices=[("", "–"), *MARITAL.items()], required=False)  # fmt: skip
    contact_name = forms.CharField(label=_("联系人姓名"), max_length=60, required=False)
    contact_relation = forms.CharField(label=_("与本人关系"), max_length=20, required=False)
    contact_phone = forms.CharField(label=_("联系人电话"), max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        kept: dict[str, Any] = {n: data[n] for n in ("field", "changed_on") if n in data}
        return {**kept, "value": _value(data.get("field", ""), data)}

    def refuse(self, error: KefuError) -> None:
        """What the service says of a kind of thing stands at the field in which it was written."""
        field = str(error.field or "")
        at = {"emergency_contact": "contact_phone", "marital_status": "marital"}.get(field)
        at = at or (field if field in self.fields else "value" if field else None)
        self.add_error(at, str(error))


def _value(field: str, data: Any) -> dict[str, str]:
    if field == PersonalFact.Field.EMERGENCY_CONTACT:
        return {name.removeprefix("contact_"): data.get(name, "") for name in CONTACT}
    if field == PersonalFact.Field.MARITAL_STATUS:
        return {"value": data.get("marital") or data.get("marital_status", "")}
    return {"value": data.get("value") or data.get(field, "")}


class PersonnelForm(DeskForm):
    """The form a newcomer fills in; what is left empty stays as it was."""

    id_number = forms.CharField(label=_("身份证号"), max_length=20, required=False)
    phone = forms.CharField(label=_("电话"), max_length=30, required=False)
    address = forms.CharField(label=_("住址"), max_length=200, required=False)
    marital_status = forms.ChoiceField(label=_("婚姻状况"), choices=[("", "–"), *MARITAL.items()], required=False)  # fmt: skip
    contact_name = forms.CharField(label=_("紧急联系人"), max_length=60, required=False)
    contact_relation = forms.CharField(label=_("与本人关系"), max_length=20, required=False)
    contact_phone = forms.CharField(label=_("联系人电话"), max_length=30, required=False)
    education_proof = forms.CharField(label=_("学历证明"), max_length=200, required=False)
    course = forms.CharField(label=_("学习进修"), max_length=200, required=False)
    professional_body = forms.CharField(label=_("专业团体"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"values": {name: _value(name, data) for name in PersonalFact.Field.values}}

    def refuse(self, error: KefuError) -> None:
        at = "contact_phone" if error.field == "emergency_contact" else error.field
        self.add_error(at if at in self.fields else None, str(error))


class LookForm(DeskForm):
    reason = forms.CharField(label=_("为什么要看"), max_length=200, required=False)


class IssueForm(DeskForm):
    article = forms.ModelChoiceField(label=_("品名"), queryset=Article.objects.none(), empty_label=_("请选"))  # fmt: skip
    count = forms.IntegerField(label=_("件数"), min_value=1, max_value=20, initial=1)
    size = forms.CharField(label=_("尺码或编号"), max_length=40, required=False)
    issued_on = calendar_day(_("发放日期"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("article", Article.objects.filter(active=True))


class SetForm(DeskForm):
    size = forms.CharField(label=_("尺码"), max_length=40, required=False)


class SettleForm(DeskForm):
    issue = forms.IntegerField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("去向"), choices=Issue.Outcome.choices)
    careless = forms.BooleanField(label=_("本人疏忽"), required=False)
    note = forms.CharField(label=_("经过"), max_length=300, required=False)


class AskForm(DeskForm):
    issue = forms.IntegerField(widget=forms.HiddenInput)
    what = forms.ChoiceField(label=_("情况"), choices=Replacement.What.choices)
    text = forms.CharField(label=_("经过"), max_length=500)


class ReplaceForm(DeskForm):
    asked = forms.IntegerField(widget=forms.HiddenInput)
    cause = forms.ChoiceField(
        label=_("原因"),
        choices=[
            ("natural", _("自然破损")),
            ("careless", pgettext_lazy("equipment", "人为")),
            ("blameless", pgettext_lazy("equipment", "非本人过失")),
        ],
    )
    answer = forms.CharField(label=_("答复"), max_length=300, required=False)


class AppointForm(DeskForm):
    from_on = calendar_day(_("到岗日期"))
    reason = forms.CharField(label=_("说明"), max_length=200, required=False)


class NothingForm(DeskForm):
    """A button and nothing to fill in."""
