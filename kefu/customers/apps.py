from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class CustomersConfig(AppConfig):
    name = "kefu.customers"
    label = "customers"
    verbose_name = pgettext_lazy("plural", "客户")

    def ready(self) -> None:
        from kefu.cases import services as cases
        from kefu.customers.kinds import AboutTheCustomer
        from kefu.customers.selectors import SEE, is_major, visits_due
        from kefu.customers.services import files
        from kefu.retention.services import requests
        from kefu.workbench import kinds

        cases.urgent_for(is_major)
        requests.correct_by(files.correct)
        kinds.add(AboutTheCustomer())
        kinds.add_to_navigation(
            kinds.NavEntry(
                "customers",
                pgettext_lazy("plural", "客户"),
                "customers:customers",
                waiting=visits_due,
                rights=[SEE],
            )
        )
