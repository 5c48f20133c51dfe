from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParcelsConfig(AppConfig):
    name = "kefu.parcels"
    label = "parcels"
    verbose_name = _("快件")
