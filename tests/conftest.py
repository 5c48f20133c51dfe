"""The database of the tests: owned by kefu_owner, used as kefu_app, made once from a template."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kefu.embedded import database
from tests import centre

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATE = "kefu_template"
ADMIN_URL = os.environ.get("DATABASE_ADMIN_URL") or settings.DATABASE_OWNER_URL
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


# How long one made-up case takes says more about the machine than about us.
hypothesis.settings.register_profile("kefu", deadline=None)
hypothesis.settings.load_profile("kefu")

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


# These take a minute or more: begun first, the other worker is not left waiting for them at the end.
LONG = ("tests/faults", "tests/embedded/test_run.py", "tests/replay/test_demo.py", "tests/browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        homes = (n for n, home in enumerate(LONG) if item.nodeid.startswith(home))
        return next(homes, len(LONG))

    items.sort(key=place)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Every test begins in Chinese, whatever page the one before it asked for in English. A test of tests/browser needs a Chromium; .ci/run insists on it, a bare machine goes without."""
    translation.activate(settings.LANGUAGE_CODE)
    if item.path.is_relative_to(PROJECT / "tests" / "browser") and not find_browser():
        missing = (
            f"There is no Chromium on PATH ({', '.join(BROWSERS)}): the page was not tried out."
        )
        if os.environ.get("KEFU_REQUIRE_BROWSER") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


def find_browser() -> str | None:
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program that Playwright starts (``executable_path``)."""
    found = find_browser()
    assert found
    return found


def admin(database_name: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(ADMIN_URL, dbname=database_name), autocommit=True)


def template_digest() -> str:
    """What the template was made from: all migrations, with the SQL beside them, the lock, the rulebooks."""
    digest = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
    for home in (
        PROJECT / "kefu",
        PROJECT / "inquiries",
        PROJECT / "problem_parcels",
        PROJECT / "claims",
        PROJECT / "payroll",
    ):
        for file in sorted(home.rglob("migrations/**/*")):
            if file.suffix in {".py", ".sql"}:
                digest.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes())
    digest.update("".join(centre.shipped()).encode())
    return digest.hexdigest()


def use_database(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def make_template(*, anew: bool) -> None:
    """Migrate once and keep the result; one worker does it while the others wait."""
    with admin() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE])
        wanted = template_digest()
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [TEMPLATE],
        ).fetchone()
        if found == (wanted,) and not anew:
            return
        name = sql.Identifier(TEMPLATE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        database.prepare(
            admin_url=make_conninfo(ADMIN_URL, dbname=TEMPLATE),
            owner_url=settings.DATABASE_OWNER_URL,
            app_url=settings.DATABASE_URL,
        )
        use_database(TEMPLATE)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        call_command("createcachetable", database="owner", verbosity=0)
        with connections["owner"].cursor() as cursor:
            centre.shelve(cursor)
        use_database("postgres")
        # Written last: a template without it was left half made and is thrown away.
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(wanted))
        )


def fresh_database(name: str, *, template: str = TEMPLATE) -> None:
    """Make this worker's database as the migrations left it, or as another is, whatever was there before."""
    from kefu.continuity import standing
    from kefu.processes import selectors as processes
    from kefu.rulebooks import selectors as rulebooks

    drop_database(name)
    # Kept by a row's number, and the rows are counted from one again.
    rulebooks.edition.cache_clear()
    processes._shipped_for.cache_clear()
    with admin() as connection:
        target = sql.Identifier(name)
        copy = "CREATE DATABASE {} OWNER kefu_owner TEMPLATE {}"
        connection.execute(sql.SQL(copy).format(target, sql.Identifier(template)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(target))
        connection.execute(
            sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO kefu_app").format(target)
        )
    with admin(name) as connection:  # a copied database is dormant
        connection.execute("UPDATE continuity_installation SET database = (kefu_here()).database")
    standing._seen.add(name)  # so that no test pays for the question


def drop_database(name: str) -> None:
    for opened in connections.all(initialized_only=True):
        opened.close()
    with admin() as connection:
        target = sql.Identifier(name)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    name = f"kefu_test_{WORKER}"
    with django_db_blocker.unblock():
        make_template(anew=request.config.getoption("create_db") and WORKER == "gw0")
        fresh_database(name)
        use_database(name)
    # kefu_app may not truncate, so a test that commits is followed by a fresh copy of the template.
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: fresh_database(name))
    yield
    patch.undo()
    with django_db_blocker.unblock():
        for connection in connections.all(initialized_only=True):
            connection.close()
