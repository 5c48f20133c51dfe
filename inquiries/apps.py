from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class InquiriesConfig(AppConfig):
    name = "inquiries"
    verbose_name = pgettext_lazy("plural", "查询")

    def ready(self) -> None:
        from inquiries.imports import KIND, load
        from kefu.jobs import services as jobs

        jobs.register(KIND, load.run)
