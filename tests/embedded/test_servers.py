"""The embedded PostgreSQL and Redis: from nothing, after accidents, and who may do what."""

import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kefu.embedded import database, place, run, servers
from kefu.embedded.refusal import CannotStart, InUse
from kefu.embedded.servers import Postgres, Redis
from kefu.embedded.supervisor import Supervisor


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def keeper(var: Path) -> Iterator[Supervisor]:
    with Supervisor(var / "log", say=lambda line: None) as supervisor:
        yield supervisor


def start(keeper: Supervisor, postgres: Postgres) -> None:
    postgres.prepare()
    keeper.start(postgres.program())


def make(postgres: Postgres) -> None:
    database.prepare(
        admin_url=postgres.url("postgres"),
        owner_url=postgres.url("kefu_owner"),
        app_url=postgres.url("kefu_app"),
    )


def test_a_second_start_keeps_the_data(var: Path) -> None:
    postgres = Postgres(var, durable=False)
    with Supervisor(var / "log", say=lambda line: None) as keeper:
        start(keeper, postgres)
        make(postgres)
        with psycopg.connect(postgres.url("kefu_owner")) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('还在')")
    assert not (postgres.data / "postmaster.pid").exists()  # it was stopped, not killed

    with Supervisor(var / "log", say=lambda line: None) as keeper:
        start(keeper, postgres)
        make(postgres)
        with psycopg.connect(postgres.url("kefu_app")) as connection:
            rows = connection.execute("SELECT word FROM kept").fetchall()

    assert rows == [("还在",)]


def test_an_initdb_that_was_killed_is_done_again(var: Path, keeper: Supervisor) -> None:
    unfinished = var / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgres = Postgres(var, durable=False)

    start(keeper, postgres)

    assert not unfinished.exists()


def test_a_damaged_directory_is_refused_and_left_untouched(var: Path) -> None:
    postgres = Postgres(var, durable=False)
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("18\n")

    with pytest.raises(CannotStart, match="is not a complete database directory"):
        postgres.prepare()

    assert [file.name for file in postgres.data.iterdir()] == ["PG_VERSION"]


def test_a_stale_pid_file_is_forgotten_and_whoever_has_the_number_now_lives(
    var: Path, keeper: Supervisor
) -> None:
    postgres = Postgres(var, durable=False)
    postgres.prepare()
    uid, gid = postgres.user or (None, None)
    bystander = subprocess.Popen(["sleep", "60"], user=uid, group=gid, cwd="/")
    try:
        (postgres.data / "postmaster.pid").write_text(f"{bystander.pid}\n{postgres.data}\n")

        start(keeper, postgres)

        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_left_behind_by_a_killed_run_is_ended_first(var: Path, keeper: Supervisor) -> None:
    postgres = Postgres(var, durable=False)
    postgres.prepare()
    program = postgres.program()
    uid, gid = program.user or (None, None)
    left_behind = subprocess.Popen(
        program.argv, env=program.env, user=uid, group=gid, extra_groups=[] if uid else None
    )
    end = time.monotonic() + 20
    while not postgres._answers() and time.monotonic() < end:
        time.sleep(0.05)

    start(keeper, postgres)

    assert left_behind.wait(timeout=20) == 0
    assert keeper.children[0].process.poll() is None


def test_only_the_owner_of_the_machine_reaches_the_socket(var: Path, keeper: Supervisor) -> None:
    postgres = Postgres(var, durable=False)
    start(keeper, postgres)

    assert postgres.sockets.stat().st_mode & 0o777 == 0o700
    with psycopg.connect(postgres.url("postgres", "postgres")) as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
    assert row == ("",)


def test_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    var = tmp_path / ("深" * 40) / "var"

    postgres = Postgres(var)

    assert len(os.fsencode(postgres.sockets)) <= servers.SOCKET_LIMIT
    assert Postgres(var).sockets == postgres.sockets != Postgres(tmp_path / ("远" * 40)).sockets


