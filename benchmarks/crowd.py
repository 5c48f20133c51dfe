"""A centre with very many open promises, made by the server itself from one real case.

Rows are copied with the triggers and foreign keys off, by the superuser: the stage is no part of what
is measured. Every column is the real one of the copied row, but for those named.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.apps import apps
from psycopg import sql

from benchmarks import place
from inquiries import services as inquiries
from kefu import clock
from kefu.deadlines.models import Deadline
from kefu.rulebooks.selectors import edition
from tests import centre as world

PROMISES_A_CASE = 10
OUTLETS = 500


@dataclass
class Crowd:
    """``open`` promises that fall due in the far future, on a tenth as many cases."""

    centre: world.Centre
    pattern: Deadline
    cases: int

    def due(self, n: int, *, start: datetime, apart: timedelta) -> None:
        """Add ``n`` promises, one falling due ``apart`` after the other from ``start`` on."""
        with stage() as server:
            _promises(server, self.pattern, n, self.cases, start, apart)
            server.execute("ANALYZE deadlines_deadline, deadlines_consequence")


def build(open_: int) -> Crowd:
    """Make a fresh database with ``open_`` running promises of outlets, due from tomorrow on."""
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    case = centre.inquiry(now=now)
    query = inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=now
    )
    pattern = query.deadline
    assert pattern is not None
    cases = max(open_ // PROMISES_A_CASE, 1)
    with stage() as server:
        copy(
            server,
            "network.Party",
            centre.chengdu.pk,
            OUTLETS,
            id="1000000 + n",
            code="'B' || n",
            name="'网点' || n",
        )
        copy(
            server,
            "cases.Case",
            case.pk,
            cases,
            id="1000000 + n",
            number="'CX-B-' || n",
            owner_id="NULL",
            next_due_at="NULL",
        )
        _promises(
            server, pattern, open_, cases, now + timedelta(days=1), timedelta(milliseconds=50)
        )
    place.settle()
    return Crowd(centre, pattern, cases)


def _promises(
    server: psycopg.Connection[Any],
    pattern: Deadline,
    n: int,
    cases: int,
    start: datetime,
    apart: timedelta,
) -> None:
    found = server.execute("SELECT coalesce(max(id), 0) FROM deadlines_deadline").fetchone()
    assert found
    base = max(found[0], 1_000_000)
    due = sql.SQL("{}::timestamptz + n * {}::interval").format(
        sql.Literal(start), sql.Literal(apart)
    )
    copy(
        server,
        "deadlines.Deadline",
        pattern.pk,
        n,
        id=f"{base} + n",
        case_id=f"1000001 + n %% {cases}",
        party_id=f"1000001 + n %% {OUTLETS}",
        due_at=due,
        warn_at="NULL",
        lead_warn_at="NULL",
        starts_at=sql.SQL("{} - interval '2 hours'").format(due),
    )
    copy(
        server,
        "deadlines.Consequence",
        pattern.consequences.get().pk,
        n,
        id=f"{base} + n",
        deadline_id=f"{base} + n",
        party_id=f"1000001 + n %% {OUTLETS}",
    )


def copy(
    server: psycopg.Connection[Any], label: str, pk: int, n: int, **instead: str | sql.Composable
) -> None:
    """Copy one row ``n`` times, with these expressions of ``n`` in place of its own values."""
    model = apps.get_model(label)
    columns = [field.column for field in model._meta.concrete_fields]
    values = [
        sql.SQL("({})").format(_expression(instead[column]))
        if column in instead
        else sql.Identifier("t", column)
        for column in columns
    ]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, %s) n WHERE t.{key} = %s"
    )
    server.execute(
        statement.format(
            table=sql.Identifier(model._meta.db_table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values),
            key=sql.Identifier(model._meta.pk.column),
        ),
        [n, pk],
    )


def _expression(given: str | sql.Composable) -> sql.Composable:
    return sql.SQL(given) if isinstance(given, str) else given


def stage() -> psycopg.Connection[Any]:
    """The superuser's connection, with triggers and foreign keys off."""
    server = place.admin(place.DATABASE)
    server.execute("SET session_replication_role = replica")
    server.execute("SET synchronous_commit = off")
    return server
