"""Who is connecting: guests, their tokens, and the secret that signs them."""

import asyncio
import re
from collections.abc import Iterable
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from tornado_chat.auth.accounts import Accounts
from tornado_chat.auth.providers import Credentials, Guests, Header, Identity, Listeners, Sessions
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.storage.sqlite.accounts import SqliteAccounts
from tornado_chat.storage.sqlite.direct import DirectDatabase

HERE = Guests(b"s" * 32)


def test_every_guest_is_a_new_user_with_a_clean_name() -> None:
    ann, other = HERE.guest(" \uff21nn "), HERE.guest("Ann")
    assert ann.name == other.name == "Ann"
    assert ann != other
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", ann.id)
    with pytest.raises(Refused) as refused:
        HERE.guest("An\u202en")
    assert refused.value.code == "invalid-name"


@pytest.mark.parametrize("name", ["Ann", "Zo\xeb", "\u674e", "\U0001f600", "x" * 64, '"\\'])
def test_a_token_is_the_same_user_again_also_after_a_restart(name: str) -> None:
    ann = HERE.guest(name)
    token = HERE.token(ann)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    again = Guests(b"s" * 32).resume(token)
    assert again == ann
    assert again is not None
    assert again.name == name


def test_a_token_of_another_secret_is_nobody() -> None:
    assert Guests(b"t" * 32).resume(HERE.token(HERE.guest("Ann"))) is None


def test_a_token_of_which_any_character_is_another_is_nobody() -> None:
    token = HERE.token(HERE.guest("Ann"))
    for place in range(len(token)):
        for char in "A_.\xe9":
            forged = token[:place] + char + token[place + 1 :]
            assert (HERE.resume(forged) is None) == (forged != token)


def test_a_truncated_or_longer_token_is_nobody() -> None:
    token = HERE.token(HERE.guest("Ann"))
    for cut in range(len(token)):
        assert HERE.resume(token[:cut]) is None
        assert HERE.resume(token[cut + 1 :]) is None
    for longer in (token + "=", token + "A", token + ".", token + "\n", " " + token, token + token):
        assert HERE.resume(longer) is None


@pytest.mark.parametrize("token", ["", ".", "..", "\u20ac.\u20ac", "\udcff", "\0", "x" * 100_000, "e30.e30", "[]"])
def test_what_is_no_token_is_nobody(token: str) -> None:
    assert HERE.resume(token) is None


def test_the_payload_of_one_with_the_signature_of_another_is_nobody() -> None:
    ann, bob = (HERE.token(HERE.guest(name)).split(".") for name in ("Ann", "Bob"))
    assert HERE.resume(f"{ann[0]}.{bob[1]}") is None


def test_a_signed_name_that_is_not_allowed_any_more_is_the_same_guest_without_what_is_not() -> None:
    guest = HERE.resume(HERE.token(User("1", "An\u200bn")))
    assert guest is not None
    assert (guest.id, guest.name) == ("1", "Ann")
    assert HERE.resume(HERE.token(User("1", "\u200b"))) is None


# The kinds


def request(uri: str = "/ws", peer: str = "127.0.0.1", **headers: str) -> HTTPServerRequest:
    """Return a request of a client at an address; a header's name is written with _."""
    context = SimpleNamespace(address=(peer, 1), remote_ip="127.0.0.1")  # the second: what a header may have said
    return HTTPServerRequest(
        start_line=RequestStartLine("GET", uri, "HTTP/1.1"),
        headers=HTTPHeaders({name.replace("_", "-"): value for name, value in {"Host": "here", **headers}.items()}),
        connection=SimpleNamespace(context=context),  # type: ignore[arg-type]
    )


def ask(kind: Any, *given: Any, **headers: str) -> Credentials | None:
    found: Credentials | None = asyncio.run(kind.authenticate(request(*given, **headers)))
    return found


def test_a_guest_comes_with_a_name_or_a_token_and_the_token_wins() -> None:
    ann = ask(HERE, "/ws?name=Ann&name=Eve")
    assert ann is not None
    assert ann.user.name == "Ann"
    again = ask(HERE, f"/ws?name=Eve&token={ann.token}")
    assert again == ann
    assert ask(HERE, Authorization=f"bearer {ann.token}") == ann
    assert ask(HERE) is None
    beside = ask(HERE, "/ws?name=Ann", Authorization="Bearer of.some.proxy")
    assert beside is not None
    assert beside.user.name == "Ann"
    assert ask(HERE, Authorization="Bearer of.some.proxy") is None
    assert ask(HERE, "/ws?name=Ann&token=broken") is None  # nobody becomes a guest by a token that fails
    for uri in ("/ws?name=%ff", "/ws?token=%ff", "/ws?name="):
        with pytest.raises(Refused):
            ask(HERE, uri)


