from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class CasesConfig(AppConfig):
    name = "kefu.cases"
    label = "cases"
    verbose_name = pgettext_lazy("plural", "工单")
