"""What the workbench asks for, whatever kind a case is. Forms check shape; whether it makes sense is for the services."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kefu import punctuation
from kefu.cases.models import Case, Consultation, Interaction
from kefu.clock import SHANGHAI
from kefu.deadlines.models import Deadline
from kefu.desk.selectors import flags
from kefu.desk.services import CONSULTATION_LIMIT
from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.penalties.models import Penalty
from kefu.privacy import redact
from kefu.staff.models import Department, Employee
from kefu.workbench.assignees import set_choices
from kefu.workbench.selectors import costs
from kefu.workbench.selectors.next_steps import claimable, objectionable

TEXT = 20_000
SPOKEN = [Interaction.Channel.PHONE, Interaction.Channel.COUNTER]
CUSTOMER_CHANNELS = [
    (c.value, c.label) for c in (*SPOKEN, Interaction.Channel.CHAT, Interaction.Channel.OA)
]


class DeskForm(forms.Form):
    """A form of the workbench: our inputs, and a refusal shown at the field it names."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(
                field.widget, forms.CheckboxInput | forms.HiddenInput | forms.RadioSelect
            ):
                field.widget.attrs.setdefault("class", "input")

    def choose(self, name: str, queryset: Any, choices: Any = None) -> None:
        """Narrow what a choice offers; ``choices`` when its words are not the rows' own."""
        field: Any = self.fields[name]
        field.queryset = queryset
        if choices is not None:
            field.choices = choices

    def refuse(self, error: KefuError) -> None:
        self.add_error(error.field if error.field in self.fields else None, str(error))


def area(rows: int = 3, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


# The years 1 and 9999 are typing mistakes, and have moments that no database keeps.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


def calendar_day(label: Any, **given: Any) -> forms.DateField:
    """A day that has others before and after it."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        **given,
    )


def moment(label: Any, *, required: bool = False, **given: Any) -> forms.DateTimeField:
    """A moment to the minute, on a calendar day; empty means now where it may be empty."""
    first, last = (datetime.combine(day, time.min, SHANGHAI) for day in (FIRST_DAY, LAST_DAY))
    return forms.DateTimeField(
        label=label,
        required=required,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        validators=[MinValueValidator(first), MaxValueValidator(last)],
        **given,
    )


class PartyField(forms.CharField):
    """A party by its code, name or pinyin, as typed; exactly one must be meant."""

    def __init__(self, *, kinds: Sequence[str], **kwargs: Any) -> None:
        self.kinds = kinds
        super().__init__(max_length=100, required=False, **kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value: Any) -> Party | None:
        try:
            text = redact.clean(super().clean(value), max_length=100, multiline=False)
        except KefuError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        if not text:
            return None
        parties = Party.objects.filter(active=True, kind__in=self.kinds)
        code = text.partition(" ")[0]
        exact = parties.filter(code__iexact=code).first() or parties.filter(name=text).first()
        if exact is not None:
            return exact
        found = list(parties.matching(text)[:4])
        if not found:
            raise forms.ValidationError(
                gettext("没有找到“%(text)s”"), code="no_party", params={"text": text}
            )
        if len(found) > 1:
            some = punctuation.alike(*(f"{party.code} {party.name}" for party in found[:3]))
            raise forms.ValidationError(
                gettext("对得上的不止一个，请写全：%(some)s"),
                code="many_parties",
                params={"some": some},
            )
        return found[0]


class TimeOfDay(forms.TimeField):
    """When it happened, as a time of day: the latest such moment up to ``now``. Empty means now."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("发生时间"))
        kwargs.setdefault(
            "help_text",
            _("如 14:20 或 1420；空着就是现在。只有电话和柜台可以补记稍早的时间"),
        )
        # A plain text field: a browser's own shows 上午/下午 on some machines and takes more keys.
        attrs = {"placeholder": _("现在"), "size": 5, "maxlength": 5, "inputmode": "numeric"}
        kwargs.setdefault("widget", forms.TextInput(attrs={**attrs, "autocomplete": "off"}))
        super().__init__(required=False, input_formats=["%H:%M", "%H%M"], **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value or "").replace("：", ":").strip())


