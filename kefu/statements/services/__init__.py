"""Draw up, issue, confirm, lock; record what was paid. Parts import each other downwards: payments, following, drawing."""

from kefu.statements.services.drawing import (
    DRAW_JOB,
    REASONS,
    begin,
    draw_up,
    lacking,
    month_after,
    month_of,
    work_drawing,
)
from kefu.statements.services.following import confirm, follow, issue
from kefu.statements.services.payments import PAYMENT, record_payment, reverse_payment

__all__ = [
    "DRAW_JOB",
    "PAYMENT",
    "REASONS",
    "begin",
    "confirm",
    "draw_up",
    "follow",
    "issue",
    "lacking",
    "month_after",
    "month_of",
    "record_payment",
    "reverse_payment",
    "work_drawing",
]
