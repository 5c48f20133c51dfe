"""Celery's way in."""

from celery import shared_task

from kefu import clock
from kefu.reports.services import registers


@shared_task(ignore_result=True)
def draw_up_registers() -> None:
    registers.draw_up_and_remind(now=clock.now())
