"""Files in a server as it is put together: what hello says, what its timers let go, what commands beside it take."""

import asyncio
import time
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from tornado.httpclient import AsyncHTTPClient
from tornado.testing import gen_test

from tornado_chat.__main__ import main
from tornado_chat.chat.files import GRACE, File
from tornado_chat.testing import ChatTestCase, Client


class KeptFiles(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    @property
    def folder(self) -> Path:
        return self.chat.hub.files.blobs._folder()  # type: ignore[attr-defined, no-any-return]

    @property
    def kept(self) -> list[str]:
        return sorted(one.name for one in self.folder.rglob("*") if one.is_file())

    async def post(self, client: Client, data: bytes = b"data") -> File:
        user = self.chat.hub.connections_of(client.id)[0].user
        file = await self.chat.hub.files.add(user, "a.txt", data)
        await client.call("send-message", target="den", message="", files=[file.id])
        return file

    async def later(self) -> None:
        """Do what the timers do two hours from now, and two hours after that."""
        for graces in (2, 4):
            with mock.patch("time.time", return_value=time.time() + graces * GRACE):
                await self.chat.sweep()

    async def figures(self) -> dict[str, float]:
        answer = await AsyncHTTPClient().fetch(self.get_url("/metrics"))
        lines = [line.split() for line in answer.body.decode().splitlines() if line.startswith("tornado_chat_")]
        return {name.removeprefix("tornado_chat_"): float(value) for name, value in lines if "{" not in name}

    @gen_test
    async def test_what_is_deleted_goes_and_is_counted_no_more(self) -> None:
        ann = await self.join("Ann", "den")
        await self.post(ann, bytes(5_000))
        other = await self.post(ann, b"other")
        await self.chat.hub.files.add(self.chat.hub.connections_of(ann.id)[0].user, "b.txt", b"never posted")
        figures = await self.figures()
        assert (figures["file_bytes"], figures["uploads_total"]) == (5_000 + 5 + 12, 3)
        await ann.call("delete-message", target="den", seq=1)
        assert len(self.kept) == 3
        await self.later()
        assert self.kept == [other.blob.name]
        assert (await self.figures())["file_bytes"] == 4_096

    @gen_test
    async def test_hello_says_how_large_a_file_may_be(self) -> None:
        ann = await self.connect("Ann")
        assert ann.hello["server"]["files"]["max_size"] == 25_000_000


class InMemory(KeptFiles):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    def tearDown(self) -> None:
        folder = self.folder
        super().tearDown()
        asyncio.run(self.chat.hub.files.close())
        assert not folder.exists()


class WithoutFiles(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"max_file_size": 0}

    @gen_test
    async def test_hello_says_nothing_where_nobody_shares_files(self) -> None:
        ann = await self.connect("Ann")
        assert "files" not in ann.hello["server"]


class Commands(KeptFiles):
    async def command(self, *words: str) -> None:
        """Run a command in a thread while this server follows what it wants done."""
        folder = str(self.chat_settings.data_dir)
        command = asyncio.create_task(asyncio.to_thread(main, [*words, "--data-dir", folder]))
        while not command.done():
            await self.chat.follow()
            await asyncio.sleep(0.01)
        assert await command == 0

    @gen_test
    async def test_a_channel_that_is_deleted_takes_its_files_along(self) -> None:
        ann = await self.join("Ann", "den")
        await self.post(ann)
        await self.command("channel", "delete", "den", "--yes")
        await self.later()
        assert self.kept == []
        assert self.chat.hub.files.kept == 0

    @gen_test
    async def test_who_is_removed_takes_along_what_they_had_not_posted(self) -> None:
        ann = await self.join("Ann", "den")
        user = self.chat.hub.connections_of(ann.id)[0].user
        posted, unposted = await self.post(ann), await self.chat.hub.files.add(user, "b.txt", b"unposted")
        await self.command("user", "remove", ann.id)
        assert await self.chat.hub.files.find(posted.id) != posted, "nobody's"
        await self.later()
        assert self.kept == [posted.blob.name] != [unposted.blob.name]
        await self.command("check", "--hashes")
