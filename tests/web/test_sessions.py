"""Signing in over real sockets: sessions, what ends them, and what an attacker tries."""

import asyncio
import dataclasses
import io
import json
import re
import tempfile
import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tornado_chat import Refused, User
from tornado_chat.__main__ import main
from tornado_chat.auth.build import sessions_of
from tornado_chat.auth.requests import cookie_name
from tornado_chat.auth.throttle import TRIES_OF_ADDRESS, Throttle
from tornado_chat.testing import ChatTestCase, Client
from tornado_chat.web.app import make_app

WORD = "correct horse"


class Signing(ChatTestCase):
    settings = {"auth": ("guest", "password")}

    def get_app(self) -> Any:
        chat = super().get_app()
        chat.accounts.cost = (2**4, 8, 1)
        return chat

    @property
    def cookie(self) -> str:
        return str(self.chat.auth.sessions.cookie)

    async def ask(self, path: str, fields: Any = None, cookie: str = "", **headers: str) -> HTTPResponse:
        """POST JSON, or GET where there is none."""
        if cookie:
            headers["Cookie"] = f"{self.cookie}={cookie}"
        if fields is None:
            return await self.http_client.fetch(self.get_url(path), headers=headers, raise_error=False)
        body = fields if isinstance(fields, str) else json.dumps(fields)
        headers = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return await self.http_client.fetch(
            self.get_url(path), method="POST", body=body, headers=headers, raise_error=False
        )

    async def enter(self, name: str, path: str = "/register", cookie: str = "") -> str:
        """Register or sign in; return the session's token."""
        answer = await self.ask(path, {"name": name, "password": WORD}, cookie)
        assert answer.code == 200, answer.body
        found = re.match(rf"{self.cookie}=([^;]+)", answer.headers["Set-Cookie"])
        assert found is not None
        return found[1]

    async def user(self, cookie: str = "") -> Any:
        return json.loads((await self.ask("/auth", cookie=cookie)).body)["user"]

    async def connect_as(self, cookie: str, **how: Any) -> Client:
        return await self.connect(**how, Cookie=f"{self.cookie}={cookie}")


@both_ways
class SigningTest(Signing):
    @gen_test
    async def test_who_registers_is_signed_in_and_is_the_same_user_at_every_connection(self) -> None:
        cookie = await self.enter("Ann")
        first, second = await self.connect_as(cookie), await self.connect_as(await self.enter("ANN", "/sign-in"))
        assert first.hello["user"] == second.hello["user"] == await self.user(cookie)
        assert first.hello["user"]["name"] == "Ann"
        assert first.hello["token"] is None
        assert cookie not in json.dumps(first.events)

    @gen_test
    async def test_a_guest_beside_accounts_is_shown_as_one_in_what_it_says_too(self) -> None:
        ann = await self.connect_as(await self.enter("Ann"))
        await ann.call("join-channel", target="den")
        eve = await self.join("Ann", "den")
        assert eve.hello["user"]["role"] == "guest"
        assert "role" not in ann.hello["user"]
        for one in (eve, ann):
            await one.call("send-message", target="den", message="it is me")
        await ann.call("who")
        senders = [event["sender"] for event in ann.events if event.get("message") == "it is me"]
        assert [sender.get("role") for sender in senders] == ["guest", None]
        assert (await self.connect(token=eve.hello["token"])).hello["user"] == eve.hello["user"]
        kept = (await ann.call("history", target="den"))["messages"]
        assert [one["sender"] for one in kept] == senders

    @gen_test
    async def test_the_page_learns_which_ways_in_there_are(self) -> None:
        answer = await self.ask("/auth")
        assert json.loads(answer.body) == {"kinds": ["guest", "password"], "registration": True, "user": None}
        assert answer.headers["Cache-Control"] == "no-store"

    @gen_test
    async def test_signing_out_ends_the_session_and_its_connections_and_no_others(self) -> None:
        here, there = await self.enter("Ann"), await self.enter("Ann", "/sign-in")
        first, second, other = [await self.connect_as(cookie) for cookie in (here, here, there)]
        answer = await self.ask("/sign-out", {}, here)
        assert f'{self.cookie}="";' in answer.headers["Set-Cookie"]
        assert [await first.until_closed(), await second.until_closed()] == [4401, 4401]
        await other.call("who")
        assert await self.user(here) is None
        with self.assertRaisesRegex(EOFError, "4401"):
            await self.connect_as(here)
        assert (await self.ask("/sign-out", {})).code == 200  # nobody was signed in

    @gen_test
    async def test_a_session_that_runs_out_ends_its_connection(self) -> None:
        cookie = await self.enter("Ann")
        kept, until = self.chat.accounts._repository._database, time.time() + 0.2
        await kept.write(lambda connection: connection.execute("UPDATE sessions SET until = ?", (until,)))
        ann = await self.connect_as(cookie)
        assert await ann.until_closed() == 4401

    @gen_test
    async def test_a_name_is_changed_everywhere_and_stays_unique(self) -> None:
        cookie = await self.enter("Ann")
        await self.enter("Bob")
        ann, again = await self.connect_as(cookie), await self.connect_as(cookie)
        for taken in ("BOB", "Zo\u0435"):
            with self.assertRaises(Refused) as refused:
                await ann.call("rename", name=taken)
            assert refused.exception.code == "invalid-name"
        assert (await ann.call("rename", name="Zoe"))["user"]["name"] == "Zoe"
        assert (await again.until("renamed"))["user"] == await self.user(cookie)
        assert (await self.ask("/sign-in", {"name": "ann", "password": WORD})).code == 401
        eve = await self.connect("Eve")
        token = (await eve.call("rename", name="Eva"))["token"]
        assert (await self.connect(token=token)).hello["user"]["name"] == "Eva"


