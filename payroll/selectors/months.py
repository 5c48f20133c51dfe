"""Which month a page is asked for."""

import re
from datetime import date

from kefu.policy.months import Month, month_of

_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")


def asked_month(text: str, today: date) -> Month:
    """The month that an address names, this one where it names none."""
    return text if _MONTH.fullmatch(text) else month_of(today)
