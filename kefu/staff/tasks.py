from celery import shared_task

from kefu import clock
from kefu.staff import services


@shared_task
def tell_missing_seats() -> int:
    return services.tell_missing_seats(now=clock.now())
