"""Check the invariants on live data, read-only; exit 1 on any violation."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from kefu.overview.verify import verify


class Command(BaseCommand):
    help = "Checks what must hold on live data, without changing anything. Exit 1 if something does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON list of results")

    def handle(self, *args: Any, **options: Any) -> None:
        results = verify()
        if options["json"]:
            self.stdout.write(
                json.dumps([one.to_json() for one in results], ensure_ascii=False, indent=1)
            )
        else:
            for one in results:
                self.stdout.write(
                    f"{'ok  ' if one.ok else 'FAIL'} {one.check}: {one.found} of {one.n:,}"
                )
                for what in one.violations:
                    self.stdout.write(f"       {what}")
        if not all(one.ok for one in results):
            sys.exit(1)
