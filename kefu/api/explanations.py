"""Why: an explanation of policy as partners read it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class FactShown(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()


class LineShown(serializers.Serializer[Any]):
    clause = serializers.CharField()
    text = serializers.CharField()
    value = serializers.CharField()


class FooterShown(serializers.Serializer[Any]):
    lead = serializers.CharField()
    rulebook = serializers.CharField(help_text=_("规则手册和版次"))
    note = serializers.CharField()


class ExplanationShown(serializers.Serializer[Any]):
    """For people, in the language asked for; ``dataclasses.asdict`` makes the very same fields."""

    clause = serializers.CharField()
    title = serializers.CharField()
    basis = serializers.CharField(allow_blank=True)
    result = serializers.CharField()
    facts = FactShown(many=True, help_text=_("事实"))
    arithmetic = LineShown(many=True, help_text=_("怎样算出来的，逐行附条款"))
    total = LineShown()
    changes = FactShown(many=True, help_text=_("什么会改变它"))
    footer = FooterShown()
