"""Keep promises while Redis or the workers are down, and record when our own doors were closed."""

import os
import signal
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from kefu.overview.watchdog import Watchdog


def web_url() -> str:
    """Where the pages answer: KEFU_WEB_URL, or HOST and PORT as they are served on this machine."""
    if given := os.environ.get("KEFU_WEB_URL"):
        return given.rstrip("/")
    host = os.environ.get("HOST") or "127.0.0.1"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 as served
    if ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{os.environ.get('PORT') or '8000'}"


class Command(BaseCommand):
    help = "Sweeps deadlines without the queue while no tick shows itself, and probes pages, API and database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--url", default=web_url(), help="where pages and API answer (KEFU_WEB_URL)"
        )

    def handle(self, *args: Any, url: str, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        Watchdog(url).run()


def _stop(number: int, frame: FrameType | None) -> None:
    # Whatever is under way is rolled back; the next sweep does it again.
    sys.exit(0)
