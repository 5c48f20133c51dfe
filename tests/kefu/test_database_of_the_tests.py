"""The tests stand on the same ground as production: the application's role, and its limits."""

import psycopg
import pytest
from django.contrib.auth import get_user_model
from django.core.checks import Error
from django.db import DatabaseError, connection, transaction

from kefu import checks
from kefu.rulebooks.models import Assignment, Rulebook, RulebookVersion
from tests.centre import at, install
from tests.conftest import admin


def test_tests_connect_as_the_application(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, session_user, current_database() LIKE 'kefu_test_%'")
        row = cursor.fetchone()

    assert row == ("kefu_app", "kefu_app", True)


@pytest.mark.parametrize("table", ["audit_row", "ledger_entry", "ledger_posting"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {}"])
def test_audit_and_journal_are_only_added_to(db: None, table: str, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_committing_test_leaves_is_gone_for_the_next(
    transactional_db: None, turn: int
) -> None:
    assert not get_user_model().objects.filter(username="left").exists()

    get_user_model().objects.create_user("left")

    with admin(connection.settings_dict["NAME"]) as other:
        counted = other.execute(
            "SELECT count(*) FROM staff_user WHERE username = 'left'"
        ).fetchone()
    assert counted == (1,)


def test_the_deployment_check_accepts_the_application(db: None) -> None:
    assert checks.check_application_role(app_configs=None, databases=["default"]) == []
    assert checks.check_application_role(app_configs=None, databases=None) == []


@pytest.mark.parametrize(
    ("user", "fault"), [("postgres", "kefu.E001"), ("kefu_owner", "kefu.E003")]
)
def test_the_deployment_check_refuses_who_may_too_much(
    db: None, user: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = connection.get_connection_params() | {"user": user, "options": ""}
    with psycopg.connect(**parameters) as powerful:

        class Connections(dict[str, object]):
            pass

        monkeypatch.setattr(checks, "connections", Connections(default=powerful))
        found = checks.check_application_role(app_configs=None, databases=["default"])

    assert [(type(message), message.id) for message in found] == [(Error, fault)]


def test_what_a_centre_writes_again_is_what_was_installed(db: None) -> None:
    def installed() -> list[list[tuple[object, ...]]]:
        with transaction.atomic():
            install(now=at("03:00:00"), since=None)
            rows = [
                Rulebook.objects.values_list("code", "name", "name_en"),
                RulebookVersion.objects.values_list(
                    *("rulebook__code", "number", "state", "effective_on", "content", "digest"),
                    *("shipped_digest", "base", "drafted_at", "drafted_by"),
                    *("published_by", "published_at"),
                ),
                Assignment.objects.values_list(
                    *("version__rulebook__code", "department", "outlet", "effective_on"),
                    *("assigned_by", "assigned_at"),
                ),
            ]
            found = [list(each) for each in rows]
            transaction.set_rollback(True)
        return found

    first = installed()

    assert len(first[1]) == 7
    assert installed() == first
