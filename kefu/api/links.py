"""What a deadline is about, as partners see it. Each app tells of its own doors when it is ready."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
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
class _Door:
    of_party: Callable[[int], QuerySet[Any]]
    clocks: tuple[str, ...]


_doors: dict[str, _Door] = {}


def register(kind: str, of_party: Callable[[int], QuerySet[Any]], *clocks: str) -> None:
    """Objects with public ids of ``kind``: which a party may see, and by which fields they hold their deadlines."""
    _doors[kind] = _Door(of_party, clocks)


def links(deadlines: Collection[int], *, party_id: int) -> dict[int, Link]:
    """Return by deadline what it is about, if ``party_id`` may see that. One question a kind, however many."""
    found: dict[int, Link] = {}
    for kind, door in _doors.items():
        held = Q()
        for clock in door.clocks:
            held |= Q(**{f"{clock}__in": deadlines})
        for pk, *clocks in door.of_party(party_id).filter(held).values_list("pk", *door.clocks):
            found |= {clock: {"kind": kind, "id": conceal(kind, pk)} for clock in clocks}
    return found
