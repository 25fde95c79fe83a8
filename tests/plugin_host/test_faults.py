"""Whatever a plugin raises, where it is called: it alone is hurt, and who called is answered."""

from typing import ClassVar

import pytest
from tornado.testing import gen_test

from tests.helpers import House, module, run
from tests.plugin_host.test_manager import HEAD, PluginsCase, wait_for
from tornado_chat.chat.errors import Refused

KINDS = ("cancelled", "cancel itself", "key", "exit", "generator", "base", "group", "unreadable")
RAISES = (
    HEAD
    + """
from tornado.web import RequestHandler

class Odd(BaseException): ...

class Unreadable(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt

KIND = {"cancelled": asyncio.CancelledError("oh"), "key": KeyboardInterrupt("oh"), "exit": SystemExit("oh"),
        "generator": GeneratorExit("oh"), "base": Odd("oh"), "group": BaseExceptionGroup("oh", [KeyboardInterrupt()]),
        "unreadable": Unreadable()}

def fail(kind: str) -> None:
    if kind == "cancel itself":
        asyncio.current_task().cancel()
    elif kind:
        raise KIND[kind]

async def fail_later(kind: str) -> None:
    await asyncio.sleep(0)
    fail(kind)
    await asyncio.sleep(0)

@action("now", channel=False)
def now(ctx: Context, kind: str) -> None:
    fail(kind)

@action("later", channel=False)
async def later(ctx: Context, kind: str) -> None:
    await fail_later(kind)

@action("child", channel=False)
async def child(ctx: Context) -> None:
    task = asyncio.ensure_future(asyncio.sleep(1e6))
    task.cancel()
    await task

@on("join")
def joined(ctx: Context) -> None:
    fail(ctx.server.kind)

@on("join")
async def joined_later(ctx: Context) -> None:
    await fail_later(ctx.server.kind)

@on("message", fails="open")
async def hear(ctx: Context, message: Message) -> None:
    await fail_later(ctx.server.kind)

@on("message", fails="open")
def hear_now(ctx: Context, message: Message) -> None:
    fail(ctx.server.kind)

@on("posted")
async def posted(ctx: Context, message: Message) -> None:
    await fail_later(ctx.server.kind)

@on("startup")
async def begin(ctx: Context) -> None:
    await fail_later(getattr(ctx.server, "kind", ""))

@on("startup")
def begin_now(ctx: Context) -> None:
    fail(getattr(ctx.server, "kind", "").replace("cancel itself", "cancelled"))

@on("shutdown")
async def end(ctx: Context) -> None:
    await fail_later(getattr(ctx.server, "kind", ""))

@on("authenticate")
async def who(request: object) -> User | None:
    await fail_later(request.headers.get("X-Kind", ""))

@every(0.01)
async def tick(ctx: Context) -> None:
    ctx.server.ticks = getattr(ctx.server, "ticks", 0) + 1
    await fail_later(getattr(ctx.server, "tick_kind", ""))

@every(0.01)
def tock(ctx: Context) -> None:
    ctx.server.tocks = getattr(ctx.server, "tocks", 0) + 1
    fail(getattr(ctx.server, "tick_kind", "").replace("cancel itself", "cancelled"))

@route("/now/(.*)")
class Now(RequestHandler):
    def get(self, kind: str) -> None:
        fail(kind)

@route("/later/(.*)")
class Later(RequestHandler):
    async def prepare(self) -> None:
        await asyncio.sleep(0)

    async def get(self, kind: str) -> None:
        await fail_later(kind)

@route("/begin/(.*)")
class Begin(RequestHandler):
    def initialize(self) -> None:
        fail(self.request.path.rpartition("/")[2])

    def get(self, kind: str) -> None: ...
"""
)


