from celery import shared_task

from kefu import clock
from kefu.overview import daily, services


@shared_task
def make_partitions() -> int:
    return services.make_partitions(now=clock.now())


@shared_task
def verify_daily() -> bool:
    return daily.verify_daily(now=clock.now()) is not None