def test_roles_may_do_what_the_design_says_and_twice_changes_nothing(
    var: Path, keeper: Supervisor
) -> None:
    postgres = Postgres(var, durable=False)
    start(keeper, postgres)
    make(postgres)
    with psycopg.connect(postgres.url("kefu_owner")) as connection:
        connection.execute("CREATE TABLE journal (id bigint GENERATED ALWAYS AS IDENTITY)")
        connection.execute("REVOKE UPDATE, DELETE ON journal FROM kefu_app")

    make(postgres)

    with psycopg.connect(postgres.url("kefu_app"), autocommit=True) as connection:
        connection.execute("INSERT INTO journal DEFAULT VALUES")
        connection.execute("CREATE TEMPORARY TABLE staging (id int)")
        for forbidden in (
            "DELETE FROM journal",
            "TRUNCATE journal",
            "CREATE TABLE mine ()",
            "SET ROLE kefu_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_a_user_of_another_name_takes_the_roles_as_a_member(var: Path, keeper: Supervisor) -> None:
    postgres = Postgres(var, durable=False)
    start(keeper, postgres)
    with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE hosted LOGIN CREATEROLE CREATEDB")
    url = postgres.url("hosted", "hosted_kefu")

    database.prepare(admin_url=url, owner_url=url, app_url=url)
    database.prepare(admin_url=url, owner_url=url, app_url=url)

    with psycopg.connect(url, options="-c role=kefu_owner") as connection:
        connection.execute("CREATE TABLE fact ()")
    with psycopg.connect(url, options="-c role=kefu_app") as connection:
        assert connection.execute("SELECT count(*) FROM fact").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE fact")


def test_a_user_without_rights_is_told_what_to_do(var: Path, keeper: Supervisor) -> None:
    postgres = Postgres(var, durable=False)
    start(keeper, postgres)
    with psycopg.connect(postgres.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE poor LOGIN")
    url = postgres.url("poor", "kefu")

    with pytest.raises(CannotStart, match="prepare_database once with an administrator's"):
        database.prepare(admin_url=url, owner_url=url, app_url=url)


def test_redis_listens_here_only_and_asks_for_its_password(var: Path, keeper: Supervisor) -> None:
    var.mkdir(parents=True, exist_ok=True)
    broker = Redis(var, password="s3cret")
    keeper.start(broker.program())

    with redis.Redis.from_url(broker.url()) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        assert client.config_get("save") == {"save": ""}
    with (
        redis.Redis(port=broker.port, retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    pid = keeper.children[0].process.pid
    assert b"s3cret" not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_servers_named_by_the_environment_are_not_started(
    var: Path, keeper: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://kefu_app@db/kefu")
    monkeypatch.setenv("REDIS_URL", "redis://cache/0")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    monkeypatch.delenv("DATABASE_ADMIN_URL", raising=False)

    found = servers.start_servers(keeper, var, redis_password="-")

    assert found == {
        "DATABASE_URL": "postgresql://kefu_app@db/kefu",
        "REDIS_URL": "redis://cache/0",
    }
    assert keeper.children == []


def test_a_full_disk_is_refused_before_anything_is_written(
    var: Path, keeper: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    var.mkdir(parents=True, exist_ok=True)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=5_000_000))

    with pytest.raises(CannotStart, match="has only 5 MB left"):
        servers.start_servers(keeper, var, redis_password="-")

    assert not (var / "postgres").exists()


def test_another_kind_of_machine_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    with pytest.raises(CannotStart, match="set DATABASE_URL and REDIS_URL"):
        servers.need_wheels()


def test_a_directory_has_one_run_at_a_time_and_a_dead_one_does_not_hold_it(var: Path) -> None:
    with place.locked(var), pytest.raises(InUse, match=f"process {os.getpid()}"), place.locked(var):
        pass

    with place.locked(var):  # the file is still there, its holder is not
        assert (var / "lock").exists()


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotStart, match=f"Port {port} cannot be used"):
            run._need_free_port("127.0.0.1", port)


@pytest.mark.parametrize("port", ["", "0", "65536", "http", "-1"])
def test_a_port_is_a_number_in_range(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)

    if not port:
        assert run._address() == ("127.0.0.1", 8000)
    else:
        with pytest.raises(CannotStart, match="PORT must be from 1 to 65535"):
            run._address()


def test_secrets_are_made_once_and_are_for_the_owner_only(var: Path) -> None:
    made = place.local_secrets(var)

    assert place.local_secrets(var) == made
    assert (var / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert all(len(value) >= 24 for value in made.values())
