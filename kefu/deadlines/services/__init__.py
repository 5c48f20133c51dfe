"""What can happen to a promise. ``promises`` starts, keeps and moves them; ``sweep`` breaks them;
``doors`` records our own interruptions, ``counts`` how many there are. ``promises`` may call ``sweep``, never the other way round."""

from kefu.deadlines.services.counts import rebuild_counts, roll_counts
from kefu.deadlines.services.doors import record_probe
from kefu.deadlines.services.escalations import escalate
from kefu.deadlines.services.promises import (
    cancel,
    costs,
    decide_late_entry,
    keep,
    note_failed_contact,
    pause,
    propose_late_entry,
    repoint,
    requeue,
    see_warnings,
    settle,
    start,
    start_again,
    start_clock,
)
from kefu.deadlines.services.sweep import (
    sweep,
    sweep_until_next_tick,
    sweep_while_stale,
    warn,
)

__all__ = [
    "cancel",
    "costs",
    "decide_late_entry",
    "escalate",
    "keep",
    "note_failed_contact",
    "pause",
    "propose_late_entry",
    "rebuild_counts",
    "record_probe",
    "repoint",
    "requeue",
    "roll_counts",
    "see_warnings",
    "settle",
    "start",
    "start_again",
    "start_clock",
    "sweep",
    "sweep_until_next_tick",
    "sweep_while_stale",
    "warn",
]
