from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    name = "kefu.retention"
    label = "retention"
    verbose_name = _("个人信息")

    def ready(self) -> None:
        from kefu.cases import reveal
        from kefu.retention import checks, selectors  # noqa: F401

        reveal.withhold(selectors.withheld)
