"""Celery's way in."""

from celery import shared_task

from claims.services import forgotten, insurance, reports
from kefu import clock


@shared_task(ignore_result=True)
def remind_insurance() -> None:
    insurance.remind(now=clock.now())


@shared_task(ignore_result=True)
def find_forgotten_reports() -> None:
    forgotten.find_forgotten(now=clock.now())


@shared_task(ignore_result=True)
def remind_to_tell_again() -> None:
    reports.remind_to_tell_again(now=clock.now())
