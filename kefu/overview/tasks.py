from celery import shared_task

from kefu import clock
from kefu.overview import services


@shared_task
def make_partitions() -> int:
    return services.make_partitions(now=clock.now())
