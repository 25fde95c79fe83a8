"""What a plugin does on other threads and in tasks of its own: the chat is touched on its loop alone."""

import asyncio
import sqlite3
import threading
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.helpers import House, on_database, run, turns
from tests.plugin_host.test_manager import HEAD, PluginsCase, wait_for
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.routing.server import Server
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.testing import Chat
from tornado_chat.web.socket.frames import text_frames

THREADS = (
    HEAD
    + """
@action("from-thread")
async def from_thread(ctx: Context, what: str) -> None:
    channel, server, store, connection, user = ctx.channel, ctx.server, ctx.store, ctx.connection, ctx.user

    async def spawn() -> None: ...

    calls = {
        "post": lambda: channel.post("x"),
        "publish": lambda: channel.publish("x"),
        "publish but to one": lambda: channel.publish("x", skip=user),
        "notice": lambda: channel.notice("x"),
        "tell": lambda: channel.tell(user, "x"),
        "reply": lambda: ctx.reply("x"),
        "send": lambda: connection.send({"action": "x"}),
        "close": lambda: connection.close(4403, "x"),
        "end": lambda: server.end([connection], "x"),
        "join": lambda: server.join(connection, "attic"),
        "leave": lambda: server.leave(connection, "den"),
        "become": lambda: server.become(User(user.id, "Other")),
        "get": lambda: asyncio.run(store.get("x")),
        "set": lambda: asyncio.run(store.set("x", 1)),
        "update": lambda: asyncio.run(store.update("x", lambda known: 1)),
        "delete": lambda: asyncio.run(store.delete("x")),
        "items": lambda: asyncio.run(store.items()),
        "use": lambda: asyncio.run(ctx.use("kick")),
        "post on a loop": lambda: asyncio.run(posts()),
        "read": lambda: asyncio.run(channel.read()),
        "spawn": lambda: ctx.spawn(spawn()),
    }

    async def posts() -> None:
        await channel.post("x")

    await asyncio.to_thread(calls[what])
"""
)
CALLS = (
    *("post", "publish", "publish but to one", "notice", "tell", "reply", "send", "close", "end", "join", "leave"),
    *("become", "get", "set", "update", "delete", "items", "use", "post on a loop", "spawn"),
)


