from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InquiriesConfig(AppConfig):
    name = "inquiries"
    verbose_name = pgettext_lazy("plural", "查询")

    def ready(self) -> None:
        from inquiries.imports import TABLE
        from inquiries.kinds import InquiryKind
        from kefu.cases.models import Case
        from kefu.jobs import services as jobs
        from kefu.workbench import kinds

        jobs.register(TABLE.kind, TABLE.run)
        for kind in (Case.Kind.INQUIRY, Case.Kind.NETWORK_QUERY, Case.Kind.COMPLAINT):
            kinds.register(kind, InquiryKind())
        kinds.add_to_navigation(
            kinds.NavEntry("counter", _("前台收件"), "inquiries:counter"),
        )
