"""What the rulebook of a department has its people say, in a reply and on the phone."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import get_language

from inquiries.selectors.phrases import call_script, set_words
from kefu.errors import KefuError
from kefu.policy.phrases import Script
from kefu.staff.models import Employee
from kefu.workbench.frame import desk_of

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


@register.inclusion_tag("inquiries/new/_call_script.html", takes_context=True)
def call_words(context: Context) -> dict[str, Any]:
    """How a call begins and ends (CD-05.01). Needs request, now."""
    desk = desk_of(context["request"])
    found = call_script(department_id=desk.department_id, number=desk.number, now=context["now"])
    return {"desk": desk, "lines": found}
