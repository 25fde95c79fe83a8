"""The plugin `webhook`."""

import asyncio
import hmac
import json
from typing import Any, ClassVar
from unittest import mock

import pytest
from tornado.httpclient import HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port, gen_test
from tornado.web import Application, RequestHandler

from tornado_chat.config.settings import SettingsError, find_folder
from tornado_chat.plugin_host.loader import build_registry
from tornado_chat.testing import ChatTestCase


class InTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {
        "plugins": {
            "webhook": {"secret": "sésame", "name": "CI", "channels": ["my den"]},
            "filter": {"words": ["worm"]},
        }
    }

    async def post(
        self, body: str | bytes, channel: str = "my%20den", secret: str = "sésame", **more: str
    ) -> HTTPResponse:
        headers = {"X-Secret": secret, **{name.replace("_", "-"): value for name, value in more.items()}}
        return await self.http_client.fetch(
            self.get_url(f"/plugins/webhook/in/{channel}"),
            method="POST",
            body=body,
            headers=headers,
            raise_error=False,
        )

    @gen_test
    async def test_what_is_posted_with_the_secret_is_said_by_its_name(self) -> None:
        ann = await self.join("Ann", "my den")
        assert (await self.post("Build 7 is *green*\n")).code == 200
        line = await ann.until_text("Build 7 is *green*")
        assert (line["sender"]["name"], line["seq"]) == ("CI", 1)

    @gen_test
    async def test_a_repeated_key_says_nothing_again(self) -> None:
        ann = await self.join("Ann", "my den")
        for _ in range(2):
            assert (await self.post("once", Idempotency_Key="7")).code == 200
        await self.post("end")
        await ann.until_text("end")
        assert sum(event.get("message") == "once" for event in ann.events) == 1
        assert (await self.post("other", Idempotency_Key="7")).code == 400

    @gen_test
    async def test_a_secret_may_be_sent_as_latin_1_or_as_utf_8(self) -> None:
        await self.join("Ann", "my den")
        for secret in ("sésame", "sésame".encode().decode("latin-1")):
            assert (await self.post("x", secret=secret)).code == 200

    @gen_test
    async def test_without_the_secret_or_into_another_channel_nothing_is_said(self) -> None:
        for secret in ("", "sesame", "sésam", "é" * 100):
            assert (await self.post("x", secret=secret)).code == 403
        for channel in ("attic", "my%20den/x", "my%2520den"):
            assert (await self.post("x", channel)).code == 403

    @gen_test
    async def test_what_cannot_be_said_is_the_callers_mistake_and_no_failure(self) -> None:
        for body in ("", "x" * 4_001, b"\x00", "a worm"):
            answer = await self.post(body)
            assert answer.code == 400, body
            assert json.loads(answer.body)["message"]
        assert (await self.post("x", "%E2%80%8B")).code == 400
        assert (await self.post(b"\xff ok")).code == 200
        assert self.chat.plugins.registry.plugins["webhook"].failures == 0


