"""What an account owes, said on the pages where it is made good and, days before, on the workbench."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode

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


@register.simple_tag(takes_context=True)
def sign_on_link(context: Any) -> dict[str, str] | None:
    """Where single sign-on begins and what it is called; None where there is none."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", ())
    if not apps:
        return None
    wanted = context["request"].GET.get("next", "")
    url = reverse("openid_connect_login", args=[apps[0]["provider_id"]])
    return {
        "url": f"{url}?{urlencode({'next': wanted})}" if wanted else url,
        "name": apps[0]["name"],
    }