def test_a_guest_beside_others_is_known_as_one_whatever_its_token_says() -> None:
    beside = Guests(b"s" * 32, beside=True)
    ann = beside.guest("Ann")
    assert ann.role == User(ann.id, "Ann").role == "guest"  # a kept message has the id alone
    assert '"role":"guest"' in ann.json()
    assert not ann.may("ban")
    for user in (User("a:1", "Ann", "admin"), User("1", "Ann"), HERE.guest("Ann")):
        resumed = beside.resume(HERE.token(user))  # one of before there were others
        assert resumed is not None
        assert resumed.id == f"g:{user.id}"
        assert resumed.role == "guest"
    assert beside.resume(beside.token(ann)) == ann
    assert HERE.guest("Ann").json().count("role") == 0


PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def header() -> Header:
    return Header("Remote-User", PROXIES, Accounts(SqliteAccounts(DirectDatabase())))


@pytest.mark.parametrize("peer", ["10.1.2.3", "fd00::1", "::ffff:10.1.2.3"])
def test_a_header_counts_from_a_trusted_address(peer: str) -> None:
    found = ask(header(), "/ws", peer, Remote_User="Zo\u00c3\u00ab/x y")  # as Tornado reads UTF-8
    assert found is not None
    assert (found.user.id, found.user.name, found.token) == ("h:zo%C3%AB%2Fx%20y", "Zo\xeb/x y", None)


@pytest.mark.parametrize("peer", ["127.0.0.1", "11.0.0.1", "fe80::1", "", "10.0.0"])
def test_a_header_from_elsewhere_is_not_looked_at(peer: str) -> None:
    forged = {
        "Remote_User": "boss",
        "X_Forwarded_For": "10.0.0.1",
        "X_Real_IP": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
    }
    assert ask(header(), "/ws", peer, **forged) is None


def test_a_header_that_a_client_slipped_in_beside_the_proxys_own_lets_nobody_in() -> None:
    asked = request("/ws", "10.0.0.1", Remote_User="ann")
    asked.headers.add("Remote-User", "boss")
    with pytest.raises(Refused):
        asyncio.run(header().authenticate(asked))
    for name in ("", "\u00e2\u0080\u00ae", "\xff"):
        with pytest.raises(Refused):
            ask(header(), "/ws", "10.0.0.1", Remote_User=name)
    assert ask(header(), "/ws", "10.0.0.1") is None


DN = "CN=Ann Lee,OU=People of a rather large organisation,OU=Sales,DC=corp,DC=example,DC=com"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (DN, "Ann Lee"),
        (f"UID=alee,{DN[3:]}", "alee"),
        ("uid=42, cn=Lee\\, Ann + x=y, dc=example", "Lee, Ann"),
        ("/C=DE/O=Example/CN=Ann Lee", "Ann Lee"),
        ("CN=Zo\\C3\\AB,DC=example", "Zo\xeb"),
        ("x" * 65, "x" * 61 + "..."),
        ("a\u202eb\u200b", "ab"),
        ("CORP\\ann", "CORP\\ann"),
        ("ann@example.com", "ann@example.com"),
        ("\U0001f469\u200d\U0001f4bb" * 30, "\U0001f469\u200d\U0001f4bb" * 20 + "\U0001f469..."),
        ("\ufdfa" * 5, None),
        ("x" * 8_000, "x" * 61 + "..."),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_whom_a_proxy_names_at_length_comes_in_under_what_fits(given: str, shown: str | None) -> None:
    found = ask(header(), "/ws", "10.0.0.1", Remote_User=given.encode().decode("latin-1"))
    assert found is not None
    assert found.user.name == shown or shown is None
    assert 1 <= len(found.user.name) <= 64
    assert len(found.user.id) <= 902
    other = ask(header(), "/ws", "10.0.0.1", Remote_User=(given + "!").encode().decode("latin-1"))
    assert other is not None
    assert other.user.id != found.user.id


def test_a_proxy_that_writes_a_name_in_another_case_means_the_same_user() -> None:
    found = {ask(header(), "/ws", "10.0.0.1", Remote_User=name) for name in ("Ann", "ANN", " ann")}
    assert {came.user.id for came in found if came} == {"h:ann"}


def test_a_role_that_was_given_before_case_was_ignored_is_kept() -> None:
    async def main() -> Credentials | None:
        accounts = Accounts(SqliteAccounts(DirectDatabase()))
        await accounts.set_role("h:Bob", "member")
        await accounts.set_role("h:Ann", "admin")
        return await Header("Remote-User", PROXIES, accounts).authenticate(
            request("/ws", "10.0.0.1", Remote_User="Ann")
        )

    came = asyncio.run(main())
    assert came is not None
    assert (came.user.id, came.user.role) == ("h:ann", "admin")


