"""Keep docs/openapi.yaml in step with the code: ``check`` (the default) or ``write``."""

import difflib
import subprocess
import sys
import tempfile
from pathlib import Path

WRITTEN = Path("docs/openapi.yaml")


def generated() -> str | None:
    """Return the schema of the code; None after warnings, which drf-spectacular has printed."""
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory, "openapi.yaml")
        command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"]
        if subprocess.run([*command, "--file", str(target)], check=False).returncode:
            return None
        return target.read_text()


def main() -> int:
    schema = generated()
    if schema is None:
        return 1
    if sys.argv[1:] == ["write"]:
        WRITTEN.write_text(schema)
        return 0
    written = WRITTEN.read_text() if WRITTEN.exists() else ""
    if written == schema:
        return 0
    changes = difflib.unified_diff(
        written.splitlines(), schema.splitlines(), "written", "code", lineterm=""
    )
    print("\n".join(list(changes)[:60]))
    print(f"{WRITTEN} is not what the code says: make openapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
