"""How points and money read in the pages of people."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils.translation import get_language

from kefu.policy.vocabulary import word
from payroll.selectors.awards import grade_in_words

register = template.Library()
MINUS = "−"


@register.filter
def signed(number: Any) -> str:
    """+2, −0.5, 0; "" for nothing."""
    value = _number(number)
    if value is None:
        return ""
    text = _plain(abs(value))
    return text if not value else f"{MINUS}{text}" if value < 0 else f"+{text}"


@register.filter
def points(number: Any) -> str:
    """48.5; — for nothing."""
    value = _number(number)
    return "—" if value is None else (MINUS if value < 0 else "") + _plain(abs(value))


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


def _number(number: Any) -> Decimal | None:
    try:
        return None if number in ("", None) else Decimal(str(number))
    except InvalidOperation:
        return None


@register.filter
def called(name: str) -> str:
    """What the rulebooks call something, in the reader's language."""
    return word(name, get_language() or "zh-hans") if name else ""


@register.filter
def graded(grade: str) -> str:
    """优秀; "" for none."""
    return grade_in_words(grade)
