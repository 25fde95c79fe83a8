"""Where plugins answer HTTP."""

import json
from typing import ClassVar

import pytest
from tornado.httpclient import HTTPResponse
from tornado.testing import gen_test

from tests.helpers import House, module
from tests.plugin_host.test_manager import PluginsCase
from tornado_chat.routing.registry import RegistryError

HOOK = """
from tornado.web import HTTPError, RequestHandler

from tornado_chat import Context, Error, Message, Refused, on, route


@route("/in/([a-z%0-9A-Z+]+)")
class In(RequestHandler):
    ctx: Context

    def post(self, channel: str) -> None:
        if self.request.body == b"crash":
            raise KeyError("secret")
        if self.request.body == b"no":
            raise HTTPError(403)
        if self.request.body == b"wait":
            raise Refused("wait", Error.RATE_LIMITED)
        self.ctx.server.channel(channel).post(self.request.body.decode())
        self.write("ONE")


@route("/later")
class Later(RequestHandler):
    async def prepare(self) -> None:
        self.ready = True

    async def get(self) -> None:
        self.write({"ready": self.ready})


@on("message", fails="open")
def loud(ctx: Context, message: Message) -> None:
    message.text = message.text.upper()
"""


class RouteTest(PluginsCase):
    plugins: ClassVar = {"hook": HOOK}

    async def ask(self, path: str, body: str | None = None) -> HTTPResponse:
        method = "GET" if body is None else "POST"
        return await self.http_client.fetch(self.get_url(path), method=method, body=body, raise_error=False)

    @gen_test
    async def test_a_route_answers_below_its_plugins_name_and_posts_what_listeners_make_of_it(self) -> None:
        ann = await self.join("Ann", "den")
        answer = await self.ask("/plugins/hook/in/den", "hello")
        assert (answer.code, answer.body) == (200, b"ONE")
        assert (await ann.until_text("HELLO"))["sender"] is None
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (await self.ask("/plugins/hook/later")).body == b'{"ready": true}'

    @gen_test
    async def test_what_a_path_says_is_unquoted_and_channels_have_names(self) -> None:
        ann = await self.join("Ann", "den", "my+den é")
        assert (await self.ask("/plugins/hook/in/my+den%20%C3%A9", "hello")).code == 200
        assert (await ann.until_text("HELLO"))["target"] == "my+den é"
        answer = await self.ask("/plugins/hook/in/%E2%80%8B", "hello")
        assert (answer.code, json.loads(answer.body)["code"]) == (400, "invalid-name")

    @gen_test
    async def test_refused_is_the_callers_mistake_with_its_words(self) -> None:
        for text, code in (("", 400), ("wait", 429)):
            for _ in range(4):
                answer = await self.ask("/plugins/hook/in/den", text)
                assert answer.code == code
                assert json.loads(answer.body)["message"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert self.chat.plugins.registry.plugins["hook"].failures == 0

    @gen_test
    async def test_other_paths_are_the_servers_own(self) -> None:
        for path in ("/in/den", "/plugins/hook/in/", "/plugins/hook/in/den/x", "/plugins/hook", "/plugins/x/in/den"):
            assert (await self.ask(path)).code == 404, path
        assert (await self.ask("/")).code == 200
        for path, method, allowed in (("in/x", "GET", "POST"), ("in/x", "PUT", "POST"), ("later", "DELETE", "GET")):
            url, any_body = self.get_url(f"/plugins/hook/{path}"), {"allow_nonstandard_methods": True}
            answer = await self.http_client.fetch(url, method=method, raise_error=False, **any_body)
            assert (answer.code, answer.headers["Allow"]) == (405, allowed)

    @gen_test
    async def test_a_reload_swaps_the_routes(self) -> None:
        self.write("hook", HOOK.replace("ONE", "two").replace("/later", "/sooner"))
        await self.chat.plugins.reload()
        assert (await self.ask("/plugins/hook/in/den", "x")).body == b"two"
        assert (await self.ask("/plugins/hook/later")).code == 404
        assert (await self.ask("/plugins/hook/sooner")).code == 200
        (self.folder / "hook.py").unlink()
        await self.chat.plugins.reload()
        assert (await self.ask("/plugins/hook/sooner")).code == 404

    @gen_test
    async def test_a_handler_that_fails_is_named_and_counted_and_shows_no_traceback(self) -> None:
        with self.assertLogs("tornado_chat", "ERROR") as logs:
            answers = [await self.ask("/plugins/hook/in/den", "crash") for _ in range(3)]
        assert {answer.code for answer in answers} == {500}
        assert b"secret" not in answers[0].body
        assert sum("plugin hook: POST /plugins/hook/in/den failed" in line for line in logs.output) == 3
        assert (await self.ask("/plugins/hook/in/den", "hello")).code == 503

    @gen_test
    async def test_what_a_handler_refuses_is_no_failure(self) -> None:
        for _ in range(4):
            assert (await self.ask("/plugins/hook/in/den", "no")).code == 403
        assert self.chat.plugins.registry.plugins["hook"].failures == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('@route("/x")\ndef x(ctx: Context) -> None: ...', "marks a tornado.web.RequestHandler"),
        ('@route("/x")\nclass X: ...', "marks a tornado.web.RequestHandler"),
        ('from tornado.web import RequestHandler\n@route("x")\nclass X(RequestHandler): ...', "begins with /"),
        ('from tornado.web import RequestHandler\n@route("/(")\nclass X(RequestHandler): ...', "is no path"),
    ],
)
def test_a_route_that_cannot_be_is_an_error_with_its_place(source: str, words: str) -> None:
    with pytest.raises(RegistryError, match=rf"^odd\.py:\d+: .*{words}"):
        House(module(source, "odd"))
