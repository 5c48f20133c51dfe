"""Bring a backup back into an empty database, where it sleeps until it is activated."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from kefu.continuity.restore import restore
from kefu.errors import KefuError


class Command(BaseCommand):
    help = (
        "Restores FILE into the empty database of the settings, all or nothing, and compares it with what was copied. The "
        "restored system fires, sends and changes nothing until `manage.py activate`."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = restore(file, say=self.say)
        except OperationalError as error:
            raise CommandError(
                f"{str(error).strip()}\nIs the server up, and was `manage.py prepare_database` run there?"
            ) from error
        except (KefuError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(rows for rows, _digest in manifest["tables"].values())
        self.stdout.write(
            f"Restored: {len(manifest['tables'])} tables, {rows:,} rows as of {manifest['taken_at']}; rows, digests, grants "
            "and triggers are as they were.\nIt fires, sends and changes nothing. Look at it, run `manage.py verify`, and "
            "when the old system is surely off: `manage.py activate`."
        )

    def say(self, what: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r\x1b[K{what}", ending="")
