"""What an outlet still has to do, from its doors, soonest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from kefu.deadlines.models import Deadline
from kefu.partners import doors
from kefu.punctuation import alike

MOST = 100  # of a kind; who has more asks for the next page by his own program
PAGES = 5  # read of a door at most, to find those of its rows that are listed here


@dataclass(frozen=True)
class Item:
    """One thing to do. ``cost``: what being late costs, in words; "" where nothing is set. ``told``: how the deadline
    comes about, where nothing else tells of it.
    """

    kind: str
    id: str
    name: str
    waybill: str
    text: str
    asked_at: datetime
    due_at: datetime | None
    cost: str
    told: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        return f"{self.kind}/{self.id}"


def _query(row: dict[str, Any]) -> Item:
    return Item(
        *("network-queries", row["id"], _("网点查询"), row["waybill_number"], row["question"]),
        *(_at(row["asked_at"]), _due(row["due_at"])),
        alike(*(cost["text"] for cost in row["costs"])),
    )


def _receipt(row: dict[str, Any]) -> Item:
    return Item(
        *("receipt-requests", row["id"], _("查回单"), row["waybill_number"], row["note"]),
        *(_at(row["asked_at"]), _due(row["due_at"])),
        _("在保存期内，拿不出来要罚款") if row["owed"] else _("保存期已过"),
    )


def _message(row: dict[str, Any]) -> Item:
    returned = _due(row["returned_after"])
    return Item(
        *("parcel-messages", row["id"], _("问题件留言"), row["waybill_number"], row["text"]),
        *(_at(row["posted_at"]), _due(row["due_at"]) or returned),
        _("到期没有回复，件就退回") if returned else "",
    )


def _deadline(row: dict[str, Any]) -> Item:
    """What is answered by telephone, or on a page of its own, and yet runs against the outlet."""
    return Item(
        *("deadlines", row["id"], str(Deadline.Action(row["action"]).label)),
        *(row["case"]["waybill_number"], _("按 {clause} 办").format(clause=row["clause"])),
        *(_at(row["starts_at"]), _due(row["due_at"])),
        alike(*(cost["text"] for cost in row["costs"])),
        row.get("explanation"),
    )


def _has_no_other(row: dict[str, Any]) -> bool:
    return not row["about"] or row["about"]["kind"] not in ABOUT


@dataclass(frozen=True)
class Kind:
    """One kind of thing to do: where it is read, how it is shown, and the door that takes the answer ("": none)."""

    wanted: dict[str, Any]
    item: Callable[[dict[str, Any]], Item]
    door: str  # after the id
    listed: Callable[[dict[str, Any]], bool] = lambda _row: True


# Deadlines of these are seen on what they are about.
ABOUT = ("network_query", "receipt_request", "parcel_message")
KINDS = {
    "network-queries": Kind(
        {"direction": "received", "state": "open", "order": "due_at"},
        _query,
        "answer/",
    ),
    "receipt-requests": Kind({"direction": "received", "open": "true"}, _receipt, "answer/"),
    "parcel-messages": Kind({"box": "received", "unanswered": "true"}, _message, "replies/"),
    "deadlines": Kind({}, _deadline, "", _has_no_other),
}


def todo(request: HttpRequest, *, now: datetime) -> list[Item]:
    """Everything that waits for this outlet; what has no clock comes last."""
    found = [item for name in KINDS for item in _of_kind(request, name, now=now)]
    return sorted(found, key=lambda item: (item.due_at is None, item.due_at or item.asked_at))


def _of_kind(request: HttpRequest, name: str, *, now: datetime) -> Iterator[Item]:
    kind, wanted, found = KINDS[name], dict(KINDS[name].wanted), 0
    for _page in range(PAGES):
        answer = doors.read(request, f"{name}/", now=now, limit=MOST, **wanted)
        listed = list(filter(kind.listed, answer.data["results"]))
        yield from map(kind.item, listed)
        found += len(listed)
        wanted["cursor"] = answer.data["next_cursor"]
        if found >= MOST or len(listed) == len(answer.data["results"]) or not wanted["cursor"]:
            return


def one(request: HttpRequest, name: str, public_id: str, *, now: datetime) -> tuple[Item, str]:
    """One of them as it is now, with its version. Raises Http404."""
    answer = doors.read(request, f"{name}/{public_id}/", now=now)
    return KINDS[name].item(answer.data), answer.etag


def _at(text: str) -> datetime:
    at = parse_datetime(text)
    assert at is not None  # the doors write instants
    return at


def _due(text: str | None) -> datetime | None:
    return _at(text) if text else None
