"""What the reply form offers to say, by the department's rulebook."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import get_language

from inquiries.selectors.phrases import set_words
from kefu.errors import KefuError
from kefu.policy.phrases import Script
from kefu.staff.models import Employee

register = template.Library()


@register.simple_tag(takes_context=True)
def house_words(context: Context) -> list[Script]:
    """The greeting and the closing words for the case of this page. Needs case, now, user."""
    user: Any = context.get("user")
    try:
        return set_words(
            case=context["case"],
            employee=Employee.objects.filter(user=user.pk).first() if user else None,
            language=get_language() or "zh-hans",
            now=context["now"],
        )
    except KefuError:
        return []  # without a rulebook there are no set words
