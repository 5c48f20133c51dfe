"""The kinds of clauses, one module a subject. Each is data with a schema; what follows from it is decided elsewhere."""

from typing import Annotated

from pydantic import Field

from kefu.policy.both import is_chinese
from kefu.policy.clauses.access import Access, Separation
from kefu.policy.clauses.attendance import AbsencePay, AbsenceUnit, LateGrace, TimeOff
from kefu.policy.clauses.base import ClauseBase, NotSet
from kefu.policy.clauses.clocks import (
    CalendarDays,
    Clock,
    Elapsed,
    Entry,
    FixedTime,
    Hours,
    Notice,
    Schedule,
    Warnings,
)
from kefu.policy.clauses.compensation import Compensation
from kefu.policy.clauses.costs import Costing
from kefu.policy.clauses.desk import Checklist, Duty, Fields, Item, Items, Staffing, When
from kefu.policy.clauses.fees import (
    Bearer,
    FeeSum,
    Fund,
    PieceTariff,
    PlaceTariff,
    Tariff,
)
from kefu.policy.clauses.measures import Criterion, Quota, Rate, Report
from kefu.policy.clauses.pay import (
    Allowance,
    Award,
    BasePay,
    HourlyPay,
    PerformancePay,
    PieceBonus,
    Reward,
    Seniority,
    TeamBonus,
    WageFormula,
    WageRate,
)
from kefu.policy.clauses.penalties import Cause, Condition, Consequence, Role
from kefu.policy.clauses.processes import Process, ProcessStep, Request, Route
from kefu.policy.clauses.recurring import Recurring, Retention
from kefu.policy.clauses.rosters import (
    Course,
    Limit,
    Rotation,
    Season,
    ShiftRequests,
    Shifts,
)
from kefu.policy.clauses.scores import (
    Assessment,
    ExtraPoints,
    Grade,
    Indicator,
    Rating,
    ScoreEvent,
    ScorePeriod,
    ScoreSheet,
    ScoreTiers,
    Weight,
)
from kefu.policy.clauses.texts import Remark, TextRule

__all__ = [
    "AbsencePay",
    "AbsenceUnit",
    "Access",
    "Allowance",
    "Assessment",
    "Award",
    "BasePay",
    "Bearer",
    "CalendarDays",
    "Cause",
    "Checklist",
    "Clause",
    "ClauseBase",
    "Clock",
    "Compensation",
    "Condition",
    "Consequence",
    "Costing",
    "Course",
    "Criterion",
    "Duty",
    "Elapsed",
    "Entry",
    "ExtraPoints",
    "FeeSum",
    "Fields",
    "FixedTime",
    "Fund",
    "Grade",
    "HourlyPay",
    "Hours",
    "Indicator",
    "Item",
    "Items",
    "LateGrace",
    "Limit",
    "NotSet",
    "Notice",
    "PerformancePay",
    "PieceBonus",
    "PieceTariff",
    "PlaceTariff",
    "Process",
    "ProcessStep",
    "Quota",
    "Rate",
    "Rating",
    "Recurring",
    "Remark",
    "Report",
    "Request",
    "Retention",
    "Reward",
    "Role",
    "Rotation",
    "Route",
    "Schedule",
    "ScoreEvent",
    "ScorePeriod",
    "ScoreSheet",
    "ScoreTiers",
    "Season",
    "Seniority",
    "Separation",
    "ShiftRequests",
    "Shifts",
    "Staffing",
    "Tariff",
    "TeamBonus",
    "TextRule",
    "TimeOff",
    "WageFormula",
    "WageRate",
    "Warnings",
    "Weight",
    "When",
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
    | Duty
    | TextRule
    | Remark
    | Process
    | Request
    | Route
    | Access
    | Separation
    | Quota
    | Criterion
    | Report
    | Rate
    | AbsencePay
    | AbsenceUnit
    | LateGrace
    | TimeOff
    | Allowance
    | Award
    | BasePay
    | HourlyPay
    | PerformancePay
    | PieceBonus
    | Reward
    | Seniority
    | TeamBonus
    | WageFormula
    | WageRate
    | Assessment
    | ExtraPoints
    | Grade
    | Indicator
    | Rating
    | ScoreEvent
    | ScorePeriod
    | ScoreSheet
    | ScoreTiers
    | Weight
    | CalendarDays
    | Notice
    | Recurring
    | Retention
    | Shifts
    | Rotation
    | ShiftRequests
    | Limit
    | Season
    | Course
    | Tariff
    | PieceTariff
    | PlaceTariff
    | FeeSum
    | Bearer
    | Fund
    | Compensation,
    Field(discriminator="kind"),
]
