"""What the store's pages ask for. Forms check shape; whether it makes sense is for the services."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.network.models import Party
from kefu.staff.models import Employee, User
from kefu.staff.selectors import leads
from kefu.workbench.forms import DeskForm
from problem_parcels.models import Stay, StoreKey, StoreRound, WarehouseRequest
from problem_parcels.services.stays import LEFT_FOR_LIMIT, LOCATION_LIMIT, REASON_LIMIT

MOST_NUMBERS = 500  # of one scan or paste
SEPARATORS = re.compile(r"[\s,，;；、]+")
# A scanner types a number and Enter; a list is pasted. One line high, and it grows no line by itself.
SCAN = {"rows": 1, "autocomplete": "off", "spellcheck": "false", "autofocus": True, "data-scan": ""}


def numbers_of(text: str) -> list[str]:
    """The numbers of a scan or a paste, each as it was written."""
    return [number for number in SEPARATORS.split(text.strip()) if number]


class NumbersField(forms.CharField):
    """One scanned number, or several pasted ones."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("运单号"))
        kwargs.setdefault("max_length", 25 * MOST_NUMBERS)
        kwargs.setdefault("widget", forms.Textarea(attrs=SCAN))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        numbers = numbers_of(super().clean(value))
        if len(numbers) > MOST_NUMBERS:
            raise forms.ValidationError(_("一次最多 {n} 票，请分几次").format(n=MOST_NUMBERS))
        return numbers


class EnterForm(DeskForm):
    """Into the store: what holds for all that is scanned until it is changed."""

    numbers = NumbersField()
    sort = forms.ChoiceField(label=_("货类"), choices=Stay.Sort.choices)
    location = forms.CharField(
        label=_("货位"), max_length=LOCATION_LIMIT, widget=forms.TextInput(attrs={"list": "places"})
    )
    reason = forms.CharField(
        label=_("留存原因"),
        max_length=REASON_LIMIT,
        widget=forms.TextInput(attrs={"list": "reasons"}),
    )
    waybill_present = forms.BooleanField(label=_("面单在"), required=False, initial=True)
    override_by = forms.ModelChoiceField(
        label=_("放行人"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("没有放行"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        zones: dict[str, str] = kwargs.pop("zones", {})
        user: User = kwargs.pop("user")
        super().__init__(*args, **kwargs)
        self.choose("override_by", leads().filter(pk=user.pk))  # by one's own hand
        sorts: Any = self.fields["sort"]
        sorts.choices = [
            (sort.value, f"{sort.label}（{zones[sort]}）" if zones.get(sort) else sort.label)
            for sort in Stay.Sort
        ]


class LeaveForm(DeskForm):
    """Out of the store: where to holds for all that is scanned until it is changed."""

    numbers = NumbersField()
    left_for = forms.CharField(
        label=_("去向"),
        max_length=LEFT_FOR_LIMIT,
        widget=forms.TextInput(attrs={"list": "places"}),
    )
    ways = (
        *(Stay.LeftAs.DELIVERY, Stay.LeftAs.RETURN, Stay.LeftAs.PICKUP, Stay.LeftAs.FORWARD),
        Stay.LeftAs.RETURN_TO_COURIER,
    )

    def clean(self) -> dict[str, Any]:
        """One of the usual ways is kept as such, so that everybody reads it in his language."""
        given = super().clean() or self.cleaned_data
        said = given.get("left_for", "")
        given["left_as"] = next((way.value for way in self.ways if str(way.label) == said), "")
        return {**given, "left_for": "" if given["left_as"] else said}


class RoundForm(DeskForm):
    trigger = forms.ChoiceField(choices=StoreRound.Trigger.choices)
    closed_at = forms.TimeField(
        label=_("几点"),
        widget=forms.TextInput(attrs={"size": 5, "maxlength": 5, "autocomplete": "off"}),
        error_messages={"invalid": _("请写成 17:30 这样的时间")},
    )


class IncidentForm(DeskForm):
    happened_at = forms.SplitDateTimeField(
        label=_("发生时间"),
        widget=forms.SplitDateTimeWidget(
            date_attrs={"class": "input", "size": "10", "autocomplete": "off"},
            date_format="%Y-%m-%d",
            time_attrs={"class": "input", "size": "5", "autocomplete": "off"},
            time_format="%H:%M",
        ),
    )
    text = forms.CharField(
        label=_("经过"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class PriceForm(DeskForm):
    amount = forms.DecimalField(label=_("金额（元）"), max_digits=8, decimal_places=2, min_value=0)


class HandOverForm(DeskForm):
    """What the giver signs."""

    turn = forms.ChoiceField(label=_("哪一班"))
    keys = forms.ModelMultipleChoiceField(
        label=_("一起交的钥匙"),
        queryset=StoreKey.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label=_("交代"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "placeholder": _("哪几票等什么、答应了谁、要接班人先做什么")}
        ),
    )
    checked = forms.BooleanField(label=_("未了事项我都点过，本人签名交班"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        turns, keys = kwargs.pop("turns"), kwargs.pop("keys")
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["turn"]
        choice.choices = turns
        self.choose("keys", StoreKey.objects.filter(pk__in=[key.pk for key in keys]))
        self.fields["keys"].widget.attrs.pop("class", None)
        self.fields["keys"].initial = [key.pk for key in keys]


class KeyForm(DeskForm):
    name = forms.CharField(label=_("钥匙"), max_length=40)


class MoveForm(DeskForm):
    key = forms.ModelChoiceField(queryset=StoreKey.objects.filter(retired_at=None))
    holder = forms.ModelChoiceField(
        label=_("给谁"),
        queryset=Employee.objects.none(),
        required=False,
        empty_label=_("放回钥匙盒"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("holder", Employee.objects.assignable().order_by("number"))


class LineForm(DeskForm):
    text = forms.CharField(label=_("要做的事"), max_length=120)
    text_en = forms.CharField(label=_("英文"), max_length=120, required=False)


class SheetForm(DeskForm):
    driver = forms.ModelChoiceField(
        label=_("驾驶员"), queryset=Party.objects.none(), empty_label=_("选驾驶员")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("driver", Party.objects.filter(kind=Party.Kind.DRIVER, active=True))


class PutOnForm(DeskForm):
    numbers = NumbersField(
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
    )


class TickForm(DeskForm):
    numbers = NumbersField()


class StrikeForm(DeskForm):
    line = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("为什么不提"), max_length=120)


class AskForm(DeskForm):
    """What an agent asks of the warehouse; on paper: copied from the slip somebody brought."""

    text = forms.CharField(
        label=_("要仓库做什么"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    customer_id = forms.CharField(label=_("客户编号"), max_length=60, required=False)
    name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    address = forms.CharField(label=_("收货地址"), max_length=200, required=False)
    waybill_number = forms.CharField(label=_("运单号"), max_length=40, required=False)
    urgent = forms.BooleanField(label=_("紧急便签"), required=False)
    signed_by = forms.CharField(label=_("署名"), max_length=60, required=False)
    signed_on = forms.DateField(
        label=_("便签日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    on_paper = forms.BooleanField(label=_("照手写便签登记，缺什么空着"), required=False)
    made_by = forms.ModelChoiceField(
        label=_("谁送来的"), queryset=Employee.objects.none(), required=False, empty_label=_("我")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("made_by", Employee.objects.assignable().order_by("number"))


class DecideForm(DeskForm):
    refusal = forms.ChoiceField(
        choices=[("", _("办好了")), *WarehouseRequest.Refusal.choices], required=False
    )
    note = forms.CharField(label=_("说明"), max_length=200, required=False)