@both_ways
class AttackTest(Signing):
    @gen_test
    async def test_an_older_token_brings_back_no_old_name_of_a_guest_who_is_here(self) -> None:
        eve = await self.connect("Eve")
        old = eve.hello["token"]
        await eve.call("rename", name="Zoe")
        again = await self.connect(token=old)
        assert again.hello["user"] == {**eve.hello["user"], "name": "Zoe"}
        for client in (eve, again):
            await client.close()
        assert (await self.connect(token=again.hello["token"])).hello["user"]["name"] == "Zoe"

    @gen_test
    async def test_one_changes_ones_password_and_the_other_sessions_end(self) -> None:
        mine, other = await self.enter("Ann"), await self.enter("Ann", "/sign-in")
        here, there = await self.connect_as(mine), await self.connect_as(other)
        answer = await self.ask("/password", {"password": WORD, "new": "another word"}, mine)
        assert answer.code == 200
        assert await there.until_closed() == 4401
        await here.call("who")
        assert (await self.user(mine))["name"] == "Ann"
        assert await self.user(other) is None
        for word, code in ((WORD, 401), ("another word", 200)):
            assert (await self.ask("/sign-in", {"name": "Ann", "password": word})).code == code

    @gen_test
    async def test_a_password_is_changed_by_none_but_who_knows_it_in_ones_own_session(self) -> None:
        cookie = await self.enter("Ann")
        await self.enter("Bob")
        for fields, who, code in (
            ({"password": "wrong word", "new": "another word"}, cookie, 401),
            ({"password": WORD, "new": "short"}, cookie, 400),
            ({"password": WORD, "new": 5}, cookie, 400),
            ({"new": "another word"}, cookie, 400),
            ({"password": WORD, "new": "another word", "name": "Bob"}, "", 403),
            ({"password": WORD, "new": "another word"}, "x" * 43, 403),
        ):
            assert (await self.ask("/password", fields, who)).code == code, fields
        assert await self.user(cookie)
        self.chat.auth.throttle = Throttle()
        codes = {(await self.ask("/password", {"password": "x", "new": WORD}, cookie)).code for _ in range(11)}
        assert codes == {401, 429}

    @gen_test
    async def test_the_cookie_is_for_the_page_alone(self) -> None:
        answer = await self.ask("/register", {"name": "Ann", "password": WORD})
        cookie = answer.headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "SameSite=Strict"} <= set(cookie)
        assert not [part for part in cookie if part.startswith(("Path", "Domain", "Secure"))]

    @gen_test
    async def test_the_cookie_of_another_server_on_the_host_is_not_looked_at_and_not_ended(self) -> None:
        other = cookie_name(b"of another data folder")
        assert other != self.cookie
        mine = await self.enter("Ann")
        for cookies in (f"{other}=x; {self.cookie}={mine}", f"{self.cookie}={mine}; {other}={mine}"):
            answer = await self.ask("/auth", Cookie=cookies)
            assert json.loads(answer.body)["user"]["name"] == "Ann", cookies
        assert json.loads((await self.ask("/auth", Cookie=f"{other}={mine}")).body)["user"] is None
        answer = await self.ask("/sign-out", {}, Cookie=f"{other}={mine}")
        assert other not in answer.headers["Set-Cookie"]
        assert await self.user(mine)

    def test_two_servers_in_memory_with_one_data_folder_have_cookies_of_their_own(self) -> None:
        other = dataclasses.replace(self.chat_settings, port=3001)
        assert make_app(other).auth.sessions.cookie != self.cookie
        kept = [dataclasses.replace(other, history="sqlite", port=port) for port in (3001, 3002)]
        assert len({sessions_of(one, b"s", self.chat.accounts).cookie for one in kept}) == 1  # a port may be changed

    @gen_test
    async def test_of_two_mounts_of_one_host_each_keeps_its_own_session(self) -> None:
        above, deeper = await self.enter("Ann"), await self.enter("Bob")
        both = f"{self.cookie}={deeper}; {self.cookie}={above}"  # a browser sends that of the longer path first
        assert json.loads((await self.ask("/auth", Cookie=both)).body)["user"]["name"] == "Bob"
        stale = f"{self.cookie}={'x' * 43}; {self.cookie}={above}"
        assert json.loads((await self.ask("/auth", Cookie=stale)).body)["user"]["name"] == "Ann"
        assert (await self.ask("/sign-out", {}, Cookie=both)).code == 200
        assert await self.user(deeper) is None
        assert (await self.user(above))["name"] == "Ann"

    @gen_test
    async def test_the_cookie_of_an_earlier_version_is_still_a_session(self) -> None:
        mine = await self.enter("Ann")
        for cookies in (f"tornado_chat={mine}", f"tornado_chat=of-another-server; tornado_chat={mine}"):
            assert json.loads((await self.ask("/auth", Cookie=cookies)).body)["user"]["name"] == "Ann"
        answer = await self.ask("/sign-in", {"name": "Ann", "password": WORD}, Cookie=f"tornado_chat={mine}")
        assert answer.code == 200
        assert await self.user(mine) is None

    @gen_test
    async def test_over_https_the_cookie_is_secure(self) -> None:
        self.http_server.xheaders = True
        origin = f"https://127.0.0.1:{self.get_http_port()}"
        how = {"X_Forwarded_Proto": "https", "Origin": origin}
        answer = await self.ask("/register", {"name": "Ann", "password": WORD}, **how)
        assert "Secure" in answer.headers["Set-Cookie"].split("; ")

    @gen_test
    async def test_a_post_or_a_websocket_from_another_site_that_uses_the_cookie_is_403(self) -> None:
        cookie = await self.enter("Ann")
        for origin in ("http://evil.example", "null", f"https://127.0.0.1:{self.get_http_port()}", ""):
            for path in ("/register", "/sign-in", "/sign-out", "/password"):
                fields = {"name": "Ann", "password": WORD, "new": "another word"}
                answer = await self.ask(path, fields, cookie, Origin=origin)
                assert answer.code == 403, (path, origin)
                assert "Set-Cookie" not in answer.headers
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect_as(cookie, Origin=origin)
            assert refused.exception.code == 403
        assert await self.user(cookie)

    @gen_test
    async def test_a_form_of_another_site_is_no_json(self) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = await self.ask("/sign-in", {"name": "Ann", "password": WORD}, Content_Type=kind)
            assert (answer.code, json.loads(answer.body)["code"]) == (400, "invalid-json")

    @gen_test
    async def test_a_session_that_someone_else_chose_is_never_taken_over(self) -> None:
        chosen = "x" * 43
        mine = await self.enter("Ann", cookie=chosen)
        assert mine != chosen
        assert await self.user(chosen) is None
        again = await self.enter("Ann", "/sign-in", mine)
        assert again != mine
        assert await self.user(mine) is None  # what was replaced is over

    @gen_test
    async def test_one_cannot_tell_a_wrong_password_from_an_unknown_name(self) -> None:
        await self.enter("Ann")
        answers = [await self.ask("/sign-in", {"name": name, "password": "wrong word"}) for name in ("Ann", "Eve")]
        assert answers[0].code == answers[1].code == 401
        assert answers[0].body == answers[1].body

    @gen_test
    async def test_what_is_no_name_and_password_is_a_clear_400(self) -> None:
        await self.enter("Ann")
        for fields, code in (
            ("{", "invalid-json"), ("[]", "invalid-json"), ('{"a":' * 99 + "1" + "}" * 99, "invalid-json"),
            ("\xff", "invalid-json"), ({}, "invalid-field"), ({"name": "Zoe"}, "invalid-field"),
            ({"name": ["Zoe"], "password": WORD}, "invalid-field"),
            ({"name": "Zoe", "password": "short"}, "invalid-field"),
            ({"name": "ANN", "password": WORD}, "invalid-name"),
            ({"name": "\u0410nn", "password": WORD}, "invalid-name"),
        ):  # fmt: skip
            self.chat.auth.throttle = Throttle()
            answer = await self.ask("/register", fields)
            assert answer.code == 400, fields
            assert json.loads(answer.body)["code"] == code, fields
            assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @gen_test
    async def test_tries_are_limited_and_the_answer_says_how_long(self) -> None:
        await self.enter("Ann")
        codes = set()
        for _ in range(TRIES_OF_ADDRESS[1] + 1):
            answer = await self.ask("/sign-in", {"name": "Ann", "password": "wrong word"})
            codes.add(answer.code)
        assert codes == {401, 429}
        assert 1 <= int(answer.headers["Retry-After"]) <= 11
        assert (await self.ask("/sign-in", {"name": "Ann", "password": WORD})).code == 429  # the right one too

    @gen_test
    async def test_a_name_is_guessed_at_under_one_count_however_it_is_written(self) -> None:
        await self.enter("Ann")
        for name in ("Ann", "ANN", "Ann\u200b", "\uff21nn", "Ann\ufe0f"):
            assert (await self.ask("/sign-in", {"name": name, "password": "wrong word"})).code == 401
        assert [key for key in self.chat.auth.throttle.tries._buckets if key.startswith("of ")] == ["of ann"]

    @gen_test
    async def test_a_banned_user_is_told_and_does_not_come_in_by_a_session_or_a_token(self) -> None:
        cookie = await self.enter("Boss")
        await self.chat.accounts.set_role((await self.user(cookie))["id"], "admin")
        boss, eve = await self.connect_as(cookie), await self.connect("Eve")
        ann_cookie = await self.enter("Ann")
        ann = await self.connect_as(ann_cookie)
        for one, how in ((eve, {"token": eve.hello["token"]}), (ann, {"Cookie": f"{self.cookie}={ann_cookie}"})):
            await boss.call("ban", user=one.hello["user"]["id"], reason="spam")
            assert (await one.until_closed(), one.socket.close_reason[-6:]) == (4403, ": spam")
            with self.assertRaisesRegex(EOFError, "4403"):
                await self.connect(**how)
        await self.connect("Eve")  # a guest is someone new each time: their address can be banned
        by = User(boss.hello["user"]["id"], "Boss", "admin")
        await self.chat.hub.moderation.ban("127.0.0.0/8", time.time() + 60, "spam", by)
        with self.assertRaisesRegex(EOFError, "4403"):
            await self.connect("Eve")


