from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppealsConfig(AppConfig):
    name = "kefu.appeals"
    label = "appeals"
    verbose_name = _("处罚异议")

    def ready(self) -> None:
        from kefu.api.objects import Thing, register
        from kefu.appeals.services import close_for
        from kefu.penalties.services import when_gone

        register(Thing("appeal", "appeal-detail", in_event="appeal"))
        when_gone(close_for)
