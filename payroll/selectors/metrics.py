"""The numbers that somebody's month is measured by, as the rulebooks call them: one statement, whatever is asked for.

Of a share two numbers are told, what was done and out of how much; where nothing happened nothing is told of it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from kefu.errors import KefuError
from kefu.policy.contacts import ContactRules
from kefu.policy.moments import wall
from kefu.policy.months import last_day, month_of
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from payroll.models.calls import LATEST

Share = tuple[Decimal, Decimal]
Numbers = dict[str, Decimal | Share]

CALLS, RESPONSE, FIRST_CONTACT, SATISFACTION = (
    "answered_calls",
    "response_rate",
    "first_contact_rate",
    "satisfaction",
)
VOLUMES = ("outbound_problem_parcels", "inbound_problem_parcels")
# Few people are read by the index of their rows; for more the month is read through, and the others are left out.
FEW = 40
WHOSE = {"{mine}": "employee_id", "{me}": "e.id", "{owned}": "c.owner_id"}
EVERYBODY = {"{mine}": "true", "{me}": "true", "{owned}": "c.owner_id IS NOT NULL"}
EXAM = "exam_mark"
ALL = frozenset({CALLS, RESPONSE, FIRST_CONTACT, SATISFACTION, EXAM, *VOLUMES})

# Each tells employee, name, number and, of a share, out of how much.
# What a desk handled is counted by this program: in a month in which it counted, nobody's number is missing.
VOLUME = """
SELECT employee_id, metric, number::numeric, NULL::numeric FROM problem_parcels_volume
WHERE month = %(month)s AND {mine}
UNION ALL
SELECT e.id, m.metric, 0, NULL FROM staff_employee e
CROSS JOIN (SELECT DISTINCT metric FROM problem_parcels_volume WHERE month = %(month)s) m WHERE {me}
"""
# Nobody says how many calls somebody without a record answered, unless the month's records are said to be whole.
COMPLETE = """
SELECT e.id, 'answered_calls', 0, NULL FROM staff_employee e
LEFT JOIN (SELECT DISTINCT ON (employee_id) employee_id, department_id FROM payroll_placement
           WHERE from_on <= %(last)s AND {mine} ORDER BY employee_id, from_on DESC, id DESC) p ON p.employee_id = e.id
JOIN payroll_callscomplete x ON x.department_id = coalesce(p.department_id, e.department_id) AND x.month = %(month)s
WHERE {me}
"""
# How many calls somebody answered, where nothing else is asked of them: to leave the missed ones out is cheaper than to
# look at each. Whoever answered none of his is found by the index.
ANSWERED = """
(WITH answered AS MATERIALIZED (
    SELECT employee_id, count(*) AS calls FROM payroll_call
    WHERE at >= %(since)s AND at < %(until)s AND direction = 'in' AND answered AND {mine} GROUP BY employee_id)
 SELECT employee_id, 'answered_calls', calls, NULL::numeric FROM answered
 UNION ALL
 SELECT e.id, 'answered_calls', 0, NULL FROM staff_employee e
 CROSS JOIN LATERAL (SELECT FROM payroll_call
                     WHERE employee_id = e.id AND at >= %(since)s AND at < %(until)s AND direction = 'in' LIMIT 1) rang
 WHERE {me} AND NOT EXISTS (SELECT FROM answered a WHERE a.employee_id = e.id))
"""
# A missed call is one that was not answered in time, whether its rings were counted or not; an answered one whose
# rings nobody counted is left out (ES-203.06).
CALL = """
SELECT c.employee_id, v.metric, v.done, v.out_of
FROM (SELECT employee_id, {columns} FROM payroll_call
      WHERE at >= %(since)s AND at < %(until)s AND direction = 'in' AND {mine} GROUP BY employee_id) c
CROSS JOIN LATERAL (VALUES {told}) v(metric, done, out_of)
"""
CHAT = """
SELECT c.employee_id, v.metric, v.done, c.out_of
FROM (SELECT employee_id, count(*) AS out_of, {columns} FROM payroll_chat c
      WHERE began_at >= %(since)s AND began_at < %(until)s AND {mine} AND {latest} GROUP BY employee_id) c
CROSS JOIN LATERAL (VALUES {told}) v(metric, done)
""".replace("{latest}", LATEST)
# The follow-up that is a duty has an action of its own and is no second contact; a case taken up again, a customer who
# came back and a second word to him are.
FIRST = """
SELECT c.owner_id, 'first_contact_rate', count(*) FILTER (WHERE NOT again.once), count(*)
FROM cases_case c
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE i.action IN ('again', 'reopened')) > 0
           OR count(*) FILTER (WHERE i.action IN ('answered', 'interim') AND i.counterpart = 'customer') > 1 AS once
    FROM cases_interaction i WHERE i.case_id = c.id
) again
WHERE c.state = 'closed' AND c.kind IN ('inquiry', 'complaint') AND c.closed_at >= %(since)s AND c.closed_at < %(until)s
      AND {owned} GROUP BY c.owner_id
"""
RATING = """
SELECT employee_id, 'satisfaction', sum(stars)::numeric, count(*)::numeric FROM payroll_rating
WHERE rated_on >= %(month)s AND rated_on <= %(last)s AND stars IS NOT NULL AND {mine} GROUP BY employee_id
"""
# The latest correction holds, and of two examinations of a month the later one (CD-12.53, CD-12.55). A mark that came
# after its month was paid is none of a later month's.
MARK = """
(SELECT DISTINCT ON (p.employee_id) p.employee_id, 'exam_mark', m.mark, NULL::numeric
 FROM payroll_exammark m JOIN payroll_paper p ON p.id = m.paper_id JOIN payroll_exam e ON e.id = p.exam_id
 WHERE m.month = %(month)s AND e.month = m.month AND e.kind = 'monthly' AND {mine}
 ORDER BY p.employee_id, e.opens_at DESC, e.id DESC, m.number DESC)
