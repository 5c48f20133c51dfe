"""Outlets hear of complaints against them."""

from datetime import datetime

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event


def tell_party(party: Party | None, *, case: Case, now: datetime) -> None:
    """Tell an outlet that there is a complaint against it, or something new in one; people of ours hear otherwise."""
    if case.kind == Case.Kind.COMPLAINT and party and party.kind in Party.PARTNERS:
        notifications.publish(
            kind=Event.Kind.COMPLAINT, at=now, party_id=party.pk, data={"complaint": case.pk}
        )
