"""What composing an announcement asks for."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kefu.database.functions import ByPinyin
from kefu.staff.models import Department, Position
from kefu.workbench.forms import DeskForm, area, moment
from payroll.models import FILE_LIMIT, FILES, Announcement


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files of one field, as (name, content)."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = ManyFiles(
            attrs={"accept": ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.pptx", "class": "input"}
        )
        super().__init__(required=False, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, bytes]]:
        files = data if isinstance(data, list | tuple) else [data]
        checked = [super(FilesField, self).clean(one, initial) for one in files if one]
        # One more than allowed, of each and of them: more is refused anyway.
        return [(one.name, one.read(FILE_LIMIT + 1)) for one in checked[: FILES + 1]]


class AudienceForm(DeskForm):
    """Whom it goes to; asked for by itself while it is being written."""

    everyone = forms.BooleanField(label=_("所有部门"), required=False)
    departments = forms.ModelMultipleChoiceField(
        label=_("部门"),
        queryset=Department.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    positions = forms.ModelMultipleChoiceField(
        label=_("只给这些岗位"),
        queryset=Position.objects.order_by(ByPinyin("name")),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("一个也不勾就是所有岗位"),
    )

    def __init__(self, *args: Any, departments: Any, everyone: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("departments", departments)
        if not everyone:
            del self.fields["everyone"]


class ComposeForm(AudienceForm):
    kind = forms.ChoiceField(label=_("种类"), choices=Announcement.Kind.choices)
    title = forms.CharField(label=_("标题"), max_length=100)
    body = forms.CharField(label=_("正文"), max_length=4_000, widget=area(10))
    launch_at = moment(_("上架时间"), help_text=_("新品要填：这之前每个人都要确认掌握"))
    large = forms.BooleanField(
        label=_("大批新品"), required=False, help_text=_("要现场集中培训，全员参加")
    )
    attached = FilesField(
        label=_("附件"), help_text=_("PDF、图片、Word、Excel、PowerPoint，最多 5 个，每个 5 MB")
    )
    field_order = (
        "kind", "title", "body", "launch_at", "large", "attached", "everyone", "departments", "positions",
    )  # fmt: skip


class WithdrawForm(DeskForm):
    reason = forms.CharField(label=_("为什么撤回"), max_length=200)
