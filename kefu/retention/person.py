"""What we hold of one person, found by the tokens of his number; what may go of it, and what has to be kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.db import connection, models

from kefu.cases.models import Case
from kefu.parcels.models import Waybill
from kefu.policy.moments import day_of
from kefu.privacy import lookup
from kefu.privacy.fields import SealedField, SealedFile, SealedFileField
from kefu.retention.due import Period, periods, standing
from kefu.retention.models import Destroyed, PersonalRequest, Sort, Unit

MOST = 500  # things of one person that are dealt with at once
SIDES = (("sender", Unit.WAYBILL_SENDER), ("receiver", Unit.WAYBILL_RECEIVER))


@dataclass(frozen=True, slots=True)
class Thing:
    """One object that is about the person. ``sides``: of a parcel, which of its two people he is."""

    unit: Unit
    pk: int
    label: str
    department_id: int | None = None
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one kind of data of one thing: destroyed, restricted or left, by which clause and why."""

    thing: Thing
    unit: Unit
    kind: Sort
    what: str  # destroyed, restricted, left
    why: str  # over, no_clause, has_to_be_kept, in_use, already
    clause: str
    since: date
    period: Period | None
    keep_until: date | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "unit": str(self.unit),
            "id": self.thing.pk,
            "label": self.thing.label,
            "kind": str(self.kind),
            "outcome": self.what,
            "why": self.why,
            "clause": self.clause,
            "until": self.keep_until.isoformat() if self.keep_until else "",
        }


def things_of(token: int) -> list[Thing]:
    """Everything that is found by this number, the newest first: cases, parcels, the customer's file."""
    found = [
        Thing(Unit.CASE, pk, number, department)
        for pk, number, department in Case.objects.filter(lookup__contains=[token])
        .order_by("-pk")
        .values_list("pk", "number", "department_id")[:MOST]
    ]
    for waybill in Waybill.objects.filter(lookup__contains=[token]).order_by("-pk")[:MOST]:
        sides = tuple(side for side, _unit in SIDES if is_his(waybill, side, token))
        if sides:
            found.append(Thing(Unit.WAYBILL, waybill.pk, waybill.number, sides=sides))
    with connection.cursor() as cursor:  # the app that has them stands above
        cursor.execute("SELECT id FROM customers_customer WHERE token = %s", [token])
        found += [Thing(Unit.CUSTOMER, pk, f"KH-{pk:06}") for (pk,) in cursor.fetchall()]
    return found


def is_his(waybill: Waybill, side: str, token: int) -> bool:
    phone = waybill.sealed.get(f"{side}_phone", "")
    return bool(phone) and token in lookup.tokens_for_person("", phone)


def is_on_waybill(token: int, number: str) -> bool:
    """Whether a parcel, or a case about it, has this number: nobody is told of a stranger's."""
    return (
        Waybill.objects.filter(number=number, lookup__contains=[token]).exists()
        or Case.objects.filter(waybill_number=number, lookup__contains=[token]).exists()
    )


def outcomes(token: int, *, now: datetime) -> list[Outcome]:
    """What would become of each thing if all were deleted that may be.

    What is in use (an open case, an appeal, a hold) is left. What a clause wants kept for longer is restricted. The
    rest is destroyed: where no clause wants it kept, the purpose it was collected for is over.
    """
    found: list[Outcome] = []
    kept, things = periods(now=now), things_of(token)
    standings = {
        (unit, kind): standing(unit, kind, [one.pk for one in things if one.unit == unit])
        for unit in (Unit.CASE, Unit.WAYBILL, Unit.CUSTOMER)
        for kind in _kinds(unit)
    }
    taken = _sides_taken([one.pk for one in things if one.unit == Unit.WAYBILL])
    for thing, kind in ((one, kind) for one in things for kind in _kinds(one.unit)):
        stands = standings[thing.unit, kind][thing.pk]
        period = _period(kept, thing, kind)
        if stands.held or stands.since is None:
            found.append(_outcome(thing, thing.unit, kind, "left", "in_use", day_of(now), period))
        elif stands.gone:
            continue
        elif period is None and thing.unit != Unit.WAYBILL:
            found.append(
                _outcome(thing, thing.unit, kind, "destroyed", "no_clause", stands.since, None)
            )
        elif period is not None and stands.since <= period.until:
            found.append(
                _outcome(thing, thing.unit, kind, "destroyed", "over", stands.since, period)
            )
        elif not stands.restricted:
            # Of a parcel only his own side; the other person did not ask.
            units = [
                unit
                for side, unit in SIDES
                if side in thing.sides and (thing.pk, unit) not in taken
            ] or ([] if thing.unit == Unit.WAYBILL else [thing.unit])
            why = "has_to_be_kept" if period else "other_side"
            found += [
                _outcome(thing, unit, kind, "restricted", why, stands.since, period)
                for unit in units
            ]
    return found


