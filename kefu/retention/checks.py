"""``manage.py check --deploy --database default``: no key may be missing that something still stands under."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from kefu.privacy.keys import KeysMissing
from kefu.retention import selectors


@register(Tags.database, deploy=True)
def check_keys(
    *, app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """By the last count: to count anew takes longer than a start may take; ``verify`` does."""
    if "default" not in (databases or ()):
        return []
    try:
        if "retention_sealcount" not in connections["default"].introspection.table_names():
            return []  # before the first migration
        uses = selectors.key_uses()
    except (DatabaseError, KeysMissing) as error:
        return [Error(f"The keys of personal data cannot be checked: {error}", id="kefu.E010")]
    return [
        Error(
            f"KEFU_ENCRYPTION_KEYS lacks the key {use.key_id}, under which {use.blobs} values stand."
            " 缺少仍在使用的加密密钥。",
            hint="Put it back behind the current one; manage.py rotate_keys makes it dispensable.",
            id="kefu.E011",
        )
        for use in uses
        if not use.held
    ]
