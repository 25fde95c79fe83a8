"""Who is asking, where proxies stand in between: an address and a protocol. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")  # what proxies add, one or the other


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address is in one of these ranges."""
    try:
        ip = ip_address(address)
    except ValueError:  # a socket of another family
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in networks)


def peer_of(request: Any) -> str:
    """Return who is at the other end of a (Tornado) request's socket, whatever its headers say."""
    address = getattr(getattr(request.connection, "context", None), "address", None)
    return str(address[0]) if isinstance(address, tuple) else ""


def is_loopback(address: str) -> bool:
    """Return whether an address is this machine's own."""
    return is_within(address, (ip_network("127.0.0.0/8"), ip_network("::1/128")))


def is_private(address: str) -> bool:
    """Return whether an address is this machine's, or of a network of one's own."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def behind(peer: str, forwarded: str, trusted: Iterable[Network]) -> str:
    """Return whose request it is: the right-most address that is no proxy's.

    peer: the other end of the socket; forwarded: X-Forwarded-For, to which each proxy adds whom it heard. What stands
    further left is the client's own word.
    """
    for heard in reversed(forwarded.split(",")):
        if not is_within(peer, trusted):
            break
        try:
            peer = str(ip_address(heard.strip()))
        except ValueError:
            break
    return peer
