"""Processes that begin by themselves, and what is to be looked through every day."""

from celery import shared_task

from kefu import clock
from kefu.processes import services


@shared_task(ignore_result=True)
def open_rounds() -> None:
    services.open_rounds(now=clock.now())


@shared_task(ignore_result=True)
def remind_of_checks() -> None:
    services.remind_of_checks(now=clock.now())
