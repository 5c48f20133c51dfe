"""What is due for destruction: of each kind its periods by the rulebooks in force, and the statement that finds it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from kefu.clock import SHANGHAI
from kefu.policy.moments import DAY, day_of
from kefu.policy.refusals import NotInRulebook
from kefu.policy.retention import destroyable_until, retention_ends, retention_of
from kefu.policy.rulebook import Rulebook
from kefu.retention.models import Sort, Unit
from kefu.rulebooks.selectors import Edition, edition, edition_anywhere, edition_saying
from kefu.staff.models import Department

# Of each unit: its table, the instant from which it is kept, and what else it is filtered by.
SINCE: dict[str, tuple[str, str, str]] = {
    Unit.CASE: ("cases_case", "t.closed_at", "t.state = 'closed'"),
    Unit.WAYBILL: (
        "parcels_waybill",
        "greatest(t.accepted_at, (SELECT max(c.closed_at) FROM cases_case c WHERE c.waybill_number = t.number),"
        " (SELECT max(s.at) FROM parcels_scan s WHERE s.waybill_number = t.number AND s.kind = 'signed'))",
        "t.accepted_at < %(before)s",  # by the index; what follows can only be later
    ),
    Unit.CUSTOMER: (
        "customers_customer",
        "greatest(t.opened_at, (SELECT max(c.closed_at) FROM cases_case c WHERE c.lookup @> ARRAY[t.token]),"
        " (SELECT max(v.at) FROM customers_visit v WHERE v.customer_id = t.id),"
        " (SELECT max(k.last_on)::timestamp AT TIME ZONE 'Asia/Shanghai' FROM customers_contract k WHERE k.customer_id = t.id))",
        "t.opened_at < %(before)s",
    ),
    Unit.SELF_SETTLED: (
        "claims_selfsettledcase",
        "t.settled_on::timestamp AT TIME ZONE 'Asia/Shanghai'",
        "true",
    ),
    Unit.WAREHOUSE_REQUEST: (
        "problem_parcels_warehouserequest",
        "t.decided_at",
        "t.decided_at IS NOT NULL",
    ),
    Unit.REFUSED_ROWS: (
        "jobs_refusal",
        "(SELECT coalesce(j.finished_at, j.created_at) FROM jobs_job j WHERE j.id = t.job_id)",
        "t.sealed <> ''",
    ),
    Unit.REQUEST: ("retention_personalrequest", "t.decided_at", "t.decided_at IS NOT NULL"),
}
# Who the customer is is kept from the closing of the last case about the parcel (ES-404.11).
LAST_CASE = (
    "cases_case",
    "greatest(t.closed_at, (SELECT max(c.closed_at) FROM cases_case c"
    " WHERE t.waybill_number <> '' AND c.waybill_number = t.waybill_number))",
    "t.state = 'closed' AND t.closed_at < %(before)s",
)
# Which kinds of data a unit has, and by whose rulebook each is kept: its department's, or the house's.
KINDS: tuple[tuple[Unit, Sort], ...] = (
    (Unit.CASE, Sort.SERVICE_RECORD),
    (Unit.CASE, Sort.CUSTOMER_DATA),
    (Unit.WAYBILL, Sort.LOGISTICS_DATA),
    (Unit.CUSTOMER, Sort.CUSTOMER_DATA),
    (Unit.SELF_SETTLED, Sort.CUSTOMER_DATA),
    (Unit.WAREHOUSE_REQUEST, Sort.SERVICE_RECORD),
    (Unit.REQUEST, Sort.CUSTOMER_DATA),
    (Unit.REFUSED_ROWS, Sort.IMPORTS),
)
COUNTED = 10_000  # beyond that a number tells nothing new
DUE = """
SELECT t.id, ({since} AT TIME ZONE 'Asia/Shanghai')::date AS since
FROM {table} t
WHERE {condition} AND {since} < %(before)s {department}
  AND NOT EXISTS (SELECT FROM retention_destroyed d WHERE d.unit = %(unit)s AND d.object_id = t.id AND d.kind = %(kind)s
                  AND NOT d.restricted AND d.at >= {since})
  AND NOT kefu_held(%(unit)s, t.id)
