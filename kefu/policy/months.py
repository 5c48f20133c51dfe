"""Calendar months as ``2026-11``, and how far apart they are."""

from calendar import monthrange
from datetime import date
from typing import Annotated

from pydantic import StringConstraints

Month = Annotated[str, StringConstraints(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")]


def month_of(on: date) -> Month:
    return f"{on.year:04}-{on.month:02}"


def first_day(month: Month) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: Month) -> date:
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def months_between(earlier: Month, later: Month) -> int:
    """How many months ``later`` comes after ``earlier``; below nought if it comes before."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])
