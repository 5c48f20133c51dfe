from celery import shared_task

from kefu import clock
from kefu.audit import services


@shared_task
def seal_audit() -> int:
    return services.seal_audit(now=clock.now())
