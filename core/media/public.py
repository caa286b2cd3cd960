"""Which addresses of the Internet may be spoken to on behalf of somebody else.

    gate = Gate(LinkSettings())
    connector = aiohttp.TCPConnector(socket_factory=gate.socket)

The gate stands where the socket is made, after every look-up and redirect: a name that resolves to
something else the second time leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from core.errors import BadSetting
from core.settings import Section

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
"""Everything else of IPv6 is local, reserved, or another way to write an IPv4 address."""
_SPECIAL = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    # 6to4 and Teredo have an IPv4 address inside, which may be a private one.
    *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    "168.63.129.16/32",  # Azure answers there what is meant for the machine alone
)
"""The special-purpose registries of IANA. Spelled out, since what `ipaddress` calls global differs
between versions of Python (3.11 lets 192.0.0.0/24 through)."""
_REFUSED = tuple(ipaddress.ip_network(n) for n in _SPECIAL)


class LinkSettings(Section, env_prefix="LINK_"):
    """What links may lead to beside public addresses."""

    allow: str = ""
    """Networks in the form 192.168.1.0/24, separated by commas."""

    def networks(self) -> tuple[Network, ...]:
        """Raises BadSetting."""
        try:
            return tuple(
                ipaddress.ip_network(part.strip()) for part in self.allow.split(",") if part.strip()
            )
        except ValueError as wrong:
            raise BadSetting("setting.unreadable", name="LINK_ALLOW", why=str(wrong)) from wrong


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be reached there, and nobody on this side of it."""
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if mapped is not None:
            return is_public(mapped)
        if address not in _GLOBAL_6:
            return False
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class Gate:
    """Makes sockets to public addresses, and to networks that are allowed by name."""

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self._allowed = allowed
        self.refused = False
        """Whether somebody wanted to go where nobody may."""

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """For aiohttp: called with the very address that is connected to."""
        family, kind, proto, _, where = info
        if not self.may(str(where[0])):
            self.refused = True
            raise PermissionError(f"{where[0]} is not public")
        return socket.socket(family=family, type=kind, proto=proto)

    def may(self, written: str) -> bool:
        try:
            address = ipaddress.ip_address(written.split("%")[0])
        except ValueError:
            return False
        named = any(address in n for n in self._allowed if n.version == address.version)
        return named or is_public(address)
