"""The one family of errors that a person can do something about."""

from django.utils.functional import Promise


class KefuError(Exception):
    """A broken business rule: a stable ``code``, a message that says what to do, the field at fault.

    Pages show the message, the API turns it into problem+json with ``status``.
    """

    code = "refused"
    status = 422

    def __init__(
        self,
        message: str | Promise,
        *,
        code: str | None = None,
        field: str | None = None,
        **details: object,
    ) -> None:
        super().__init__(str(message))
        self.message = message
        self.code = code or self.code
        self.field = field
        self.details = details

    def __str__(self) -> str:
        return str(self.message)


class Conflict(KefuError):
    """Somebody was faster, or the state does not allow this step: look again, then decide."""

    code = "conflict"
    status = 409


class NotAllowed(KefuError):
    """The caller may see this, but not do it."""

    code = "not_allowed"
    status = 403
