from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class PenaltiesConfig(AppConfig):
    name = "kefu.penalties"
    label = "penalties"
    verbose_name = pgettext_lazy("plural", "处罚")

    def ready(self) -> None:
        from kefu.api.objects import Thing, register

        register(Thing("penalty", "penalty-detail", in_event="penalty"))
