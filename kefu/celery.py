"""The Celery application. Loaded by ``AppConfig.ready()``, so that policy runs without it."""

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

from kefu import broker

broker.install()
app = Celery("kefu", task_cls="kefu.continuity.tasks:WakefulTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)
