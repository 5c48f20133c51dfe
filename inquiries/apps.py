from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InquiriesConfig(AppConfig):
    name = "inquiries"
    verbose_name = _("查询")

    def ready(self) -> None:
        from inquiries.imports import KIND, load
        from kefu.jobs import services as jobs

        jobs.register(KIND, load.run)
