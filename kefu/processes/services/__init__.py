"""What can be done with processes: ``runs`` starts and works them, ``templates`` makes the house's own, ``refunds``
sees that orders in refund or dispute are looked through."""

from kefu.processes.refunds import untold
from kefu.processes.services.refunds import check_refunds, remind_of_checks, remind_owner
from kefu.processes.services.runs import (
    abandon,
    before_closing,
    do_step,
    open_rounds,
    start,
)
from kefu.processes.services.templates import discard, draft, publish, revise, save, withdraw

__all__ = [
    "abandon",
    "before_closing",
    "check_refunds",
    "discard",
    "do_step",
    "draft",
    "open_rounds",
    "publish",
    "remind_of_checks",
    "remind_owner",
    "revise",
    "save",
    "start",
    "untold",
    "withdraw",
]