class OperatorTest(Signing):
    """Accounts that are changed by a command, beside the server that runs."""

    settings = {"auth": ("guest", "password"), "history": "sqlite"}

    async def command(self, *arguments: str) -> None:
        with mock.patch("sys.stdin", io.StringIO("another word\n")):
            done = await asyncio.to_thread(main, ["user", *arguments, "--data-dir", str(self.chat_settings.data_dir)])
        assert done == 0
        await self.chat.follow()

    @gen_test
    async def test_a_password_that_the_operator_changes_ends_sessions_and_their_connections(self) -> None:
        cookie = await self.enter("Ann")
        ann, eve = await self.connect_as(cookie), await self.connect("Eve")
        await self.command("passwd", "Ann")
        assert await ann.until_closed() == 4401
        assert await self.user(cookie) is None
        await eve.call("who")

    @gen_test
    async def test_a_role_reaches_who_is_connected(self) -> None:
        cookie = await self.enter("Ann")
        for role, answers in (("admin", True), ("member", False)):
            ann = await self.connect_as(cookie)
            await self.command("role", "Ann", role)
            assert await ann.until_closed() == 1012  # they come back
            ann = await self.connect_as(cookie)
            assert ann.hello["user"].get("role", "member") == role
            assert ("bans" in {action["name"] for action in ann.hello["actions"]}) == answers
        await self.command("role", "Ann", "member")
        await ann.call("who")  # nothing has changed


