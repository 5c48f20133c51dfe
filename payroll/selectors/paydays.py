"""The days on which wages are paid, as the confirmed terms of pay say."""

from collections.abc import Sequence
from datetime import date, timedelta

from payroll.models import PayTerms


def payday_of(month: date) -> date | None:
    """The day on which a month's wages are paid, in the next month; None where no terms are confirmed."""
    confirmed = PayTerms.objects.filter(confirmed_by__isnull=False, from_month__lte=month)
    terms = confirmed.order_by("-from_month").first()
    return _next(month).replace(day=terms.payday) if terms else None


def paydays_around(month: date) -> tuple[date, Sequence[date]]:
    """Return the day on which the sheet of a month begins, and the paydays it lies between; none where no payday is
    set. ``month``: its first day. The sheet that begins on a payday is settled before the next (SD-233.15).
    """
    first, following = payday_of(month - timedelta(days=1)), payday_of(month)
    if first is None or following is None:
        return month, ()
    return first, (first, following)


def _next(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)
