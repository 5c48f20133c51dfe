"""What the page of notification settings asks for."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kefu.notifications import ways
from kefu.notifications.models import Channel, Event
from kefu.notifications.sending import SIGNED, token_of
from kefu.staff.models import Department
from kefu.workbench.forms import DeskForm

WORDS = {ways.BROWSER: _("浏览器"), ways.ROBOT: _("机器人"), ways.MAIL: _("邮件")}


class ChannelForm(DeskForm):
    """A new way out. What was typed is a secret: it is never shown again, not even after a mistake."""

    kind = forms.ChoiceField(label=_("种类"), choices=Channel.Kind.choices)
    address = forms.CharField(
        label=_("机器人地址或邮箱"),
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    secret = forms.CharField(
        label=_("加签密钥（钉钉、飞书，可不填）"),
        max_length=100,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("给谁"), required=False, empty_label=_("我自己")
    )

    def __init__(self, *args: Any, departments: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("department", Department.objects.filter(pk__in=departments))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, address = data.get("kind"), data.get("address", "").strip()
        if not kind or not address:
            return data
        if kind == Channel.Kind.MAIL:
            try:
                validate_email(address)
            except ValidationError as error:
                self.add_error("address", error)
        elif (token := token_of(kind, address)) is None:
            self.add_error("address", gettext("这不是这种机器人的地址，请从机器人的设置里整段复制"))
        else:
            address = token
        data["address"] = address
        if kind not in SIGNED:
            data["secret"] = ""
        return data


def wall_time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


class PreferenceForm(DeskForm):
    quiet_from = wall_time(_("免打扰自"))
    quiet_until = wall_time(_("免打扰至"))
    digest_at = wall_time(_("每日汇总"))

    def __init__(self, *args: Any, role: str, preference: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = [kind for kind in Event.Kind if kind not in ways.INSIDE]
        for kind in self.kinds:
            self.fields[f"on_{kind}"] = forms.MultipleChoiceField(
                label=kind.label,
                choices=list(WORDS.items()),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=list(ways.ways_of(role=role, preference=preference, kind=kind)),
            )

    def rows(self) -> list[Any]:
        return [self[f"on_{kind}"] for kind in self.kinds]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        since, until = data.get("quiet_from"), data.get("quiet_until")
        if (since is None) != (until is None) or (since is not None and since == until):
            self.add_error("quiet_until", gettext("免打扰要有不同的开始和结束时间"))
        return data

    def choices(self) -> dict[str, list[str]]:
        return {str(kind): self.cleaned_data[f"on_{kind}"] for kind in self.kinds}
