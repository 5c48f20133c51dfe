from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class RulebooksConfig(AppConfig):
    name = "kefu.rulebooks"
    label = "rulebooks"
    verbose_name = pgettext_lazy("plural", "规则手册")
