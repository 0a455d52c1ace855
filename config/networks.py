"""Which network a request came from: the most that limits may know of somebody.

`REMOTE_ADDR` is the address to ask about: `config.proxies` has made it the
visitor's, as far as a trusted proxy said so.
"""

from ipaddress import IPv6Address, ip_address, ip_network

IPV6_PREFIX = 64
"""What a provider gives one household: within it, every request can have an address of its own."""


def network_of(address: str) -> str:
    """Return an IPv4 address itself and the /64 of an IPv6 one; "" for what is no address."""
    try:
        found = ip_address(address.strip().partition("%")[0])
    except ValueError:
        return ""
    # A socket for both protocols shows IPv4 peers as ::ffff:192.0.2.1.
    found = getattr(found, "ipv4_mapped", None) or found
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)
