"""The client for bots where things go otherwise than well (test_delivery has how it outlives a server)."""

import asyncio
import json
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.serving import Listener, cut, until
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.client import Client
from tornado_chat.testing import ChatTestCase

MISSED = ["one", "two"]


class ClientTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    def bot(self) -> Listener:
        return Listener(self.get_url("").rstrip("/"), "Bot")

    async def hear(self, bot: Client, count: int) -> list[str]:
        heard: list[str] = []
        async for message in bot:
            heard += [message["message"]] if "seq" in message else []
            if len(heard) == count:
                break
        return heard

    async def miss(self, bot: Client, refusal: Refused, times: int) -> None:
        """Cut a bot off, and refuse its first tries to catch up with what is said meanwhile."""
        ann, history = await self.join("Ann", "den"), self.chat.hub.history
        changes = history.changes

        async def reading(*arguments: Any, **options: Any) -> Any:
            nonlocal times
            times -= 1
            if times >= 0:
                raise refusal
            return await changes(*arguments, **options)

        history.changes = reading  # type: ignore[method-assign]
        cut(bot)  # type: ignore[arg-type]
        for text in MISSED:
            await ann.call("send-message", target="den", message=text)

    @gen_test
    async def test_who_cannot_catch_up_for_now_tries_again(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            await self.miss(bot, Refused("later", Error.HISTORY_UNAVAILABLE), times=2)
            assert await self.hear(bot, 2) == MISSED

    @gen_test
    async def test_who_is_let_in_no_more_is_told_when_it_speaks(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            await bot.join("attic")
            await self.miss(bot, Refused("go away"), times=1)
            await bot.send("attic", "still here")
            assert await self.hear(bot, 1) == ["still here"]
            assert list(bot._channels.places) == ["attic"]

    @gen_test
    async def test_what_is_said_while_one_joins_is_there_once(self) -> None:
        read = self.chat.hub.history.read

        async def reading(*arguments: Any, **options: Any) -> Any:
            await self.chat.hub.channel("den").post("meanwhile")
            return await read(*arguments, **options)

        self.chat.hub.history.read = reading  # type: ignore[method-assign]
        async with self.bot() as bot:
            answer = await bot.join("den")
            assert [one["message"] for one in answer["messages"]] == ["meanwhile"]
            await bot.send("den", "after")
            assert await self.hear(bot, 1) == ["after"]

    @gen_test
    async def test_a_channel_may_be_spelled_otherwise_than_the_server_does(self) -> None:
        async with self.bot() as bot:
            await bot.join("  den ")
            await bot.send("  den ", "one")
            cut(bot)
            await bot.send("den", "two")
            assert await self.hear(bot, 2) == MISSED

    @gen_test
    async def test_one_may_speak_while_one_joins(self) -> None:
        async with self.bot() as bot:
            _, sent = await asyncio.gather(bot.join("den"), bot.send("den", "one"))
            assert sent["seq"] == 1

    @gen_test
    async def test_a_new_name_and_its_token_outlive_a_lost_connection(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            who = bot.user["id"]
            await bot.call("rename", name="Robot")
            await bot.send("den", "one")
            assert (bot.name, bot.user["name"]) == ("Robot", "Robot")
            cut(bot)
            await bot.send("den", "two")
            assert bot.user == {"id": who, "name": "Robot"}

    @gen_test
    async def test_events_are_all_that_comes(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            ann = await self.join("Ann", "den")
            await ann.call("typing", target="den")
            await ann.call("send-message", target="den", message="Hello")
            seen: set[str] = set()
            async for event in bot.events():
                seen.add(event["action"])
                if seen >= {"hello", "presence", "typing", "send-message"}:
                    break
            assert "ok" not in seen

    @gen_test
    async def test_who_reads_slowly_misses_nothing_and_keeps_little_in_memory(self) -> None:
        self.chat.hub.limits, count = None, 800
        async with self.bot() as bot:
            bot._inbox._size = 50
            await bot.join("den")
            channel = self.chat.hub.channel("den")
            for number in range(60):
                channel.publish("noise", number=number)
            await asyncio.gather(*(channel.post(f"{number}") for number in range(count // 2)))
            await until(lambda: not bot._inbox.offer({"action": "noise"}))
            cut(bot)
            await asyncio.gather(*(channel.post(f"{number}") for number in range(count // 2, count)))
            await bot.send("den", "end")
            assert bot._inbox._queue.qsize() <= 50
            assert await self.hear(bot, count + 1) == [*map(str, range(count)), "end"]

    @gen_test
    async def test_events_that_it_does_not_understand_are_skipped(self) -> None:
        lines: list[Any] = [{"motto": "x"}, {"action": None}, {"action": ["ok"]}, [1], 5, "text", None]
        for action in ("ok", "error", "renamed", "hello", "send-message"):
            lines += [{"action": action}, {"action": action, "channel": "den", "user": 5, "ref": ["x"], "seq": "abc"}]
            lines += [{"action": action, "user": {"name": 5}, "ref": None, "target": ["den"], "message": {}}]
        said = {"action": "send-message", "target": "den", "message": "x"}
        lines += [{**said, "seq": seq} for seq in ("abc", None, 0.5)]
        lines += [{"action": "hello", "user": {"id": "g:x", "name": "Evil"}, "token": "evil"}]
        lines += [{"action": "error", "ref": "x", "code": "refused", "message": "x", "retry_after_ms": "soon"}]
        async with self.bot() as bot:
            await bot.join("den")
            [connection] = self.chat.hub.connections
            for line in lines:
                connection.gather(json.dumps(line).encode())
            connection.gather(b"no JSON")
            connection.gather(b"[" * 20_000)
            await bot.send("den", "still here")
            assert await self.hear(bot, 1) == ["still here"]
            token = bot.token
            connection.gather(json.dumps({"action": "renamed", "user": bot.user, "token": "a\r\nb"}).encode())
            await bot.send("den", "and here")
            assert bot.token == token
            assert (bot.code, bot.user["name"], bot.token == "evil") == (None, "Bot", False)

    @gen_test
    async def test_half_a_character_is_refused_at_once_as_the_server_could_not_answer_it(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            for call in (bot.send("den", "caf\udce9"), bot.search("\ud83d"), bot.call("who", target="\ud83d")):
                with pytest.raises(Refused, match="no character") as caught:
                    await call
                assert caught.value.code == Error.INVALID_FIELD
            await bot.send("den", "😀")
            assert await self.hear(bot, 1) == ["😀"]

    @gen_test
    async def test_the_end_says_why(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            self.chat.hub.end(self.chat.hub.connections_of(bot.user["id"]), "be nice")
            assert await self.hear(bot, 1) == []
            assert (bot.code, bot.reason) == (4403, "be nice")
            assert await self.hear(bot, 1) == []  # nor does anyone who iterates later wait for ever
            with pytest.raises(ConnectionError, match=r"be nice \(4403\)"):
                await bot.send("den", "I am")
