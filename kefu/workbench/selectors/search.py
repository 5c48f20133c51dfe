"""Find anything by what the agent has in hand: waybill, phone, case number, name or pinyin, words said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from kefu.cases.models import Case
from kefu.network.models import Party
from kefu.parcels.models import Waybill
from kefu.privacy import lookup, search

SUGGESTED = 8
FOUND = 50
OUTLETS = 30  # beside them
SHORTEST = 2  # characters


@dataclass(frozen=True, slots=True)
class Find:
    """One hit: a case, or a parcel nobody has asked about yet (``number`` empty)."""

    url: str
    number: str
    waybill_number: str
    customer: str
    phone: str
    summary: str
    kind: str
    state: str
    due_at: Any


def suggest(*, user: Any, text: str) -> Sequence[Find]:
    return _find(user=user, text=text, limit=SUGGESTED)


def search_cases(*, user: Any, text: str) -> Sequence[Find]:
    return _find(user=user, text=text, limit=FOUND)


def _find(*, user: Any, text: str, limit: int) -> list[Find]:
    """Exact things first: number, waybill, person; then words said in the case. Newest first within each."""
    text = "".join(character for character in text if character.isprintable()).strip()
    if len(text) < SHORTEST:
        return []
    cases = Case.objects.visible_to(user).defer("sealed", "search", "lookup").order_by("-pk")
    digits = "".join(character for character in text if character.isalnum()).upper()
    found: dict[int, Find] = {}
    ways = [cases.filter(number=text.upper())]
    if digits:
        ways.append(cases.filter(waybill_number=digits))
    if tokens := lookup.tokens_for_query(text):
        ways.append(cases.filter(lookup__overlap=tokens))
    if search.tsquery(text):
        ways.append(cases.filter(search.matching(text)))
    for way in ways:
        if len(found) < limit:
            for case in way[:limit]:
                found.setdefault(case.pk, _case(case))
    finds = list(found.values())[:limit]
    known = {find.waybill_number for find in finds}
    if len(finds) < limit and len(digits) >= 8 and digits.isalnum() and digits.isascii():
        waybills = (
            Waybill.objects.numbered_like(digits).exclude(number__in=known).order_by("number")
        )
        finds += [_waybill(one) for one in waybills.defer("sealed", "lookup")[: limit - len(finds)]]
    if len(finds) < limit and tokens and digits.isdecimal():
        # The sender's or the receiver's phone on the label of a parcel nobody has asked about (ES-203.14).
        known |= {find.waybill_number for find in finds}
        labels = Waybill.objects.filter(lookup__overlap=tokens).exclude(number__in=known)
        newest = labels.order_by("-accepted_at").defer("sealed", "lookup")
        finds += [_waybill(one) for one in newest[: limit - len(finds)]]
    return finds


def _case(case: Case) -> Find:
    return Find(
        url=reverse("workbench:case", args=[case.number]),
        number=case.number,
        waybill_number=case.waybill_number,
        customer=case.customer_name_masked,
        phone=case.customer_phone_masked,
        summary=case.summary,
        kind=case.get_kind_display(),
        state=case.get_state_display(),
        due_at=case.next_due_at,
    )


def _waybill(waybill: Waybill) -> Find:
    return Find(
        url=f"{reverse('inquiries:new')}?waybill={waybill.number}",
        number="",
        waybill_number=waybill.number,
        customer=waybill.receiver_name_masked,
        phone=waybill.receiver_phone_masked,
        summary=f"{waybill.route_from} → {waybill.route_to}",
        kind="",
        state="",
        due_at=None,
    )


def served(text: str) -> list[Party]:
    """The outlets that deliver at a place, for who is asked whether we go there (CD-03.24); [] for what names none."""
    place = "".join(character for character in text if character.isprintable()).strip()
    if len(place) < SHORTEST or any(character.isdecimal() for character in place):
        return []
    there = Party.objects.serving(place).select_related("region__parent")
    return list(there[:OUTLETS])  # rule: CD-03.24
