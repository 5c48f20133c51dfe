"""Generate a typed Python client for partners from docs/openapi.yaml: ``make client``, into dist/kefu-client."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

DOCUMENT = Path("docs/openapi.yaml")
TARGET = Path("dist/kefu-client")
OPTIONS = {
    "project_name_override": "kefu-client",
    "package_name_override": "kefu_client",
    "content_type_overrides": {  # files are bytes
        "application/pdf": "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "application/octet-stream",
    },
    "literal_enums": True,  # words, as the document shows them, and not a class for each
    "post_hooks": [f"{sys.executable} -m ruff format --isolated --no-cache --quiet ."],
}


def open_choices(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with every named choice as text.

    Within v1 answers may bring values that are new, which callers take for "other" (docs/api.md). A client
    generated from closed lists would refuse the whole answer instead. Filters in the address stay closed:
    there it is the caller who would be wrong.
    """
    forms = document["components"]["schemas"]
    for name, form in forms.items():
        if "enum" in form:
            forms[name] = {"type": "null" if form["enum"] == [None] else "string"}
    return document


def generate(target: Path) -> None:
    """Write the project to ``target``, over what is there. Raises CalledProcessError with warnings on stderr."""
    with tempfile.TemporaryDirectory() as directory:
        opened = Path(directory, "openapi.yaml")
        opened.write_text(
            yaml.safe_dump(open_choices(yaml.safe_load(DOCUMENT.read_text())), sort_keys=False)
        )
        options = Path(directory, "options.yaml")
        options.write_text(yaml.safe_dump(OPTIONS))
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
        command += ["--path", str(opened), "--config", str(options), "--meta", "uv", "--overwrite"]
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([*command, "--output-path", str(target)], check=True)


def main() -> int:
    generate(TARGET)
    print(f"{TARGET}: pip install ./{TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
