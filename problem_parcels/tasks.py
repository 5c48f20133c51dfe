"""Celery's way in."""

from celery import shared_task

from kefu import clock
from problem_parcels import services
from problem_parcels.services import misroutings, store


@shared_task(ignore_result=True)
def return_unanswered() -> None:
    services.return_unanswered(now=clock.now())


@shared_task(ignore_result=True)
def draw_up_missing_out_scans() -> None:
    store.draw_up_missing_out_scans(now=clock.now())


@shared_task(ignore_result=True)
def remind_reports() -> None:
    misroutings.remind_reports(now=clock.now())
