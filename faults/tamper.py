"""Changing what nobody may, to see that it is noticed."""

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo


def tamper(*statements: str) -> None:
    """Change what nobody may, as the owner of the tables, with the guards off for the moment."""
    database = connection.settings_dict["NAME"]
    with psycopg.connect(make_conninfo(settings.DATABASE_OWNER_URL, dbname=database)) as owner:
        tables = owner.execute(
            "SELECT DISTINCT c.oid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgparentid = 0"
        ).fetchall()
        for (table,) in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            assert owner.execute(statement).rowcount != 0, statement
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for (table,) in tables:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
