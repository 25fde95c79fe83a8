"""Messages that grow on whole servers: killed in the middle, seen by clients of before, and what they cost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.serving import Listener, Server, kept, until
from tests.system.test_reacting import Room
from tornado_chat.client import Client
from tornado_chat.server.loop import new_loop
from tornado_chat.testing import ChatTestCase

WRITER = '''
"""Writes so many growing messages at once, each token by token."""

import asyncio
import json
import time

from tornado_chat import Context, User, action

BOT = User("plugin:writer", "Writer")
TOKEN = "word "


async def write(ctx: Context, tokens: int, pause: float) -> None:
    loop = asyncio.get_running_loop()
    async with ctx.channel.grow(sender=BOT) as message:
        due = loop.time()
        for _ in range(tokens):
            await message.add(TOKEN)
            due += pause
            await asyncio.sleep(due - loop.time())


@action("write")
async def begin(ctx: Context, count: int, tokens: int, pause: float) -> dict:
    for _ in range(count):
        ctx.spawn(write(ctx, tokens, pause))
    return {"processor": time.process_time()}
'''


@pytest.mark.long
def test_a_message_whose_server_is_killed_says_so_at_the_next_start(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            Server(tmp_path / "data") as server,
            Client(server.base, name="Ann") as ann,
            Listener(server.base, "Bot") as bot,
        ):
            await ann.join("den")
            await bot.join("den")
            message = bot.grow("den")

            async def write() -> None:
                async with message:
                    await message.add("It grows. And grows")
                    while not stored.is_set():
                        await message.add(".")
                        await asyncio.sleep(0.05)
                    await message.add(" What comes now is not stored yet")
                    await asyncio.sleep(3_600)

            stored = asyncio.Event()
            writing = asyncio.create_task(write())
            await until(lambda: message.seq == 1)
            while "rev" not in (await ann.call("history", target="den", seqs=[1]))["messages"][0]:
                await asyncio.sleep(0.05)
            stored.set()
            await server.end(signal.SIGKILL)
            await server.start()
            async with Client(server.base, name="Bob") as bob:
                stopped = (await bob.join("den"))["messages"][0]
                assert stopped["stopped"]
                assert "growing" not in stopped
                assert stopped["message"].startswith("It grows. And grows.")
            await asyncio.wait([writing])
            assert writing.cancelled()
            assert message.stopped
        assert kept(tmp_path / "data")["den"][0]["stopped"]

    new_loop().run_sync(main)


def test_a_server_that_ends_stops_what_grows_with_all_its_words(tmp_path: Path) -> None:
    async def main() -> None:
        plugins = tmp_path / "plugins"
        plugins.mkdir()
        (plugins / "writer.py").write_text(WRITER)
        server = Server(tmp_path / "data", "--plugins-dir", str(plugins))
        await server.start()
        async with Client(server.base, name="Ann") as ann:
            await ann.join("den")
            await ann.call("write", target="den", count=2, tokens=1_000, pause=0.01)
            events = ann.events()
            while (await anext(events))["action"] != "growing":
                pass
            assert await server.end(signal.SIGTERM) == 0
        for line in kept(tmp_path / "data")["den"]:
            assert line["stopped"]
            assert len(line["message"].split()) >= 100

    new_loop().run_sync(main)


class Origin(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    @gen_test
    async def test_a_client_of_the_origin_sees_the_first_words_and_after_a_rejoin_the_whole(self) -> None:
        bot = await self.join("Bot", "den")
        origin = await self.connect("Go")
        origin.send("join-communication-channel", message="den")
        await bot.until_text("Go joined the channel")
        seq = (await bot.call("send-message", target="den", message="First words.", growing=True))["seq"]
        await origin.until_text("First words.")
        await bot.grow(seq, 12, " And more.")
        await bot.until("growing")
        await bot.grow(seq, 22, done=True)
        shown = [event["message"] for event in origin.events if event.get("target") == "den"]
        assert shown == ["First words."]
        origin.send("join-communication-channel", message="den", ref="again")
        answer = await origin.until(lambda event: event.get("ref") == "again")
        assert [one["message"] for one in answer["messages"]] == ["First words. And more."]


def busy(room: Room, server: Server, count: int, tokens: int, pause: float) -> float:
    """Let messages grow in a room, whose members read; return the share of a core that the server worked."""
    for member in room.members:
        member.heard.clear()
    room.ask("write", f"write {count}", count=count, tokens=tokens, pause=pause)
    began, before = time.monotonic(), processor(server)
    while time.monotonic() < began + tokens * pause:
        room.read(0.05)
    share = (processor(server) - before) / (time.monotonic() - began)
    for _ in range(count):
        room.until(b'"growing":null')
    return share


def processor(server: Server) -> float:
    """Return how many seconds a server has worked."""
    assert server.process is not None
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.long
@pytest.mark.parametrize("history", ["memory", "sqlite"])
def test_what_growing_messages_cost_in_a_room_of_500(tmp_path: Path, history: str, slack: float) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "writer.py").write_text(WRITER)
    server = Server(tmp_path / "data", "--plugins-dir", str(plugins), "--history", history)
    loop = new_loop()
    loop.run_sync(server.start)
    room = Room(server.port, 500)
    try:
        one = busy(room, server, 1, 2_000, 0.005)
        fifty = busy(room, server, 50, 300, 0.033)
        print(  # noqa: T201
            f"{history}, a room of 500: one message by 200 tokens a second {100 * one:.1f} % of a core,"
            f" 50 messages by 30 each {100 * fifty:.1f} %"
        )
        assert one < 0.05 * slack
        assert fifty < 0.25 * slack
    finally:
        room.close()
        loop.run_sync(lambda: server.end(signal.SIGTERM))
        loop.close()
