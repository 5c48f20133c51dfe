"""Celery's way in."""

from celery import shared_task

from inquiries import services
from inquiries.services import disasters, drills, force_majeure
from kefu import clock


@shared_task(ignore_result=True)
def regrade_complaints() -> None:
    """Delays are counted in days: the first run of a day changes what midnight made grave, the others nothing."""
    services.regrade_growing(now=clock.now())


@shared_task(ignore_result=True)
def exempt_broken() -> None:
    force_majeure.exempt_broken(now=clock.now())


@shared_task(ignore_result=True)
def begin_warned() -> None:
    disasters.begin_warned(now=clock.now())


@shared_task(ignore_result=True)
def remind_drills() -> None:
    drills.remind(now=clock.now())
