"""What the pages of problem parcels show."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django import template

from kefu.rulebooks.selectors import edition
from kefu.workbench import wording
from problem_parcels.forms.scan import CHOSEN
from problem_parcels.models import ProblemRecord
from problem_parcels.selectors.asking import WRITTEN, Field
from problem_parcels.wording import name_in_words, value_in_words

register = template.Library()
# Told elsewhere on the page, or known from the parcel itself.
UNTOLD = {"problem", "parcel", "phone_on_waybill"}


class Fact(NamedTuple):
    name: str
    value: str


@register.filter
def facts_in_words(record: ProblemRecord) -> list[Fact]:
    """What was said of the parcel then, in the words of the edition it was judged by."""
    rules = edition(record.rulebook_id).rules
    return [
        Fact(name_in_words(name), value_in_words(rules, record.chosen, name))
        for name, value in record.chosen.items()
        if name not in UNTOLD and value
    ]


@register.filter
def at(said: Mapping[str, str], name: str) -> str:
    return said.get(name, "")


@register.filter
def input_name(field: Field) -> str:
    """What the form calls it: a field of the record, or one of the names of the clauses."""
    return field.name if field.name in WRITTEN.values() else f"{CHOSEN}{field.name}"


@register.filter
def since(at: datetime, now: datetime) -> str:
    """How long ago, in words: 2 小时 5 分."""
    return wording.stretch(now - at)
