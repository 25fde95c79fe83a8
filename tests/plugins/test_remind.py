"""The plugin `remind`."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar
from unittest import mock

import pytest
from tornado.testing import gen_test

from tornado_chat import Error, Refused
from tornado_chat.post import Post
from tornado_chat.testing import ChatTestCase, Client
from tornado_chat.web import make_app


class RemindTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"plugins": {"filter": {"words": ["worm"]}}, "limits": "off"}

    async def reminders(self, client: Client) -> list[str]:
        return [one["text"] for one in (await client.call("reminders", target="den"))["reminders"]]

    @gen_test
    async def test_what_is_due_is_said_once_and_forgotten(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.call("remind", target="den", after="1h30m", text="Tea is ready")
        await ann.call("remind", target="den", after="1s", text="Now\n\n and  here")
        assert await self.reminders(ann) == ["Now and here", "Tea is ready"]
        assert any("2. in 1 h" in event.get("message", "") for event in ann.events)
        line = await bob.until_text("@Ann, a reminder: Now and here")
        assert line["sender"] is None
        while await self.reminders(ann) != ["Tea is ready"]:
            pass
        assert sum("Now" in event.get("message", "") for event in bob.events) == 1
        assert await self.reminders(bob) == []

    @gen_test
    async def test_one_takes_back_ones_own_alone(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for after, text in (("1d", "one"), ("2d", "two")):
            await ann.call("remind", target="den", after=after, text=text)
        for client, number in ((bob, 1), (ann, 0), (ann, 3)):
            with pytest.raises(Refused, match="no such reminder"):
                await client.call("forget", target="den", number=number)
        await ann.call("forget", target="den", number=1)
        assert await self.reminders(ann) == ["two"]

    @gen_test
    async def test_a_time_that_is_none_a_text_too_long_and_too_many_are_refused(self) -> None:
        ann = await self.join("Ann", "den")
        for after in ("", "10", "m", "-1m", "1.5h", "0s", "367d", "١m", "1m" * 5, "1m\n", "9999999999s"):
            with pytest.raises(Refused, match="after is"):
                await ann.call("remind", target="den", after=after, text="x")
        for text in ("x" * 3_001, " \t"):
            with pytest.raises(Refused, match="3,000 characters"):
                await ann.call("remind", target="den", after="1m", text=text)
        for _ in range(20):
            await ann.call("remind", target="den", after="366d", text="x")
        with pytest.raises(Refused, match="20 reminders"):
            await ann.call("remind", target="den", after="1m", text="x")

    @gen_test
    async def test_what_cannot_be_kept_is_tried_again_and_what_is_refused_is_dropped(self) -> None:
        ann = await self.join("Ann", "den")
        for text in ("a worm", "Tea"):
            await ann.call("remind", target="den", after="1s", text=text)
        append = self.chat.hub.history.append
        tries: list[str] = []

        def fail_once(message: Any) -> Post:
            tries.append(message.text)
            if len(tries) > 1:
                return append(message)
            post = Post()
            post.fail(Refused("the disk is full", Error.HISTORY_UNAVAILABLE))
            return post

        with mock.patch.object(self.chat.hub.history, "append", fail_once):
            await ann.until_text("@Ann, a reminder: Tea")
        assert tries == ["@Ann, a reminder: Tea"] * 2
        while await self.reminders(ann):
            pass


class RestartTest(ChatTestCase):
    def get_app(self) -> Any:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"history": "sqlite", "data_dir": Path(folder.name)}
        return super().get_app()

    @gen_test
    async def test_a_reminder_outlives_the_server(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.call("remind", target="den", after="1s", text="Tea")
        await ann.close()
        self.clients.clear()
        await self.chat.close()
        later = make_app(self.chat_settings)
        await later.start()
        try:
            channel = later.hub.channel("den")
            while "@Ann, a reminder: Tea" not in [message.text for message in (await channel.read())[0]]:
                await asyncio.sleep(0.01)
        finally:
            await later.close()
        self.chat = later  # closing twice is nothing
