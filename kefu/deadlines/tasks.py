"""Celery's entry points. No ``expires``: it would be judged by the worker's own clock."""

from celery import shared_task

from kefu import clock
from kefu.deadlines import services


@shared_task
def tick() -> int:
    return services.sweep_until_next_tick()


@shared_task
def roll_counts() -> int:
    return services.roll_counts()


@shared_task
def escalate() -> int:
    return services.escalate(now=clock.now())
