from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "kefu.staff"
    label = "staff"
    verbose_name = _("人员")

    def ready(self) -> None:
        from kefu.privacy import places
        from kefu.staff import permissions, second_factor

        permissions.register()
        # The library's own column: found by nobody who walks our models.
        places.register(
            places.Text("mfa_authenticator", "data", second_factor.AAD, second_factor.MARK)
        )
