"""Housekeeping of the workbench."""

from celery import shared_task

from kefu import clock
from kefu.workbench import once


@shared_task
def forget_old() -> int:
    return once.forget_old(now=clock.now())
