"""The address and the protocol of a client, also behind proxies. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAPPED = IPv6Network("::ffff:0:0/96")
UNIX = "0.0.0.0"  # the address that Tornado gives to connections over a Unix socket
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")  # headers that proxies add
PROTOCOLS = {"http": "http", "ws": "http", "https": "https", "wss": "https"}


def read_address(address: str) -> Address | None:
    """Parse an address; an IPv4-mapped one becomes IPv4. None for anything else (a socket of another family)."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def read_network(written: str, strict: bool = True) -> Network:
    """Parse a range; an IPv4-mapped one becomes IPv4, as no client has such an address. ValueError for anything else.

    strict: whether the address must be the first of the range.
    """
    network = ip_network(written, strict)
    if isinstance(network, IPv4Network) or network.prefixlen <= 80 or not network.overlaps(MAPPED):
        return network
    mapped = network.network_address.ipv4_mapped
    if mapped is None or network.prefixlen < 96:
        raise ValueError("a part of the IPv4-mapped addresses and something else")
    return IPv4Network((mapped, network.prefixlen - 96))


def is_within(address: str, networks: Iterable[Network]) -> bool:
    ip = read_address(address)
    return ip is not None and any(ip in network for network in networks)


def peer_of(request: Any) -> str:
    """Return the address at the other end of the socket of a (Tornado) request, whatever its headers say."""
    context = getattr(request.connection, "context", None)
    address = getattr(context, "address", None)
    return str(address[0]) if isinstance(address, tuple) else "" if context is None else UNIX


def is_loopback(address: str) -> bool:
    ip = read_address(address)
    return ip is not None and ip.is_loopback


def is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


def heard_address(text: str) -> str | None:
    """Return the address in what a proxy writes (`203.0.113.9:51234`, `[2001:db8::1]:443`), or None."""
    text, port = text.strip().strip('"'), ""
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        text = text if closed else ""
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
    port = port.removeprefix(":")
    ip = read_address(text.partition("%")[0])
    return None if ip is None or (port and not (port.isascii() and port.isdigit())) else str(ip)


def path_of(peer: str, forwarded: str, trusted: Iterable[Network]) -> list[str]:
    """Return the addresses that a request came through. The last is the client's: the right-most that is no proxy's.

    peer: the other end of the socket. forwarded: X-Forwarded-For, to which each proxy appends the address that it
    heard. Anything further left was written by the client.
    """
    path = [peer]
    for heard in reversed(forwarded.split(",")):
        address = heard_address(heard)
        if address in (None, UNIX) or not is_within(path[-1], trusted):
            break
        path.append(address)
    return path


def protocol_of(said: str, proxies: int) -> str | None:
    """Return the protocol (http or https) that a client behind so many proxies speaks; None if that is unknown.

    said: X-Forwarded-Proto. Most proxies replace it. In a list, to which each appends, the first proxy's counts.
    """
    words = [word.strip().strip('"').lower() for word in said.split(",")]
    return PROTOCOLS.get(words[-min(max(proxies, 1), len(words))])
