from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "kefu.network"
    label = "network"
    verbose_name = _("网络与网点")
