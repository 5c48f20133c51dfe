"""Draw up, issue, confirm, lock; record what was paid. Parts import each other downwards: following, payments, drawing."""

from kefu.statements.services.drawing import DRAW_JOB, begin, draw_up, work_drawing
from kefu.statements.services.following import confirm, follow, issue
from kefu.statements.services.payments import PAYMENT, record_payment, reverse_payment

__all__ = [
    "DRAW_JOB",
    "PAYMENT",
    "begin",
    "confirm",
    "draw_up",
    "follow",
    "issue",
    "record_payment",
    "reverse_payment",
    "work_drawing",
]
