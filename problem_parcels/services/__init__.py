"""What the desks do with a problem parcel: record, write to outlets, decide, carry out, close."""

from problem_parcels.services.batches import register_many
from problem_parcels.services.checks import check_replies, open_replies
from problem_parcels.services.closing import close, close_many, reopen
from problem_parcels.services.disposals import (
    carry_out,
    decide,
    return_unanswered,
    scan_delivery,
)
from problem_parcels.services.messages import (
    TooLate,
    chase,
    outlet_writes,
    post_message,
    reply,
    withdraw_message,
)
from problem_parcels.services.pickups import collected, notify_pickup
from problem_parcels.services.records import Attempt, Given, log_attempt, record_again, register

__all__ = [
    "Attempt",
    "Given",
    "TooLate",
    "carry_out",
    "chase",
    "check_replies",
    "close",
    "close_many",
    "collected",
    "decide",
    "log_attempt",
    "notify_pickup",
    "open_replies",
    "outlet_writes",
    "post_message",
    "record_again",
    "register",
    "register_many",
    "reopen",
    "reply",
    "return_unanswered",
    "scan_delivery",
    "withdraw_message",
]