def _sides_taken(pks: list[int]) -> set[tuple[int, str]]:
    return set(
        Destroyed.objects.filter(
            unit__in=[unit for _side, unit in SIDES], object_id__in=pks
        ).values_list("object_id", "unit")
    )


def _outcome(
    thing: Thing,
    unit: Unit,
    kind: Sort,
    what: str,
    why: str,
    day: date,
    period: Period | None,
) -> Outcome:
    until = period.last_on(day) if period is not None and what == "restricted" else None
    clause = period.clause if period else ""
    return Outcome(thing, unit, kind, what, why, clause, day, period, until)


def _kinds(unit: Unit) -> tuple[Sort, ...]:
    if unit == Unit.CASE:
        return (Sort.SERVICE_RECORD, Sort.CUSTOMER_DATA)
    return (Sort.LOGISTICS_DATA,) if unit == Unit.WAYBILL else (Sort.CUSTOMER_DATA,)


def _period(kept: Iterable[Period], thing: Thing, kind: Sort) -> Period | None:
    for period in kept:
        if (period.unit, period.kind) == (thing.unit, kind) and (
            period.departments is None or thing.department_id in period.departments
        ):
            return period
    return None


# The copy.


def copy_of(request: PersonalRequest) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Everything in the clear that belongs to the person: a list of things with their rows, and the photos by file name.

    What is restricted is named and not opened; of a parcel he gets his own side. The caller has recorded the look.
    """
    things, files = [], dict[str, bytes]()
    for thing in things_of(request.token):
        rows = list(_rows(thing, files))
        things.append({"kind": str(Unit(thing.unit).label), "number": thing.label, "rows": rows})
    return things, files


def _rows(thing: Thing, files: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, place::text, belongs FROM kefu_destruction_plan() WHERE unit = %s",
            [str(thing.unit)],
        )
        plan = cursor.fetchall()
    restricted = set(
        Destroyed.objects.filter(
            object_id=thing.pk, restricted=True, unit__startswith=thing.unit
        ).values_list("unit", "kind")
    )
    tables = {model._meta.db_table: model for model in apps.get_models()}
    for kind, place, belongs in plan:
        model = tables[place]
        if (str(thing.unit), kind) in restricted:
            yield {"what": str(model._meta.verbose_name), "restricted": True}
            continue
        condition = belongs.replace("t.", f'"{place}".').replace("$1", "%s")
        rows = model._default_manager.extra(where=[condition], params=[[thing.pk]]).order_by("pk")  # noqa: S610 our own plan
        for row in rows[:MOST]:
            yield _told(row, thing, restricted, files)


def _told(
    row: models.Model, thing: Thing, restricted: set[tuple[str, str]], files: dict[str, bytes]
) -> dict[str, Any]:
    said: dict[str, str] = {}
    when: dict[str, str] = {}
    for field in row._meta.local_concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, SealedField):
            said |= _his(thing, value or {}, restricted)
        elif isinstance(field, SealedFileField):
            if isinstance(value, SealedFile) and value.stored and field.name != "thumbnail":
                name = f"{thing.label}-{row.pk}.jpg"
                files[name] = value.open()
                said[str(field.verbose_name)] = name
        elif isinstance(field, models.DateTimeField) and value is not None:
            when[str(field.verbose_name)] = value.isoformat()
    plain = [
        str(getattr(row, name))
        for name in ("company", "needs", "problems", "comment")
        if getattr(row, name, "")
    ]
    return {"what": str(row._meta.verbose_name), "said": said, "noted": plain, "when": when}


def _his(thing: Thing, values: dict[str, str], restricted: set[tuple[str, str]]) -> dict[str, str]:
    if thing.unit != Unit.WAYBILL:
        return {name: value for name, value in values.items() if value}
    closed = {unit.removeprefix("waybill_") for unit, _kind in restricted}
    return {
        name: value
        for name, value in values.items()
        if value and name.partition("_")[0] in thing.sides and name.partition("_")[0] not in closed
    }
