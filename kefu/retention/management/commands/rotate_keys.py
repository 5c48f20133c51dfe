"""Seal everything anew under the current key; or tell which keys are still needed."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kefu import clock
from kefu.retention.services import rotation

SAY_EVERY = 2.0  # seconds between two lines about one column


class Command(BaseCommand):
    help = (
        "Seals every value of personal data anew under the first key of KEFU_ENCRYPTION_KEYS, in small batches, while "
        "people work. May be killed and run again. Exit 1 if anything is left under another key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows at a time")
        parser.add_argument("--json", action="store_true", help="one JSON object about the run")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= 10_000:
            raise CommandError("--batch is between 1 and 10000")
        self.said = (time.monotonic(), "")
        run = rotation.rotate(now=clock.now(), batch=options["batch"], say=self.say)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(run) | {"whole": run.whole}, ensure_ascii=False))
        else:
            self.stdout.write(f"current key: {run.current}")
            for place, n in run.resealed.items():
                self.stdout.write(f"  {n:>9,}  {place}")
            for place, keys in run.broken.items():
                self.stdout.write(f"cannot be opened: {place} of rows {', '.join(keys[:10])}")
            for place, n in run.left.items():
                self.stdout.write(f"left under another key: {n:,} of {place}; run it again")
            for key in run.removable:
                self.stdout.write(f"no longer needed: key {key}")
            for key in run.missing:
                self.stdout.write(f"needed, and not in KEFU_ENCRYPTION_KEYS: key {key}")
        if not run.whole:
            sys.exit(1)

    def say(self, place: str, done: int, todo: int) -> None:
        at, last = self.said
        if place != last or time.monotonic() - at > SAY_EVERY:
            self.stderr.write(f"{place}: {done:,} of {todo:,}")
            self.said = (time.monotonic(), place)
