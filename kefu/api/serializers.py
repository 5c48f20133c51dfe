"""Serializers that take listed fields only, in the type they are listed with."""

from datetime import datetime
from typing import Any

from django.db import models
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kefu.clock import SHANGHAI

NAME_SHOWN = 64  # characters of a caller's field name that an answer repeats


class Direction(models.TextChoices):
    """Which way something went, as the calling outlet sees it."""

    RECEIVED = "received", _("收到的")
    SENT = "sent", _("发出的")


class Text(serializers.CharField):
    """Text as JSON text; a number would have lost leading zeros. Services clean it."""

    default_error_messages = {"not_text": _("应是文字")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """An instant with its offset: a partner's clock may run in another zone."""

    default_error_messages = {"no_offset": _("时间要带时区，如 +08:00（写作 %2B08:00）")}

    def to_internal_value(self, value: Any) -> datetime:
        # A plus sign that was not escaped arrives as a space.
        value = str(value).replace(" ", "+")
        instant = super().to_internal_value(value)
        given = parse_datetime(value)
        if given is None or given.tzinfo is None:
            self.fail("no_offset")
        return instant


# No docstring on it: the OpenAPI document would repeat it under every form.
class Strict(serializers.Serializer[Any]):
    def to_internal_value(self, data: Any) -> Any:
        refused: dict[str, Any] = {}
        for name in data:
            if name not in self.fields:
                refused[name[:NAME_SHOWN]] = [
                    serializers.ErrorDetail(str(_("没有这个字段")), "unknown_field")
                ]
            elif isinstance(data, QueryDict) and len(data.getlist(name)) > 1:
                refused[name] = [serializers.ErrorDetail(str(_("只能给一次")), "repeated")]
            elif isinstance(data, QueryDict) and not data[name]:
                # Elsewhere an empty parameter is taken for none, and a filter that was meant would be lost.
                refused[name] = [serializers.ErrorDetail(str(_("不能为空")), "blank")]
        if refused:
            raise serializers.ValidationError(refused)
        return super().to_internal_value(data)


def instant_in_sql(column: str) -> str:
    """The same as an expression of SQL for an aware ``column``: a list of many is made without any objects."""
    text = f"to_char({column} AT TIME ZONE '{SHANGHAI.key}', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    return f"replace({text}, '.000000', '') || '+08:00'"


def instant(at: datetime | None) -> str | None:
    """An instant as partners read it, with Shanghai's offset."""
    return None if at is None else at.astimezone(SHANGHAI).isoformat()
