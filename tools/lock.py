"""Compile every requirements*.in into a lock file of names, versions and hashes, and nothing else."""

import subprocess
import sys
from pathlib import Path

UV = Path(".venv/uv/bin/uv")
NAMES = ("requirements", "requirements-local", "requirements-dev", "requirements-bootstrap")
# Not --universal: that would split versions by Python. The wheels of one version serve 3.11 and 3.12.
OPTIONS = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28"]
OPTIONS += [
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--quiet",
    "--system-certs",
]


def main() -> int:
    for name in NAMES:
        command = [
            str(UV),
            "pip",
            "compile",
            *OPTIONS,
            *sys.argv[1:],
            f"{name}.in",
            "-o",
            f"{name}.txt",
        ]
        done = subprocess.run(command, check=False)
        if done.returncode:
            return done.returncode
        lock = Path(f"{name}.txt").read_text()
        if "://" in lock:
            print(f"{name}.txt must not name an address.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
