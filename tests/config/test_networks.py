"""Who asks, through proxies: believed only from those that are trusted."""

from ipaddress import ip_network

import pytest

from tornado_chat.config.networks import heard_address, is_private, is_within, path_of, protocol_of, read_network

TRUSTED = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.7, 10.1.1.1,10.2.2.2", "198.51.100.7"),
        ("127.0.0.1", "10.1.1.1", "10.1.1.1"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:DB9::0:7", "2001:db9::7"),
        ("127.0.0.1", "198.51.100.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7, a\x1b[31mb, 10.1.1.1", "10.1.1.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "198.51.100.7", ""),
        ("127.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        ("127.0.0.1", "[2001:db9::7]:51234", "2001:db9::7"),
        ("127.0.0.1", "[2001:db9::7]", "2001:db9::7"),
        ("127.0.0.1", '1.2.3.4, "[2001:db9::7]:443" , 10.1.1.1:80', "2001:db9::7"),
        ("127.0.0.1", "198.51.100.7:1, [2001:db8::2]:2,10.2.2.2:3", "198.51.100.7"),
        ("127.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("127.0.0.1", "fe80::1%a\x1b[31m", "fe80::1"),
        ("127.0.0.1", "1.2.3.4, 0.0.0.0", "127.0.0.1"),  # what a Unix socket is called is no client's to say
        ("127.0.0.1", "1.2.3.4,,198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7:port", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7,", "127.0.0.1"),
    ],
)
def test_the_right_most_address_that_is_no_proxys_counts(peer: str, forwarded: str, client: str) -> None:
    assert path_of(peer, forwarded, TRUSTED)[-1] == client


@pytest.mark.parametrize(
    "text", ["", "unknown", "_hidden", "[", "]", "[]", "[::1", "1.2.3.4:x", "1.2.3", "::1]", "a:1", "1.2.3.4:\u0661"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert heard_address(text) is None


@pytest.mark.parametrize(
    ("said", "proxies", "protocol"),
    [
        ("https", 1, "https"),
        ("wss", 1, "https"),
        ("WS", 1, "http"),
        (" HTTPS ", 1, "https"),
        ("https", 0, "https"),  # a proxy that adds no address
        ("https,http", 2, "https"),  # each has added its own word
        ("https", 2, "https"),  # the second has passed it on
        ("http, https", 1, "https"),  # the first is the client's own word
        ("https, http", 0, "http"),
        ("", 1, None),
        ("gopher", 1, None),
        ("https,", 1, None),
    ],
)
def test_the_first_proxy_says_which_protocol_the_client_speaks(said: str, proxies: int, protocol: str | None) -> None:
    assert protocol_of(said, proxies) == protocol


def test_an_ipv4_mapped_range_is_the_range_that_clients_come_from() -> None:
    assert is_within("10.9.9.9", [read_network("::ffff:10.0.0.0/104")])
    assert is_within("::ffff:10.9.9.9", [read_network("::ffff:10.0.0.0/104")])
    assert not is_within("11.0.0.1", [read_network("::ffff:10.0.0.0/104")])
    assert read_network("::/0") == ip_network("::/0")
    assert read_network("::ffff:0:0/96") == ip_network("0.0.0.0/0")
    with pytest.raises(ValueError, match="part"):
        read_network("::ffc0:0:0/90", strict=False)


def test_what_is_no_address_is_nowhere() -> None:
    assert not is_within("unix", TRUSTED)
    assert not is_private("unix")
    assert is_private("192.168.1.1")
    assert not is_private("8.8.8.8")
