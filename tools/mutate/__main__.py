"""``python -m tools.mutate [CD-05 …]``: only clauses whose id begins so. ``FORCE=1``: also what is proved already."""

import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tools.mutate import proofs

PROJECT = Path(__file__).resolve().parents[2]
TESTS = ["tests", "--ignore=tests/browser", "--ignore=tests/faults", "--ignore=tests/deploy"]


class Runner:
    """Takes the place of pytest's own loop over the tests."""

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self.prefixes = prefixes
        self.alive = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        started = time.monotonic()
        self.alive = proofs.prove(
            session, prefixes=self.prefixes, anew=os.environ.get("FORCE") == "1", tell=_tell
        )
        _tell(f"{time.monotonic() - started:.0f} s")
        return True


def _tell(line: str) -> None:
    print(line, flush=True)


def main(prefixes: list[str]) -> int:
    runner = Runner(tuple(prefixes))
    options: list[Any] = ["-qq", "-s", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist"]
    failed = pytest.main([*options, "--rootdir", str(PROJECT), *TESTS], plugins=[runner])
    return int(failed in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)) or int(
        runner.alive > 0
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
