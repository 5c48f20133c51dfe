"""Logs through structlog: one JSON object a line, or readable lines on one's own machine."""

import logging.config
import re
from typing import Any

import orjson
import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Without the values of local variables: they hold names, phones and keys.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
# What no text of a log line can hold: names of its own, times and addresses of machines.
_NEVER_TEXT = frozenset(
    {"timestamp", "level", "logger", "request_id", "task_id", "parent_task_id", "ip", "user_id"}
)
# Whoever has the rest of such an address needs no password.
SECRET_ADDRESS = re.compile(
    r"/(wallboard|s|accounts/password/reset/key|accounts/confirm-email)/[^/\s?\"']+"
)
# What PostgreSQL adds to a message: the row, or the statement, with its values.
_VALUES = re.compile(r"\n(?:DETAIL|CONTEXT|LINE \d+|STATEMENT|QUERY):.*(?:\n .*)*")
# A value that Python or Django quotes in a message, where it is in Chinese: a name, an address.
_QUOTED = re.compile(r"""(['"“])[^'"”\n]*[\u3400-\u9fff][^'"”\n]*(['"”])""")


def without_personal_data(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Mask phones, ID numbers, secrets in addresses and values in the messages of errors, wherever they stand."""
    return {
        name: value if name in _NEVER_TEXT else _told(value, of_error=name == "exception")
        for name, value in event.items()
    }


def _told(value: Any, *, of_error: bool) -> Any:
    match value:
        case str():
            return _masked(value, of_error=of_error)
        case dict():
            return {name: _told(one, of_error=of_error) for name, one in value.items()}
        case list() | tuple():
            return [_told(one, of_error=of_error) for one in value]
    return value


def _masked(text: str, *, of_error: bool) -> str:
    from kefu.privacy.redact import redact  # which asks the settings, that are being read now

    if of_error:
        text = _QUOTED.sub(r"\1…\2", text)
    return redact(SECRET_ADDRESS.sub(r"/\1/…", _VALUES.sub("", text)))


def logging_config(*, as_json: bool, level: str = "INFO") -> dict[str, Any]:
    """Return Django's LOGGING; the records of libraries pass through the same processors."""
    rendering: list[Any] = (
        [
            _TRACEBACKS,
            without_personal_data,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
        if as_json
        else [
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *rendering,
                ],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # These two repeat what the request log says, the second with the whole request.
            "django.request": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING"},
            # An address may hold a partner's secret.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "celery.app.trace": {"level": "ERROR"},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Set up the standard library's logging and structlog on top of it (Django's LOGGING_CONFIG)."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _json(event: object, default: Any, **_: object) -> str:
    return orjson.dumps(event, default=default).decode()