def test_a_role_is_taken_away_in_whatever_case_it_was_given() -> None:
    async def main() -> str:
        accounts = Accounts(SqliteAccounts(DirectDatabase()))
        await accounts.set_role("h:Ann", "admin")
        await accounts.set_role("h:ann", "member")
        return await accounts.role("h:ann")

    assert asyncio.run(main()) == "member"


def test_a_role_of_a_user_by_header_is_what_it_was_given() -> None:
    async def main() -> list[str]:
        accounts = Accounts(SqliteAccounts(DirectDatabase()))
        await accounts.set_role("h:ann", "admin")
        kind = Header("Remote-User", PROXIES, accounts)
        asked = (request("/ws", "10.0.0.1", Remote_User=name) for name in ("ann", "bob"))
        return [found.user.role for one in asked if (found := await kind.authenticate(one))]

    assert asyncio.run(main()) == ["admin", "member"]


def plugins(user: User | None) -> Listeners:
    async def listeners(request: HTTPServerRequest) -> User | None:
        if "refused" in str(request.uri):
            raise Refused("not today")
        return user

    return Listeners(listeners)


def test_a_plugin_says_who_it_is() -> None:
    found = ask(plugins(User("7/8", "\uff21nn", "admin")))
    assert found is not None
    assert (found.user.id, found.user.name, found.user.role) == ("p:7%2F8", "Ann", "admin")
    assert ask(plugins(None)) is None
    odd = ask(plugins(User("\ud800" + "\u4e16" * 500, "\u200b" + "x" * 99)))
    assert odd is not None
    assert odd.user.name == "x" * 61 + "..."
    assert len(odd.user.id) <= 902


def test_whom_a_plugin_refuses_no_other_kind_lets_in() -> None:
    house = Identity([plugins(None), HERE], HERE, Accounts(SqliteAccounts(DirectDatabase())))
    assert ask(house, "/ws?name=Ann")
    with pytest.raises(Refused, match="not today"):
        ask(house, "/ws?name=Ann&refused")


def test_no_kind_can_make_a_user_of_another() -> None:
    async def ids() -> Iterable[str]:
        accounts = Accounts(SqliteAccounts(DirectDatabase()), (2**4, 8, 1))
        ann = await accounts.register("Ann", "correct horse")
        forged = plugins(User(ann.id, "Ann", "admin"))
        by_header = Header("Remote-User", PROXIES, accounts)
        guests = Guests(b"s" * 32, beside=True)
        asked = request(f"/ws?name={ann.id}", "10.0.0.1", Remote_User=ann.id)
        return [ann.id, *[(await kind.authenticate(asked)).user.id for kind in (forged, by_header, guests)]]

    found = list(asyncio.run(ids()))
    assert len(set(found)) == 4
    assert [one[:2] for one in found] == ["a:", "p:", "h:", "g:"]


def test_the_kinds_are_tried_in_their_order() -> None:
    async def main() -> list[str]:
        accounts = Accounts(SqliteAccounts(DirectDatabase()), (2**4, 8, 1))
        token = await accounts.begin(await accounts.register("Ann", "correct horse"))
        sessions, found = Sessions(accounts, "tornado_chat_1"), []
        asked = request("/ws?name=Guest", Cookie=f"other=1; tornado_chat={token}")
        for kinds in ([HERE, sessions], [sessions, HERE], [sessions]):
            came = await Identity(kinds, HERE, accounts).authenticate(asked)
            found.append(came.user.name if came else "")
        empty = request("/ws?name=Guest", Cookie="tornado_chat=; tornado_chat=x")
        assert await Identity([sessions], HERE, accounts).authenticate(empty) is None
        return found

    assert asyncio.run(main()) == ["Guest", "Ann", "Ann"]


def test_a_name_is_changed_where_it_is_ones_own() -> None:
    house = Identity([HERE], HERE, Accounts(SqliteAccounts(DirectDatabase())))
    for ann in (HERE.guest("Ann"), Guests(b"s" * 32, beside=True).guest("Ann")):
        renamed, token = asyncio.run(house.rename(ann, " Zoe "))
        assert (renamed, renamed.name) == (ann, "Zoe")
        assert HERE.resume(token or "") == ann
    for user_id in ("h:ann", "t:1", "p:1"):
        with pytest.raises(Refused) as refused:
            asyncio.run(house.rename(User(user_id, "Ann"), "Zoe"))
        assert refused.value.code == "not-allowed"
