"""What the pages of training need of their templates."""

from typing import Any

from django import template
from django.forms import BoundField, Form
from django.utils.translation import gettext as _

from payroll.models import Question

register = template.Library()


@register.filter
def words(text: str) -> list[str]:
    return text.split()


@register.filter
def field_of(form: Form, name: str) -> BoundField:
    return form[name]


@register.filter
def kind_of_question(kind: str) -> Any:
    """The kind in words; any where none is named."""
    return dict(Question.Kind.choices).get(kind) or _("全部题型")
