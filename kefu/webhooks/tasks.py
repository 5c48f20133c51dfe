from celery import shared_task

from kefu import clock
from kefu.webhooks import services


@shared_task
def forget_old() -> int:
    return services.forget_old(now=clock.now())
