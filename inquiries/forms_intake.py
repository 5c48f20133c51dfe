"""What intake asks for: a pasted message with the cases it becomes, one inquiry of any kind, a table to import."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inquiries.imports import kind_choices
from inquiries.models import Complaint, Inquiry
from inquiries.recognition import MAX_CHARACTERS
from inquiries.selectors.intake import Doubt, Line
from kefu.cases.models import Case, Interaction
from kefu.errors import KefuError
from kefu.imports.forms import OwnerForm
from kefu.network.models import Party
from kefu.privacy import phones
from kefu.staff.models import Department
from kefu.workbench.assignees import AssigneeField, set_choices
from kefu.workbench.forms import (
    CUSTOMER_CHANNELS,
    SPOKEN,
    DeskForm,
    PartyField,
    TimeOfDay,
    area,
    calendar_day,
)
from kefu.workbench.selectors.desk import Desk

SUMMARY = 500  # characters
CHOOSE = ("", gettext_lazy("请选"))
# What a pasted message can become; pick-ups and outlets' questions have fields of their own.
PASTE_KINDS = [
    kind for kind in Inquiry.Kind if kind not in (Inquiry.Kind.PICKUP, Inquiry.Kind.NETWORK_QUERY)
]
# A change of these changes what else is shown: the page reads the message again.
REREAD = {"data-reread": ""}
BESIDE_THE_NAME = {
    "aria-label": gettext_lazy("身份")
}  # under the name's label, with none of its own
CUSTOMERS = [
    Inquiry.Asker.SENDER,
    Inquiry.Asker.RECEIVER,
    Inquiry.Asker.OTHER,
    Inquiry.Asker.COURIER,
]


class PhoneField(forms.CharField):
    """A number we could call back, in normal form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, required=False, **kwargs)
        self.widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return phones.normalise(text) if text else ""
        except KefuError as error:
            raise forms.ValidationError(str(error), code=error.code) from error


OUTLETS = [Party.Kind.OUTLET, Party.Kind.CONTRACTOR]
COURIERS = [Party.Kind.COURIER]
ACCUSED = [*OUTLETS, *COURIERS, Party.Kind.DRIVER, Party.Kind.EMPLOYEE]
# What only a complaint is asked for, besides its cause.
COMPLAINT_FIELDS = (
    "category", "against", "demand", "promised_on", "contents", "item_value", "promised_for",
)  # fmt: skip


# Which of them only a category is asked for.
OF_CATEGORY = {
    Complaint.Category.DELAY: ("promised_on",),
    Complaint.Category.DAMAGED: ("contents", "item_value"),
}

# -- paste ------------------------------------------------------------------------------------------


