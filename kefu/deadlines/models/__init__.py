"""Promises as rows, and how many of them there are."""

from kefu.deadlines.models.counts import ClauseHour as ClauseHour
from kefu.deadlines.models.counts import ClauseMonth as ClauseMonth
from kefu.deadlines.models.counts import CountMove as CountMove
from kefu.deadlines.models.counts import PartyDay as PartyDay
from kefu.deadlines.models.counts import PartyMonth as PartyMonth
from kefu.deadlines.models.escalations import Escalation as Escalation
from kefu.deadlines.models.promises import Consequence as Consequence
from kefu.deadlines.models.promises import Deadline as Deadline
from kefu.deadlines.models.promises import DeadlineQuerySet as DeadlineQuerySet
from kefu.deadlines.models.promises import Heartbeat as Heartbeat
from kefu.deadlines.models.promises import Interruption as Interruption
from kefu.deadlines.models.promises import LateEntry as LateEntry
from kefu.deadlines.models.promises import Pause as Pause
