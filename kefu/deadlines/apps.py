from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class DeadlinesConfig(AppConfig):
    name = "kefu.deadlines"
    label = "deadlines"
    verbose_name = pgettext_lazy("plural", "时限")
