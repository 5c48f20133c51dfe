"""The kinds of clauses, one module a subject. Each is data with a schema; what follows from it is decided elsewhere."""

from typing import Annotated

from pydantic import Field

from kefu.policy.clauses.base import ClauseBase, NotSet, is_chinese
from kefu.policy.clauses.clocks import Clock, Elapsed, Entry, FixedTime, Hours, Schedule, Warnings
from kefu.policy.clauses.desk import Checklist, Duty, Fields, Item, Items, Staffing
from kefu.policy.clauses.penalties import Cause, Condition, Consequence, Role

__all__ = [
    "Cause",
    "Checklist",
    "Clause",
    "ClauseBase",
    "Clock",
    "Condition",
    "Consequence",
    "Duty",
    "Elapsed",
    "Entry",
    "Fields",
    "FixedTime",
    "Hours",
    "Item",
    "Items",
    "NotSet",
    "Role",
    "Schedule",
    "Staffing",
    "Warnings",
    "is_chinese",
]

Clause = Annotated[
    Elapsed
    | FixedTime
    | Entry
    | Hours
    | Schedule
    | Consequence
    | Checklist
    | Items
    | Fields
    | Staffing
    | Duty,
    Field(discriminator="kind"),
]
