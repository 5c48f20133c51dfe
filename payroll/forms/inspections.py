"""What the pages of inspection ask."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kefu.policy.inspections import OF_A_PLACE, CheckItem
from kefu.staff.models import Department, Employee, User
from kefu.workbench.forms import DeskForm, area, calendar_day, moment
from payroll.models import FindingReply, Inspection, InspectionMark, SampleDraw
from payroll.selectors.inspected import departments_of, inspected_by
from payroll.services.inspections import Given
from payroll.services.samples import MOST

Mark = InspectionMark.Mark


class DrawForm(DeskForm):
    """A draw; ``user``: whose departments may be chosen."""

    department = forms.ModelChoiceField(
        label=_("部门"), queryset=Department.objects.none(), empty_label=None
    )
    medium = forms.ChoiceField(label=_("种类"), choices=SampleDraw.Medium)
    from_on = calendar_day(_("自"))
    to_on = calendar_day(_("至"))
    size = forms.IntegerField(label=_("抽多少"), min_value=1, max_value=MOST)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments_of(user))


class SheetForm(DeskForm):
    """Which sheet is to be gone through, of whom or where."""

    occasion = forms.ChoiceField(choices=Inspection.Occasion)
    department = forms.ModelChoiceField(queryset=Department.objects.none(), required=False)
    employee = forms.ModelChoiceField(queryset=Employee.objects.none(), required=False)
    sample = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", departments_of(user))
        people = inspected_by(user).filter(department__in=departments_of(user))
        people = people.exclude(status=Employee.Status.LEFT)
        self.choose("employee", people.select_related("department", "user"))


# What a file chooser offers; what it is, its content says (kefu.cases.files).
ACCEPTED = "image/jpeg,image/png,image/heic,audio/*,.amr,application/pdf"
TOGETHER = 28_000_000  # bytes of one sending; the proxy lets 30 MB through


class Pictures(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    def __init__(self, **given: Any) -> None:
        attrs = {"accept": ACCEPTED}
        super().__init__(widget=Pictures(attrs=attrs), required=False, **given)

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = [super(PicturesField, self).clean(one, initial) for one in data or []]
        if sum(one.size for one in files) > TOGETHER:
            raise forms.ValidationError(
                gettext("证据一共不能超过 {n} MB").format(n=TOGETHER // 1_000_000)
            )
        return files


class ScorecardForm(DeskForm):
    """The sheet itself: a mark, what was seen and, of a place, whom it concerns, for each line."""

    happened_at = moment(_("检查时间"))
    minutes = forms.IntegerField(
        label=_("打扫用时（分钟）"), min_value=0, max_value=600, required=False
    )
    recording = forms.CharField(label=_("录音编号"), max_length=60, required=False)
    note = forms.CharField(label=_("总评"), max_length=1_000, required=False, widget=area(2))
    reply_by = moment(_("答复期限"))
    pictures = PicturesField(
        label=_("证据"), help_text=_("照片、录音、PDF，最多 6 份，每份 15 MB，一共 28 MB")
    )

    def __init__(
        self,
        *args: Any,
        items: Sequence[CheckItem],
        occasion: str,
        people: Any = None,
        limited: bool = False,
        reply_days: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        reply_by = self.fields["reply_by"]
        reply_by.required = reply_days is None
        if reply_days is not None:
            reply_by.help_text = ngettext(
                "空着按规则手册：%(n)d 天内", "空着按规则手册：%(n)d 天内", reply_days
            ) % {"n": reply_days}
        self.items, self.occasion = items, occasion
        if not limited:
            del self.fields["minutes"]
        if occasion != "call":
            del self.fields["recording"]
        for n, _item in enumerate(items):
            self.fields[f"mark_{n}"] = forms.ChoiceField(
                choices=Mark.choices,
                widget=forms.RadioSelect,
                error_messages={"required": _("这一项还没有评")},
            )
            self.fields[f"comment_{n}"] = forms.CharField(
                max_length=500,
                required=False,
                widget=forms.TextInput(
                    attrs={"class": "input s", "autocomplete": "off", "placeholder": _("依据")}
                ),
            )
            if occasion in OF_A_PLACE:
                self.fields[f"about_{n}"] = forms.ModelChoiceField(
                    queryset=people,
                    required=False,
                    empty_label=_("涉及谁"),
                    widget=forms.Select(attrs={"class": "input s"}),
                )

    def lines(self) -> list[dict[str, Any]]:
        """The lines as the page shows them."""
        language = get_language() or "zh-hans"
        return [
            {
                "n": n,
                "item": item,
                "label": item.label(language),
                "mark": self[f"mark_{n}"],
                "comment": self[f"comment_{n}"],
                "about": self[f"about_{n}"] if f"about_{n}" in self.fields else None,
            }
            for n, item in enumerate(self.items)
        ]

    def marks(self) -> dict[str, Given]:
        data = self.cleaned_data
        return {
            item.key: Given(data[f"mark_{n}"], data[f"comment_{n}"], data.get(f"about_{n}"))
            for n, item in enumerate(self.items)
        }

    def refuse(self, error: Any) -> None:
        """At the line it names, else where it belongs."""
        for n, item in enumerate(self.items):
            if error.field == item.key:
                self.add_error(f"comment_{n}", str(error))
                return
        super().refuse(error)


class AsideForm(DeskForm):
    reason = forms.CharField(label=_("无法监听的原因"), max_length=200)


class ReplyForm(DeskForm):
    sort = forms.ChoiceField(
        label=_("答复"),
        choices=FindingReply.Sort,
        widget=forms.RadioSelect,
        error_messages={"required": _("请选一种答复")},
    )
    text = forms.CharField(label=_("说明"), max_length=1_000, required=False, widget=area(3))


class SettleForm(DeskForm):
    upheld = forms.TypedChoiceField(
        choices=[("1", _("查实")), ("0", _("不成立"))], coerce=lambda value: value == "1"
    )
    reason = forms.CharField(label=_("理由"), max_length=500, required=False)


class OrderForm(DeskForm):
    """Who sets it right by when, and who looks again; ``user``: whose people may be told to."""

    what = forms.CharField(label=_("整改要求"), max_length=500, widget=area(2))
    assignee = forms.ModelChoiceField(label=_("责任人"), queryset=Employee.objects.none())
    due_on = calendar_day(_("期限"))
    recheck_by = forms.ModelChoiceField(label=_("复查人"), queryset=User.objects.none())

    def __init__(
        self, *args: Any, user: Any, department_id: int, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        people = inspected_by(user).filter(department=department_id)
        self.choose("assignee", people.exclude(status=Employee.Status.LEFT).order_by("number"))
        roles = (User.Role.INSPECTOR, User.Role.SHIFT_LEAD, User.Role.SUPERVISOR, User.Role.MANAGER)
        checkers = User.objects.filter(is_active=True, role__in=roles).exclude(employee=None)
        self.choose("recheck_by", checkers.order_by("username"))
        self.fields["due_on"].widget.attrs["min"] = today.isoformat()


class WordsForm(DeskForm):
    text = forms.CharField(label=_("说明"), max_length=500)


class RecheckForm(DeskForm):
    fixed = forms.TypedChoiceField(
        choices=[("1", _("已整改")), ("0", _("未整改"))], coerce=lambda value: value == "1"
    )
    note = forms.CharField(label=_("复查说明"), max_length=500, required=False)
