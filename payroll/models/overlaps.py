"""What one person cannot do twice at a time."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db.models import BigIntegerField, Func, Q, Value
from django.db.models.expressions import F


def one_at_a_time(
    name: str,
    *,
    starts: str,
    ends: str,
    dates: bool = False,
    condition: Q | None = None,
    **given: Any,
) -> ExclusionConstraint:
    """No two rows of one employee overlap: from ``starts`` up to, not including, ``ends``; with ``dates``
    the last day is included, and none is without end.

    The employee stands as a range of one number, which needs no extension of the database.
    """
    who = Func(
        F("employee"),
        F("employee"),
        Value("[]"),
        function="int8range",
        output_field=BigIntegerField(),
    )
    when = Func(
        F(starts),
        F(ends),
        Value("[]" if dates else "[)"),
        function="daterange" if dates else "tstzrange",
        output_field=DateRangeField() if dates else DateTimeRangeField(),
    )
    return ExclusionConstraint(
        name=name,
        expressions=[(who, RangeOperators.OVERLAPS), (when, RangeOperators.OVERLAPS)],
        condition=condition,
        **given,
    )
