"""What is done to a database before it serves, and what is never done to one that people work with."""

import errno
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from kefu.demo import seed
from kefu.embedded import place, prepare
from kefu.embedded.refusal import CannotStart


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAR", str(tmp_path))
    for name in ("KEFU_ADMIN_USER", "KEFU_ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    called: list[tuple[str, bool]] = []

    def call(name: str, *, accounts: bool = False, stdout: Any = None, **_: Any) -> None:
        called.append((name, accounts))
        if accounts:
            stdout.write("坐席 0826")

    monkeypatch.setattr(prepare, "call_command", call)
    return called


def test_an_empty_database_gets_the_demo_and_its_accounts_are_kept_for_the_greeting(
    db: None, var: Path, commands: list[tuple[str, bool]]
) -> None:
    prepare.demo()

    assert commands == [("seed_demo", False), ("seed_demo", True)]
    assert place.demo_accounts(var) == "坐席 0826"


def test_a_real_centre_never_gets_the_demo(
    db: None, var: Path, commands: list[tuple[str, bool]]
) -> None:
    get_user_model().objects.create_user("0001")

    prepare.demo()

    assert commands == []
    assert not place.demo_wanted(var)


def test_a_demo_that_was_interrupted_is_taken_up_again(
    db: None, var: Path, commands: list[tuple[str, bool]]
) -> None:
    place.write_demo(var, "")
    get_user_model().objects.create_user("0001")

    prepare.demo()

    assert commands[0] == ("seed_demo", False)


@pytest.mark.django_db(transaction=True)
def test_on_a_slow_machine_the_parts_of_the_demo_wait_for_each_other_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {}

    def look(_seeder: Any, _part: int) -> None:
        for limit in ("lock_timeout", "idle_in_transaction_session_timeout"):
            with connection.cursor() as cursor:
                cursor.execute(f"SHOW {limit}")
                found[limit] = cursor.fetchone()[0]

    monkeypatch.setattr(seed, "live_through", look)
    seed._live_part(None, 0)  # type: ignore[arg-type]

    assert found == {"lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}


@pytest.mark.parametrize("password", ["short", "1234567890", "password123", "0001-0001-0001"])
def test_the_first_account_has_a_password_as_good_as_all_others(
    db: None, var: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("KEFU_ADMIN_USER", "0001-0001-0001")
    monkeypatch.setenv("KEFU_ADMIN_PASSWORD", password)

    with pytest.raises(CannotStart, match="No administrator made"):
        prepare.first_admin()

    assert not get_user_model().objects.exists()


def test_a_full_disk_is_one_sentence_even_where_the_log_cannot_be_written(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(prepare, "prepare", fail)
    monkeypatch.setenv("VAR", str(var / "nowhere"))

    status = prepare.main()

    said = capsys.readouterr().err
    assert status == 1
    assert "Preparation failed: [Errno 28] No space left on device" in said
    assert "Traceback" not in said
