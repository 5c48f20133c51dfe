from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "kefu.staff"
    label = "staff"
    verbose_name = _("人员")

    def ready(self) -> None:
        from kefu.staff import permissions

        permissions.register()
