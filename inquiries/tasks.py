"""Housekeeping of the workbench."""

from celery import shared_task

from inquiries import once
from kefu import clock


@shared_task
def forget_old() -> int:
    return once.forget_old(now=clock.now())
