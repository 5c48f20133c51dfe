"""PostgreSQL functions that Django does not name."""

from django.db import models
from django.db.models import Func


class CurrentTransaction(Func):
    """The number of the running transaction; readers that follow it never skip a late commit."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()
