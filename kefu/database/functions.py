"""PostgreSQL functions that Django does not name."""

from django.db import models
from django.db.models import Func


class CurrentTransaction(Func):
    """The number of the running transaction; readers that follow it never skip a late commit."""

    template = "kefu_txid()"
    output_field = models.BigIntegerField()


class OldestRunning(Func):
    """The oldest transaction still running: what follows it in the outbox has not been seen by anyone."""

    template = "kefu_horizon()"
    output_field = models.BigIntegerField()


class ByPinyin(Func):
    """Text in the order of a Chinese index: by pinyin, and below one sound by character.

    Our PostgreSQL comes without ICU and sorts by code point, which tells a reader nothing. GB 18030 keeps the 3,755
    commonest characters in the order of their pinyin, so its bytes are that order; rare ones follow by radical, and one with two readings
    stands by the commoner (重庆 under zhong). What is
    known to be a person's or an outlet's name has a column of its own for it (``Party.pinyin``).
    """

    template = "convert_to(%(expressions)s, 'GB18030')"
    output_field = models.BinaryField()
