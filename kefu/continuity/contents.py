"""What a database holds, table by table: how many rows, and a digest that does not depend on their order."""

from collections.abc import Callable, Iterable

from django.db.backends.utils import CursorWrapper
from psycopg import sql

# Sessions and remembered answers are of one place and moment: nobody is signed in to a restored copy.
LEFT_OUT = ("django_session", "kefu_cache")
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> ALL (%s)
ORDER BY 1
"""
# As text, the same on every server of the same version: instants in UTC, numbers in full.
WRITTEN = "SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL statement_timeout = 0"
COUNTED = "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM {} t"
# Who but the owner may do what: the grants are as much the state as the rows.
RIGHTS = """
SELECT md5(string_agg(what, E'\\n' ORDER BY what)) FROM (
    SELECT relkind::text || c.relname || CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END
           || a.privilege_type AS what
    FROM pg_class c JOIN LATERAL aclexplode(c.relacl) a ON a.grantee <> c.relowner
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S', 'v')
    UNION ALL
    SELECT 'f' || p.oid::regprocedure::text || CASE a.grantee WHEN 0 THEN 'public' ELSE a.grantee::regrole::text END
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner
    UNION ALL
    SELECT 't' || c.relname || g.tgname || g.tgenabled::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE NOT g.tgisinternal AND NOT c.relispartition
) found
"""

Table = tuple[int, str]  # rows, digest


def tables(cursor: CursorWrapper) -> list[str]:
    """Names of all tables that a copy holds; a partitioned one stands for its partitions."""
    cursor.execute(TABLES, [list(LEFT_OUT)])
    return [name for (name,) in cursor.fetchall()]


def measure(
    cursor: CursorWrapper, names: Iterable[str], say: Callable[[str], None] = lambda _name: None
) -> dict[str, Table]:
    """Return rows and digest of each table, as the transaction of ``cursor`` sees them."""
    cursor.execute(WRITTEN)
    found = {}
    for name in names:
        say(name)
        cursor.execute(sql.SQL(COUNTED).format(sql.Identifier(name)))
        rows, digest = cursor.fetchone()
        found[name] = (rows, digest)
    return found


def rights(cursor: CursorWrapper) -> str:
    """Return a digest of grants and triggers."""
    cursor.execute(RIGHTS)
    (digest,) = cursor.fetchone()
    return str(digest)
