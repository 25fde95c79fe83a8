"""What a plugin raises or returns may do harm when it is looked at: whoever looks is safe."""

import asyncio
import io
import logging
import threading
from typing import ClassVar

import pytest
from tornado.simple_httpclient import HTTPStreamClosedError
from tornado.testing import gen_test

from tests.helpers import House, module, run
from tests.plugin_host.test_manager import HEAD, PluginsCase, wait_for
from tornado_chat.chat.errors import Refused

KINDS = (
    *("cause", "notes", "metaclass", "text", "attributes", "class", "compared", "traceback", "second look"),
    *("refused", "late refused"),
)
RAISES = """
def harm(*_):
    raise SystemExit(7)

class Cause(Exception):
    __cause__ = property(harm)

class Notes(Exception):
    __notes__ = property(harm)

class Meta(type):
    __name__ = property(harm)

class Metaclass(Exception, metaclass=Meta): ...

class Text(Exception):
    __str__ = harm

class Attributes(Exception):
    __getattribute__ = harm

class Class(Exception):
    __class__ = property(harm)

class Compared(Exception):
    __eq__ = __hash__ = __bool__ = harm

class Traceback(Exception):
    @property
    def __traceback__(self):
        raise KeyboardInterrupt

class SecondLook(Exception):
    looks = 0
    def __str__(self):
        type(self).looks += 1
        return "fine" if self.looks == 1 else harm()

class Sly(Refused):
    message = property(harm, lambda self, value: None)

def late_refused():
    refused = Refused("no")
    refused.message = Text()
    return refused

KIND = {"cause": Cause, "notes": Notes, "metaclass": Metaclass, "text": Text, "attributes": Attributes,
        "class": Class, "compared": Compared, "traceback": Traceback, "second look": SecondLook,
        "refused": lambda: Sly("x"), "late refused": late_refused}

@action("now", channel=False)
def now(ctx: Context, kind: str) -> None:
    raise KIND[kind]()

@action("later", channel=False)
async def later(ctx: Context, kind: str) -> None:
    await asyncio.sleep(0)
    raise KIND[kind]()

@action("spawned", channel=False)
async def spawned(ctx: Context, kind: str) -> None:
    async def fail() -> None:
        raise KIND[kind]()
    try:
        await ctx.spawn(fail())
    except Exception:
        pass

@on("join")
def joined(ctx: Context) -> None:
    if kinds:
        raise KIND[kinds[0]]()

@on("message", fails="open")
async def hear(ctx: Context, message: Message) -> None:
    if kinds:
        raise KIND[kinds[0]]()

kinds: list[str] = []
"""


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_that_does_harm_when_it_is_looked_at_is_the_failure_of_its_plugin(kind: str) -> None:
    async def main() -> None:
        made = module(RAISES)
        chat = House(made)
        plugin = chat.registry.plugins["plugin"]
        ann = chat.client("Ann")
        for name in ("now", "later"):
            assert (await chat.call(ann, name, kind=kind))["code"] == "internal-error"
        assert plugin.failures == 2
        plugin._recent.clear()
        assert (await chat.call(ann, "spawned", kind=kind))["action"] == "ok"
        assert plugin.failures == 3
        made.kinds.append(kind)
        assert (await chat.call(ann, "join-channel", target="den"))["action"] == "ok"
        assert (await chat.call(ann, "send-message", target="den", message="hello"))["seq"] == 1
        await asyncio.sleep(0.01)
        assert plugin.failures == 5
        assert plugin.off

    run(main)


