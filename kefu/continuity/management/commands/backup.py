"""Write everything to one file while people work."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kefu.continuity.backup import backup
from kefu.errors import KefuError


class Command(BaseCommand):
    help = (
        "Writes the whole state to FILE, as of one moment, while people work. The keys of personal data are not in it: "
        "without them it is worth nothing. Needs DATABASE_OWNER_URL."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; one that exists is left as it is")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = backup(file, say=self.say)
        except (KefuError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(rows for rows, _digest in manifest["tables"].values())
        self.stdout.write(
            f"{file}: {len(manifest['tables'])} tables, {rows:,} rows as of {manifest['taken_at']}, "
            f"{manifest['dump']['bytes']:,} bytes, keys {', '.join(manifest['keys'])}"
        )

    def say(self, what: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{what}", ending="")