class RaisesTest(PluginsCase):
    plugins: ClassVar = {"raises": RAISES}

    def setUp(self) -> None:
        super().setUp()
        self.plugin = self.chat.plugins.registry.plugins["raises"]
        self.forgive()

    def forgive(self) -> None:
        """Let it fail as often as it likes."""
        self.plugin._recent = _Nothing()

    @gen_test
    async def test_an_action_that_raises_anything_is_answered_and_its_callers_socket_stays(self) -> None:
        ann = await self.join("Ann", "den")
        self.chat.hub.kind = ""  # type: ignore[attr-defined]
        calls = [(action, kind) for action in ("now", "later") for kind in KINDS if kind != "cancel itself"]
        for action, kind in [*calls, ("later", "cancel itself"), ("child", "")]:
            before = self.plugin.failures
            with self.assertLogs("tornado_chat", "ERROR") as logs, pytest.raises(Refused) as refused:
                await ann.call(action, kind=kind)
            assert refused.value.code == "internal-error", (action, kind)
            assert f"plugin raises: action {action} failed" in logs.output[0]
            assert self.plugin.failures == before + 1
        assert ann.closed is None
        assert (await ann.call("send-message", target="den", message="hello"))["seq"] == 1

    @gen_test
    async def test_a_listener_that_raises_anything_is_counted_and_all_goes_on(self) -> None:
        ann = await self.join("Ann")
        for seq, kind in enumerate((one for one in KINDS if one != "cancel itself"), 1):
            self.chat.hub.kind = ""  # type: ignore[attr-defined]
            before = self.plugin.failures
            with self.assertLogs("tornado_chat", "ERROR"):
                self.chat.hub.kind = kind  # type: ignore[attr-defined]
                await ann.join(f"den {seq}")
                assert (await ann.call("send-message", target=f"den {seq}", message="hello"))["seq"] == 1
                await wait_for(lambda before=before: self.plugin.failures == before + 5)
        assert ann.closed is None

    @gen_test
    async def test_a_timer_that_raises_anything_goes_on(self) -> None:
        await wait_for(lambda: getattr(self.chat.hub, "ticks", 0) and getattr(self.chat.hub, "tocks", 0))
        for kind in KINDS:
            before = self.chat.hub.ticks, self.chat.hub.tocks  # type: ignore[attr-defined]
            with self.assertLogs("tornado_chat", "ERROR"):
                self.chat.hub.tick_kind = kind  # type: ignore[attr-defined]
                await wait_for(lambda before=before: self.chat.hub.ticks > before[0] + 2)  # type: ignore[attr-defined]
                await wait_for(lambda before=before: self.chat.hub.tocks > before[1] + 2)  # type: ignore[attr-defined]
                self.chat.hub.tick_kind = ""  # type: ignore[attr-defined]

    @gen_test
    async def test_a_route_that_raises_anything_is_answered_with_500(self) -> None:
        for path in ("now", "later", "begin"):
            for kind in KINDS:
                if kind == "cancel itself" or (path, kind) == ("later", "generator"):
                    continue
                with self.assertLogs("tornado_chat", "ERROR") as logs:
                    answer = await self.http_client.fetch(
                        self.get_url(f"/plugins/raises/{path}/{kind}"), raise_error=False
                    )
                assert answer.code == 500, (path, kind)
                assert f"plugin raises: GET /plugins/raises/{path}/{kind} failed" in logs.output[0]

    @gen_test
    async def test_startup_and_shutdown_that_raise_anything_are_counted_and_the_reload_goes_on(self) -> None:
        for kind in KINDS:
            self.chat.hub.kind = kind  # type: ignore[attr-defined]
            with self.assertLogs("tornado_chat", "ERROR") as logs:
                assert await self.chat.plugins.reload("raises") == {"raises": ""}
            said = "\n".join(logs.output)
            assert said.count("plugin raises: startup failed") == 2
            assert said.count("plugin raises: shutdown failed") == 1 or kind == KINDS[0]

    @gen_test
    async def test_where_who_someone_is_cannot_be_told_nobody_comes_in_and_the_server_serves_on(self) -> None:
        for kind in KINDS:
            with self.assertLogs("tornado_chat", "ERROR") as logs, pytest.raises(EOFError):
                await self.connect("Ann", **{"X-Kind": kind})
            assert "plugin raises: authenticate failed" in logs.output[0]
        assert (await self.connect("Ann")).hello["user"]["name"] == "Ann"


class _Nothing(list):  # type: ignore[type-arg]
    def append(self, item: object) -> None:
        """Forget it."""


def test_whatever_refused_is_given_is_answered() -> None:
    async def main() -> None:
        chat = House(
            module(
                """
@action("no", channel=False)
def no(ctx: Context, what: str) -> None:
    raise {"error": Refused(ValueError("oh")), "none": Refused(None), "surrogate": Refused("\\ud800"),
           "code": Refused("x", 5), "nan": Refused("x", "refused", float("nan")),
           "inf": Refused("x", "refused", float("inf"))}[what]
"""
            )
        )
        ann = chat.client("Ann")
        for what, text in (("error", "oh"), ("none", "None"), ("surrogate", "?"), ("code", "x"), ("nan", "x")):
            answer = await chat.call(ann, "no", what=what)
            assert (answer["action"], answer["message"]) == ("error", text), what
        assert (await chat.call(ann, "no", what="inf"))["code"] == "refused"

    run(main)
