"""``make check``: everything that can be told without running the tests. Goes on after a failure."""

import base64
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
# As strict as a real installation, with secrets that exist only while this runs.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "kefu.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "KEFU_ENCRYPTION_KEYS": f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "KEFU_LOOKUP_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    "KEFU_HOSTS": "kefu.example",
    "DATABASE_URL": f"postgresql://kefu_app:{secrets.token_urlsafe(24)}@database/kefu",
    "REDIS_URL": f"redis://:{secrets.token_urlsafe(24)}@redis/0",
    "KEFU_NOW": "",
}
STEPS: dict[str, tuple[list[str], dict[str, str]]] = {
    "format": ([str(BIN / "ruff"), "format", "--check", "."], {}),
    "lint": ([str(BIN / "ruff"), "check", "."], {}),
    "types": ([str(BIN / "mypy")], {}),
    "import contracts": ([str(BIN / "lint-imports")], {}),
    "migrations": (
        [
            *(sys.executable, "-W", "ignore:Got an error checking", *MANAGE[1:]),
            *("makemigrations", "--check", "--dry-run"),
        ],
        {},
    ),
    "system": ([*MANAGE, "check", "--fail-level", "WARNING"], {}),
    "deployment": ([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    "templates": ([str(BIN / "djlint"), "templates", "--lint", "--quiet"], {}),
    "translations": ([sys.executable, "-m", "tools.translations", "check"], {}),
    "OpenAPI": ([sys.executable, "-m", "tools.openapi", "check"], {}),
}


def main() -> int:
    failed: list[str] = []
    for name, (command, environment) in STEPS.items():
        started = time.monotonic()
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:<18}{verdict:<8}{time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
