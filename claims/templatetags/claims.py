"""What the pages of claims show."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template

from claims.models import Claim
from claims.selectors.case import age_of

register = template.Library()


@register.inclusion_tag("claims/_days.html")
def days(claim: Claim, now: datetime) -> dict[str, Any]:
    """The days a claim has used, as a bar."""
    return {"age": age_of(claim, now)}


@register.filter
def percent(share: Decimal) -> str:
    """A share of one in per cent: 25, 33.33."""
    return f"{(share * 100).normalize():f}"
