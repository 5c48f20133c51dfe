"""Who is acting, told to the database connection: the audit's triggers read it (``kefu_audit_change``)."""

from ipaddress import ip_address

import orjson
import structlog
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest

SET = "SELECT set_config('kefu.context', %s, %s)"


def address_of(request: HttpRequest) -> str:
    """Return the caller's address; behind proxies of ours the one that the outermost of them saw.

    Empty if there is none that can be believed. An IPv4 address in IPv6 clothes is the IPv4 address.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        text = hops[-settings.PROXIES].strip() if len(hops) >= settings.PROXIES else ""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)[:45]


def request_id() -> str:
    """Return the id under which this request stands in the log; callers may have chosen it."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]


def say_who(
    request: HttpRequest, *, actor_id: int | None, actor_name: str, role: str, local: bool
) -> None:
    """Let every change on this connection be put down to an actor.

    ``local`` lasts until the transaction ends, otherwise until ``forget_who``.
    """
    context = {
        "actor_id": actor_id,
        "actor_name": actor_name,
        "role": role,
        "address": address_of(request),
        "request_id": request_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(SET, [orjson.dumps(context).decode(), local])


def forget_who() -> None:
    """Clear the connection before it goes back to the pool; one that cannot be cleared does not go back."""
    if connection.connection is None:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(SET, ["", False])
    except Error:
        if not connection.in_atomic_block:
            connection.connection.close()
            connection.close()
