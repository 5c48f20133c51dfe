"""What is asked about incidents, force majeure and drills. Forms check shape; whether it makes sense is for the services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from inquiries.models import Complaint, Incident, IncidentMember, IncidentNotice, Inquiry, Statement
from inquiries.selectors.incidents import incidents_of
from inquiries.services.incident_solution import solutions
from inquiries.services.incidents import rules_of
from kefu.cases.models import Interaction
from kefu.database.functions import ByPinyin
from kefu.network.models import Party, Region
from kefu.rulebooks import wording
from kefu.staff.models import Employee
from kefu.workbench.forms import (
    CUSTOMER_CHANNELS,
    TEXT,
    DeskForm,
    PartyField,
    StepForm,
    area,
    calendar_day,
)

MOMENT = "%Y-%m-%dT%H:%M"


def moment(label: Any, **given: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        widget=forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"}),
        **given,
    )


class RegionsField(forms.ModelMultipleChoiceField):
    """Regions with the one above each, so that districts of one name are told apart."""

    def __init__(self, **kwargs: Any) -> None:
        queryset = Region.objects.select_related("parent").order_by(
            ByPinyin("parent__name"), ByPinyin("name")
        )
        widget = forms.SelectMultiple(attrs={"size": 5})
        super().__init__(queryset=queryset, required=False, widget=widget, **kwargs)

    def label_from_instance(self, region: Region) -> str:
        return f"{region.parent} {region}" if region.parent else str(region)


class OutletsField(PartyField):
    """Outlets by code, name or pinyin, one a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds=[Party.Kind.OUTLET, Party.Kind.CONTRACTOR, Party.Kind.HUB], **kwargs)
        self.max_length = None
        self.validators = []
        self.widget = area(2, placeholder=_("编号或名称，一行一个"))

    def clean(self, value: Any) -> Any:
        lines = str(value or "").replace("，", "\n").replace(",", "\n").splitlines()[:200]
        found = [super(OutletsField, self).clean(line[:100]) for line in lines if line.strip()]
        return list(dict.fromkeys(one for one in found if one is not None))


class AreaForm(DeskForm):
    regions = RegionsField(label=_("区域"))
    outlets = OutletsField(label=_("网点"))


class DeclareForm(AreaForm):
    kind = forms.ChoiceField(
        label=_("类型"),
        choices=[c for c in Incident.Kind.choices if c[0] != Incident.Kind.SYSTEM_FAILURE],
    )
    summary = forms.CharField(label=_("什么事"), max_length=200)
    warned = forms.BooleanField(label=_("还只是预警"), required=False)
    is_major = forms.BooleanField(label=_("重大，马上进负责人的队列"), required=False)
    started_at = moment(_("开始时间"))
    reason = forms.CharField(
        label=_("原因"), max_length=60, required=False, help_text=_("对客户怎么说，如 暴雨")
    )
    hub = forms.CharField(label=_("滞留在哪里"), max_length=60, required=False)
    expected_delay_days = forms.CharField(
        label=_("预计延误几天"), max_length=10, required=False, help_text=_("如 2-3")
    )

    field_order = [
        "kind", "summary", "started_at", "warned", "is_major", "regions", "outlets", "reason", "hub",
        "expected_delay_days",
    ]  # fmt: skip


class FailureForm(DeskForm):
    system = forms.CharField(label=_("哪个系统"), max_length=60)
    noticed_at = moment(_("发现时间"))


class DrillForm(DeskForm):
    kind = forms.ChoiceField(label=_("场景"), choices=[])
    summary = forms.CharField(label=_("练什么"), max_length=200)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kind"]
        field.choices = [(kind, Incident.Kind(kind).label) for kind in kinds]


