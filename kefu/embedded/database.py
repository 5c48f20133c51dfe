"""The two roles and their database: made once, safe to run again, without Django.

``kefu_owner`` owns every table and migrates. ``kefu_app`` is what everything else connects as: it may
read and write rows, never truncate, and migrations take more from it where rows must not change.
"""

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kefu.embedded.refusal import CannotStart

OWNER, APP = "kefu_owner", "kefu_app"


def prepare(*, admin_url: str, owner_url: str, app_url: str) -> None:
    """Make roles, database and default privileges, as far as they are missing.

    Where ``owner_url`` or ``app_url`` names the role itself, the role may sign in, with the password
    given there. Otherwise the user named there becomes a member, who takes the role by SET ROLE.
    Raises CannotStart when something is missing that the administrator's user may not make.
    """
    target = conninfo_to_dict(admin_url)
    database = str(target.get("dbname") or target.get("user"))
    elsewhere = make_conninfo(admin_url, dbname="postgres")
    try:
        with psycopg.connect(elsewhere, autocommit=True, connect_timeout=10) as connection:
            for role, url in ((OWNER, owner_url), (APP, app_url)):
                _ensure_role(connection, role, url)
            _ensure_database(connection, database)
        with psycopg.connect(admin_url, connect_timeout=10) as connection:
            _grant(connection, database)
    except psycopg.errors.InsufficientPrivilege as error:
        if not _usable(owner_url, app_url):
            raise CannotStart(
                f"数据库用户权限不足（{error.diag.message_primary}）："
                "请用管理员的 DATABASE_ADMIN_URL 运行一次 manage.py prepare_database。",
                f"The database user may not do this ({error.diag.message_primary}): run "
                "manage.py prepare_database once with an administrator's DATABASE_ADMIN_URL.",
            ) from error
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CannotStart(
            f"连接不上数据库：{reason}", f"No connection to the database: {reason}"
        ) from error


def _ensure_role(connection: psycopg.Connection, role: str, url: str) -> None:
    name = sql.Identifier(role)
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        connection.execute(
            sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE").format(name)
        )
    signs_in = conninfo_to_dict(url)
    user, password = str(signs_in.get("user") or ""), signs_in.get("password")
    if user == role:
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(name))
        if password:  # hashed here, so that no server log ever holds it
            scram = connection.pgconn.encrypt_password(
                str(password).encode(), role.encode()
            ).decode()
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(scram))
            )
    member = connection.info.user if user == role else user
    superuser = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [member])
    if superuser.fetchone() != (True,):
        connection.execute(sql.SQL("GRANT {} TO {}").format(name, sql.Identifier(member)))


def _ensure_database(connection: psycopg.Connection, database: str) -> None:
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        return
    connection.execute(
        sql.SQL(
            "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE_PROVIDER libc LOCALE 'C.UTF-8'"
        ).format(sql.Identifier(database), sql.Identifier(OWNER))
    )


def _grant(connection: psycopg.Connection, database: str) -> None:
    """Only *default* privileges: granting on existing tables would undo what migrations revoked."""
    names = {
        "owner": sql.Identifier(OWNER),
        "app": sql.Identifier(APP),
        "database": sql.Identifier(database),
    }
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
        "GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {database} TO {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT ALL ON SCHEMA public TO {owner}",
        "GRANT USAGE ON SCHEMA public TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
        " GRANT EXECUTE ON FUNCTIONS TO {app}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def _usable(owner_url: str, app_url: str) -> bool:
    """Whether an administrator has prepared everything, so that there was nothing left to do."""
    try:
        for url, role in ((owner_url, OWNER), (app_url, APP)):
            with psycopg.connect(url, connect_timeout=10) as connection:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
                if role == OWNER:
                    connection.execute("CREATE TEMPORARY TABLE kefu_probe ()")
    except psycopg.Error:
        return False
    return True
