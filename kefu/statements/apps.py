from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatementsConfig(AppConfig):
    name = "kefu.statements"
    label = "statements"
    verbose_name = _("对账")

    def ready(self) -> None:
        from kefu.api.objects import Thing, register
        from kefu.jobs import services as jobs
        from kefu.statements import telling
        from kefu.statements.services import DRAW_JOB, PAYMENT, REASONS, work_drawing

        register(Thing("statement", "statement-detail", in_event="statement"))
        jobs.register(DRAW_JOB, work_drawing, reasons=REASONS)
        telling.register("penalty", telling.penalties)
        telling.register(PAYMENT, telling.payments)
