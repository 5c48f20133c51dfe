"""What partners call objects of ours: a public id and an address. Each app tells of its own when it is ready."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from kefu.api.public_ids import conceal

Link = dict[str, str]


class LinkShown(serializers.Serializer[Any]):
    """An object behind a door of its own."""

    kind = serializers.CharField(
        help_text=_("network_query、parcel_message、receipt_request、claim；以后会有别的")
    )
    id = serializers.CharField()


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of object.

    ``name``: its public ids are made with it. ``view``: shows one; "": none does. ``in_event``: what its row is called
    in an event's data. ``of_party``: which of them a party may see, if they hold deadlines, by the fields ``clocks``.
    """

    name: str
    view: str = ""
    in_event: str = ""
    of_party: Callable[[int], QuerySet[Any]] | None = None
    clocks: tuple[str, ...] = ()


_things: dict[str, Thing] = {}


def register(thing: Thing) -> None:
    """Tell of a kind; called from ``AppConfig.ready()`` of the app that owns it."""
    _things[thing.name] = thing


def links(deadlines: Collection[int], *, party_id: int) -> dict[int, Link]:
    """Return by deadline what it is about, if ``party_id`` may see that. One question a kind, however many."""
    found: dict[int, Link] = {}
    for thing in _things.values():
        if thing.of_party is None:
            continue
        held = Q()
        for clock in thing.clocks:
            held |= Q(**{f"{clock}__in": deadlines})
        for pk, *clocks in thing.of_party(party_id).filter(held).values_list("pk", *thing.clocks):
            found |= {
                clock: {"kind": thing.name, "id": conceal(thing.name, pk)} for clock in clocks
            }
    return found


def object_of(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the object that an event's data names, never the thing itself; None if partners have no name for it."""
    for thing in _things.values():
        if thing.in_event and thing.in_event in data:
            public_id = conceal(thing.name, data[thing.in_event])
            url = reverse(thing.view, args=[public_id]) if thing.view else None
            return {"type": thing.name, "id": public_id, "url": url}
    return None
