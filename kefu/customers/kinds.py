"""What a customer's file adds to the pages of his cases (SD-150.15, SD-150.17)."""

from kefu.cases.models import Case
from kefu.customers.selectors import Strip, strip_of
from kefu.workbench.kinds import Addition


class AboutTheCustomer(Addition):
    """Who he is, what his file lacks, and how he was asked afterwards; ``own`` is the ``Strip``."""

    panel = "customers/_strip.html"

    def read(self, case: Case) -> Strip | None:
        return strip_of(case)
