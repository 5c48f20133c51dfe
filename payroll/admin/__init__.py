"""People's rosters, attendance, training and pay, to look at."""

from payroll.admin import (
    attendance,
    calls,
    discipline,
    employment,
    inspections,
    joining,
    meetings,
    pay,
    rosters,
    scores,
    training,
)

__all__ = [
    "attendance",
    "calls",
    "discipline",
    "employment",
    "inspections",
    "joining",
    "meetings",
    "pay",
    "rosters",
    "scores",
    "training",
]
