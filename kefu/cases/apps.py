from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class CasesConfig(AppConfig):
    name = "kefu.cases"
    label = "cases"
    verbose_name = pgettext_lazy("plural", "工单")

    def ready(self) -> None:
        from kefu.cases.selectors import numbers_outside
        from kefu.notifications import naming

        naming.register(numbers_outside)
