"""Which events partners are told of, and what they call one."""

from kefu.api.public_ids import conceal
from kefu.notifications.models import Event

# Events of other kinds are between ourselves.
TYPES = (
    Event.Kind.QUERY_ASKED,
    Event.Kind.QUERY_ANSWERED,
    Event.Kind.MESSAGE_POSTED,
    Event.Kind.MESSAGE_ANSWERED,
    Event.Kind.COMPLAINT,
    Event.Kind.CLAIM_GUIDED,
    Event.Kind.RECOVERY,
    Event.Kind.PENALTY,
    Event.Kind.APPEAL,
    Event.Kind.STATEMENT,
)
TEST = Event.Kind.WEBHOOK_TEST  # somebody tries an address out; in no feed
CHOICES = [(kind.value, kind.label) for kind in TYPES]


def public_event_id(event_id: int) -> str:
    """The same in the feed and in every delivery of the event."""
    return conceal("event", event_id)
