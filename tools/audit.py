"""Known vulnerabilities of everything that is locked, by uv and the OSV database (needs the network)."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

LOCKS = ("requirements-dev.txt", "requirements-bootstrap.txt")  # the first holds all the others
UV = Path(".venv/uv/bin/uv").resolve()


def main() -> int:
    pins = [
        pin
        for lock in LOCKS
        for pin in re.findall(
            r"^([\w.-]+(?:\[[\w,.-]+\])?==[^\s;]+)", Path(lock).read_text(), re.MULTILINE
        )
    ]
    # uv audits projects: a throwaway one, whose dependencies are exactly our pins.
    with tempfile.TemporaryDirectory() as project:
        listed = "".join(f"  {pin!r},\n" for pin in pins)
        Path(project, "pyproject.toml").write_text(
            f'[project]\nname = "kefu-locked"\nversion = "0"\nrequires-python = "==3.11.*"\n'
            f"dependencies = [\n{listed}]\n"
        )
        return subprocess.run(
            [UV, "audit", "--system-certs", "--project", project], check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
