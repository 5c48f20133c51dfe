"""Words for what the doors say in codes."""

from collections.abc import Iterable
from typing import Any

from django import template

from claims.models import Claim
from kefu.api.models import ApiKey
from kefu.network.models import ContactNumber
from kefu.punctuation import alike

register = template.Library()


@register.filter
def claim_word(code: str, field: str) -> str:
    """What a claim's ``loss``, ``stage`` or ``ending`` is called."""
    kinds: Any = {"loss": Claim.Loss, "stage": Claim.Stage, "ending": Claim.Ending}[field]
    return str(kinds(code).label)


@register.filter
def number_word(kind: str) -> str:
    return str(ContactNumber.Kind(kind).label)


@register.filter
def scope_words(scopes: Iterable[str]) -> str:
    return alike(*(str(ApiKey.Scope(scope).label) for scope in scopes))
