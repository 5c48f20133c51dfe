"""Bring the rulebooks of this release into the database: part of every installation and upgrade."""

from typing import Any

from django.core.management.base import BaseCommand

from kefu import clock
from kefu.rulebooks import services


class Command(BaseCommand):
    help = (
        "Adds the shipped rulebooks; a shipped change to one in use becomes a draft. May run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for line in services.install_shipped(now=clock.now()):
            self.stdout.write(line)