class ForceMajeureForm(AreaForm):
    reason = forms.CharField(label=_("理由"), max_length=300, widget=area(2))
    starts_at = moment(_("从"))
    ends_at = moment(_("到"))
    incident = forms.ModelChoiceField(
        label=_("属于"),
        queryset=Incident.objects.real(),
        required=False,
        empty_label=_("不属于某个事件"),
    )

    field_order = ["reason", "starts_at", "ends_at", "regions", "outlets", "incident"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Incident.objects.open().real().select_related("case").order_by("-started_at")[:20]
        choices = [(one.pk, f"{one.case.number} {one.case.summary[:30]}") for one in rows]
        field: Any = self.fields["incident"]
        self.choose("incident", Incident.objects.real(), [("", field.empty_label), *choices])


class ReasonForm(DeskForm):
    reason = forms.CharField(label=_("为什么停止"), max_length=300)


class StatementForm(DeskForm):
    kind = forms.ChoiceField(label=_("用途"), choices=Statement.Kind.choices)
    text = forms.CharField(label=_("中文"), max_length=1_000, widget=area(4))
    text_en = forms.CharField(label=_("英文"), max_length=1_000, widget=area(4))


class BroadcastForm(DeskForm):
    text = forms.CharField(label=_("通知"), max_length=300, widget=area(2))


class WaitingForm(DeskForm):
    contact = forms.CharField(label=_("电话"), max_length=40, required=False)
    name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    need = forms.CharField(label=_("需求"), max_length=300, required=False)
    on_paper = forms.BooleanField(label=_("纸上登记的"), required=False)
    asked_at = moment(_("来询时间"), required=False, help_text=_("空着就是现在"))


class PaperForm(DeskForm):
    kind = forms.ChoiceField(
        label=_("类型"),
        choices=[
            (c.value, c.label)
            for c in (
                Inquiry.Kind.TRACE,
                Inquiry.Kind.EXPEDITE,
                Inquiry.Kind.CONSULTATION,
                Inquiry.Kind.COMPLAINT,
            )
        ],
    )
    original_time = moment(_("纸上的时间"))
    waybill_number = forms.CharField(label=_("运单号"), max_length=24)
    customer_name = forms.CharField(label=_("客户"), max_length=60, required=False)
    customer_phone = forms.CharField(label=_("电话"), max_length=40)
    asker = forms.ChoiceField(label=_("谁在问"), choices=Inquiry.Asker.choices)
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    text = forms.CharField(label=_("客户说了什么"), max_length=TEXT, widget=area(3))
    category = forms.ChoiceField(
        label=_("类别"),
        choices=[("", _("不是投诉")), *Complaint.Category.choices],
        required=False,
    )
    demand = forms.CharField(label=_("客户诉求"), max_length=2_000, required=False, widget=area(2))
    promised_on = calendar_day(_("承诺送达日"), required=False)
    contents = forms.ChoiceField(
        label=_("内件"), choices=[("", _("内件好坏")), *Complaint.Contents.choices], required=False
    )
    item_value = forms.DecimalField(
        label=_("物品价值"), max_digits=9, decimal_places=2, min_value=0, required=False
    )
    promised_for = moment(_("承诺办好"), required=False)

    OF_A_COMPLAINT = (
        "category", "demand", "promised_on", "contents", "item_value", "promised_for"
    )  # fmt: skip

    def refuse(self, error: Any) -> None:
        """The days of a delay are told from the promised day."""
        if error.field == "delay_days":
            error.field = "promised_on"
        super().refuse(error)


class AnswerForm(DeskForm):
    """One text for many complaints."""

    text = forms.CharField(label=_("答复"), max_length=TEXT, widget=area(3))
    channel = forms.ChoiceField(
        label=_("渠道"),
        choices=[
            (c.value, c.label)
            for c in (
                Interaction.Channel.PHONE,
                Interaction.Channel.CHAT,
                Interaction.Channel.OA,
            )
        ],
    )
    apology = forms.BooleanField(label=_("已致歉"), required=False)


class NoticeForm(forms.Form):
    grouped = forms.IntegerField()
    channel = forms.ChoiceField(choices=IncidentNotice.Channel.choices)
    reached = forms.BooleanField(required=False)


# The dialogs of an incident's case.


class MemberForm(StepForm):
    role = forms.ChoiceField(label=_("角色"), choices=IncidentMember.Role.choices)
    employee = forms.ModelChoiceField(
        label=_("员工"),
        queryset=Employee.objects.assignable().order_by("number"),
        required=False,
        empty_label=_("网点负责人不填"),
    )
    outlet = PartyField(
        label=_("网点"),
        kinds=[Party.Kind.OUTLET],
        help_text=_("只有网点负责人填：编号或名称"),
    )
    post = forms.ChoiceField(
        label=_("专岗"),
        choices=[("", _("没有")), *IncidentMember.Post.choices],
        required=False,
    )


class MemberLeavesForm(StepForm):
    member = forms.ModelChoiceField(
        label=_("谁"), queryset=IncidentMember.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = self.case.incident.members.filter(left_at=None)
        self.choose("member", found.select_related("employee", "outlet"))


class FindingForm(StepForm):
    facts = forms.CharField(label=_("事实"), max_length=2_000, widget=area(3, autofocus=True))
    cause = forms.CharField(label=_("原因"), max_length=300)
    liable = PartyField(
        label=_("责任方"),
        kinds=[kind for kind, _label in Party.Kind.choices],
        help_text=_("编号或名称"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("liable") is None and "liable" not in self.errors:
            self.add_error("liable", _("请填责任方"))
        return cleaned


class DecideFindingForm(StepForm):
    confirm = forms.ChoiceField(
        label=_("结论"), choices=[("yes", _("确认")), ("no", _("退回重查"))]
    )
    note = forms.CharField(
        label=_("意见"), max_length=300, required=False, help_text=_("退回要写理由")
    )


class SolutionForm(StepForm):
    outcome = forms.ChoiceField(label=_("统一方案"), choices=[])
    text = forms.CharField(label=_("怎么处理"), max_length=2_000, widget=area(4, autofocus=True))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["outcome"]
        offered = solutions(rules_of(self.case.incident))
        field.choices = [(one, wording.value_in_words("outcomes", one)) for one in offered]


class TechnicalForm(StepForm):
    system = forms.CharField(label=_("哪个系统"), max_length=60)
    symptom = forms.CharField(label=_("现象"), max_length=300, widget=area(2, autofocus=True))
    error_text = forms.CharField(label=_("报错"), max_length=300, widget=area(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["system"].initial = self.case.incident.system


class EndForm(StepForm):
    ended_at = moment(_("恢复时间"))


class CompleteForm(StepForm):
    note = forms.CharField(label=_("处理结果"), max_length=2_000, widget=area(4, autofocus=True))


class NothingForm(StepForm):
    """A step that asks nothing but to be confirmed."""


# The dialogs of a case that an incident touched.


class AffectedForm(StepForm):
    incident = forms.ModelChoiceField(
        label=_("突发事件"), queryset=Incident.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = incidents_of(self.case)
        choices = [(one.pk, one.case.summary) for one in found]
        self.choose("incident", Incident.objects.filter(pk__in=[one.pk for one in found]), choices)


class RemedyForm(AffectedForm):
    remedy_note = forms.CharField(
        label=_("怎么补救"), max_length=500, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        failures = Incident.objects.open().real().filter(kind=Incident.Kind.SYSTEM_FAILURE)
        found = [*incidents_of(self.case), *failures.select_related("case")]
        choices = [(one.pk, one.case.summary) for one in found]
        self.choose("incident", Incident.objects.filter(pk__in=[one.pk for one in found]), choices)


class FollowUpForm(StepForm):
    text = forms.CharField(label=_("告诉客户什么"), max_length=TEXT, widget=area(4, autofocus=True))
