"""Deliver events to the addresses of partners."""

import signal
from threading import Event
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from kefu.webhooks import sender


class Command(BaseCommand):
    help = "Sends webhooks until it is stopped; several may run beside each other."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()

        def end(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        sender.run(stop)
