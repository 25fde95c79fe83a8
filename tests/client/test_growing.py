"""The client for bots lets messages grow: in pieces, through a lost connection, until it is done or stopped."""

import asyncio
from typing import Any, ClassVar
from unittest import mock

from tornado.testing import gen_test

from tests.helpers import module
from tests.serving import Listener, cut, until
from tornado_chat import Refused
from tornado_chat.chat import growing_message
from tornado_chat.chat.growing_message import GrowingMessage
from tornado_chat.client import growing
from tornado_chat.testing import ChatTestCase

FILTER = """
@on("message", fails="closed")
def clean(ctx: Context, message: Message) -> None:
    if "spam" in message.text:
        raise Refused("no spam here")
    message.text = message.text.replace("heck", "h***ck")
"""


class Growing(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    def setUp(self) -> None:
        super().setUp()
        for place, name, seconds in ((growing, "GATHER", 0.01), (growing_message, "FIRST", 0.1)):
            patched = mock.patch.object(place, name, seconds)
            patched.start()
            self.addCleanup(patched.stop)

    def bot(self) -> Listener:
        return Listener(self.get_url("").rstrip("/"), "Bot")

    async def texts(self) -> list[tuple[str, bool]]:
        found, _ = await self.chat.hub.history.read("den", limit=9)
        return [(one.text, "stopped" in (one.extra or {})) for one in found]

    @gen_test
    async def test_words_reach_the_others_and_the_whole_is_stored_when_the_block_ends(self) -> None:
        ann = await self.connect("Ann")
        await ann.join("den")
        async with self.bot() as bot:
            first = (await bot.send("den", "question")) if (await bot.join("den")) else None
            assert first is not None
            async with bot.grow("den", reply_to=first["seq"]) as message:
                for word in ("One ", "two.\n", "Three", " four"):
                    await message.add(word)
                await ann.until(lambda event: event["action"] == "growing")
                assert message.seq == 2
            assert await self.texts() == [("question", False), ("One two.\nThree four", False)]
        assert ann.messages("den")[-1]["message"] == "One two.\nThree four"
        assert ann.messages("den")[-1]["reply_to"] == 1

    @gen_test
    async def test_a_short_text_is_a_plain_message_and_a_long_one_two(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            async with bot.grow("den") as message:
                await message.add("Short.")
            assert message.seq == 1
            async with bot.grow("den") as message:
                await message.add("word " * 1_000)
            texts = [text for text, _ in await self.texts()]
            assert [len(text.split()) for text in texts] == [1, 800, 200]
            assert message.seq == 4

    @gen_test
    async def test_a_lost_connection_loses_no_word_and_brings_none_twice(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            async with bot.grow("den") as message:
                for number in range(60):
                    await message.add(f"{number}. ")
                    await asyncio.sleep(0.01)
                    if number % 20 == 10:
                        cut(bot)
            expected = "".join(f"{number}. " for number in range(60)).strip()
            assert await self.texts() == [(expected, False)]

    @gen_test
    async def test_a_call_whose_answer_was_lost_is_not_made_twice(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            call = bot._insist
            lost = []

            async def lose(action: str, channel: str, **fields: Any) -> Any:
                answer = await call(action, channel, **fields)
                if action == "grow" and len(lost) < 3:
                    lost.append(fields)
                    return await call(action, channel, **fields)
                return answer

            with mock.patch.object(bot, "_insist", lose):
                async with bot.grow("den") as message:
                    for word in ("One. ", "two ", "three"):
                        await message.add(word)
                        await asyncio.sleep(0.05)
            assert len(lost) == 3
            assert await self.texts() == [("One. two three", False)]

    @gen_test
    async def test_stopping_the_message_cancels_its_task(self) -> None:
        ann = await self.connect("Ann")
        await ann.join("den")
        async with self.bot() as bot:
            await bot.join("den")
            told: list[GrowingMessage] = []

            async def write() -> None:
                async with bot.grow("den") as message:
                    told.append(message)
                    await message.add("One. Two")
                    await asyncio.sleep(3600)

            task = asyncio.create_task(write())
            await until(lambda: bool(told) and told[0].seq == 1)
            await ann.stop(1)
            await asyncio.wait([task])
            assert task.cancelled()
            assert told[0].stopped
            assert await self.texts() == [("One. Two", True)]

    @gen_test
    async def test_whoever_has_not_joined_learns_of_a_stop_with_the_next_words(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            message = bot.grow("den")
            with mock.patch.object(message, "hear"):
                task = asyncio.create_task(self.write_on(message))
                await until(lambda: message.seq == 1)
                await self.chat.hub.growths.stop("den", 1, None)
                await asyncio.wait([task])
            assert task.cancelled()
            assert message.stopped

    async def write_on(self, message: GrowingMessage) -> None:
        async with message:
            while True:
                await message.add("On and on. ")
                await asyncio.sleep(0.01)

    @gen_test
    async def test_an_exception_ends_the_message_with_what_it_has(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            with self.assertRaisesRegex(ValueError, "the model broke"):
                async with bot.grow("den") as message:
                    await message.add("One. ")
                    await message.add("Two")
                    raise ValueError("the model broke")
            assert message.stopped
            assert await self.texts() == [("One. Two", True)]

    @gen_test
    async def test_filters_may_change_the_length_and_say_no(self) -> None:
        self.chat.plugins.registry.add(module(FILTER), "filter")
        self.chat.plugins.hooks.use(self.chat.plugins.registry.listeners)
        async with self.bot() as bot:
            await bot.join("den")
            async with bot.grow("den") as message:
                await message.add("What the heck. ")
                await asyncio.sleep(0.05)
                await message.add("Yes")
            assert await self.texts() == [("What the h***ck. Yes", False)]
            with self.assertRaisesRegex(Refused, "no spam here"):
                async with bot.grow("den") as message:
                    await message.add("One. ")
                    await message.add("spam")
            assert (await self.texts())[1] == ("One. ", True)
            with self.assertRaisesRegex(Refused, "no spam here"):
                async with bot.grow("den") as message:
                    await message.add("spam. ")
                    await message.add("more")

    @gen_test
    async def test_who_has_no_right_to_post_is_told_so(self) -> None:
        async with self.bot() as bot:
            with self.assertRaises(Refused) as refused:
                async with bot.grow("elsewhere") as message:
                    await message.add("One. Two")
            assert refused.exception.code == "not-joined"
