"""The var/ directory of one installation: its lock, its secrets, its addresses."""

import fcntl
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kefu.embedded.refusal import InUse


def var_directory() -> Path:
    """``VAR`` replaces var/ in the project's directory."""
    project = Path(__file__).resolve().parents[2]
    return (project / (os.environ.get("VAR") or "var")).resolve()


@contextmanager
def locked(var: Path) -> Iterator[None]:
    """Hold var/ for one run at a time. The kernel lets go of it however that run ends."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "?"
            raise InUse(
                f"{var} 正被另一个运行中的进程（{holder}）使用；请先停止它，或用 VAR=… 另选目录。",
                f"{var} is in use by a run that is going on (process {holder}): "
                "stop it, or choose another directory by VAR=….",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def local_secrets(var: Path) -> dict[str, str]:
    """Return this machine's own secrets, made once; losing the file loses the personal data."""
    file = var / "secrets.json"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "KEFU_ENCRYPTION_KEYS": f"1:{b64encode(secrets.token_bytes(32)).decode()}",
            "KEFU_LOOKUP_KEY": b64encode(secrets.token_bytes(32)).decode(),
            "REDIS_PASSWORD": secrets.token_urlsafe(24),
        }
        ours = _write_private(file, made)
        with suppress(FileExistsError):  # another process was faster: its secrets count
            os.link(ours, file)
        ours.unlink()
    return dict(json.loads(file.read_text()))


def addresses(var: Path) -> dict[str, str]:
    """Where the servers of the run that holds ``var`` listen; empty if none was ever started."""
    try:
        return dict(json.loads((var / "addresses.json").read_text()))
    except FileNotFoundError:
        return {}


def write_addresses(var: Path, found: dict[str, str]) -> None:
    file = var / "addresses.json"
    _write_private(file, found).rename(file)


def demo_wanted(var: Path) -> bool:
    """Whether this installation was begun as a demo, finished or not."""
    return (var / "demo").exists()


def demo_accounts(var: Path) -> str:
    """Who may sign in to the demo, as a text; empty where there is none."""
    file = var / "demo"
    return file.read_text() if file.exists() else ""


def write_demo(var: Path, accounts: str) -> None:
    (var / "demo").write_text(accounts)


def _write_private(file: Path, content: dict[str, str]) -> Path:
    """Write ``content`` beside ``file``, for the owner only, and return where."""
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        json.dump(content, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    return beside
