"""Celery's way in."""

from celery import shared_task

from kefu import clock
from kefu.statements import services


@shared_task(ignore_result=True)
def draw_up() -> None:
    services.begin(now=clock.now())


@shared_task(ignore_result=True)
def follow() -> None:
    services.follow(now=clock.now())
