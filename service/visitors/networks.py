"""Where a visitor comes from, as coarsely as limits need it. Never keeps an address of a machine."""

import ipaddress
import re
from typing import Final

UNKNOWN: Final = "unknown"
# Some proxies write the port behind the address, and IPv6 then in brackets (RFC 3986 §3.2.2).
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](?::[0-9]+)?|(?P<four>[0-9.]+):[0-9]+")


def network_of(remote_address: str | None) -> str:
    """Return the network that one household or machine room shares: /24 of IPv4, /48 of IPv6.

    A port behind the address is left out. All whose address can't be read are one network, ``UNKNOWN``.
    """
    raw = (remote_address or "").strip()
    ported = _WITH_PORT.fullmatch(raw)
    try:
        address = ipaddress.ip_address(ported["six"] or ported["four"] or "" if ported else raw)
    except ValueError:
        return UNKNOWN
    mapped = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((mapped, 24 if mapped.version == 4 else 48), strict=False))
