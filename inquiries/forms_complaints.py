"""What is asked when a complaint is worked. What each asks hangs on the rulebook the complaint goes by."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from inquiries import complaint_rules as rules_of
from inquiries.models import Complaint
from kefu.policy.clauses import is_chinese
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition
from kefu.staff.models import User
from kefu.workbench.forms import CUSTOMER_CHANNELS, StepForm, TimeOfDay, area

TEXT = 4_000


def in_words(names: Any) -> list[tuple[str, str]]:
    return [(name, rules_of.named(name)) for name in names]


class ComplaintForm(StepForm):
    """A step of a complaint; ``rules`` are those it goes by."""

    @property
    def complaint(self) -> Complaint:
        return self.case.complaint

    @property
    def rules(self) -> Rulebook | None:
        version = self.complaint.rulebook_id
        return edition(version).rules if version else None


class VerifyForm(ComplaintForm):
    method = forms.ChoiceField(label=_("怎么核实的"), widget=forms.RadioSelect)
    courier_said = forms.CharField(label=_("业务员怎么说"), max_length=TEXT, widget=area(2))
    head_said = forms.CharField(label=_("网点负责人怎么说"), max_length=TEXT, widget=area(2))
    evidence = forms.MultipleChoiceField(
        label=_("证据"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "ticks"}),
        required=False,
    )
    text = forms.CharField(label=_("核实到什么"), max_length=TEXT, widget=area(4, autofocus=True))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules, grade = self.rules, self.complaint.grade
        step = rules and next(
            filter(None, (rules_of.step_for(rules, grade, c) for c in ("verify", "investigate"))),
            None,
        )
        needs = step.missing if step else ()
        if not step or not step.outcomes:
            del self.fields["method"]
        else:
            self.fields["method"].choices = in_words(step.outcomes)  # type: ignore[attr-defined]
        if "courier_questioned" not in needs:
            del self.fields["courier_said"]
        if "outlet_head_questioned" not in needs:
            del self.fields["head_said"]
        kinds = rules_of.evidence_kinds(rules) if rules and grade == "major" else []
        if not kinds:
            del self.fields["evidence"]
        else:
            chinese = is_chinese(get_language() or "zh-hans")
            self.fields["evidence"].choices = [  # type: ignore[attr-defined]
                (key, zh if chinese else en) for key, zh, en in kinds
            ]


class ProposeForm(ComplaintForm):
    text = forms.CharField(label=_("方案"), max_length=TEXT, widget=area(3, autofocus=True))
    apology = forms.BooleanField(label=_("已致歉"), required=False)
    delay_reason = forms.CharField(
        label=_("延误原因"), max_length=TEXT, required=False, widget=area(2)
    )
    coupon = forms.DecimalField(
        label=_("优惠券（元）"), max_digits=8, decimal_places=2, required=False
    )
    force_majeure = forms.BooleanField(label=_("不可抗力"), required=False)
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.complaint.category != Complaint.Category.DELAY:
            for name in ("delay_reason", "coupon", "force_majeure"):
                del self.fields[name]
            return
        days = self.complaint.inputs.get("facts", {}).get("delay_days")
        offer = self.rules and rules_of.coupon(self.rules, days=days, chosen=None)
        if not offer:
            del self.fields["coupon"]
            return
        self.fields["coupon"].help_text = _(
            "{least} 至 {most} 元，按延误天数提议 {proposed} 元"
        ).format(least=offer.least, most=offer.most, proposed=offer.proposed or "—")
        self.initial.setdefault("coupon", offer.proposed)


class AnswerForm(ComplaintForm):
    accepted = forms.TypedChoiceField(
        label=_("客户"),
        choices=[("yes", _("认可")), ("no", _("不认可"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    text = forms.CharField(label=_("客户的话"), max_length=TEXT, widget=area(3, autofocus=True))
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()


class FollowUpForm(ComplaintForm):
    satisfied = forms.TypedChoiceField(
        label=_("客户满意吗"),
        choices=[("yes", _("满意")), ("no", _("不满意"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    further_needs = forms.CharField(
        label=_("还有什么需要"),
        max_length=TEXT,
        widget=area(2, autofocus=True),
        help_text=_("没有就写“没有”"),
    )
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    happened = TimeOfDay()


class UnreachedForm(ComplaintForm):
    text = forms.CharField(
        label=_("说明"), max_length=500, required=False, widget=area(2, autofocus=True)
    )


class GiveUpForm(ComplaintForm):
    reason = forms.CharField(label=_("理由"), max_length=500, widget=area(3, autofocus=True))


class ReclassForm(ComplaintForm):
    grade = forms.ChoiceField(label=_("等级"), choices=Complaint.Grade.choices)
    reason = forms.CharField(
        label=_("理由"), min_length=4, max_length=500, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [one for one in Complaint.Grade.choices if one[0] != self.complaint.grade]
        self.fields["grade"].choices = others  # type: ignore[attr-defined]


class AnalysisForm(ComplaintForm):
    cause = forms.CharField(label=_("原因"), max_length=TEXT, widget=area(3, autofocus=True))
    suggestion = forms.CharField(label=_("建议"), max_length=TEXT, required=False, widget=area(3))


class InspectorForm(ComplaintForm):
    inspector = forms.ModelChoiceField(
        label=_("质检"), queryset=User.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose(
            "inspector",
            User.objects.filter(role=User.Role.INSPECTOR, is_active=True).order_by("username"),
        )


class ConcludeForm(StepForm):
    outcome = forms.ChoiceField(
        label=_("结论"), choices=Complaint.Conclusion.choices, widget=forms.RadioSelect
    )
    remedy = forms.CharField(label=_("怎么处理"), max_length=TEXT, widget=area(4, autofocus=True))


class CoordinateForm(ComplaintForm):
    outcome = forms.ChoiceField(
        label=_("协调结果"),
        choices=[("", "—"), ("settled", _("协调好了")), ("failed", _("协调不成"))],
        required=False,
    )
    promise = forms.CharField(
        label=_("答应客户什么"), max_length=TEXT, required=False, widget=area(3, autofocus=True)
    )
    amount = forms.DecimalField(
        label=_("答应赔（元）"), max_digits=8, decimal_places=2, min_value=0, required=False
    )


class FlagForm(StepForm):
    reason = forms.CharField(
        label=_("为什么"), max_length=500, required=False, widget=area(3, autofocus=True)
    )
