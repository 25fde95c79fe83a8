"""Who is asking, where proxies stand in between: an address and a protocol. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
UNIX = "0.0.0.0"  # what Tornado calls whoever connects to a Unix socket
FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")  # what proxies add, one or the other


def read_address(address: str) -> Address | None:
    """Return an address, as IPv4 where it is IPv4-mapped; None for what is none (a socket of another family)."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def read_network(written: str, strict: bool = True) -> Network:
    """Return a range, as IPv4 where it is an IPv4-mapped one, since no client comes from those; ValueError for none.

    strict: whether what is written must be the first address of the range.
    """
    network = ip_network(written, strict)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return IPv4Network((mapped, network.prefixlen - 96))


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Return whether an address is in one of these ranges."""
    ip = read_address(address)
    return ip is not None and any(ip in network for network in networks)


def peer_of(request: Any) -> str:
    """Return who is at the other end of a (Tornado) request's socket, whatever its headers say."""
    context = getattr(request.connection, "context", None)
    address = getattr(context, "address", None)
    return str(address[0]) if isinstance(address, tuple) else "" if context is None else UNIX


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
