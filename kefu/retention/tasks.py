"""Celery's way in."""

from celery import shared_task

from kefu import clock
from kefu.retention.services import destruction, rotation


@shared_task
def destroy_due() -> int:
    return destruction.destroy_nightly(now=clock.now())


@shared_task
def count_sealed() -> bool:
    return rotation.count_daily(now=clock.now())