def latest(on_the_clock: Any, now: datetime) -> datetime | None:
    """The last moment at or before ``now`` at which the clock in Shanghai showed this time.

    >>> latest(time(23, 55), at("2026-11-21 00:05"))  # yesterday, five to twelve
    """
    if on_the_clock is None:
        return None
    local = now.astimezone(SHANGHAI)
    moment = datetime.combine(local.date(), on_the_clock, SHANGHAI)
    return moment if moment <= local else moment - timedelta(days=1)


class VersionedForm(DeskForm):
    """A form that answers to what its author saw: a change in between is a conflict, not an overwriting."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)


class NoteForm(DeskForm):
    text = forms.CharField(label=_("备注"), max_length=TEXT, widget=area(2))


class StepForm(VersionedForm):
    """A step from the row of next steps, in a dialog. ``case``, ``user`` and ``now`` narrow what may be chosen."""

    def __init__(
        self, *args: Any, case: Case, user: Any, now: datetime | None = None, **kwargs: Any
    ) -> None:
        self.case, self.user, self.now = case, user, now
        super().__init__(*args, **kwargs)


class TransferForm(StepForm):
    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.filter(active=True), empty_label=None
    )
    to = forms.ModelChoiceField(
        label=_("给谁"),
        queryset=Employee.objects.assignable().order_by("department__order", "number"),
        required=False,
        empty_label=_("不指定，放进部门的未分配"),
    )
    note = forms.CharField(label=_("转交说明"), max_length=500, widget=area(3, autofocus=True))


FLAGS = {"emergency": _("突发事件"), "major_complaint": _("重大投诉")}


class EscalateForm(StepForm):
    """Where the rulebook has the supervisor take some cases over at once, one says which this is (SD-221.04)."""

    flag = forms.ChoiceField(
        label=_("什么情况"),
        required=False,
        help_text=_("突发事件和重大投诉立即归主管，计时一起转过去；求助的仍归你。"),
    )
    note = forms.CharField(label=_("卡在哪里"), max_length=500, widget=area(4, autofocus=True))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = flags(self.case, self.now) if self.now else []
        if not offered:
            del self.fields["flag"]
            return
        set_choices(self, "flag", [("", _("要主管帮忙")), *((one, FLAGS[one]) for one in offered)])


class SettleForm(StepForm):
    note = forms.CharField(label=_("怎么处理的"), max_length=500, widget=area(4, autofocus=True))


class CloseForm(StepForm):
    note = forms.CharField(label=_("处理结果"), max_length=2_000, widget=area(4, autofocus=True))


class ReopenForm(StepForm):
    reason = forms.CharField(
        label=_("为什么重新打开"), max_length=500, widget=area(3, autofocus=True)
    )


class ConsultForm(StepForm):
    department = forms.ModelChoiceField(
        label=_("转办部门"), queryset=Department.objects.none(), empty_label=None
    )
    question = forms.CharField(
        label=_("请办事项"), max_length=CONSULTATION_LIMIT, widget=area(4, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Department.objects.filter(active=True).exclude(pk=self.case.department_id)
        self.choose("department", others)
        self.initial.pop("department", None)  # the case's own is none of them


class ConsultationChoice(forms.ModelChoiceField):
    def label_from_instance(self, consultation: Consultation) -> str:
        return f"{consultation.department} {consultation.question[:40]}"


class DepartmentReplyForm(StepForm):
    consultation = ConsultationChoice(
        label=_("转办"), queryset=Consultation.objects.none(), empty_label=None
    )
    reply = forms.CharField(
        label=_("部门答复"), max_length=CONSULTATION_LIMIT, widget=area(4, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        waiting = self.case.consultations.open().select_related("department")
        self.choose("consultation", waiting)


class NeedForm(StepForm):
    text = forms.CharField(label=_("客户需求"), max_length=TEXT, widget=area(4, autofocus=True))


class DeadlineChoice(forms.ModelChoiceField):
    def label_from_instance(self, deadline: Deadline) -> str:
        due, answered = (
            f"{at.astimezone(SHANGHAI):%m-%d %H:%M:%S}"
            for at in (deadline.due_at, deadline.answered_at)
            if at
        )
        what = f"{deadline.party} {deadline.get_action_display()}"
        return _("{what} · {due} 截止 · {answered} 答复").format(
            what=what, due=due, answered=answered
        )


class LateEntryForm(StepForm):
    deadline = DeadlineChoice(
        label=_("哪个时限"), queryset=Deadline.objects.none(), empty_label=None
    )
    claimed_at = forms.DateTimeField(
        label=_("实际答复时间"),
        widget=forms.DateTimeInput(
            format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": 1}
        ),
    )
    reason = forms.CharField(
        label=_("凭什么说当时已经答复"), max_length=500, widget=area(3, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("deadline", claimable(self.case).select_related("party", "answered_by"))


class PenaltyChoice(forms.ModelChoiceField):
    def label_from_instance(self, penalty: Penalty) -> str:
        return f"{penalty.clause} {costs.of_penalties([penalty], exact=True)}"


class ObjectionForm(StepForm):
    penalty = PenaltyChoice(label=_("哪一笔"), queryset=Penalty.objects.none(), empty_label=None)
    reason = forms.CharField(
        label=_("为什么不该罚"), min_length=4, max_length=500, widget=area(4, autofocus=True)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("penalty", objectionable(self.case, self.user))


class LogContactForm(StepForm):
    """A word with somebody who is neither the customer nor an outlet."""

    counterpart = forms.ChoiceField(
        label=_("和谁"),
        choices=[
            (c.value, c.label)
            for c in (
                Interaction.Counterpart.COURIER,
                Interaction.Counterpart.DRIVER,
                Interaction.Counterpart.COMPANY,
            )
        ],
    )
    direction = forms.ChoiceField(
        label=_("谁先找的谁"),
        choices=[("out", _("我方联系对方")), ("in", _("对方联系我方"))],
    )
    channel = forms.ChoiceField(label=_("渠道"), choices=CUSTOMER_CHANNELS)
    text = forms.CharField(label=_("说了什么"), max_length=TEXT, widget=area(4, autofocus=True))


class RevealForm(DeskForm):
    reason = forms.ChoiceField(
        label=_("为什么要看"),
        choices=[
            ("call", _("给客户回电")),
            ("verify", _("核对身份")),
            ("address", _("核对地址或改派")),
            ("outlet", _("转告网点派送")),
            ("other", _("其他，写明")),
        ],
    )
    detail = forms.CharField(label=_("说明"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reason") == "other" and len(cleaned.get("detail", "").strip()) < 4:
            self.add_error("detail", _("选了“其他”，请写明为什么要看"))
        return cleaned

    def words(self) -> str:
        """The reason as the record keeps it."""
        field: Any = self.fields["reason"]
        label = dict(field.choices)[self.cleaned_data["reason"]]
        return punctuation.listed(str(label), self.cleaned_data["detail"].strip())


class HandOverForm(DeskForm):
    """One case of the hand-over list; ``keep`` rows stay with their owner."""

    case = forms.IntegerField(widget=forms.HiddenInput)
    give = forms.BooleanField(label=_("交接"), required=False)
    to = forms.ModelChoiceField(
        label=_("给谁"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("部门未分配"),
    )
    note = forms.CharField(
        label=_("交接说明"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("办到哪一步、答应了什么")}),
    )

    def __init__(self, *args: Any, takers: Sequence[Employee], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("部门未分配")), *((e.pk, str(e)) for e in takers)]
        self.choose("to", Employee.objects.assignable(), choices)
        # In a table the head of the column is no label.
        self.fields["to"].widget.attrs["aria-label"] = self.fields["to"].label


class SeatForm(forms.Form):
    seat = forms.ChoiceField(choices=[("available", ""), ("busy", "")])


class PresenceForm(forms.Form):
    typing = forms.SlugField(max_length=20, required=False)  # the name of a tab
    chars = forms.IntegerField(min_value=0, max_value=TEXT, required=False)
    leaving = forms.BooleanField(required=False)
