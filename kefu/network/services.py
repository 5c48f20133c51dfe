"""Keep the network's file: parties by name, and the numbers they are reached by."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import ContactNumber, Party
from kefu.privacy import lookup, masks, names, phones

PERMISSION = "network.edit_network"


def save_party(*, party: Party, actor: Any) -> Party:
    """Save a party with the pinyin it is found and sorted by.

    Raises NotAllowed; KefuError naming the field for a contract area that nobody would settle with; Conflict
    (has_money) for one whose money would then stand on two outlets' statements.
    """
    _need_permission(actor)
    _check_place(party)
    party.pinyin, party.initials = names.pinyin(party.name), names.initials(party.name)
    try:
        with transaction.atomic():
            party.save()
    except IntegrityError as error:
        if "party_with_money_stays" not in str(error):  # a trigger of the journal
            raise
        raise Conflict(
            _("这一方名下已有入账，类别和所属网点不能再改；换了网点的承包区请停用，另建一个"),
            code="has_money",
            field="parent",
        ) from error
    return party


def _check_place(party: Party) -> None:
    """A contract area settles with the outlet or hub above it; under anybody else it would stand on no statement."""
    area = Party.Kind.CONTRACTOR
    if party.kind == area and (party.parent is None or party.parent.kind not in Party.HOLDERS):
        raise KefuError(
            _("承包区的上级只能是网点或分拨中心，要在它的对账单上结算"),
            code="not_an_outlet",
            field="parent",
        )
    areas = Party.objects.filter(parent=party.pk, kind=area) if party.pk else Party.objects.none()
    if party.kind not in Party.HOLDERS and areas.exists():
        raise KefuError(_("名下有承包区，类别只能是网点或分拨中心"), code="has_areas", field="kind")


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
