"""Figures and their lists, as every panel of the front page shows them."""

from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

if TYPE_CHECKING:  # the admin's own parts need a template engine to be imported
    from kefu.overview.dashboard.figures import Figure

register = template.Library()


@register.simple_tag
def figure(found: "Figure", label: str = "") -> SafeString:
    """The number as a link to its rows; nothing to open where there are none. ``label`` is read out before it."""
    if not found.n:
        return format_html('<span class="kd-zero">{}</span>', found.shown)
    tone = f" is-{found.tone}" if found.tone else ""
    heard = format_html(' aria-label="{} {}"', label, found.shown) if label else ""
    return format_html(
        '<a class="kd-fig{}" href="{}"{}>{}</a>', tone, found.url, heard, found.shown
    )
