"""Let a restored copy act."""

from typing import Any

from django.core.management.base import BaseCommand

from kefu.continuity import standing


class Command(BaseCommand):
    help = (
        "Lets a restored system act: from now on it fires what is due, sends and takes changes. Only when the one it was "
        "copied from is off for good. What fell due meanwhile is held for a supervisor. Needs DATABASE_OWNER_URL."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        at = standing.activate()
        if at is None:
            self.stdout.write("This system is active already.")
        else:
            self.stdout.write(
                f"Active since {at.isoformat(timespec='seconds')}. What is overdue is fired within seconds."
            )
