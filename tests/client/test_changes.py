"""The client for bots, and messages that change: live, after a loss, and with a server of the version before."""

import asyncio
import contextlib
import json
import random
from typing import Any, ClassVar
from unittest import mock

from tornado.testing import gen_test

from tests.lengths import either
from tests.serving import Listener, cut, until
from tornado_chat import Channel, Refused, User
from tornado_chat.client import Client, Event
from tornado_chat.client import channels as module
from tornado_chat.testing import ChatTestCase

SEEDS = either(1, 3)


class Watching(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    def bot(self) -> Listener:
        return Listener(self.get_url("").rstrip("/"), "Bot")

    async def collect(self, bot: Client, events: list[Event], last: str) -> list[Event]:
        """Collect messages and changes until a message with this text."""
        async for event in bot.events():
            if event["action"] in ("send-message", "changed") and "seq" in event:
                events.append(event)
                if event.get("message") == last:
                    break
        return events

    async def heard(self, bot: Client, last: str) -> list[tuple[Any, ...]]:
        """Return what came until a message with this text: (seq, text), or (seq, what, text now)."""
        found: list[tuple[Any, ...]] = []
        for event in await self.collect(bot, [], last):
            if event["action"] == "changed":
                message = event.get("message")
                found.append((event["about"], *event["what"], message and message["message"]))
            else:
                found.append((event["seq"], event["message"]))
        return found

    async def away(self, bot: Client) -> None:
        """Cut a bot off, and keep it away until `back`."""
        full = mock.patch.object(self.chat.hub, "max_connections", 0)
        full.start()
        self.back = full.stop
        cut(bot)  # type: ignore[arg-type]
        await until(lambda: bot._calls.socket is None)


def small_pages() -> Any:
    """Have the server and the client read a few messages at a time."""
    changes = Channel.changes

    async def few(channel: Channel, since: int, limit: int = 3) -> Any:
        return await changes(channel, since, min(limit, 3))

    pages = contextlib.ExitStack()
    pages.enter_context(mock.patch.object(Channel, "changes", few))
    pages.enter_context(mock.patch.object(module, "PAGE", 3))
    return pages


class ChangesTest(Watching):
    @gen_test
    async def test_changes_come_with_the_message_as_it_is_now(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await ann.say("one")
            await bot.join("den")
            await ann.call("edit-message", target="den", seq=1, message="two")
            two = await bot.send("den", "mine")
            await bot.react("den", 1, "👍")
            await ann.until("changed")
            await bot.react("den", 1, "👍", on=False)
            await bot.edit("den", two["seq"], "my own")
            await bot.reply("den", 1, "an answer")
            await bot.pin("den", 1)
            await bot.delete("den", two["seq"])
            await bot.send("den", "end")
            events = await self.collect(bot, [], "end")
        changed = [(one["about"], *one["what"], one["message"]["message"]) for one in events if "what" in one]
        assert changed[0] == (1, "edited", "two")
        assert set(changed[-2:]) == {(1, "pinned", "two"), (two["seq"], "deleted", "")}
        assert next(one for one in events if one["message"] == "an answer")["reply_to"] == 1
        assert all(one["message"]["rev"] == one["seq"] for one in events if "what" in one)

    @gen_test
    async def test_who_may_not_is_told(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.say("hers")
        async with self.bot() as bot:
            await bot.join("den")
            for call, code in (
                (bot.edit("den", 1, "mine"), "not-allowed"),
                (bot.delete("den", 9), "not-found"),
                (bot.react("den", 1, "no"), "invalid-field"),
            ):
                with self.assertRaises(Refused) as refused:
                    await call
                assert refused.exception.code == code

    @gen_test
    async def test_an_edit_outlives_a_lost_connection_and_is_made_once(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await bot.join("den")
            sent = await bot.send("den", "one")
            await self.away(bot)
            edit = asyncio.ensure_future(bot.edit("den", sent["seq"], "two"))
            self.back()
            assert (await edit)["seq"] == 2
            told = await ann.until("changed")
            assert (told["set"]["message"], await self.chat.hub.history.last("den")) == ("two", 2)

    @gen_test
    async def test_what_was_missed_comes_once_in_its_present_state(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            for text in ("a", "b", "c"):
                await ann.say(text)
            await bot.join("den")
            await self.away(bot)
            for number in range(5):
                await ann.call("edit-message", target="den", seq=1, message=f"a{number}")
            new = [(await ann.say(text))["seq"] for text in ("d", "e", "f")]
            await ann.call("edit-message", target="den", seq=new[0], message="dd")
            await ann.call("delete-message", target="den", seq=new[1])
            await ann.call("react", target="den", seq=2, key="👍")
            self.back()
            await bot.send("den", "end")
            assert await self.heard(bot, "end") == [
                (1, "edited", "a4"),
                (2, "reacted", "b"),
                (new[0], "dd"),
                (new[2], "f"),
                (new[2] + 4, "end"),
            ]
            assert bot._channels.places["den"].mirror.known == await self.chat.hub.history.last("den")

    @gen_test
    async def test_much_that_was_missed_comes_in_the_order_of_the_messages(self) -> None:
        ann = await self.join("Ann", "den")
        with small_pages():
            async with self.bot() as bot:
                seqs = [(await ann.say(f"old {number}"))["seq"] for number in range(4)]
                await bot.join("den")
                await self.away(bot)
                new = [(await ann.say(f"new {number}"))["seq"] for number in range(9)]
                for seq in (new[7], new[0], seqs[1], new[3]):
                    await ann.call("edit-message", target="den", seq=seq, message=f"edited {seq}")
                self.back()
                await bot.send("den", "end")
                heard = await self.heard(bot, "end")
                assert [one for one in heard if len(one) == 3] == [(seqs[1], "edited", f"edited {seqs[1]}")]
                messages = [one for one in heard if len(one) == 2]
                assert [seq for seq, _ in messages][:-1] == new
                assert (new[3], f"edited {new[3]}") in messages

    @gen_test
    async def test_a_loss_in_the_middle_of_catching_up_loses_nothing(self) -> None:
        ann = await self.join("Ann", "den")
        with small_pages():
            async with self.bot() as bot:
                await ann.say("old")
                await bot.join("den")
                await self.away(bot)
                new = [(await ann.say(f"new {number}"))["seq"] for number in range(12)]
                await ann.call("edit-message", target="den", seq=new[0], message="edited")
                calls = 0
                perform = bot._channels._call

                async def call(action: str, **fields: Any) -> Event:
                    nonlocal calls
                    calls += 1
                    if calls in (3, 6):
                        cut(bot)  # type: ignore[arg-type]
                    return await perform(action, **fields)

                bot._channels._call = call
                self.back()
                await bot.send("den", "end")
                heard = await self.heard(bot, "end")
                assert [seq for seq, text in heard if text != "end"] == new
                assert calls > 6

    @gen_test
    async def test_who_reads_slowly_misses_no_change(self) -> None:
        self.chat.hub.limits = None
        channel = self.chat.hub.channel("den")
        async with self.bot() as bot:
            bot._inbox._size = 20
            await bot.join("den")
            for number in range(15):
                await channel.post(f"{number}")
            for turn in range(3):
                for seq in range(1, 16):
                    await channel.edit(seq, f"edit {turn} of {seq}")
                await asyncio.sleep(0.3)
            await bot.send("den", "end")
            events = await self.collect(bot, [], "end")
        state: dict[int, Any] = {}
        for event in events:
            if event["action"] == "changed":
                state[event["about"]] = event["message"]["message"]
            else:
                state.setdefault(event["seq"], event["message"])
        assert [state[seq] for seq in range(1, 16)] == [f"edit 2 of {seq}" for seq in range(1, 16)]

    @gen_test
    async def test_a_history_that_was_lost_begins_anew(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await ann.say("old")
            await bot.join("den")
            await self.away(bot)
            self.chat.hub.history.epoch = "another"
            self.back()
            await bot.send("den", "end")
            assert await self.heard(bot, "end") == [(1, "old"), (2, "end")]

    @gen_test
    async def test_changes_that_no_server_sends_are_skipped(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            ann = await self.join("Ann", "den")
            change = {"channel": "den", "about": 1, "seq": 9, "after": 1, "what": ["edited"], "set": {}}
            for wrong in ({"about": "1"}, {"seq": None}, {"what": "x"}, {"set": []}, {"channel": 5}, {"what": [5]}):
                line = {"action": "changed", **change, **wrong}
                for connection in self.chat.hub.channels["den"].members:
                    connection.gather(json.dumps(line).encode())
            await ann.say("end")
            assert await self.heard(bot, "end") == [(1, "end")]


class OlderServerTest(Watching):
    """A server of the version before: no `wire` in hello, no `changes`."""

    def get_app(self) -> Any:
        with mock.patch("tornado_chat.web.app.WIRE", 1):
            chat = super().get_app()
        for name in ("changes", "edit-message", "react"):
            del chat.router.registry.actions[name]
        return chat

    @gen_test
    async def test_a_client_works_with_it_as_before(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await ann.say("one")
            await bot.join("den")
            await self.away(bot)
            for number in range(3):
                await ann.say(f"new {number}")
            self.back()
            await bot.send("den", "end")
            assert await self.heard(bot, "end") == [(2, "new 0"), (3, "new 1"), (4, "new 2"), (5, "end")]
            with self.assertRaises(Refused) as refused:
                await bot.edit("den", 1, "x")
            assert refused.exception.code == "unknown-action"


class AnythingTest(Watching):
    """Whatever happens, what a bot was told adds up to the history."""

    @gen_test
    async def test_what_a_bot_was_told_is_the_history(self) -> None:
        self.chat.hub.limits = None
        for seed in range(SEEDS):
            with self.subTest(seed=seed), small_pages():
                await self.live(random.Random(seed), f"den{seed}")

    async def live(self, chance: random.Random, name: str) -> None:
        channel, told = self.chat.hub.channel(name), dict[int, Event]()
        order: list[int] = []
        async with self.bot() as bot:
            bot._inbox._size = 5
            await bot.join(name)

            async def read() -> None:
                async for event in bot.events():
                    if event["action"] == "send-message" and "seq" in event:
                        assert event["seq"] not in told
                        told[event["seq"]] = event
                        order.append(event["seq"])
                    elif event["action"] == "changed" and "message" in event:
                        before = told.get(event["about"])
                        assert before is not None
                        assert before.get("rev", before["seq"]) < event["seq"]
                        told[event["about"]] = event["message"]
                    await asyncio.sleep(chance.choice([0, 0, 0.002]))

            reader = asyncio.ensure_future(read())
            seqs: list[int] = []
            for _ in range(60):
                what = chance.choice(["post", "post", "edit", "react", "delete", "cut", "rest"])
                with contextlib.suppress(Refused):
                    if what == "post" or not seqs:
                        seqs.append((await channel.post("a")).seq)
                    elif what == "edit":
                        await channel.edit(chance.choice(seqs), str(chance.random()))
                    elif what == "react":
                        key, on = chance.choice("👍😂"), chance.random() < 0.7
                        await channel.react(chance.choice(seqs), key, on, by=User("x", "X"))
                    elif what == "delete" and chance.random() < 0.3:
                        await channel.delete(chance.choice(seqs))
                    elif what == "cut" and chance.random() < 0.4:
                        cut(bot)  # type: ignore[arg-type]
                    else:
                        await asyncio.sleep(chance.choice([0, 0.01, 0.3]))
            last = await self.chat.hub.history.last(name)
            place = bot._channels.places[name]
            await until(lambda: place.mirror.known == last and not place.behind and bot._inbox._queue.empty())
            await asyncio.sleep(0.01)
            reader.cancel()
        stored, more = await channel.read()
        assert not more
        now = [json.loads(message.line()) for message in stored]
        assert order == sorted(order)
        for message in now:
            if "deleted" not in message or message["seq"] in told:
                assert told[message["seq"]] == message
