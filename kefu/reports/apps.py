from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class ReportsConfig(AppConfig):
    name = "kefu.reports"
    label = "reports"
    verbose_name = pgettext_lazy("plural", "报表")

    def ready(self) -> None:
        from kefu.workbench import kinds

        kinds.add_to_navigation(
            kinds.NavEntry("registers", pgettext_lazy("plural", "报表"), "reports:registers")
        )
