"""What an account owes, said on the pages where it is made good and, days before, on the workbench."""

from typing import Any

from django import template

from kefu.staff import duties

register = template.Library()


@register.simple_tag(takes_context=True)
def owed(context: Any) -> str:
    """What has to be done before anything else; "" for nothing, and for a visitor."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return ""
    first = duties.owed(request)
    return first.words if first else ""


@register.simple_tag(takes_context=True)
def password_warning(context: Any) -> str:
    request = context.get("request")
    return duties.warning(request) if request is not None else ""
