"""Keep the network's file: parties by name, and the numbers they are reached by."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber, Party
from kefu.privacy import lookup, masks, names, phones

PERMISSION = "network.edit_network"


def save_party(*, party: Party, actor: Any) -> Party:
    """Save a party with the pinyin it is found and sorted by."""
    _need_permission(actor)
    party.pinyin, party.initials = names.pinyin(party.name), names.initials(party.name)
    party.save()
    return party


@transaction.atomic
def change_number(
    *,
    party: Party,
    kind: ContactNumber.Kind,
    number: str,
    holder: str = "",
    effective_at: datetime | None = None,
    actor: Any,
    now: datetime,
) -> ContactNumber:
    """Reach ``party`` by another number from now on, or from ``effective_at``; the row before it ends and stays as
    history. An outlet may report its own numbers (CD-05.24); through its own door nobody of ours is the ``actor``.

    Number and holder are given in plain and kept sealed, with masked copies and look-up tokens beside.
    The same number and holder again change nothing. Raises PhoneRefused naming ``number``.
    """
    _need_permission(actor, of=party)
    since = effective_at or now
    plain = {"number": phones.normalise(number, field="number"), "holder": holder.strip()}
    # Two who change it at once queue up on the party.
    Party.objects.select_for_update().get(pk=party.pk)
    current = ContactNumber.objects.filter(party=party, kind=kind, valid_to=None).first()
    if current is not None:
        if current.sealed == plain:
            return current
        if since < current.valid_from:
            raise KefuError(
                _("现在的号码从更晚的时间启用，启用日期不能早于它"),
                code="before_current",
                field="effective_on",
            )
        _end(current, since)
    return ContactNumber.objects.create(
        party=party,
        kind=kind,
        sealed=plain,
        number_masked=masks.mask_phone(plain["number"]),
        holder_masked=masks.mask_name(plain["holder"]),
        lookup=lookup.tokens_for_person(plain["holder"], plain["number"]),
        valid_from=since,
        recorded_by=actor,
        recorded_at=now,
    )


@transaction.atomic
def end_number(*, number: ContactNumber, actor: Any, now: datetime) -> None:
    """Nobody answers there any more."""
    _need_permission(actor)
    number = ContactNumber.objects.select_for_update().get(pk=number.pk)
    if number.valid_to is not None:
        raise Conflict(_("这个号码已经停用"))
    _end(number, now)


def _end(number: ContactNumber, now: datetime) -> None:
    number.valid_to = max(now, number.valid_from)
    number.save(update_fields=["valid_to"])


def _need_permission(actor: Any, *, of: Party | None = None) -> None:
    own = of is not None and of.outlet_id is not None and (actor is None or actor.party_id == of.pk)
    if not own and not (actor is not None and actor.has_perm(PERMISSION)):
        raise NotAllowed(_("只有主管可以修改网点资料"))
