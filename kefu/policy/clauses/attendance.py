"""What lateness, absence and overtime do to a wage."""

from typing import Literal, Self

from pydantic import model_validator

from kefu.policy.clauses.base import ClauseBase, Count, Factor

# What an attendance record can hold against somebody.
AttendanceEvent = Literal["late", "early_leave", "absence", "leave", "left_post", "unsigned_punch"]


class TimeOff(ClauseBase):
    """Overtime of those who hold a post allowance is given back as time off, so many hours for one,
    and not paid unless it was specially approved.

    ``statutory``: whether overtime on a statutory holiday is nevertheless marked as owed in money.
    """

    kind: Literal["time_off"]
    ratio: Factor
    statutory: Literal["warn", "silent"] = "warn"

    @property
    def question(self) -> tuple[str, ...]:
        return ("time_off",)


class LateGrace(ClauseBase):
    """Coming late by at most ``max_minutes`` costs nothing the first ``times`` in ``months``.

    ``window``: the months up to this one, or those of the calendar quarter. ``join``: with another
    grace of the rulebook, either suffices or both are needed; the longer period says it.
    """

    kind: Literal["late_grace"]
    max_minutes: Count
    times: Count
    months: Count = 1
    window: Literal["rolling", "quarter"] = "rolling"
    join: Literal["either", "both"] | None = None

    @model_validator(mode="after")
    def _a_quarter_has_three_months(self) -> Self:
        if self.window == "quarter" and self.months != 3:
            raise ValueError("a calendar quarter has three months")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "late_grace", str(self.months)


class AbsenceUnit(ClauseBase):
    """Absence is charged in units of so many hours; ``part``: what becomes of a part of one."""

    kind: Literal["absence_unit"]
    hours: Factor
    part: Literal["up", "down", "exact"]

    @property
    def question(self) -> tuple[str, ...]:
        return ("absence_unit",)


class AbsencePay(ClauseBase):
    """What a unit of absence costs: ``days`` daily wages times ``multiplier``. ``includes_unpaid``:
    the wage that was not earned is a part of it, or comes off as well.
    """

    kind: Literal["absence_pay"]
    multiplier: Factor
    days: Factor
    includes_unpaid: bool

    @property
    def question(self) -> tuple[str, ...]:
        return ("absence_pay",)
