from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OverviewConfig(AppConfig):
    name = "kefu.overview"
    label = "overview"
    verbose_name = _("总览")

    def ready(self) -> None:
        # Loaded here and not in kefu/__init__.py, so that policy and its tests run without it.
        import kefu.celery
        import kefu.checks  # noqa: F401
