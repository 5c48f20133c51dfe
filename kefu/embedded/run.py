"""What ``make run`` does after the set-up: servers, database, programs, until somebody stops it."""

import http.client
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kefu.embedded import database, place
from kefu.embedded.refusal import CannotStart
from kefu.embedded.servers import start_servers
from kefu.embedded.supervisor import Program, Supervisor, say_on_terminal

WEB_CONNECTIONS = 20  # of the 100 that the embedded server has


def everything() -> None:
    """Start all of kefu on this machine and serve until SIGINT or SIGTERM. Raises CannotStart."""
    var = place.var_directory()
    host, port = _address()
    with place.locked(var), own_terminal(), Supervisor(var / "log") as supervisor:
        _need_free_port(host, port)
        environment = {**os.environ, **_start_servers(supervisor), "VAR": str(var)}
        environment.setdefault("DJANGO_SETTINGS_MODULE", "kefu.settings.local")
        environment["PYTHONUNBUFFERED"] = "1"
        # In a container of one's own, root is usual; Celery would fill the screen about it.
        environment["PYTHONWARNINGS"] = "ignore:You're running the worker"
        prepare = Program("prepare", [sys.executable, "-m", "kefu.embedded.prepare"], environment)
        if not supervisor.stopping and supervisor.run(prepare) != 0 and not supervisor.stopping:
            raise CannotStart("准备没有完成，已停止。", "The preparation did not finish; stopped.")
        for program in programs(var, host, port, environment):
            if not supervisor.stopping:
                supervisor.start(program)
        if not supervisor.stopping:
            _greet(var, host, port)
        supervisor.watch()
        say_on_terminal("正在停止…… Stopping …")
    say_on_terminal("已停止。Stopped.")


def servers(*, durable: bool = True) -> None:
    """Serve PostgreSQL and Redis alone, for tests and for work on the code; says ``ready`` once."""
    var = place.var_directory()
    with place.locked(var), Supervisor(var / "log") as supervisor:
        _start_servers(supervisor, durable=durable)
        print("ready", flush=True)
        supervisor.watch()


def _start_servers(supervisor: Supervisor, *, durable: bool = True) -> dict[str, str]:
    var = place.var_directory()
    password = place.local_secrets(var)["REDIS_PASSWORD"]
    found = start_servers(supervisor, var, redis_password=password, durable=durable)
    if supervisor.stopping:
        return found
    app_url = found["DATABASE_URL"]
    owner_url = found.get("DATABASE_OWNER_URL", app_url)
    admin_url = found.get("DATABASE_ADMIN_URL", owner_url)
    database.prepare(admin_url=admin_url, owner_url=owner_url, app_url=app_url)
    place.write_addresses(var, found)
    return found


def programs(var: Path, host: str, port: int, environment: dict[str, str]) -> list[Program]:
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "kefu.celery"]
    web = [sys.executable, "-m", "granian", "--interface", "asginl", "--workers", "1"]
    web += ["--host", host, "--port", str(port), "--no-ws", "kefu.asgi:application"]
    return [
        Program(
            "web",
            web,
            environment | {"KEFU_DB_POOL": str(WEB_CONNECTIONS)},
            ready=lambda: _lives(host, port),
        ),
        # Timers have a worker of their own: long work must never stand in their way. Two slots,
        # because a tick lasts until the next one is due: with one, they would pile up.
        Program(
            "timers",
            [*celery, "worker", "-Q", "timers", "-c", "2", "-n", "timers@%h"],
            environment,
        ),
        Program(
            "worker",
            [*celery, "worker", "-Q", "work", "-c", "2", "-n", "work@%h"],
            environment,
        ),
        Program(
            "beat",
            [*celery, "beat", "--pidfile=", "-s", str(var / "beat")],
            environment,
        ),
        # A process of its own as well: whoever hears of events may be slow.
        Program("webhooks", [sys.executable, "manage.py", "send_webhooks"], environment),
        Program("watchdog", [sys.executable, "manage.py", "watchdog"], environment),
    ]


def _address() -> tuple[str, int]:
    """Where to serve: HOST (this machine only, unless told otherwise) and PORT."""
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotStart(
            f"PORT 要在 1 到 65535 之间，不能是“{given}”。",
            f"PORT must be from 1 to 65535, not “{given}”.",
        )
    return os.environ.get("HOST") or "127.0.0.1", int(given)


def _need_free_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"端口 {port} 不能用（{error.strerror}），请用 PORT=… 另选一个。",
                f"Port {port} cannot be used ({error.strerror}): choose another by PORT=….",
            ) from error


def _lives(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _greet(var: Path, host: str, port: int) -> None:
    address = f"http://{_reachable(host)}:{port}/"
    say_on_terminal(f"\nkefu 已启动 is running: {address}  (Ctrl-C 停止 stops it)\n")
    if accounts := place.demo_accounts(var):
        say_on_terminal(accounts)
    say_on_terminal(f"日志 Logs: {var / 'log'}\n")


@contextmanager
def own_terminal() -> Iterator[None]:
    """Have Ctrl-C reach us alone: make, which waits for us, would turn it into an error.

    So we become the terminal's foreground group, as a shell does with each command it runs.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield
        return
    before = os.tcgetpgrp(terminal)
    if before != os.getpgrp() or before == os.getpid():  # in the background, or nobody waits
        os.close(terminal)
        yield
        return
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)  # make would not notice, and the terminal hang
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    try:
        yield
    finally:
        os.tcsetpgrp(terminal, before)
        os.close(terminal)
