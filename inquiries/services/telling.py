"""Outlets hear of complaints against them."""

from datetime import datetime

from inquiries.models import Complaint
from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.notifications import services as notifications
from kefu.notifications.models import Event


def tell_outlet(*, case: Case, now: datetime) -> None:
    """Tell the outlet a complaint is against that there is one, or something new in it.

    Nobody else: who bears a finding on it may be another party, whom the complaint is not shown to and who hears of
    the penalty (decision 0095). A case that is no complaint, and one against people of ours, tells nobody.
    """
    if case.kind != Case.Kind.COMPLAINT:
        return
    against = Complaint.objects.filter(case=case, against__kind__in=Party.PARTNERS)
    for party_id in against.values_list("against", flat=True):
        notifications.publish(
            kind=Event.Kind.COMPLAINT, at=now, party_id=party_id, data={"complaint": case.pk}
        )