class Suggesting(DeskForm):
    """A form filled in by what was recognised. What the agent changed stays when the message is read again;
    what he left alone follows the message. ``was-…`` inputs carry what had been suggested."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, suggested: Mapping[str, str], **kwargs: Any
    ) -> None:
        self.suggested = suggested
        super().__init__(data, **kwargs)

    def follow(self, posted: Mapping[str, Any]) -> None:
        """Take over what the agent changed since the message was last read."""
        for name, suggestion in self.suggested.items():
            key = self.add_prefix(name)
            was = posted.get(f"was-{key}")
            value = posted.get(key, "")
            asked = was is not None and (key in posted or self._is_tick(name))
            kept = asked and value != was and self._possible(name, value)
            self.initial[name] = value if kept else suggestion

    def _is_tick(self, name: str) -> bool:
        return isinstance(self.fields[name], forms.BooleanField)

    def _possible(self, name: str, value: str) -> bool:
        field = self.fields[name]
        return not isinstance(field, forms.ChoiceField) or not value or field.valid_value(value)

    @property
    def was(self) -> list[tuple[str, str]]:
        """The hidden inputs: what stands suggested now. Only beside the fields themselves, or an unticked box
        could not be told from one that was not there."""
        return [(f"was-{self.add_prefix(name)}", value) for name, value in self.suggested.items()]


class PasteForm(Suggesting):
    """What all cases of one message share: the words, who wrote them, who works on it."""

    text = forms.CharField(label=gettext_lazy("原文"), strip=False, widget=area(12))
    ticket = forms.CharField(max_length=40, widget=forms.HiddenInput)
    customer_name = forms.CharField(label=gettext_lazy("谁在问"), max_length=60, required=False)
    asker = forms.ChoiceField(
        label=gettext_lazy("身份"),
        choices=[CHOOSE, *((a.value, a.label) for a in CUSTOMERS)],
        widget=forms.Select(attrs=BESIDE_THE_NAME),
    )
    customer_phone = PhoneField(label=gettext_lazy("回电"))
    channel = forms.ChoiceField(label=gettext_lazy("渠道"), choices=CUSTOMER_CHANNELS)
    receipt = forms.CharField(
        label=gettext_lazy("回执"), max_length=4_000, required=False, widget=area(4)
    )

    def __init__(self, *args: Any, desk: Desk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = owner = AssigneeField(desk=desk)
        owner.widget.attrs |= {"class": "input", **REREAD}
        self.fields["channel"].widget.attrs |= REREAD
        self.fields["text"].widget.attrs["maxlength"] = MAX_CHARACTERS

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        assignee = cleaned.get("owner")
        if assignee is not None:
            cleaned["department"], cleaned["owner"] = assignee.department, assignee.owner
        return cleaned


class LineForm(Suggesting):
    """One case of the message, or its addition to a case that is open already."""

    where = forms.ChoiceField(label=gettext_lazy("已有处理中的单"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("另建的理由"), max_length=200, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"),
        choices=[(k.value, k.label) for k in PASTE_KINDS],
        required=False,
    )
    cause = forms.ChoiceField(
        label=gettext_lazy("投诉原因"), choices=[CHOOSE, *Complaint.Cause.choices], required=False
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("优先级"),
        choices=Case.Priority.choices,
        coerce=int,
        empty_value=str(Case.Priority.NORMAL.value),
        required=False,
    )
    summary = forms.CharField(
        label=gettext_lazy("事由"), max_length=SUMMARY, required=False, widget=area(2)
    )
    ask = forms.BooleanField(required=False)

    # A complaint.
    category = forms.ChoiceField(
        label=gettext_lazy("类别"),
        choices=[("", gettext_lazy("哪一类，请选")), *Complaint.Category.choices],
        required=False,
    )
    against = forms.ChoiceField(label=gettext_lazy("投诉谁"), required=False)
    demand = forms.CharField(
        label=gettext_lazy("客户诉求"), max_length=2_000, required=False, widget=area(2)
    )
    promised_on = calendar_day(gettext_lazy("承诺送达日"), required=False)
    contents = forms.ChoiceField(
        label=gettext_lazy("内件"),
        choices=[("", gettext_lazy("内件好坏")), *Complaint.Contents.choices],
        required=False,
    )
    item_value = forms.DecimalField(
        label=gettext_lazy("物品价值"),
        max_digits=9,
        decimal_places=2,
        min_value=0,
        required=False,
    )
    promised_for = forms.DateTimeField(
        label=gettext_lazy("承诺办好"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, line: Line, wanted: Collection[str] = (), **kwargs: Any) -> None:
        """``wanted``: the fields that the rulebook asks of a complaint."""
        self.line, self.wanted = line, wanted
        super().__init__(*args, **kwargs)
        for name in ("kind", "ask", "category"):
            self.fields[name].widget.attrs |= REREAD
        waybill = line.parcel.waybill if line.parcel else None
        ends = (waybill.origin, waybill.destination) if waybill else ()
        self.outlets = {str(party.pk): party for party in ends if party.kind in OUTLETS}
        known = [(key, str(party)) for key, party in self.outlets.items()]
        set_choices(self, "against", [("", _("还不清楚")), *known])
        set_choices(
            self,
            "where",
            [
                *((f"add:{case.number}", case.number) for case in line.open_cases),
                ("new", _("另建，写理由") if line.open_cases else _("新建")),
            ],
        )

    @property
    def was_where(self) -> list[tuple[str, str]]:
        """Of the one field an addition has; ``was`` is for the others."""
        return super().was[:1]

    @property
    def was(self) -> list[tuple[str, str]]:
        return super().was[1:]

    @property
    def adds_to(self) -> Case | None:
        where = self["where"].value()
        return next((case for case in self.line.open_cases if where == f"add:{case.number}"), None)

    @property
    def asked(self) -> list[str]:
        """The fields of a complaint that its row shows: none of them for another type."""
        if self["kind"].value() != Inquiry.Kind.COMPLAINT:
            return []
        hanging = OF_CATEGORY.get(self["category"].value(), ())
        names = ["cause", "category", "against", *hanging, "demand"]
        return [*names, "promised_for"] if "promised_for" in self.wanted else names

    @property
    def put_away(self) -> list[tuple[str, Any]]:
        """What was typed in fields that are not shown any more, for when the type or the category is changed back."""
        left = [self[name] for name in ("cause", *COMPLAINT_FIELDS) if name not in self.asked]
        return [(field.html_name, field.value()) for field in left if field.value()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in {"cause", *COMPLAINT_FIELDS} - set(self.asked):
            self.errors.pop(name, None)  # nobody sees it
            cleaned[name] = self.fields[name].clean("")
        if cleaned.get("where") == "new":
            if not cleaned.get("kind") and "kind" not in self.errors:
                self.add_error("kind", _("请选类型"))
            if not cleaned.get("summary", "").strip() and "summary" not in self.errors:
                self.add_error("summary", _("请写事由"))
            if self.line.open_cases and not cleaned.get("reason", "").strip():
                self.add_error(
                    "reason",
                    _("{case} 还在处理，另建要写理由").format(case=self.line.open_cases[0]),
                )
            if cleaned.get("kind") == Inquiry.Kind.COMPLAINT:
                self._need_of_complaint(cleaned)
        return cleaned

    def clean_against(self) -> Party | None:
        return self.outlets.get(self.cleaned_data["against"])

    def _need_of_complaint(self, cleaned: Mapping[str, Any]) -> None:
        """All that is missing at once; what the class hangs on is asked with the category."""
        for name in ("cause", *COMPLAINT_FIELDS):
            missing = cleaned.get(name) in (None, "") and name not in self.errors
            if missing and (name == "cause" or name in self.wanted):
                self.add_error(name, _("请填写{name}").format(name=self.fields[name].label))


class DoubtForm(forms.Form):
    """Which waybill a doubtful number is; nothing is chosen beforehand."""

    pick = forms.ChoiceField(widget=forms.RadioSelect, required=False)

    def __init__(self, *args: Any, doubt: Doubt, **kwargs: Any) -> None:
        self.doubt = doubt
        super().__init__(*args, **kwargs)
        set_choices(
            self,
            "pick",
            [
                *((parcel.number, parcel.number) for parcel in doubt.candidates),
                ("keep", _("查无此单，仍登记")),
                (
                    "none",
                    _("都不是，在回执里问客户")
                    if doubt.candidates
                    else _("不登记，在回执里问客户"),
                ),
            ],
        )


# -- one inquiry ----------------------------------------------------------------------------------------


CODE_OR_NAME = gettext_lazy("编号、名称或拼音")


class SingleForm(DeskForm):
    """One inquiry of any kind; the fields a kind does not have are ignored."""

    ticket = forms.CharField(max_length=40, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"), choices=Inquiry.Kind.choices, widget=forms.RadioSelect
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("渠道"),
        choices=[*CUSTOMER_CHANNELS, (Interaction.Channel.OUTLET.value, gettext_lazy("网点"))],
    )
    received = TimeOfDay(label=gettext_lazy("来电时间"), help_text="")
    waybill_number = forms.CharField(label=gettext_lazy("运单"), max_length=40, required=False)
    keep_unknown = forms.BooleanField(label=gettext_lazy("查无此单，仍登记"), required=False)
    where = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    reason = forms.CharField(label=gettext_lazy("另建的理由"), max_length=200, required=False)
    customer_name = forms.CharField(label=gettext_lazy("谁在问"), max_length=60, required=False)
    asker = forms.ChoiceField(
        label=gettext_lazy("身份"),
        choices=[CHOOSE, *((a.value, a.label) for a in CUSTOMERS)],
        widget=forms.Select(attrs=BESIDE_THE_NAME),
        required=False,
    )
    customer_phone = PhoneField(label=gettext_lazy("回电"))
    use_label = forms.BooleanField(label=gettext_lazy("姓名和回电按面单"), required=False)
    text = forms.CharField(
        label=gettext_lazy("客户的话"),
        max_length=MAX_CHARACTERS,
        widget=area(3),
        error_messages={"required": gettext_lazy("请写客户说了什么")},
    )
    priority = forms.TypedChoiceField(
        label=gettext_lazy("优先级"),
        choices=Case.Priority.choices,
        coerce=int,
        empty_value=str(Case.Priority.NORMAL.value),
    )
    ask = forms.BooleanField(label=gettext_lazy("同时发网点查询"), required=False)

    # A pick-up (CD-01.03, ES-203.15–18).
    sender_address = forms.CharField(label=gettext_lazy("取件地址"), max_length=200, required=False)
    receiver_address = forms.CharField(
        label=gettext_lazy("寄达地址"), max_length=200, required=False
    )
    goods = forms.CharField(label=gettext_lazy("物品"), max_length=100, required=False)
    prohibited_checked = forms.BooleanField(
        label=gettext_lazy("已核对，不是禁寄物品"), required=False
    )
    fragile = forms.BooleanField(label=gettext_lazy("易碎"), required=False)
    fee_told = forms.DecimalField(
        label=gettext_lazy("已告知费用"),
        max_digits=8,
        decimal_places=2,
        min_value=0,
        required=False,
    )
    eta_told_on = forms.DateField(
        label=gettext_lazy("已告知送达日"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    courier = PartyField(label=gettext_lazy("业务员"), kinds=COURIERS)
    same_day = forms.BooleanField(label=gettext_lazy("仍排当日，主管批准"), required=False)

    # A complaint.
    cause = forms.ChoiceField(
        label=gettext_lazy("投诉原因"), choices=[CHOOSE, *Complaint.Cause.choices], required=False
    )
    against = PartyField(label=gettext_lazy("投诉谁"), kinds=ACCUSED)
    origin = forms.CharField(label=gettext_lazy("起因单号"), max_length=24, required=False)
    category = forms.ChoiceField(
        label=gettext_lazy("类别"),
        choices=[("", gettext_lazy("哪一类，请选")), *Complaint.Category.choices],
        required=False,
    )
    demand = forms.CharField(
        label=gettext_lazy("客户诉求"), max_length=2_000, required=False, widget=area(2)
    )
    issue = forms.CharField(label=gettext_lazy("同一问题"), max_length=60, required=False)
    promised_on = calendar_day(gettext_lazy("承诺送达日"), required=False)
    contents = forms.ChoiceField(
        label=gettext_lazy("内件"),
        choices=[("", gettext_lazy("内件好坏")), *Complaint.Contents.choices],
        required=False,
    )
    item_value = forms.DecimalField(
        label=gettext_lazy("物品价值"),
        max_digits=9,
        decimal_places=2,
        min_value=0,
        required=False,
    )
    promised_for = forms.DateTimeField(
        label=gettext_lazy("承诺办好"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )
    agitated = forms.BooleanField(label=gettext_lazy("客户情绪激动"), required=False)
    calmed = forms.BooleanField(label=gettext_lazy("已经先安抚"), required=False)
    level = forms.ChoiceField(
        label=gettext_lazy("投诉到"), choices=Complaint.Level.choices, required=False
    )
    blamed = forms.ModelChoiceField(
        label=gettext_lazy("或部门"),
        queryset=Department.objects.filter(active=True),
        required=False,
        empty_label=gettext_lazy("或哪个部门"),
    )
    complainant = PartyField(label=gettext_lazy("网点投诉"), kinds=OUTLETS)
    abusive = forms.BooleanField(label=gettext_lazy("出言不逊"), required=False)
    persuasion_failed = forms.BooleanField(label=gettext_lazy("劝说无效"), required=False)

    # A question to an outlet, or from one.
    way = forms.ChoiceField(
        choices=[("ask", gettext_lazy("我们问网点")), ("asked", gettext_lazy("网点问我们"))],
        widget=forms.RadioSelect,
        required=False,
    )
    outlet = PartyField(label=gettext_lazy("网点"), kinds=OUTLETS)

    def __init__(self, *args: Any, desk: Desk, with_fee: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = owner = AssigneeField(desk=desk)
        owner.widget.attrs["class"] = "input"
        self.initial.setdefault("owner", owner.usual())
        if not with_fee:
            del self.fields["fee_told"]
        self.fields["waybill_number"].widget.attrs |= {"autofocus": True, "autocomplete": "off"}
        for name, kind in (
            ("outlet", "outlet"),
            ("against", "accused"),
            ("courier", "courier"),
            ("complainant", "complainant"),
        ):
            self.fields[name].widget.attrs |= {
                "list": f"list-{kind}",
                "placeholder": CODE_OR_NAME,
                "hx-get": f"{reverse('inquiries:new_parties')}?kind={kind}",
                "hx-trigger": "input changed delay:200ms, focus once",
                "hx-target": f"#list-{kind}",
                "hx-swap": "innerHTML",
                "data-background": "",
            }
        self.open_cases: Sequence[Case] = ()

    def offer(self, open_cases: Sequence[Case]) -> None:
        """Offer the open cases of the parcel instead of a second one."""
        self.open_cases = open_cases
        set_choices(
            self,
            "where",
            [
                *((f"add:{case.number}", case.number) for case in open_cases),
                ("new", _("另建，写理由")),
            ],
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        assignee = cleaned.get("owner")
        if assignee is not None:
            cleaned["department"], cleaned["owner"] = assignee.department, assignee.owner
        kind = cleaned.get("kind")
        if kind == Inquiry.Kind.NETWORK_QUERY:
            self._need("outlet", _("请填网点"))
            cleaned["way"] = cleaned.get("way") or "ask"
        elif not self._adding(cleaned):
            self._need("asker", _("请选身份"))
        if kind == Inquiry.Kind.COMPLAINT:
            self._need("cause", _("请选投诉原因"))
        if kind == Inquiry.Kind.PICKUP:
            self._need("sender_address", _("请填取件地址"))
            self._need("goods", _("请填物品"))
        if cleaned.get("channel") not in SPOKEN:
            cleaned["received"] = None
        if cleaned.get("use_label") and cleaned.get("asker") not in (
            Inquiry.Asker.SENDER,
            Inquiry.Asker.RECEIVER,
        ):
            self.add_error("asker", _("按面单取姓名电话，先说是寄件方还是收件方"))
        return cleaned

    def _adding(self, cleaned: Mapping[str, Any]) -> bool:
        return str(cleaned.get("where", "")).startswith("add:")

    def _need(self, name: str, message: str) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, message)


# -- import ------------------------------------------------------------------------------------------


class ImportForm(OwnerForm):
    """How to take the rows in."""

    kind = forms.ChoiceField(label=gettext_lazy("没写类型的按"))
    allow_unknown_waybills = forms.BooleanField(
        label=gettext_lazy("查无此单的也登记"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "kind", kind_choices())
        self.initial.setdefault("kind", Inquiry.Kind.TRACE)

    def usual(self, owner: AssigneeField) -> str:
        return owner.usual()
