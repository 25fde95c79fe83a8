"""Who may have a file: who may read a message that has it, asked each time; and its owner before that."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.helpers import Client, House, run
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import File, Looked, new_id


class Den(House):
    """A house in which files are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.keep_files()

    async def join(self, name: str, channel: str, **about: Any) -> Client:
        client = self.client(name)
        await self.call(client, "join-channel", target=channel, **about)
        return client

    async def post(self, client: Client, channel: str, data: bytes = b"data") -> File:
        file = await self.hub.files.add(client.user, "a.txt", data)
        await self.call(client, "send-message", target=channel, message="", files=[file.id], ref=file.id)
        return file

    async def may_have(self, client: Client, file: File, *allowed: str) -> bool:
        try:
            return await self.hub.files.get(client.user, file.id, frozenset(allowed) if allowed else None) == file
        except Refused as refused:
            assert (refused.code, refused.message) == ("not-found", "there is no such file")
            return False


def in_den(main: Callable[[Den], Awaitable[None]]) -> None:
    async def whole() -> None:
        await main(Den())

    run(whole)


def test_a_file_is_its_owners_until_a_message_has_it() -> None:
    async def main(den: Den) -> None:
        ann, bob = await den.join("Ann", "den"), await den.join("Bob", "den")
        file = await den.hub.files.add(ann.user, "a.txt", b"data")
        assert [await den.may_have(one, file) for one in (ann, bob)] == [True, False]
        await den.call(ann, "send-message", target="den", message="", files=[file.id])
        assert [await den.may_have(one, file) for one in (ann, bob)] == [True, True]
        for id in (new_id(), "", "x" * 22, file.id[:-1], file.id + "\n", "\ud800" * 22):
            with pytest.raises(Refused, match="there is no such file"):
                await den.hub.files.get(ann.user, id)

    in_den(main)


def test_members_may_have_it_also_from_elsewhere_and_who_leaves_may_not() -> None:
    async def main(den: Den) -> None:
        ann, bob, eve = await den.join("Ann", "den"), await den.join("Bob", "den"), den.client("Eve")
        file = await den.post(ann, "den")
        den.hub.leave(bob.connection, "den")  # its presence, not the membership
        assert await den.may_have(bob, file)
        den.hub.remove(bob.connection)
        assert await den.may_have(bob, file)
        assert not await den.may_have(eve, file)
        await den.call(ann, "leave-channel", target="den")
        assert not await den.may_have(ann, file), "though it was theirs"
        assert await den.hub.files.for_message(ann.user, [file.id]) == [file], "whom nothing new is shown by that"

    in_den(main)


def test_visitors_may_have_it_while_they_are_there() -> None:
    async def main(den: Den) -> None:
        ann, eve = await den.join("Ann", "den"), den.client("Eve")
        file = await den.post(ann, "den")
        den.hub.join(eve.connection, "den")
        assert await den.may_have(eve, file)
        den.hub.leave(eve.connection, "den")
        assert not await den.may_have(eve, file)

    in_den(main)


def test_a_newcomer_may_have_what_they_may_see_and_whatever_a_later_message_has() -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        await den.call(ann, "set-channel", target="den", newcomers="from-joining")
        before = await den.post(ann, "den", b"before")
        bob = await den.join("Bob", "den")
        after = await den.post(ann, "den", b"after")
        assert [await den.may_have(bob, one) for one in (before, after)] == [False, True]
        await den.call(ann, "send-message", target="den", message="again", files=[before.id], ref="again")
        assert await den.may_have(bob, before)
        await den.call(ann, "delete-message", target="den", seq=await den.history.last("den"), ref="d")
        assert not await den.may_have(bob, before)
        assert await den.may_have(ann, before)

    in_den(main)


