"""Bots and plugins in threads: they write, read and follow; what changes under one number reaches them once each."""

import asyncio
from pathlib import Path
from typing import Any

from tornado.testing import gen_test

from tests.serving import Listener
from tornado_chat.testing import Chat, ChatTestCase

ECHO = """
from tornado_chat import Context, Message, on

@on("posted")
async def echo(ctx: Context, message: Message) -> None:
    if message.text == "where am I?":
        await message.reply(f"in the thread {message.thread}")
    elif message.text == "begin one":
        await message.reply("begun", thread=True)
    elif message.text == "read":
        replies, more = await ctx.channel.thread(1)
        timeline, _ = await ctx.channel.read(timeline=True)
        await ctx.channel.post(f"{len(replies)} {more} {len(timeline)}", thread=1, also_in_channel=True)
"""


class Threads(ChatTestCase):
    @gen_test
    async def test_a_bot_writes_reads_and_follows(self) -> None:
        ann = await self.connect("Ann")
        await ann.join("den")
        await ann.say("root")
        async with Listener(self.get_url("").rstrip("/"), "Bot") as bot:
            await bot.join("den")
            for number in range(3):
                await bot.send("den", f"reply {number}", thread=1)
            await bot.send("den", "also", thread=1, also_in_channel=True)
            assert [one["message"] async for one in bot.thread("den", 1)] == ["reply 0", "reply 1", "reply 2", "also"]
            await ann.reply(1, "mine", thread=True)
            found = [one async for one in bot.threads()]
            assert [(one["target"], one["root"]["seq"], one["unread"]) for one in found] == [("den", 1, 1)]
            await bot.read("den", 6, thread=1)
            assert [one["unread"] async for one in bot.threads()] == [0]
            await bot.follow("den", 1, False)
            assert [one async for one in bot.threads()] == []

    @gen_test
    async def test_a_bot_hears_of_a_deleted_reply_and_of_its_root(self) -> None:
        ann = await self.connect("Ann")
        await ann.join("den")
        await ann.say("root")
        async with Listener(self.get_url("").rstrip("/"), "Bot") as bot:
            await bot.join("den")
            events = bot.events()
            await ann.reply(1, "one", thread=True)
            await ann.delete(2)
            heard: list[Any] = []
            async with asyncio.timeout(10):
                async for event in events:
                    if event["action"] in ("changed", "send-message"):
                        heard.append((event.get("about", 0), event["seq"], event.get("what")))
                    if len(heard) == 4:
                        break
            expected = [(1, 2, ["replied"]), (0, 2, None), (2, 3, ["deleted"]), (1, 3, ["replied"])]
            assert heard == expected


def test_a_plugin_answers_where_it_was_asked(tmp_path: Path) -> None:
    plugin = tmp_path / "echo.py"
    plugin.write_text(ECHO)
    with Chat(plugin) as chat:
        ann = chat.connect("Ann")
        ann.say("begin one")
        ann.reply(1, "where am I?", thread=True)
        ann.reply(1, "read", thread=True)
        found = [(one["message"], one.get("thread"), one.get("reply_to")) for one in ann.messages()]
        assert found == [
            ("begin one", None, None),
            ("begun", 1, None),
            ("where am I?", 1, None),
            ("in the thread 1", 1, 3),
            ("read", 1, None),
            ("4 False 1", 1, None),
        ]
        assert ann.messages()[0]["replies"]["count"] == 5
