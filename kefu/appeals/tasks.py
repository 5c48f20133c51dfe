"""Celery's entry points."""

from celery import shared_task

from kefu import clock
from kefu.appeals import services


@shared_task
def follow() -> int:
    return services.follow(now=clock.now())
