"""Celery's way in."""

from celery import shared_task

from kefu import clock
from kefu.reports.services import built, registers


@shared_task(ignore_result=True)
def draw_up_registers() -> None:
    registers.draw_up_and_remind(now=clock.now())


@shared_task(ignore_result=True)
def make_built_reports() -> None:
    built.make_due(now=clock.now())
