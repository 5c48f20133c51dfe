"""``make faults``: break one thing after the other under load, and count in the database what was lost or done twice.

Standard output: one JSON object a line, nothing else. SEED makes a run again what it was, SCALE=small|full chooses
the amount, ONLY=name one scenario. Needs Linux; starts its own servers under var/faults and leaves nothing there.
"""

import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import place

SCENARIOS = (
    "kills",
    "schedulers",
    "database",
    "redis",
    "subscriber",
    "restart",
    "disk",
    "enqueue",
    "clocks",
    "copies",
    "checks",
)  # modules beside this one, each with run(scale, seed, var) that returns its result
SEED = 20261124


def main() -> int:
    scale, only = os.environ.get("SCALE") or "small", os.environ.get("ONLY") or ""
    given = os.environ.get("SEED") or str(SEED)
    if scale not in ("small", "full") or (only and only not in SCENARIOS) or not given.isdecimal():
        print(f"SEED=number SCALE=small|full ONLY={'|'.join(SCENARIOS)}", file=sys.stderr)
        return 2
    all_ok = True
    with place.servers("faults"):
        import django
        from django.core.management import call_command

        django.setup()
        place.make_template()
        call_command("collectstatic", verbosity=0, interactive=False)  # the pages name each file
        for name in SCENARIOS:
            if only in ("", name):
                result = {"name": name, **_outcome(name, scale, int(given))}
                all_ok = all_ok and result["ok"]
                print(json.dumps(result, ensure_ascii=False, default=str), flush=True)
    return 0 if all_ok else 1


def _outcome(name: str, scale: str, seed: int) -> dict[str, Any]:
    """A scenario that cannot be finished is not ok either, and does not keep the others from running."""
    place.fresh_database()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kefu-faults-") as var:
        try:
            result = importlib.import_module(f"faults.{name}").run(scale, seed, Path(var))
        except Exception as error:
            result = {"n": 0, "lost": None, "double": None, "ok": False}
            result["error"] = f"{type(error).__name__}: {error}"[:500]
            kept = place.PROJECT / "var" / f"faults-{name}"
            result["logs"] = str(_keep_logs(Path(var), kept))
    return {**result, "seconds": round(time.monotonic() - began, 1), "seed": seed, "scale": scale}


def _keep_logs(var: Path, kept: Path) -> Path:
    kept.mkdir(parents=True, exist_ok=True)
    for log in var.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())
    return kept


if __name__ == "__main__":
    sys.exit(main())
