"""Celery's way in."""

from celery import shared_task

from kefu import clock
from kefu.customers.services import files


@shared_task(ignore_result=True)
def grade_customers() -> None:
    files.grade_all(now=clock.now())
