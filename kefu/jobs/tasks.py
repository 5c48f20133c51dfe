"""Celery's entry point. No ``expires``: it would be judged by the worker's own clock."""

from celery import shared_task

from kefu.jobs import services


@shared_task
def run_jobs() -> int:
    return services.run_until_next_tick()