class _WrongThread(PluginsCase):
    plugins: ClassVar = {"threads": THREADS}
    calls = CALLS

    async def all_are_refused(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        plugin = self.chat.plugins.registry.plugins["threads"]
        for number, what in enumerate(self.calls, 1):
            plugin._recent.clear()
            with self.assertLogs("tornado_chat", "ERROR") as logs, pytest.raises(Refused, match="from-thread failed"):
                await ann.call("from-thread", target="den", what=what)
            assert "outside the server's event loop" in logs.output[0] or what == "read", what
            assert "nothing was" in logs.output[0], what
            assert "ctx.in_thread" in logs.output[0] or what == "read", what
            told = len(ann.events)
            assert (await ann.call("send-message", target="den", message=f"still {number}"))["seq"] == number, what
            assert f"still {number}" in ann.texts, what
            await bob.until_text(f"still {number}")
            heard = {event["action"] for event in ann.events[told:]} - {"presence", "channels"}  # told a while later
            assert heard == {"ok", "send-message"}, what
        assert [text for text in bob.texts if "still" not in text] == []
        assert await self.chat.hub.store.get("plugin:threads", "x") is None
        assert set(self.chat.hub.channels) == {"den"}
        assert ann.closed is None


class MemoryTest(_WrongThread):
    @gen_test
    async def test_whatever_is_called_on_another_thread_raises_and_changes_nothing(self) -> None:
        await self.all_are_refused()


class SqliteTest(_WrongThread):
    settings: ClassVar = {"history": "sqlite"}
    calls = (*CALLS, "read")

    @gen_test
    async def test_whatever_is_called_on_another_thread_raises_and_the_database_serves_on(self) -> None:
        await self.all_are_refused()


@pytest.mark.parametrize(
    "raised",
    [SystemExit(1), KeyboardInterrupt(), asyncio.CancelledError(), StopIteration(), sqlite3.DatabaseError("x")],
)
def test_what_the_function_of_an_update_raises_is_the_callers_alone(raised: BaseException, tmp_path: Any) -> None:
    async def main(database: Database) -> None:
        store = SqliteStore(database)

        def fail(known: Any) -> Any:
            raise raised

        try:
            await store.update("plugin:x", "key", fail)
        except BaseException as error:
            assert type(error) is type(raised) or isinstance(error, RuntimeError)
        else:
            pytest.fail("it raised nothing")
        assert database.state is None
        assert await store.update("plugin:x", "key", lambda known: 1) == 1

    on_database(tmp_path, main)


def test_an_append_that_fails_half_way_leaves_no_batch_behind_that_nobody_stores(tmp_path: Any) -> None:
    async def main(database: Database) -> None:
        history = SqliteHistory(database)
        submit = database.submit

        def broken(job: object) -> None:
            raise MemoryError

        for _ in range(2):
            database.submit = broken  # type: ignore[method-assign]
            with pytest.raises(MemoryError):
                history.append(Message("den", "lost", None, 1))
            database.submit = submit  # type: ignore[method-assign]
            kept = [history.append(Message("den", text, None, 1)) for text in ("one", "two")]
            assert [(await post).text for post in kept] == ["one", "two"]
        messages, _ = await history.read("den", limit=10)
        assert [message.text for message in messages] == ["one", "two"] * 2

    on_database(tmp_path, main)


def test_lines_that_could_not_be_planned_once_do_not_hold_up_later_ones() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann", "den")
        plan = chat.hub.flusher.plan
        chat.hub.flusher.plan = lambda outbox: 1 / 0  # type: ignore[method-assign, assignment]
        with pytest.raises(ZeroDivisionError):
            ann.connection.send({"action": "x"})
        chat.hub.flusher.plan = plan  # type: ignore[method-assign]
        ann.connection.send({"action": "y"})
        await turns()
        assert "y" in [event["action"] for event in ann.events]

    run(main)


def test_the_chat_belongs_to_the_loop_that_runs_it_first_until_that_ends() -> None:
    kept = DirectDatabase()
    hub = Server(MemoryHistory(), SqliteStore(kept), sqlite_repositories(kept), text_frames)
    with pytest.raises(RuntimeError):  # no loop at all
        hub.channel("den").post("x")

    async def post() -> None:
        hub.channel("den").post("x")
        thread = threading.Thread(target=lambda: raised.append(_raised(lambda: asyncio.run(again()))))
        thread.start()
        await asyncio.to_thread(thread.join)

    async def again() -> None:
        hub.channel("den").post("y")

    raised: list[Any] = []
    asyncio.run(post())
    assert "outside the server's event loop" in str(raised[0])
    asyncio.run(again())


def _raised(call: Any) -> Any:
    try:
        return call()
    except RuntimeError as error:
        return error


# The right ways

WAYS = (
    HEAD
    + """
import contextlib
import threading
import time

@action("sum")
async def sum_up(ctx: Context, upto: int) -> dict[str, object]:
    def work(upto: int, *, start: int) -> tuple[int, str, bool]:
        time.sleep(0.01)
        return sum(range(start, upto)), threading.current_thread().name, threading.current_thread().daemon
    total, name, daemon = await ctx.in_thread(work, upto, start=1)
    ctx.channel.post(f"sum {total}")
    return {"name": name, "daemon": daemon}

@action("raise-there")
async def raise_there(ctx: Context, what: str) -> None:
    def work() -> None:
        raise {"exit": SystemExit, "stop": StopIteration, "key": KeyboardInterrupt, "value": ValueError}[what]("oh")
    await ctx.in_thread(work)

@action("later")
def later(ctx: Context, seconds: float, then: str = "post") -> None:
    async def work() -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            ctx.server.ended = [*getattr(ctx.server, "ended", []), then]
        if then == "raise":
            raise KeyError("oh")
        if then == "exit":
            raise SystemExit("oh")
        if then == "cancelled":
            raise asyncio.CancelledError
        if then == "refuse":
            raise Refused("no")
        ctx.channel.post(f"{ctx.user.name} waited")
    ctx.spawn(work())

@action("hang-there")
async def hang_there(ctx: Context) -> None:
    await ctx.in_thread(time.sleep, 30)

@action("wrong-spawn")
def wrong(ctx: Context) -> None:
    ctx.spawn(later)
"""
)


class WaysTest(PluginsCase):
    plugins: ClassVar = {"ways": WAYS}

    @property
    def plugin(self) -> Any:
        return self.chat.plugins.registry.plugins["ways"]

    @gen_test
    async def test_slow_work_is_done_on_a_thread_of_the_plugins_and_its_result_is_used_on_the_loop(self) -> None:
        ann, before = await self.join("Ann", "den"), set(threading.enumerate())
        answer = await ann.call("sum", target="den", upto=5)
        assert answer["name"].startswith("plugin ways")
        assert answer["daemon"] is True
        assert ann.texts == ["sum 10"]
        await asyncio.gather(*(ann.call("sum", target="den", upto=5) for _ in range(20)))
        own = {one for one in threading.enumerate() if one.name.startswith("plugin ways")} - before
        assert 1 <= len(own) <= 8
        await self.chat.plugins.reload("ways")
        await wait_for(lambda: not own & set(threading.enumerate()))

    @gen_test
    async def test_whatever_is_raised_there_is_raised_here(self) -> None:
        ann = await self.join("Ann", "den")
        for what in ("exit", "stop", "key", "value"):
            self.plugin._recent.clear()
            with self.assertLogs("tornado_chat", "ERROR"), pytest.raises(Refused) as refused:
                await ann.call("raise-there", target="den", what=what)
            assert refused.value.code == "internal-error", what

    @gen_test
    async def test_a_thread_that_never_ends_holds_up_its_own_plugin_alone(self) -> None:
        ann = await self.join("Ann", "den")
        with self.assertLogs("tornado_chat", "ERROR"), pytest.raises(Refused) as refused:
            await ann.call("hang-there", target="den")
        assert refused.value.code == "plugin-timeout"
        assert (await ann.call("sum", target="den", upto=5))["action"] == "ok"

    @gen_test
    async def test_a_task_outlasts_its_call_and_says_things_with_no_share_in_its_answer(self) -> None:
        ann = await self.join("Ann", "den")
        assert "seq" not in await ann.call("later", target="den", seconds=0.01)
        await ann.until_text("Ann waited")
        await wait_for(lambda: not self.plugin.tasks)

    @gen_test
    async def test_what_a_task_raises_is_named_and_counted_and_switches_off(self) -> None:
        ann = await self.join("Ann", "den")
        with self.assertLogs("tornado_chat", "WARNING") as logs:
            await ann.call("later", target="den", seconds=1e6)
            for then in ("refuse", "raise", "exit", "cancelled"):
                await ann.call("later", target="den", seconds=0, then=then)
            await wait_for(lambda: self.plugin.off and not self.plugin.tasks)
        assert [line.splitlines()[0] for line in logs.output] == [
            "WARNING:tornado_chat:plugin ways: task work ended: no",
            *["ERROR:tornado_chat:plugin ways: task work failed"] * 3,
            "ERROR:tornado_chat:plugin ways is switched off: 3 failures in a minute",
        ]
        assert self.plugin.failures == 3
        assert self.chat.hub.ended[-1] == "post"  # type: ignore[attr-defined]

    @gen_test
    async def test_a_reload_cuts_the_tasks_of_the_old_version_silently(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.call("later", target="den", seconds=1e6)
        old = self.plugin
        assert len(old.tasks) == 1
        with self.assertNoLogs("tornado_chat", "WARNING"):
            await self.chat.plugins.reload("ways")
            await wait_for(lambda: getattr(self.chat.hub, "ended", []) == ["post"])
        assert (old.tasks, old.failures) == (set(), 0)

    @gen_test
    async def test_what_is_no_coroutine_is_an_error_that_says_so(self) -> None:
        ann = await self.join("Ann", "den")
        with self.assertLogs("tornado_chat", "ERROR") as logs, pytest.raises(Refused):
            await ann.call("wrong-spawn", target="den")
        assert "ctx.spawn takes a coroutine, as in ctx.spawn(work()), not function" in logs.output[0]

    def test_the_chat_for_tests_has_them_too(self) -> None:
        with Chat(self.folder / "ways.py") as chat:
            ann = chat.connect("Ann")
            began = chat.now
            assert ann.say("/sum 5")["name"].startswith("plugin ways")
            assert ann.texts == ["sum 10"]
            assert chat.now == began
            ann.say("/later 3600")
            chat.wait(3599)
            assert "Ann waited" not in ann.texts
            chat.wait(1)
            assert ann.texts[-1] == "Ann waited"
            ann.say("/later 3600 cut")
            hub = chat.hub
            chat.restart()
            assert hub.ended == ["post", "cut"]  # type: ignore[attr-defined]
