"""Put on PYTHONPATH, it gives one process a clock that is wrong by KEFU_FAULTS_CLOCK seconds, as far as Python reads it.

Covered: ``time.time`` and its kin, ``datetime.now``, ``utcnow``, ``today`` and ``date.today``. Not covered: code in C or
Rust that asks the kernel itself, such as the web server's own Date header.
"""

import ctypes
import datetime
import gc
import os
import time
from typing import Any

SHIFT = float(os.environ.get("KEFU_FAULTS_CLOCK", "0"))
_time, _time_ns, _gmtime, _localtime = time.time, time.time_ns, time.gmtime, time.localtime
_of = datetime.datetime.fromtimestamp


def _replace(kind: type, **instead: Any) -> None:
    """Types made in C refuse new methods: their dictionary takes them."""
    gc.get_referents(kind.__dict__)[0].update(instead)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


if SHIFT:
    time.time = lambda: _time() + SHIFT
    time.time_ns = lambda: _time_ns() + int(SHIFT * 1e9)
    time.gmtime = lambda seconds=None: _gmtime(time.time() if seconds is None else seconds)
    time.localtime = lambda seconds=None: _localtime(time.time() if seconds is None else seconds)
    _replace(
        datetime.datetime,
        now=classmethod(lambda cls, tz=None: cls.fromtimestamp(time.time(), tz)),
        utcnow=classmethod(
            lambda cls: cls.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)
        ),
        today=classmethod(lambda cls: cls.fromtimestamp(time.time())),
    )
    _replace(datetime.date, today=classmethod(lambda cls: cls.fromtimestamp(time.time())))
