"""The morning's bulk drivers: a sheet for each, ticked parcel by parcel; a wrong parcel stays (CD-04.09)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError
from kefu.network.models import Party
from kefu.policy.processes import next_step
from kefu.policy.refusals import NotInRulebook
from kefu.privacy import redact
from kefu.staff.models import Employee
from problem_parcels.models import Collection, CollectionLine, Stay
from problem_parcels.selectors.shifts import MORNING
from problem_parcels.selectors.store import day_of, in_store, warehouse_edition
from problem_parcels.services import stays

REASON_LIMIT = 120  # characters


@transaction.atomic
def open_sheet(*, driver: Party, actor: Any, now: datetime) -> Collection:
    """Today's sheet of a bulk driver; of two who open it at once both get the same one."""
    if driver.kind != Party.Kind.DRIVER or not driver.active:
        raise KefuError(_("请选在岗的驾驶员"), code="wrong_party", field="driver")
    return Collection.objects.get_or_create(
        on=day_of(now), driver=driver, defaults={"opened_at": now, "opened_by": actor}
    )[0]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One number that was not put on the sheet, and why."""

    number: str
    why: str


@transaction.atomic
def put_on(*, sheet: Collection, numbers: Iterable[str], now: datetime) -> list[Refusal]:
    """Put parcels on a sheet; each that does not lie in the store, or waits for another, is told and left out."""
    sheet = _lock(sheet)
    refused = []
    for number in dict.fromkeys(numbers):
        try:
            with transaction.atomic():
                stay = _in_store(number)
                CollectionLine.objects.create(collection=sheet, stay=stay)
        except IntegrityError:
            line = _waiting(number)
            where = line.collection.driver if line else ""
            refused.append(Refusal(number, _("已在 %(driver)s 的提货单上") % {"driver": where}))
        except KefuError as error:
            refused.append(Refusal(number, str(error)))
    return refused


def bulk_in_store() -> list[str]:
    """The bulk parcels that lie in the warehouse and wait for no driver yet."""
    waiting = CollectionLine.objects.filter(stay=OuterRef("pk"), ticked_at=None, struck_at=None)
    bulk = in_store().filter(~Exists(waiting), sort=Stay.Sort.BULK)
    return list(bulk.order_by("entered_at", "pk").values_list("waybill_number", flat=True))


def _in_store(number: str) -> Stay:
    number = redact.clean_waybill(number, field="number")
    stay = stays.open_stay(number)
    if stay is None:
        raise KefuError(
            _("%(number)s 不在库") % {"number": number}, code="not_in_store", field="number"
        )
    return stay


def _waiting(number: str) -> CollectionLine | None:
    """The line of a parcel that waits for a driver."""
    return (
        CollectionLine.objects.filter(stay__waybill_number=number, ticked_at=None, struck_at=None)
        .select_related("collection__driver", "stay__case")
        .first()
    )


def _lock(sheet: Collection) -> Collection:
    """Held for whoever ticks or finishes. Raises Conflict for a sheet that is finished."""
    sheet = (
        Collection.objects.select_for_update(of=["self"]).select_related("driver").get(pk=sheet.pk)
    )
    if sheet.finished_at is not None:
        raise Conflict(_("这张提货单已经提完"), code="sheet_finished")
    return sheet


@transaction.atomic
def tick(
    *, sheet: Collection, number: str, by: Employee, actor: Any, now: datetime
) -> CollectionLine:
    """The driver takes this parcel: it is the right one, so it is scanned out with the tick.

    Raises Conflict: wrong_parcel for one that is not on his sheet, saying whose it is. Source: CD-04.09.
    """
    sheet = _lock(sheet)
    number = redact.clean_waybill(number, field="number")
    line = _waiting(number)
    if line is None or line.collection_id != sheet.pk:  # rule: CD-04.09
        raise Conflict(
            _("拿错了！%(number)s 是 %(driver)s 的货，放回去")
            % {"number": number, "driver": line.collection.driver}
            if line
            else _("拿错了！%(number)s 不在这张提货单上，放回去") % {"number": number},
            code="wrong_parcel",
            field="number",
        )
    line.ticked_at, line.ticked_by = now, by
    line.save(update_fields=["ticked_at", "ticked_by"])
    to = {"left_as": Stay.LeftAs.DRIVER, "left_for": sheet.driver.name}
    stays.leave(stay=line.stay, **to, by=by, actor=actor, now=now)
    return line


@transaction.atomic
def strike(*, line: CollectionLine, reason: str, by: Employee, now: datetime) -> CollectionLine:
    """This parcel is not collected after all; it stays in store, and why is on record."""
    _lock(line.collection)
    line = CollectionLine.objects.get(pk=line.pk)
    if line.ticked_at is not None or line.struck_at is not None:
        raise Conflict(_("这一件已经办过"), code="line_done")
    line.struck_for = redact.clean(
        reason, max_length=REASON_LIMIT, field="reason", multiline=False, required=True
    )
    line.struck_at, line.struck_by = now, by
    line.save(update_fields=["struck_for", "struck_at", "struck_by"])
    return line


@transaction.atomic
def finish(*, sheet: Collection, by: Employee, now: datetime) -> Collection:
    """The driver has all that is his. Raises Conflict while a parcel is neither ticked nor struck (CD-04.09)."""
    sheet = _lock(sheet)
    left = sheet.lines.filter(ticked_at=None, struck_at=None).count()
    recorded = {"driver_named"} | ({"every_parcel_ticked"} if not left else set())
    try:
        missing = next_step(warehouse_edition(at=now).rules, MORNING, recorded=recorded).missing
    except NotInRulebook:
        missing = ()
    if missing:
        raise Conflict(_("还有 %(n)d 件没有核对") % {"n": left}, code="not_all_ticked")
    sheet.finished_at, sheet.finished_by = now, by
    sheet.save(update_fields=["finished_at", "finished_by"])
    return sheet
