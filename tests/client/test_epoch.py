"""What waits in the client while the history is replaced: its numbers may name other messages then."""

import asyncio
from unittest import mock

from tornado.testing import gen_test

from tests.client.test_changes import Watching
from tests.serving import until
from tornado_chat import Refused


class AnotherHistoryTest(Watching):
    def restore(self) -> None:
        """Let the bot come back to a server whose history is another one, with other messages."""
        self.chat.hub.history.epoch = "another"
        self.chat._use(self.chat.router.registry)  # says so in hello
        self.back()

    @gen_test
    async def test_a_change_that_waits_is_not_made_to_the_message_that_has_its_number_now(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await bot.join("den")
            seq = (await bot.send("den", "as it is"))["seq"]
            await self.away(bot)
            calls = [
                bot.edit("den", seq, "another text"),
                bot.delete("den", seq),
                bot.react(" den ", seq, "👍"),
                bot.pin("den", seq),
            ]
            waiting = [asyncio.ensure_future(call) for call in calls]
            sent = asyncio.ensure_future(bot.send("den", "still sent"))
            self.restore()
            for one in waiting:
                with self.assertRaises(Refused) as refused:
                    await one
                assert refused.exception.code == "not-found"
                assert "the history was lost" in refused.exception.message
            await sent
            (message,) = await self.chat.hub.history.get("den", [seq])
            assert (message.text, message.rev) == ("as it is", 0)
            assert (await ann.until_text("still sent"))["seq"] == seq + 1
            await bot.edit("den", seq, "of this history")
            (message,) = await self.chat.hub.history.get("den", [seq])
            assert message.text == "of this history"

    @gen_test
    async def test_a_change_in_a_channel_that_was_joined_by_a_plain_call_fails_too(self) -> None:
        async with self.bot() as bot:
            await bot.call("join-channel", target="den")
            seq = (await bot.send("den", "one"))["seq"]
            await self.away(bot)
            edit = asyncio.ensure_future(bot.edit("den", seq, "two"))
            self.restore()
            with self.assertRaises(Refused) as refused:
                await edit
            assert refused.exception.code == "not-found"

    @gen_test
    async def test_an_answer_goes_without_what_it_answered(self) -> None:
        ann = await self.join("Ann", "den")
        async with self.bot() as bot:
            await bot.join("den")
            seq = (await bot.send("den", "a question"))["seq"]
            await self.away(bot)
            answer = asyncio.ensure_future(bot.reply("den", seq, "an answer"))
            self.restore()
            await answer
            assert "reply_to" not in await ann.until_text("an answer")
            await bot.reply("den", seq, "another")
            assert (await ann.until_text("another"))["reply_to"] == seq

    @gen_test
    async def test_what_is_called_before_the_channel_is_joined_again_is_of_the_history_before(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            seq = (await bot.send("den", "one"))["seq"]
            await self.away(bot)
            rejoin, go = bot._channels.rejoin, asyncio.Event()

            async def later() -> None:
                await go.wait()
                await rejoin()

            with mock.patch.object(bot._channels, "rejoin", later), self.assertRaises(Refused) as refused:
                self.restore()
                await until(lambda: bot._calls.socket is not None)
                edit = asyncio.ensure_future(bot.edit("den", seq, "two"))
                await asyncio.sleep(0)
                go.set()
                await edit
            assert refused.exception.code == "not-found"