class OutTest(ChatTestCase):
    def get_app(self) -> Any:
        test = self
        self.heard: list[tuple[dict[str, Any], bool]] = []
        self.codes: list[int] = []

        class Hear(RequestHandler):
            def post(self) -> None:
                signature = hmac.digest(b"key", self.request.body, "sha256").hex()
                right = hmac.compare_digest(signature, self.request.headers["X-Signature-256"])
                test.heard.append((json.loads(self.request.body), right))
                self.set_status(test.codes.pop(0) if test.codes else 204)

        sock, port = bind_unused_port()
        self.server = HTTPServer(Application([("/hear", Hear)]))
        self.server.add_socket(sock)
        settings = {"url": f"http://127.0.0.1:{port}/hear", "key": "key", "secret": "s", "channels": ["den"]}
        self.settings = {"plugins": {"webhook": settings}}
        return super().get_app()

    def setUp(self) -> None:
        super().setUp()
        sleep = asyncio.sleep
        self.pauses: list[float] = []

        async def no_sleep(seconds: float) -> None:
            if seconds:
                self.pauses.append(seconds)
            await sleep(0)

        module = self.chat.plugins.registry.plugins["webhook"].module
        stand_in = mock.Mock(wraps=asyncio, sleep=no_sleep)
        patch = mock.patch.object(module, "asyncio", stand_in)
        patch.start()
        self.addCleanup(patch.stop)

    def tearDown(self) -> None:
        self.server.stop()
        super().tearDown()

    async def until(self, text: str) -> None:
        while text not in [said["message"] for said, _ in self.heard]:
            await asyncio.sleep(0.01)

    @gen_test
    async def test_what_is_said_is_sent_signed_in_order(self) -> None:
        ann = await self.join("Ann", "den", "attic")
        await ann.call("send-message", target="attic", message="secret")
        for text in ("one", "two", "three"):
            await ann.call("send-message", target="den", message=text)
        await self.until("three")
        assert [(said["message"], right) for said, right in self.heard] == [
            ("one", True), ("two", True), ("three", True)
        ]  # fmt: skip
        assert self.heard[0][0] == next(event for event in ann.events if event.get("message") == "one")

    @gen_test
    async def test_a_message_that_grows_is_sent_once_when_it_is_complete(self) -> None:
        ann = await self.join("Ann", "den")
        seq = (await ann.call("send-message", target="den", message="One", growing=True))["seq"]
        await ann.call("send-message", target="den", message="plain")
        await ann.grow(seq, 3, " two", done=True)
        await self.until("One two")
        assert [said["message"] for said, _ in self.heard] == ["plain", "One two"]

    @gen_test
    async def test_what_is_not_taken_is_sent_again_and_later(self) -> None:
        ann = await self.join("Ann", "den")
        self.codes = [500, 429, 204]
        await ann.call("send-message", target="den", message="one")
        await ann.call("send-message", target="den", message="two")
        await self.until("two")
        assert [said["message"] for said, _ in self.heard] == ["one", "one", "one", "two"]
        assert self.pauses == [1, 2]

    @gen_test
    async def test_what_is_refused_or_fails_for_long_is_given_up_and_logged_without_its_text(self) -> None:
        ann = await self.join("Ann", "den")
        self.codes = [410, *[500] * 6, 302]
        with self.assertLogs("tornado_chat", "WARNING") as logs:
            for text in ("refused", "failed", "moved", "fine"):
                await ann.call("send-message", target="den", message=text)
            await self.until("fine")
        counts = [said["message"] for said, _ in self.heard]
        assert [counts.count(text) for text in ("refused", "failed", "moved", "fine")] == [1, 6, 1, 1]
        assert [line[-5:] for line in logs.output] == ["(410)", "(500)", "(302)"]
        assert "refused" not in str(logs.output)
        assert self.pauses == [1, 2, 4, 8, 16]

    @gen_test
    async def test_what_came_in_does_not_go_out(self) -> None:
        ann = await self.join("Ann", "den")
        where = self.get_url("/plugins/webhook/in/den")
        await self.http_client.fetch(where, method="POST", body="came in", headers={"X-Secret": "s"})
        await ann.call("send-message", target="den", message="own")
        await self.until("own")
        assert [said["message"] for said, _ in self.heard] == ["own"]

    @gen_test
    async def test_nobody_there_hurts_nobody(self) -> None:
        ann = await self.join("Ann", "den")
        self.server.stop()
        module: Any = self.chat.plugins.registry.plugins["webhook"].module
        with self.assertLogs("tornado_chat", "WARNING") as logs:
            await ann.call("send-message", target="den", message="one")
            while not module.tasks or not module.tasks[0].done():
                await asyncio.sleep(0.01)
        assert "(599)" in logs.output[0]
        assert self.chat.plugins.registry.plugins["webhook"].failures == 0

    @gen_test
    async def test_the_line_is_bounded_and_whoever_floods_it_pushes_out_their_own_messages_alone(self) -> None:
        ann, eve = await self.join("Ann", "den"), await self.join("Eve", "den")
        module: Any = self.chat.plugins.registry.plugins["webhook"].module
        module.MAX_WAITING = 5
        module.tasks[:] = [asyncio.ensure_future(asyncio.sleep(60))]  # the other program takes its time
        await ann.call("send-message", target="den", message="mine")
        for number in range(20):
            await eve.call("send-message", target="den", message=f"flood {number}")
        assert [one.text for one in module.waiting] == ["mine", *(f"flood {number}" for number in range(16, 20))]
        module.waiting.clear()
        module.tasks[0].cancel()

    @gen_test
    async def test_what_was_deleted_while_it_waited_is_not_sent(self) -> None:
        ann = await self.join("Ann", "den")
        module: Any = self.chat.plugins.registry.plugins["webhook"].module
        module.tasks[:] = [asyncio.ensure_future(asyncio.sleep(60))]
        for text in ("secret", "stays"):
            await ann.call("send-message", target="den", message=text)
        await ann.edit(1, "secret still")
        await ann.delete(1)
        while len(module.waiting) > 1:
            await asyncio.sleep(0)
        assert [one.text for one in module.waiting] == ["stays"]
        module.waiting.clear()
        module.tasks[0].cancel()

    @gen_test
    async def test_what_another_node_deletes_while_it_waits_is_not_sent(self) -> None:
        ann, den = await self.join("Ann", "den"), self.chat.hub.channel("den")
        plugin = self.chat.plugins.registry.plugins["webhook"]
        module: Any = plugin.module
        module.tasks[:] = [asyncio.ensure_future(asyncio.sleep(60))]
        for text in ("one", "secret", "another", "last"):
            await ann.call("send-message", target="den", message=text)
        self.chat.hub.on_changed = None  # listeners are called where it was made
        await den.delete(2)

        async def sleep(seconds: float) -> None:
            if seconds:
                await den.delete(3)

        self.codes = [204, 500]
        with mock.patch.object(module.asyncio, "sleep", sleep):
            await module.send(self.chat.plugins.context(plugin), plugin.settings.url, b"key")
        assert [said["message"] for said, _ in self.heard] == ["one", "another", "last"]
        module.tasks[0].cancel()


def test_it_is_idle_without_settings() -> None:
    registry = build_registry([find_folder("plugins")])
    assert registry.plugins["webhook"].state == "idle"
    assert not registry.routes
    assert not registry.listeners["posted"]


@pytest.mark.parametrize("table", [{"url": "https://example.com"}, {"url": "file:///etc", "key": "k"}])
def test_what_is_sent_must_be_signed_and_go_by_http(table: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"^\[plugins\.webhook\]: url is http"):
        build_registry([find_folder("plugins")], {"webhook": table})
