from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReplayConfig(AppConfig):
    name = "kefu.replay"
    label = "replay"
    verbose_name = _("重算与试算")

    def ready(self) -> None:
        from kefu.jobs import services as jobs
        from kefu.replay import decisions, services
        from kefu.replay.rows import Promises
        from kefu.rulebooks.services import before_publishing

        jobs.register(services.KIND, services.try_out)
        decisions.register("promise", Promises())
        before_publishing.append(services.not_tried_out)
