"""Adding up how many promises fall due when, and what became of them (decision 0096)."""

from pathlib import Path

from django.db import connection, transaction

ROLL = (Path(__file__).resolve().parents[1] / "counts.sql").read_text(encoding="utf-8")
ROLL_BATCH = 20_000  # changes

# What each table keeps counts by.
KEYS = {
    "clausehour": "day, hour, clause, department_id",
    "clausemonth": "month, clause, department_id",
    "partyday": "day, party_id, department_id",
    "partymonth": "month, party_id, department_id",
}
# All of it, from the promises themselves.
COUNTED = """
    SELECT (due_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
           date_trunc('month', due_at AT TIME ZONE 'Asia/Shanghai')::date AS month,
           extract(hour FROM due_at AT TIME ZONE 'Asia/Shanghai')::int AS hour, clause, party_id, department_id,
           count(*) FILTER (WHERE state IN ('running', 'set_aside')) AS open,
           count(*) FILTER (WHERE state = 'met') AS met, count(*) FILTER (WHERE state = 'breached') AS broken
    FROM deadlines_deadline WHERE state <> 'cancelled' GROUP BY 1, 2, 3, 4, 5, 6
"""
SUMMED = "SELECT {key}, sum(open) AS open, sum(met) AS met, sum(broken) AS broken FROM ({rows}) c GROUP BY {key}"


def roll_counts(*, limit: int = ROLL_BATCH) -> int:
    """Add up at most ``limit`` changes; return how many. Twice is harmless, and so is a break in the middle."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROLL, {"limit": limit})
        return int(cursor.fetchone()[0])


def rebuild_counts() -> None:
    """Count everything anew, while promises wait: for a table that was filled without its triggers."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE deadlines_deadline IN SHARE MODE")
        cursor.execute("DELETE FROM deadlines_countmove")
        for table, key in KEYS.items():
            cursor.execute(f"DELETE FROM deadlines_{table}")  # noqa: S608 our own names
            rows = SUMMED.format(key=key, rows=COUNTED)
            cursor.execute(f"INSERT INTO deadlines_{table} ({key}, open, met, broken) {rows}")
