"""Searching over sockets: people, guests, bots and applications, with limits, on each history."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.auth.test_jwt import SECRET, signed
from tornado_chat.chat.errors import Refused
from tornado_chat.client import Client as Bot
from tornado_chat.testing import ChatTestCase, Client


def texts(answer: dict[str, Any]) -> list[str]:
    return [one["message"] for one in answer["messages"]]


class Searching(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("guest", "token"), "limits": "off"}

    def get_app(self) -> Any:
        key = Path(self.enterContext(tempfile.TemporaryDirectory())) / "key"
        key.write_text(SECRET)
        self.settings = {**type(self).settings, "jwt_key": key}  # type: ignore[misc]
        return super().get_app()

    async def found(self, client: Client, text: str, **fields: Any) -> list[str]:
        return texts(await client.call("search", text=text, **fields))

    @gen_test
    async def test_a_class_finds_its_words_in_every_script_until_they_are_deleted(self) -> None:
        ann, bob = await self.join("Ann", "class"), await self.join("Bob", "class")
        lines = [
            "从新办公室看出去",
            "أَحْمَد في المَكْتَبة",
            "Der Zug nach Łódź",
            "สวัสดีครับ",
            "サーバーが落ちた",
            "수업은 내일입니다",
        ]
        seqs = [(await ann.say(line))["seq"] for line in lines]
        queries = ["办公室", "احمد المكتبة", "lodz", "ดีครับ", "サーバ", "수업"]
        for query, line in zip(queries, lines, strict=True):
            assert await self.found(bob, query) == [line]
        for query, seq in zip(queries, seqs, strict=True):
            await ann.call("delete-message", target="class", seq=seq)
            assert await self.found(bob, query) == []

    @gen_test
    async def test_an_edit_and_a_pin_count_at_once(self) -> None:
        ann = await self.join("Ann", "den")
        seq = (await ann.say("teh word"))["seq"]
        root = await self.connect(token=signed(sub="root", name="Root", role="admin"))
        await root.join("den")
        await ann.call("edit-message", target="den", seq=seq, message="the word")
        assert await self.found(ann, "teh ") == []
        assert await self.found(ann, '"the word"') == ["the word"]
        assert await self.found(ann, "is:pinned") == []
        await root.call("pin", target="den", seq=seq)
        assert await self.found(ann, "is:pinned from:me") == ["the word"]
        await root.call("pin", target="den", seq=seq, on=False)
        assert await self.found(ann, "is:pinned") == []

    @gen_test
    async def test_guests_find_what_is_said_where_they_are_and_no_more_once_they_leave(self) -> None:
        ann, eve = await self.join("Ann", "den"), await self.join("Eve", "hall")
        await ann.say("word")
        assert await self.found(eve, "word") == []
        await eve.join("den")
        assert await self.found(eve, "word") == ["word"]
        await eve.call("leave-channel", target="den")
        assert await self.found(eve, "word in:den") == []

    @gen_test
    async def test_a_token_with_channels_finds_what_is_in_these_alone(self) -> None:
        own = {"sub": "bob", "name": "Bob"}
        bob = await self.connect(token=signed(**own))
        widget = await self.connect(token=signed(**own, channels=["help"]))
        for channel in ("help", "den"):
            await bob.join(channel)
            await bob.say(f"word of {channel}")
        assert await self.found(widget, "word") == ["word of help"]
        assert await self.found(widget, "in:den") == []
        assert sorted(await self.found(bob, "word")) == ["word of den", "word of help"]

    @gen_test
    async def test_who_is_removed_or_banned_finds_no_more(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        den = (await ann.create("Plans", bob))["channel"]
        await bob.join(den)
        await ann.say("word")
        assert await self.found(bob, f"word in:{den}") == ["word"]
        await ann.call("remove-member", target=den, user=bob.id)
        assert await self.found(bob, f"word in:{den}") == []
        root = await self.connect(token=signed(sub="root", name="Root", role="admin"))
        assert await self.found(root, "word") == []  # reading a private channel needs joining it
        await root.join("hall")
        await root.call("ban", target="hall", user=bob.id)
        assert await bob.until_closed() == 4403

    @gen_test
    async def test_whoever_came_later_finds_what_came_later(self) -> None:
        ann = await self.connect("Ann")
        await ann.create("den", kind="public")
        await ann.call("set-channel", target="den", newcomers="from-joining")
        await ann.say("word before")
        bob = await self.join("Bob", "den")
        await ann.say("word after")
        answer = await bob.call("search", text="word", limit=1)
        assert (texts(answer), answer["more"]) == (["word after"], False)
        assert await self.found(ann, "word") == ["word after", "word before"]

    @gen_test
    async def test_times_are_those_of_the_reader(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.say("word")
        day = time.strftime("%Y-%m-%d", time.gmtime())
        assert await self.found(ann, f"word on:{day}") + await self.found(ann, f"word after:{day}") == ["word"] * 2
        assert await self.found(ann, f"word before:{day}") == []
        soon = time.strftime("%Y-%m-%dT%H:%M+00:00", time.gmtime(time.time() + 120))
        assert await self.found(ann, f"word before:{soon}") == ["word"]
        assert await self.found(ann, f"word after:{soon}") == []

    @gen_test
    async def test_a_bot_searches_page_by_page(self) -> None:
        ann = await self.join("Ann", "den")
        for number in range(7):
            await ann.say(f"word {number}")
        async with Bot(self.get_url("").rstrip("/"), "Bot") as bot:
            await bot.join("den")
            page, seen = await bot.search("word from:ann", limit=3), list[str]()
            while True:
                seen += texts(page)
                if not page["more"]:
                    break
                page = await bot.search("word from:ann", before=page["before"], limit=3)
            assert seen == [f"word {number}" for number in reversed(range(7))]
            with pytest.raises(Refused, match="takes link, file or image"):
                await bot.search("has:colour")

    @gen_test
    async def test_hostile_words_over_a_socket(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.say("word")
        for text in (
            '"' * 10_000,
            "\0" * 900,
            "\u202e\u2066" * 400,
            "word\0",
            '"word" AND NOT NEAR(word)',
            "*",
            "^",
            "-",
        ):
            ann.send("search", text=text, ref="q")
            answer = await ann.until(lambda event: event.get("ref") == "q")
            assert answer["action"] == "ok" or answer["code"] == "invalid-field", text
        ann.send_text('{"action":"search","ref":"q","text":"\\udc00"}')
        assert (await ann.until("error"))["code"] == "invalid-json"
        assert await self.found(ann, "word") == ["word"]


class SearchingOnDisk(Searching):
    settings: ClassVar[dict[str, Any]] = {**Searching.settings, "history": "sqlite"}


class Limited(ChatTestCase):
    @gen_test
    async def test_searches_are_limited_and_nobody_else_is(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.say("word")
        for number in range(120):
            ann.send("search", text="word", ref=f"{number}")
        answered = await asyncio.gather(
            *(ann.until(lambda event, ref=f"{number}": event.get("ref") == ref) for number in range(120))
        )
        refused = [one for one in answered if one["action"] == "error"]
        assert {one["code"] for one in refused} == {"rate-limited"}
        assert len(refused) > 20
        assert any("retry_after_ms" in one for one in refused)
        assert texts(answered[0]) == ["word"]
        assert (await bob.call("search", text="word"))["messages"]
        assert ann.closed is None
