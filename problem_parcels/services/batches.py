"""Many parcels with one record: a transaction a row, a result a row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kefu.errors import KefuError
from kefu.staff.models import Employee
from problem_parcels.services.closing import Result, refuse_too_many
from problem_parcels.services.records import Given, register


def register_many(
    *, numbers: Iterable[str], given: Given, by: Employee, actor: Any, now: datetime
) -> list[Result]:
    """Register these waybills, all with the same record; a result for each, in their order.

    What is refused says why at its row, the rest goes through. Raises KefuError for more than AT_ONCE rows.
    """
    numbers = refuse_too_many(numbers)
    results = []
    for number in numbers:
        try:
            case = register(
                number=number,
                given=given,
                owner=by,
                department=by.department,
                again=False,
                actor=actor,
                now=now,
            )
            results.append(Result(number, case.number))
        except KefuError as error:
            results.append(Result(number, "", str(error), error.code, error.field or ""))
    return results
