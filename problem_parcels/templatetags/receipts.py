"""What the receipt pages need besides the workbench's own tags."""

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def focused(field: BoundField) -> SafeString:
    """A field that the page begins with: a scanner types where the cursor is."""
    return field.as_widget(attrs={**field.field.widget.attrs, "autofocus": True})
