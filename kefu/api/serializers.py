"""Serializers that take listed fields only, in the type they are listed with."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

NAME_SHOWN = 64  # characters of a caller's field name that an answer repeats


class Text(serializers.CharField):
    """Text as JSON text; a number would have lost leading zeros. Services clean it."""

    default_error_messages = {"not_text": _("应是文字")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return super().to_internal_value(data)


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
        if refused:
            raise serializers.ValidationError(refused)
        return super().to_internal_value(data)