@both_ways
class OneKindTest(Signing):
    settings = {"auth": ("password",), "registration": "closed"}

    @gen_test
    async def test_without_guests_a_name_alone_is_nobody(self) -> None:
        for how in ({"name": "Ann"}, {}, {"token": "x.y"}):
            with self.assertRaisesRegex(EOFError, "4401"):
                await self.connect(**how)

    @gen_test
    async def test_where_registration_is_closed_the_operator_makes_accounts(self) -> None:
        assert (await self.ask("/register", {"name": "Ann", "password": WORD})).code == 403
        assert json.loads((await self.ask("/auth")).body)["registration"] is False
        await self.chat.accounts.register("Ann", WORD)
        await self.connect_as(await self.enter("Ann", "/sign-in"))


@both_ways
class GuestsAloneTest(Signing):
    settings = {}

    @gen_test
    async def test_without_accounts_nobody_can_sign_in_and_guests_bear_no_mark(self) -> None:
        for path in ("/register", "/sign-in", "/sign-out", "/password"):
            assert (await self.ask(path, {"name": "Ann", "password": WORD})).code == 403
        ann = await self.connect("Ann")
        assert set(ann.hello["user"]) == {"id", "name"}
        assert (await self.ask("/auth")).body == b'{"kinds":["guest"],"registration":false,"user":null}'


