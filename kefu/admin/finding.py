"""What people type into a search box: a number, a phone or its end, a name in Chinese or pinyin."""

import re

from django.db.models import Q

from kefu.privacy import lookup

_NUMBER = re.compile(r"[A-Z]{2}-[0-9-]+")
_WAYBILL = re.compile(r"[0-9A-Z]{8,24}")


def person(text: str, column: str = "lookup") -> Q | None:
    """Rows of a person with this phone, phone end or name; searched by their HMAC, never in the clear."""
    tokens = lookup.tokens_for_query(text)
    return Q(**{f"{column}__overlap": tokens}) if tokens else None


def case(text: str, prefix: str = "") -> Q | None:
    """Cases by number, waybill, or the customer's phone, phone end or name. ``prefix``: e.g. ``case__``."""
    key = text.upper().replace(" ", "")
    meant = person(text, f"{prefix}lookup")
    if _NUMBER.fullmatch(key):
        return Q(**{f"{prefix}number__startswith": key})
    if _WAYBILL.fullmatch(key) and any(character.isdigit() for character in key):
        found = Q(**{f"{prefix}waybill_number": key})
        return found | meant if meant else found
    return meant


def party(text: str, prefix: str = "party__") -> Q:
    """Parties by code, name, pinyin or its initials."""
    key = text.strip().lower()
    return (
        Q(**{f"{prefix}code__istartswith": key})
        | Q(**{f"{prefix}name__contains": text.strip()})
        | Q(**{f"{prefix}pinyin__startswith": key})
        | Q(**{f"{prefix}initials__startswith": key})
    )


def either(*meanings: Q | None) -> Q | None:
    """Any of several meanings; None if the text means nothing."""
    found = [meaning for meaning in meanings if meaning is not None]
    if not found:
        return None
    whole = found[0]
    for meaning in found[1:]:
        whole |= meaning
    return whole
