"""Who asks, through proxies: believed only from those that are trusted."""

from ipaddress import ip_network

import pytest

from tornado_chat.proxies import behind, is_private, is_within, read_network

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
    ],
)
def test_the_right_most_address_that_is_no_proxys_counts(peer: str, forwarded: str, client: str) -> None:
    assert behind(peer, forwarded, TRUSTED) == client


def test_an_ipv4_mapped_range_is_the_range_that_clients_come_from() -> None:
    assert is_within("10.9.9.9", [read_network("::ffff:10.0.0.0/104")])
    assert is_within("::ffff:10.9.9.9", [read_network("::ffff:10.0.0.0/104")])
    assert not is_within("11.0.0.1", [read_network("::ffff:10.0.0.0/104")])
    assert read_network("::/0") == ip_network("::/0")


def test_what_is_no_address_is_nowhere() -> None:
    assert not is_within("unix", TRUSTED)
    assert not is_private("unix")
    assert is_private("192.168.1.1")
    assert not is_private("8.8.8.8")