"""


@dataclass(frozen=True, slots=True)
class Period:
    """How long one kind of data of one unit is kept, and of which departments. ``until``: the last day that is over."""

    unit: Unit
    kind: Sort
    clause: str
    rulebook_id: int | None
    until: date
    keep: int
    keep_unit: str
    must: bool
    departments: tuple[int, ...] | None = None  # None: not by department

    def last_on(self, since: date) -> date | None:
        """The last day on which what was due for keeping on ``since`` is kept."""
        if self.rulebook_id is None:
            return since + timedelta(days=self.keep)
        return retention_ends(self.kind, since, edition(self.rulebook_id).rules).last_on

    @property
    def before(self) -> datetime:
        return datetime.combine(self.until + DAY, time(), SHANGHAI)


def periods(*, now: datetime) -> list[Period]:
    """Every kind with the period it is kept for today. Where no rulebook gives one nothing is destroyed."""
    today, found = day_of(now), []
    for unit, kind in KINDS:
        if kind == Sort.IMPORTS:  # no rulebook speaks of them: the house's own period
            days = settings.KEFU_REFUSED_ROWS_DAYS
            until = today - timedelta(days=days + 1)
            found.append(Period(unit, kind, "", None, until, days, "days", True))
        elif unit == Unit.CASE:
            found += _by_department(unit, kind, now)
        else:
            found += _of(unit, kind, edition_anywhere(_says(kind), at=now), today)
    return found


def _by_department(unit: Unit, kind: Sort, now: datetime) -> Iterator[Period]:
    """Departments under one edition together."""
    together: dict[int, tuple[Edition, list[int]]] = {}
    for department in Department.objects.order_by("pk").values_list("pk", flat=True):
        found = edition_saying(_says(kind), department_id=department, at=now)
        if found is not None:
            together.setdefault(found.version_id, (found, []))[1].append(department)
    for one, departments in together.values():
        yield from _of(unit, kind, one, day_of(now), tuple(departments))


def _of(
    unit: Unit,
    kind: Sort,
    using: Edition | None,
    today: date,
    departments: tuple[int, ...] | None = None,
) -> Iterator[Period]:
    if using is None:
        return
    clause = retention_of(kind, using.rules)
    yield Period(
        unit=unit,
        kind=kind,
        clause=clause.id,
        rulebook_id=using.version_id,
        until=destroyable_until(kind, today, using.rules),
        keep=clause.keep or 0,
        keep_unit=clause.unit or "",
        must=clause.then == "must_destroy",
        departments=departments,
    )


def _says(kind: Sort) -> Any:
    def says(rules: Rulebook) -> bool:
        try:
            return retention_of(kind, rules).keep is not None
        except NotInRulebook:
            return False

    return says


def _statement(period: Period, before: datetime) -> tuple[str, dict[str, Any]]:
    of_customer = period.unit == Unit.CASE and period.kind == Sort.CUSTOMER_DATA
    table, since, condition = LAST_CASE if of_customer else SINCE[period.unit]
    department = "" if period.departments is None else "AND t.department_id = ANY(%(departments)s)"
    given = {
        "before": before,
        "unit": str(period.unit),
        "kind": str(period.kind),
        "departments": list(period.departments or ()),
    }
    statement = DUE.format(table=table, since=since, condition=condition, department=department)
    return statement, given


def due_rows(period: Period, *, limit: int) -> list[tuple[int, date]]:
    """The oldest that are due: key and day from which each was kept."""
    statement, given = _statement(period, period.before)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '300s'")
        cursor.execute(
            f"{statement} ORDER BY since, t.id LIMIT %(limit)s", given | {"limit": limit}
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def due_count(period: Period, *, before: datetime | None = None) -> int:
    """How many are due, or will be once their day lies before ``before``; at most ``COUNTED``."""
    statement, given = _statement(period, before or period.before)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement} LIMIT {COUNTED}) due", given)  # noqa: S608 our own text
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one kind of data of one object: from when it is kept (None while it is open), and what stands against its end."""

    since: date | None
    held: bool
    gone: bool  # destroyed, and not taken up again since
    restricted: bool


def standing(unit: Unit, kind: Sort, pks: Collection[int]) -> dict[int, Standing]:
    """How these objects stand, in one query."""
    of_customer = unit == Unit.CASE and kind == Sort.CUSTOMER_DATA
    table, since, _condition = LAST_CASE if of_customer else SINCE[unit]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.id, ({since} AT TIME ZONE 'Asia/Shanghai')::date, kefu_held(%(unit)s, t.id),
                       EXISTS (SELECT FROM retention_destroyed d WHERE d.unit = %(unit)s AND d.object_id = t.id
                               AND d.kind = %(kind)s AND NOT d.restricted AND d.at >= {since}),
                       EXISTS (SELECT FROM retention_destroyed d WHERE d.unit = %(unit)s AND d.object_id = t.id
                               AND d.kind = %(kind)s AND d.restricted)
                FROM {table} t WHERE t.id = ANY(%(pks)s)""",  # noqa: S608 our own text
            {"unit": str(unit), "kind": str(kind), "pks": list(pks)},
        )
        return {row[0]: Standing(*row[1:]) for row in cursor.fetchall()}