@both_ways
class ProxyTest(Signing):
    settings = {"auth": ("header",), "trusted_proxies": (ip_network("127.0.0.0/8"),)}

    @gen_test
    async def test_a_proxy_says_who_it_is(self) -> None:
        ann = await self.connect(**{"Remote-User": "Zo\xeb".encode().decode("latin-1")})
        assert ann.hello["user"] == {"id": "h:zo%C3%AB", "name": "Zo\xeb"}
        assert json.loads((await self.ask("/auth", **{"Remote-User": "ann"})).body)["user"]["id"] == "h:ann"
        with self.assertRaises(Refused) as refused:
            await ann.call("rename", name="Boss")
        assert refused.exception.code == "not-allowed"


@both_ways
class ForgedHeaderTest(Signing):
    settings = {"auth": ("header",), "trusted_proxies": (ip_network("10.0.0.0/8"),)}

    @gen_test
    async def test_a_client_that_claims_to_be_a_proxy_is_nobody(self) -> None:
        self.http_server.xheaders = True
        with self.assertRaisesRegex(EOFError, "4401"):
            await self.connect(**{"Remote-User": "boss", "X-Real-Ip": "10.0.0.1", "X-Forwarded-For": "10.0.0.1"})


@both_ways
class TokenTest(Signing):
    key = "s" * 32

    def setUp(self) -> None:
        # Before Tornado's own, which has a socket open by the time it asks for the application.
        self.jwt = pytest.importorskip("jwt", reason="needs the extra [jwt]")
        super().setUp()

    def get_app(self) -> Any:
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "key"
        path.write_text(self.key + "\n")
        self.settings = {"auth": ("token", "guest"), "jwt_key": path}
        return super().get_app()

    def signed(self, lasts: float = 60, **claims: Any) -> str:
        payload = {"sub": "42", "name": "Ann", "aud": "tornado_chat", "exp": time.time() + lasts, **claims}
        return str(self.jwt.encode(payload, self.key, "HS256"))

    @gen_test
    async def test_a_token_of_the_application_is_its_user_with_its_role_and_channels(self) -> None:
        token = self.signed(role="admin", channels=["den"])
        for how in ({"token": token}, {"Authorization": f"Bearer {token}"}, {"token": token, "name": "Eve"}):
            ann = await self.connect(**how)
            assert ann.hello["user"] == {"id": "t:42", "name": "Ann", "role": "admin"}
            assert ann.hello["token"] == token
        await ann.call("join-channel", target="den")
        with self.assertRaises(Refused) as refused:
            await ann.call("join-channel", target="attic")
        assert refused.exception.code == "not-allowed"

    @gen_test
    async def test_a_token_ends_its_connection_when_it_expires_and_is_refused_from_then_on(self) -> None:
        token = self.signed(lasts=2.0)
        ann = await self.connect(token=token)
        assert await ann.until_closed() == 4401
        with self.assertRaisesRegex(EOFError, "4401"):
            await self.connect(token=token)

    @gen_test
    async def test_a_token_that_fails_makes_nobody_a_guest(self) -> None:
        for token in (self.signed(aud="other"), self.signed()[:-4] + "AAAA", "e30.e30.", "bm8.bm8"):
            for how in ({"token": token}, {"Authorization": f"Bearer {token}"}):
                with self.assertRaisesRegex(EOFError, "4401"):
                    await self.connect(name=None, **how)
        assert (await self.connect("Eve")).hello["user"]["role"] == "guest"

    @gen_test
    async def test_a_bearer_token_that_is_meant_for_a_proxy_keeps_nobody_out(self) -> None:
        foreign = str(self.jwt.encode({"sub": "7", "aud": "sso", "exp": time.time() + 60}, "k" * 32, "HS256"))
        for bearer in (foreign, "opaque", "e30.e30.", "a.b"):
            ann = await self.connect("Ann", Authorization=f"Bearer {bearer}")
            assert ann.hello["user"]["role"] == "guest"
            again = await self.connect(token=ann.hello["token"], Authorization=f"Bearer {bearer}")
            assert again.hello["user"] == ann.hello["user"]
            with self.assertRaisesRegex(EOFError, "4401"):
                await self.connect(token="x.y", Authorization=f"Bearer {bearer}")
        with self.assertRaisesRegex(EOFError, "4401.*expired"):  # one of ours that is over is not passed over
            await self.connect("Ann", Authorization=f"Bearer {self.signed(lasts=-10)}")

    @gen_test
    async def test_a_token_of_the_application_may_be_from_a_clock_that_is_ahead(self) -> None:
        ahead = self.signed(lasts=60, iat=time.time() + 20, nbf=time.time() + 20)
        assert (await self.connect(token=ahead)).hello["user"]["id"] == "t:42"
        with self.assertRaisesRegex(EOFError, "4401.*not valid yet"):
            await self.connect(token=self.signed(nbf=time.time() + 600))

    @gen_test
    async def test_a_long_or_odd_name_of_the_application_is_cut_and_lets_its_user_in(self) -> None:
        for sub, name, shown in (
            ("42", "x" * 65, "x" * 61 + "..."),
            ("\u4e16" * 128, "Ann", "Ann"),
            ("43", "An\u200bn\ud800 \u202eLee\0", "Ann Lee"),
            ("ann", "\u200b", "ann"),
        ):
            one = await self.connect(token=self.signed(sub=sub, name=name))
            assert one.hello["user"]["name"] == shown
            await one.call("join-channel", target="\u754c" * 64)
            await one.call("read", target="\u754c" * 64, seq=0)