def test_a_token_gives_the_files_of_its_channels_and_ones_own() -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        await den.call(ann, "join-channel", target="attic", ref="j")
        file, own = await den.post(ann, "den"), await den.hub.files.add(ann.user, "b.txt", b"own")
        assert await den.may_have(ann, file, "den", "hall")
        assert not await den.may_have(ann, file, "attic")
        assert await den.may_have(ann, own, "attic")
        bob = await den.join("Bob", "den")
        with pytest.raises(Refused, match="there is no such file"):
            await den.hub.files.for_message(bob.user, [file.id], frozenset({"attic"}))

    in_den(main)


def test_the_same_bytes_of_another_give_nobody_anything() -> None:
    async def main(den: Den) -> None:
        ann, eve = await den.join("Ann", "den"), await den.join("Eve", "hall")
        file, theirs = await den.post(ann, "den"), await den.post(eve, "hall")
        assert file.blob == theirs.blob
        assert not await den.may_have(eve, file)
        assert await den.may_have(eve, theirs)

    in_den(main)


def test_who_goes_away_while_a_file_is_made_finds_it_made() -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        files, looking, on = den.hub.files, asyncio.Event(), asyncio.Event()

        async def look(*about: Any) -> Looked:
            looking.set()
            await on.wait()
            return Looked()

        files.look = look
        upload = await files.begin(ann.user, "a", 4)
        await files.write(upload, 0, b"data")
        finishing = asyncio.ensure_future(files.finish(upload))
        await looking.wait()
        finishing.cancel()
        closing = asyncio.ensure_future(files.close())
        on.set()
        await closing
        known, size = await files.upload(ann.user, upload.id)
        assert size == 4
        assert (await files.finish(known)).id == known.file != ""

    in_den(main)


def test_an_upload_is_not_forgotten_while_it_becomes_a_file_or_what_is_made_of_it_would_count_as_nobodys() -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        files, looking, on = den.hub.files, asyncio.Event(), asyncio.Event()

        async def look(*about: Any) -> Looked:
            thumbnail = await files.blobs.put(b"thumbnail")
            looking.set()
            await on.wait()
            return Looked("image/png", 9, 9, "", {400: thumbnail})

        files.look = look
        upload = await files.begin(ann.user, "a", 4)
        await files.write(upload, 0, b"data")
        finishing = asyncio.ensure_future(files.finish(upload))
        await looking.wait()
        with pytest.raises(Refused, match="becomes a file now"):
            await files.discard(upload)
        on.set()
        assert await files.get(ann.user, (await finishing).id) == await finishing
        assert await files._rows.used(ann.user.id) > 0

    in_den(main)


def test_a_file_whose_row_cannot_be_stored_can_be_ended_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        files, rows = den.hub.files, den.hub.files._rows

        async def fail(*about: Any) -> None:
            raise Refused("history is not available", "history-unavailable")

        upload = await files.begin(ann.user, "a", 4)
        await files.write(upload, 0, b"data")
        with monkeypatch.context() as patched:
            patched.setattr(rows, "add", fail)
            with pytest.raises(Refused, match="not available"):
                await files.finish(upload)
        assert await files.upload(ann.user, upload.id) == (upload, 4)
        with pytest.raises(Refused) as refused:
            await files.write(upload, 4, b"")
        assert refused.value.code == "conflict"
        file = await files.finish(upload)
        assert b"".join([data async for data in files.read(file.blob)]) == b"data"

    in_den(main)


def test_a_file_that_cannot_be_looked_at_stays_an_upload_which_can_be_ended_again() -> None:
    async def main(den: Den) -> None:
        ann = await den.join("Ann", "den")
        files, look = den.hub.files, den.hub.files.look

        async def fail(*about: Any) -> Looked:
            raise RuntimeError("the decoder died")

        files.look = fail
        upload = await files.begin(ann.user, "a", 4)
        await files.write(upload, 0, b"data")
        with pytest.raises(RuntimeError):
            await files.finish(upload)
        assert await files.upload(ann.user, upload.id) == (upload, 4)
        files.look = look
        assert (await files.finish(upload)).size == 4
        assert files.uploads == 1

    in_den(main)
