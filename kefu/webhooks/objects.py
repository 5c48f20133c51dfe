"""What an event is about, as partners may know it: a public id and its address, never the thing itself.

The apps above say which key of an event's data names which object of theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from kefu.api.public_ids import conceal
from kefu.notifications.models import Event

# What partners are told of. Events of other kinds are between ourselves.
TYPES = (
    Event.Kind.QUERY_ASKED,
    Event.Kind.QUERY_ANSWERED,
    Event.Kind.MESSAGE_POSTED,
    Event.Kind.MESSAGE_ANSWERED,
    Event.Kind.CLAIM_GUIDED,
    Event.Kind.RECOVERY,
    Event.Kind.PENALTY,
    Event.Kind.APPEAL,
    Event.Kind.STATEMENT,
)
TEST = Event.Kind.WEBHOOK_TEST  # somebody tries an address out; in no feed
CHOICES = [(kind.value, kind.label) for kind in TYPES]


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of object: the name its public ids are made with, and the view that shows one ("": none does)."""

    name: str
    view: str = ""


_things: dict[str, Thing] = {}


def register(key: str, thing: Thing) -> None:
    """Say what ``key`` in an event's data is the row of; called from ``AppConfig.ready()`` of the app that owns it."""
    _things[key] = thing


def public_event_id(event_id: int) -> str:
    """The same in the feed and in every delivery of the event."""
    return conceal("event", event_id)


def object_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the object that an event's data names; None if partners have no name for it."""
    for key, thing in _things.items():
        if key in data:
            public_id = conceal(thing.name, data[key])
            url = reverse(thing.view, args=[public_id]) if thing.view else None
            return {"type": thing.name, "id": public_id, "url": url}
    return None
