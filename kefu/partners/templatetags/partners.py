"""Words for what the doors say in codes."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from claims.models import Claim
from inquiries.models import Complaint, LineCheck, Rectification
from kefu.api.models import ApiKey
from kefu.appeals.models import Appeal
from kefu.cases.files import Media
from kefu.ledger.models import Entry
from kefu.network.models import ContactNumber
from kefu.notifications.models import Event
from kefu.parcels.models import Scan, Waybill
from kefu.penalties.models import Penalty
from kefu.punctuation import alike
from kefu.statements.models import Statement
from kefu.webhooks.models import Attempt, Delivery, Endpoint

register = template.Library()


WORDS: dict[str, Any] = {
    "call": LineCheck.Outcome,
    "cause": Complaint.Cause,
    "conclusion": Complaint.Conclusion,
    "grade": Complaint.Grade,
    "complaint": Complaint.Stage,
    "measure": Rectification.Measure,
    "rectified": Rectification.Outcome,
    "payment": Waybill.Payment,
    "scan": Scan.Kind,
    "appeal": Appeal.State,
    "entry": Entry.Kind,
    "loss": Claim.Loss,
    "event": Event.Kind,
    "endpoint": Endpoint.State,
    "delivery": Delivery.State,
    "fault": Attempt.Error,
    "stage": Claim.Stage,
    "ending": Claim.Ending,
    "media": Media,
    "number": ContactNumber.Kind,
    "penalty": Penalty.State,
    "statement": Statement.State,
}


@register.filter
def word(code: str, field: str) -> str:
    """What a code of a door is called, e.g. ``row.stage|word:"stage"``."""
    return str(WORDS[field](code).label)


@register.filter
def penalty_value(row: Mapping[str, Any]) -> str:
    """What a penalty of the door costs: 200.00 yuan, 2 points."""
    return (
        _("{n} 元").format(n=row["value"])
        if row["kind"] == "fine"
        else _("{n} 分").format(n=row["value"])
    )


@register.filter
def scope_words(scopes: Iterable[str]) -> str:
    return alike(*(str(ApiKey.Scope(scope).label) for scope in scopes))
