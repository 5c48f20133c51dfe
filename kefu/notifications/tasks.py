from celery import shared_task

from kefu import clock
from kefu.notifications.services import deliveries


@shared_task
def send_out() -> int:
    deliveries.plan(now=clock.now())
    return deliveries.send_due()
