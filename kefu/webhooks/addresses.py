"""Which addresses we connect to: public ones, or those of ``KEFU_WEBHOOK_NETWORKS``.

Whoever names an address must not reach our own house through us, by whatever name or spelling.
"""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

UNICAST = ip_network("2000::/3")
SIX_TO_FOUR = ip_network("2002::/16")  # leads to an IPv4 address inside


class AddressRefused(Exception):
    """A host has no address that we connect to."""


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """Return where ``host`` may be reached, IPv4 first. Raises AddressRefused, OSError for an unknown host."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # Hosts with both often cannot be reached by IPv6 from an office.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    allowed = [str(entry[4][0]) for entry in found if may_connect(str(entry[4][0]))]
    if not allowed:
        raise AddressRefused(host)
    return list(dict.fromkeys(allowed))


def may_connect(text: str) -> bool:
    """Whether we connect to this address."""
    address = ip_address(text)
    address = getattr(address, "ipv4_mapped", None) or address
    named = (ip_network(network) for network in settings.KEFU_WEBHOOK_NETWORKS)
    return _is_public(address) or any(address in network for network in named)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        return address in UNICAST and address not in SIX_TO_FOUR and address.is_global
    return address.is_global and not (address.is_multicast or address.is_reserved)
