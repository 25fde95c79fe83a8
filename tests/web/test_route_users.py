"""Who is signed in, as the routes of plugins see it; and what routes do to messages."""

import json
from ipaddress import ip_network
from typing import Any, ClassVar

from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from tests.plugin_host.test_manager import PluginsCase
from tornado_chat import User

WHO = """
from tornado.web import RequestHandler

from tornado_chat import RouteContext, route


@route("/who")
class Who(RequestHandler):
    ctx: RouteContext

    async def prepare(self) -> None:
        self.early = self.ctx.user

    def get(self) -> None:
        user = self.ctx.user
        assert user == self.early
        self.write({"id": user and user.id, "name": user and user.name, "role": user and user.role})

    post = get


@route("/edit/([0-9]+)")
class Edit(RequestHandler):
    ctx: RouteContext

    async def post(self, seq: str) -> None:
        [message], _ = await self.ctx.server.channel("den").read(after=int(seq) - 1, limit=1)
        number = await message.edit(self.request.body.decode(), by=self.ctx.user)
        self.write({"number": number})
"""


class Asking(PluginsCase):
    plugins: ClassVar = {"who": WHO}

    def get_app(self) -> Any:
        chat = super().get_app()
        chat.accounts.cost = (2**4, 8, 1)
        return chat

    async def ask(self, path: str, body: str | None = None, **headers: str) -> HTTPResponse:
        method = "GET" if body is None else "POST"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = self.get_url(f"/plugins/who/{path}")
        return await self.http_client.fetch(url, method=method, body=body, headers=named, raise_error=False)

    async def who(self, path: str = "who", body: str | None = None, **headers: str) -> Any:
        """Return the name of who is signed in."""
        answer = await self.ask(path, body, **headers)
        assert answer.code == 200
        return json.loads(answer.body)["name"]


class GuestsTest(Asking):
    @gen_test
    async def test_a_guest_is_known_by_a_token_and_not_by_a_bare_name(self) -> None:
        ann = await self.join("Ann", "den")
        token = ann.hello["token"]
        assert await self.who() is None
        assert await self.who("who?name=Ann") is None
        assert await self.who(f"who?token={token}") == "Ann"
        assert await self.who(f"who?name=Bob&token={token}") == "Ann"
        assert await self.who(Authorization=f"Bearer {token}") == "Ann"
        assert await self.who(Authorization=f"Bearer {token}x") is None
        assert await self.who("who?token=secret-of-a-hook") is None
        await ann.call("rename", name="Anna")
        assert await self.who(f"who?token={token}") == "Anna"

    @gen_test
    async def test_who_is_banned_is_nobody(self) -> None:
        ann = await self.join("Ann", "den")
        token = ann.hello["token"]
        await self.chat.hub.moderation.ban(ann.hello["user"]["id"], 1e12, "spam", User("1", "Root"))
        assert await self.who(f"who?token={token}") is None

    @gen_test
    async def test_a_route_edits_for_who_is_signed_in(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        seq = (await ann.say("one"))["seq"]
        answer = await self.ask(f"edit/{seq}", "two", Authorization=f"Bearer {ann.hello['token']}")
        assert json.loads(answer.body) == {"number": seq + 1}
        told = await bob.until("changed")
        assert (told["by"]["name"], told["set"]["message"]) == ("Ann", "two")
        answer = await self.ask(f"edit/{seq}", "three", Authorization=f"Bearer {bob.hello['token']}")
        assert json.loads(answer.body)["code"] == "not-allowed"
        assert (await self.ask(f"edit/{seq}", "four")).code == 200  # as the server
        assert (await bob.until("changed"))["by"] is None


class AccountsTest(Asking):
    settings: ClassVar = {"auth": ("guest", "password")}

    @gen_test
    async def test_a_session_counts_but_not_where_another_site_writes(self) -> None:
        user = await self.chat.accounts.register("Ann", "correct horse")
        cookie = {"Cookie": f"{self.chat.auth.sessions.cookie}={await self.chat.accounts.begin(user)}"}
        here = f"http://127.0.0.1:{self.get_http_port()}"
        for method in (None, ""):
            assert await self.who("who", method, **cookie) == "Ann"
            assert await self.who("who", method, **cookie, Origin=here) == "Ann"
        assert await self.who("who", None, **cookie, Origin="https://evil.example") == "Ann"
        assert await self.who("who", "", **cookie, Origin="https://evil.example") is None
        assert await self.who("who", "", **cookie, Origin="null") is None
        assert await self.who("who", None, **cookie, Origin="https://evil.example", Upgrade="websocket") is None
        assert await self.who("who", None, Cookie="tornado_chat=made-up") is None


class ProxyTest(Asking):
    settings: ClassVar = {"auth": ("header",), "trusted_proxies": (ip_network("127.0.0.1"),)}

    @gen_test
    async def test_a_trusted_proxy_says_who_is_signed_in(self) -> None:
        assert await self.who(Remote_User="ann") == "ann"
        assert await self.who() is None


class ListenersTest(Asking):
    plugins: ClassVar = {
        "who": WHO,
        "door": "from tornado_chat import Refused, User, on\n\n\n@on('authenticate')\ndef door(request):\n"
        "    if 'X-Bad' in request.headers:\n        raise Refused('no')\n"
        "    login = request.headers.get('X-Login')\n    return login and User(login, login)\n",
    }

    @gen_test
    async def test_a_listener_that_knows_people_is_asked_too(self) -> None:
        assert await self.who(X_Login="ann") == "ann"
        assert await self.who(X_Login="ann", X_Bad="1") is None
        assert await self.who() is None
