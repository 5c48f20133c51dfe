"""What the pages of processes need besides the workbench's."""

from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect

from kefu.cases.models import Case
from kefu.policy.clauses import Clause
from kefu.policy.vocabulary import word
from kefu.processes.models import StepDone
from kefu.processes.refunds import duty
from kefu.processes.selectors import Standing, language
from kefu.workbench import wording
from kefu.workbench.frame import desk_of, door_time

register = template.Library()


@register.simple_tag(takes_context=True)
def refunds_tab(context: dict[str, Any]) -> dict[str, bool]:
    """Whether who sits here looks through the orders in refund or dispute, and has not today; {} if not."""
    request = context["request"]
    wanted = duty(department_id=desk_of(request).department_id, at=door_time(request))
    if wanted is None or not wanted.owner.allows(request.user):
        return {}
    return {"unchecked": wanted.check is None}


@register.filter
def order_state(name: str) -> str:
    said = word(name, language())
    return said[:1].upper() + said[1:]


@register.filter
def is_radio(field: BoundField) -> bool:
    return isinstance(field.field.widget, RadioSelect)


@register.filter
def is_sheet(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxSelectMultiple)


@register.filter
def is_tick(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def kind_label(kind: str) -> str:
    return str(Case.Kind(kind).label) if kind in Case.Kind else kind


@register.filter
def since(at: datetime, now: datetime) -> str:
    return wording.stretch(now - at)


@register.filter
def outcome_word(at: Standing, row: StepDone) -> str:
    return at.plan.label(row.outcome, language())


@register.simple_tag
def language_label(clause: Clause) -> Any:
    """The title of a clause in the reader's language."""
    return clause.label(language())
