"""What the panel of a case's photos shows."""

from collections.abc import Sequence

from django import template

from kefu.cases.models import PHOTOS, Case
from kefu.cases.photos import UPLOAD_LIMIT
from kefu.cases.selectors import Photo, photos_of

register = template.Library()


@register.simple_tag(name="photos_of")
def photos_of_case(case: Case) -> Sequence[Photo]:
    return photos_of(case)


@register.simple_tag
def photo_upload_limit() -> int:
    """In bytes."""
    return UPLOAD_LIMIT


@register.simple_tag
def most_photos() -> int:
    return PHOTOS