@pytest.mark.parametrize("kind", KINDS)
def test_nor_does_it_do_harm_where_the_log_cannot_be_written(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        chat = House(module(RAISES))
        assert (await chat.call(chat.client("Ann"), "now", kind=kind))["code"] == "internal-error"

    broken = logging.StreamHandler(io.StringIO())
    broken.stream.close()
    logging.getLogger().addHandler(broken)
    try:
        run(main)
    finally:
        logging.getLogger().removeHandler(broken)


def test_a_result_that_does_harm_when_it_is_looked_at_is_a_failure() -> None:
    async def main() -> None:
        chat = House(
            module(
                """
def harm(*_):
    raise SystemExit(7)

class Empty(dict):
    __bool__ = __len__ = harm

class Items(dict):
    items = keys = __iter__ = __getitem__ = harm

class Class:
    __class__ = property(harm)
    __await__ = __iter__ = __str__ = __repr__ = harm

@action("now", channel=False)
def now(ctx: Context, kind: str):
    return {"empty": Empty, "items": lambda: Items(a=1), "class": Class, "inside": lambda: {"x": Class()}}[kind]()

@action("later", channel=False)
async def later(ctx: Context, kind: str):
    return now(ctx, kind)
"""
            )
        )
        plugin = chat.registry.plugins["plugin"]
        ann = chat.client("Ann")
        for kind in ("empty", "items", "class", "inside"):
            for name in ("now", "later"):
                assert (await chat.call(ann, name, kind=kind))["code"] == "internal-error", (name, kind)
                plugin._recent.clear()
        assert plugin.failures == 8

    run(main)


def test_a_text_that_does_harm_when_it_is_looked_at_is_a_failure_of_the_listener() -> None:
    async def main() -> None:
        made = module(
            """
def harm(*_):
    raise SystemExit(7)

class Text(str):
    isascii = __len__ = __contains__ = strip = encode = harm

class Other:
    __class__ = property(harm)

texts = []

@on("message", fails="open")
async def hear(ctx: Context, message: Message) -> None:
    if texts[0] is None:
        del message.text
    else:
        message.text = texts[0]
"""
        )
        chat = House(made)
        plugin = chat.registry.plugins["plugin"]
        ann = chat.client("Ann", "den")
        for seq, (text, said) in enumerate(((made.Text("hi"), "hi"), (made.Other(), "x"), (None, "x"), (5, "x")), 1):
            made.texts[:] = [text]
            assert (await chat.call(ann, "send-message", str(seq), target="den", message="x"))["seq"] == seq
            assert ann.texts[-1] == said
            plugin._recent.clear()
        assert plugin.failures == 3

    run(main)


HOLDS = (
    HEAD
    + """
import threading
let = threading.Event()

@action("hold", channel=False)
async def hold(ctx: Context) -> None:
    await ctx.store.update("key", lambda known: let.wait(30))

@action("count", channel=False)
async def count(ctx: Context) -> dict[str, int]:
    return {"count": await ctx.store.update("count", lambda known: known + 1, 0)}
"""
)


class StoreTest(PluginsCase):
    plugins: ClassVar = {"holds": HOLDS, "other": HOLDS.replace('("', '("other-')}

    @gen_test
    async def test_an_update_whose_function_never_ends_holds_up_nobody_and_is_cut(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        held = asyncio.ensure_future(ann.call("hold"))
        let = self.chat.plugins.registry.plugins["holds"].module.let  # type: ignore[union-attr]
        try:
            await wait_for(lambda: any("plugin holds" in one.name for one in threading.enumerate()))
            assert (await bob.call("send-message", target="den", message="hello"))["seq"] == 1
            assert (await bob.call("other-count"))["count"] == 1
            assert (await bob.call("count"))["count"] == 1
            assert not held.done()
            with self.assertLogs("tornado_chat", "ERROR") as logs, pytest.raises(Refused) as refused:
                await held
            assert refused.value.code == "plugin-timeout"
            assert "ctx.store.update did not end within 1 s" in logs.output[0]
            assert self.chat.plugins.registry.plugins["holds"].failures == 1
        finally:
            let.set()

    @gen_test
    async def test_updates_at_the_same_time_are_all_done(self) -> None:
        people = [await self.join(f"P{number}") for number in range(4)]
        await asyncio.gather(*(person.call("count") for person in people for _ in range(5)))
        assert (await people[0].call("count"))["count"] == 21


ROUTES = (
    HEAD
    + """
from tornado.web import RequestHandler

class Called:
    def __call__(self) -> None:
        raise SystemExit(3)

@route("/called")
class ByObject(RequestHandler):
    get = Called()

@route("/future")
class ByFuture(RequestHandler):
    def get(self) -> object:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(SystemExit(3))
        return future

@route("/property")
class ByProperty(RequestHandler):
    @property
    def get(self) -> object:
        raise SystemExit(3)

@route("/error")
class ByError(RequestHandler):
    def get(self) -> None:
        raise ValueError("oh")

    def write_error(self, status: int, **about: object) -> None:
        raise SystemExit(3)

@route("/made")
class Made(RequestHandler):
    def __init__(self, *arguments: object, **named: object) -> None:
        raise SystemExit(3)
"""
)


class RoutesTest(PluginsCase):
    plugins: ClassVar = {"routes": ROUTES}

    @gen_test
    async def test_whatever_part_of_a_route_raises_is_counted_and_its_client_is_answered(self) -> None:
        plugin = self.chat.plugins.registry.plugins["routes"]
        for path in ("called", "future", "property", "error", "made"):
            before = plugin.failures
            with self.assertLogs("tornado_chat", "ERROR"):
                try:
                    answer = await self.http_client.fetch(self.get_url(f"/plugins/routes/{path}"), raise_error=False)
                    assert answer.code == 500, path
                except HTTPStreamClosedError:
                    assert path in ("error", "made")  # there is no handler that could answer
            assert plugin.failures > before, path
            plugin._recent.clear()
        assert (await self.connect("Ann")).hello["user"]["name"] == "Ann"


NAMES = (
    HEAD
    + """
@on("authenticate")
def who(request: object) -> User | None:
    return {"number": User("5", 5), "nameless": User("5", None), "role": User("5", "Ann", "boss"),
            "list": User("5", "Ann", ["admin"]), "none": User("5", "Ann", None)}.get(request.headers.get("X-Kind"))
"""
)


class NamesTest(PluginsCase):
    plugins: ClassVar = {"names": NAMES}

    @gen_test
    async def test_a_user_with_an_unknown_role_or_a_name_that_is_no_text_does_not_come_in(self) -> None:
        plugin = self.chat.plugins.registry.plugins["names"]
        for count, kind in enumerate(("number", "nameless", "role", "list", "none"), 1):
            with self.assertLogs("tornado_chat", "ERROR"), pytest.raises(EOFError):
                await self.connect("Ann", **{"X-Kind": kind})
            assert plugin.failures == count
            plugin._recent.clear()
        assert (await self.connect("Ann")).hello["user"]["name"] == "Ann"
