"""The client's files and a real server: who sends and fetches them, and what becomes of a break in between."""

import os
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.client import Client, transfers
from tornado_chat.testing import ChatTestCase

BIG = os.urandom(300_000)
WORD = "correct horse"


class FilesCase(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"auth": ("guest", "password"), "max_file_size": 1_000_000, "limits": "off"}

    @pytest.fixture(autouse=True)
    def _small_pieces(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        self.folder = tmp_path
        for name, value in {"PIECE": 50_000, "FETCHED": 70_000, "FIRST_PAUSE": 0.01}.items():
            monkeypatch.setattr(transfers, name, value)

    def path(self, name: str, data: bytes = BIG) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def client(self, name: str, **how: Any) -> Client:
        return Client(self.get_url(""), name, **how)

    @gen_test
    async def test_a_message_has_files_that_others_fetch(self) -> None:
        async with self.client("Ann") as ann, self.client("Bob") as bob, self.client("Eve") as eve:
            for client in (ann, bob):
                await client.join("den")
            sent = await ann.send("den", "look", files=[self.path("a b?.bin"), str(self.path("b.txt", b"words"))])
            async for message in bob:
                if message.get("files"):
                    break
            first, second = message["files"]
            assert (message["seq"], message["message"]) == (sent["seq"], "look")
            assert (first["name"], first["size"], second["type"]) == ("a b_.bin", len(BIG), "text/plain")
            assert await bob.download(first) == BIG
            await bob.save(second["id"], self.folder / "saved.txt")
            assert (self.folder / "saved.txt").read_bytes() == b"words"
            with pytest.raises(Refused) as caught:
                await eve.download(first)
            assert caught.value.code == "not-found"
            with pytest.raises(Refused):
                await eve.save(first, self.folder / "stolen")
            assert sorted(path.name for path in self.folder.iterdir()) == ["a b?.bin", "b.txt", "saved.txt"]
            again = await bob.reply("den", sent["seq"], files=[first])
            await ann.delete("den", sent["seq"])
            assert await ann.download(first) == BIG
            await bob.delete("den", again["seq"])
            with pytest.raises(Refused):
                await ann.download(first)

    @gen_test
    async def test_a_change_tells_of_the_files_that_are_gone(self) -> None:
        async with self.client("Ann") as ann, self.client("Bob") as bob:
            for client in (ann, bob):
                await client.join("den")
            sent = await ann.send("den", files=[self.path("a.txt", b"a")])
            await ann.edit("den", sent["seq"], "a caption")
            await ann.edit("den", sent["seq"], "")
            await ann.delete("den", sent["seq"])
            states = []
            async for event in bob.events():
                if event["action"] == "changed":
                    states.append((event["message"]["message"], len(event["message"].get("files", []))))
                    if "deleted" in event["what"]:
                        break
            assert states[-1] == ("", 0)
            assert all(count == 1 for _, count in states[:-1])

    @gen_test
    async def test_accounts_and_functions_for_tokens_send_files_too(self) -> None:
        await self.chat.accounts.register("Ann", WORD)
        guest = await self.connect("Zoe")
        asked = []

        async def token() -> str:
            asked.append("token")
            return str(guest.hello["token"])

        for client in (self.client("Ann", password=WORD), self.client("", token=token)):
            async with client:
                await client.join("den")
                sent = await client.send("den", files=[self.path("a.bin")])
                page = await client.call("history", target="den", seqs=[sent["seq"]])
                assert await client.download(page["messages"][0]["files"][0]) == BIG
        assert asked == ["token"]

    @gen_test
    async def test_an_upload_goes_on_when_the_server_comes_back(self) -> None:
        """Connections are cut while the file is on its way; what has come stays."""
        async with self.client("Ann") as ann:
            await ann.join("den")
            blobs, wrote = self.chat.hub.files.blobs, []
            write = blobs.write

            async def write_and_cut(upload: str, at: int, data: bytes) -> int:
                size = await write(upload, at, data)
                wrote.append((at, size))
                if len(wrote) in (2, 5):
                    for connection in list(self.http_server._connections):
                        connection.stream.close()  # type: ignore[attr-defined]
                return size

            blobs.write = write_and_cut  # type: ignore[method-assign]
            sent = await ann.send("den", "at last", files=[self.path("a.bin")])
            page = await ann.call("history", target="den", seqs=[sent["seq"]])
            assert await ann.download(page["messages"][0]["files"][0]) == BIG
            assert [at for at, _ in wrote] == [0, *(size for _, size in wrote[:-1])]
            assert list(await self.chat.hub.files._rows.waiting(2**60)) == []
            assert len(wrote) >= len(BIG) // 50_000

    @gen_test
    async def test_what_the_server_refuses_says_why(self) -> None:
        async with self.client("Ann") as ann:
            await ann.join("den")
            with pytest.raises(Refused, match="this server takes 1,000,000 at most") as caught:
                await ann.send("den", files=[self.path("a.bin", bytes(1_000_001))])
            assert caught.value.code == "too-large"
            with pytest.raises(Refused, match="empty") as caught:
                await ann.upload(self.path("b.bin", b""))
            assert caught.value.code == "invalid-field"
            files = [self.path(f"{number}.txt", b"x") for number in range(11)]
            with pytest.raises(Refused, match="at most 10 files"):
                await ann.send("den", files=files)
            with pytest.raises(FileNotFoundError):
                await ann.send("den", files=[files[0], "nowhere.txt"])
            for one in (files[0], str(files[0]), {"id": "x" * 22}):
                with pytest.raises(TypeError, match="files is a list"):
                    await ann.send("den", files=one)  # type: ignore[arg-type]
            assert list(await self.chat.hub.files._rows.waiting(2**60)) == []  # none was uploaded in vain
            with pytest.raises(Refused, match="no such file"):
                await ann.send("den", files=[{"id": "x" * 22}])
            assert (await ann.call("history", target="den"))["messages"] == []

    @gen_test
    async def test_a_name_that_is_not_utf_8_is_sent_with_a_mark_in_it(self) -> None:
        async with self.client("Ann") as ann:
            made = await ann.upload(self.path(os.fsdecode(b"caf\xe9.txt"), b"words"))
            assert (made["name"], made["size"]) == ("caf_.txt", 5)

    @gen_test
    async def test_a_closed_client_sends_nothing(self) -> None:
        async with self.client("Ann") as ann:
            await ann.join("den")
        with pytest.raises(ConnectionError):
            await ann.send("den", files=[self.path("a.bin")])


class NoFiles(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"max_file_size": 0}

    @gen_test
    async def test_a_server_without_files_says_so(self) -> None:
        async with Client(self.get_url(""), "Ann") as ann:
            await ann.join("den")
            with pytest.raises(Refused, match="takes no files"):
                await ann.send("den", files=[__file__])


class KitFiles(ChatTestCase):
    """The clients of `tornado_chat.testing` upload and fetch over HTTP."""

    @gen_test
    async def test_a_test_client_uploads_sends_and_fetches(self) -> None:
        ann, bob, eve = await self.join("Ann", "den"), await self.join("Bob", "den"), await self.join("Eve", "hall")
        file = await ann.upload("a b.txt", b"words")
        assert file.items() >= {"name": "a b.txt", "type": "text/plain", "size": 5}.items()
        await ann.say(files=[file])
        message = await bob.until(lambda event: "files" in event)
        assert await bob.download(message["files"][0]) == b"words"
        with pytest.raises(Refused) as caught:
            await eve.download(file)
        assert caught.value.code == "not-found"
        with pytest.raises(Refused, match="empty"):
            await ann.upload("none", b"")