"""


def metrics(
    month: date,
    employee_ids: Collection[int] | None = None,
    *,
    names: Collection[str] = ALL,
    rules: Mapping[int, Rulebook] | None = None,
) -> dict[int, Numbers]:
    """By employee: his own numbers of the month, of ``names`` those that are known.

    ``month``: its first day. ``rules``: the rulebook that binds each, by his id, where the caller has it.
    """
    if employee_ids is not None and not employee_ids:
        return {}
    ids = employee_ids
    standards = _standards(month, ids, rules) if RESPONSE in names else {}
    parts = list(_parts(names, standards.values()))
    if not parts:
        return {}
    statement = "\nUNION ALL\n".join(parts)
    some = ids is not None and len(ids) <= FEW
    for place, whose in WHOSE.items():
        statement = statement.replace(
            place, f"{whose} = ANY(%(ids)s)" if some else EVERYBODY[place]
        )
    last = last_day(month_of(month))
    params: dict[str, Any] = {
        "month": month,
        "last": last,
        "since": wall(month, time.min),
        "until": wall(last + timedelta(days=1), time.min),
        "ids": list(ids or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = _collected(cursor.fetchall(), standards)
    return found if ids is None else {pk: found[pk] for pk in ids if pk in found}


def desk_metrics(month: date) -> dict[str, dict[str, Decimal]]:
    """By desk, as departments name theirs: what its people handled in the month."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT d.desk, v.metric, sum(v.number) FROM problem_parcels_volume v
               JOIN staff_employee e ON e.id = v.employee_id JOIN staff_department d ON d.id = e.department_id
               WHERE v.month = %s AND d.desk <> '' GROUP BY 1, 2""",
            [month],
        )
        found: dict[str, dict[str, Decimal]] = {}
        for desk, metric, number in cursor.fetchall():
            found.setdefault(desk, {})[metric] = Decimal(number)
        return found


def _parts(names: Collection[str], standards: Iterable[ContactRules]) -> Iterable[str]:
    """The statements that tell these numbers. A limit is a column: most people share one."""
    if not set(VOLUMES).isdisjoint(names):
        yield VOLUME
    known = list(standards)
    rings = sorted({one.rings for one in known if one.rings is not None})
    columns = {
        f"rings_{n}": (
            f"count(*) FILTER (WHERE answered AND rings <= {n:d})",
            "count(*) FILTER (WHERE NOT answered OR rings IS NOT NULL)",
        )
        for n in rings
    }
    if CALLS in names:
        yield COMPLETE
    if CALLS in names and not columns:
        yield ANSWERED
    elif CALLS in names:
        columns[CALLS] = ("count(*) FILTER (WHERE answered)", "NULL")
    if columns:
        made = ", ".join(
            f"{done} AS {name}, {of}::bigint AS {name}_of" for name, (done, of) in columns.items()
        )
        told = ", ".join(f"('{name}', c.{name}, c.{name}_of)" for name in columns)
        yield CALL.replace("{columns}", made).replace("{told}", told)
    seconds = sorted({one.first for one in known if one.first is not None})
    if seconds:
        made = ", ".join(
            f"count(*) FILTER (WHERE first_seconds <= {n:d}) AS first_{n}" for n in seconds
        )
        told = ", ".join(f"('first_{n}', c.first_{n})" for n in seconds)
        yield CHAT.replace("{columns}", made).replace("{told}", told)
    if FIRST_CONTACT in names:
        yield FIRST
    if SATISFACTION in names:
        yield RATING
    if EXAM in names:
        yield MARK


def _collected(
    rows: Iterable[tuple[int, str, Any, Any]], standards: Mapping[int, ContactRules]
) -> dict[int, Numbers]:
    found: dict[int, Numbers] = {}
    for employee_id, name, number, out_of in rows:
        own = found.setdefault(employee_id, {})
        if name.startswith(("rings_", "first_")) and name != FIRST_CONTACT:
            standard = standards.get(employee_id)
            if standard is not None and name in (
                f"rings_{standard.rings}",
                f"first_{standard.first}",
            ):
                _add(own, RESPONSE, Decimal(number), Decimal(out_of))
        elif out_of is not None:
            _add(own, name, Decimal(number), Decimal(out_of))
        else:
            own[name] = max(Decimal(number), own.get(name, Decimal(0)))
    return found


def _add(own: Numbers, name: str, done: Decimal, out_of: Decimal) -> None:
    before: Any = own.get(name, (Decimal(0), Decimal(0)))
    if out_of:
        own[name] = (before[0] + done, before[1] + out_of)


def _standards(
    month: date, ids: Collection[int] | None, rules: Mapping[int, Rulebook] | None
) -> dict[int, ContactRules]:
    """How soon each is to answer, by his id."""
    if rules is None:
        people = Employee.objects.all() if ids is None else Employee.objects.filter(pk__in=ids)
        departments = dict(people.values_list("pk", "department_id"))
        books = {pk: _book(pk, month) for pk in set(departments.values())}
        rules = {pk: book for pk, of in departments.items() if (book := books[of]) is not None}
    books_read = {id(book): book for book in rules.values()}  # one however many work by it
    read = {key: ContactRules.of(book) for key, book in books_read.items()}
    return {pk: read[id(book)] for pk, book in rules.items()}


def _book(department_id: int, month: date) -> Rulebook | None:
    last = last_day(month_of(month))
    try:
        return edition_in_force(department_id=department_id, at=wall(last, time.min)).rules
    except KefuError:
        return None
