"""Files that come and go by way of several nodes: whichever is asked, it is as if there were one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests import postgres
from tests.storage.histories import ANN, BOB, change, one_node
from tests.storage.rooms import Room
from tests.storage.stores import DiskStore, S3Store, bucket
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Looked, Space
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.moderation import postgres_repositories

Main = Callable[[Room, Room], Awaitable[Any]]


@pytest.fixture(params=["folder", "bucket"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Main], None]:
    """Run a test's coroutine with the rooms of two nodes."""

    async def with_store(engine: Engine, other: Engine, store: Any, main: Main) -> None:
        second = S3Store(other, store.server) if isinstance(store, S3Store) else DiskStore(tmp_path, shared=True)
        async with one_node(engine) as one, one_node(other, "two") as two:
            rooms = [
                Room(history, postgres_repositories(each, PostgresFiles(each)), its)
                for history, each, its in ((one, engine, store), (two, other, second))
            ]
            try:
                await main(*rooms)
            finally:
                for room in rooms:
                    await room.files.close()

    async def whole(url: str, name: str, main: Main) -> None:
        async with postgres.engine(url, name) as engine, postgres.engine(url, name) as other:
            if request.param == "folder":
                await with_store(engine, other, DiskStore(tmp_path, shared=True), main)
            else:
                async with bucket(engine) as store:
                    await with_store(engine, other, store, main)

    def go(main: Main) -> None:
        with postgres.schema() as (url, name):
            asyncio.run(whole(url, name, main))

    return go


def test_an_upload_begins_at_one_node_goes_on_at_another_and_ends_at_any(run: Callable[[Main], None]) -> None:
    async def main(one: Room, two: Room) -> None:
        upload = await one.files.begin(ANN, "a.txt", 6)
        assert await two.files.upload(ANN, upload.id) == (upload, 0)
        await two.files.write(upload, 0, b"abc")
        assert await one.files.upload(ANN, upload.id) == (upload, 3)
        with pytest.raises(Refused) as refused:
            await one.files.write(upload, 0, b"abc")
        assert refused.value.code == "conflict"
        with pytest.raises(Refused):
            await two.files.upload(BOB, upload.id)
        await one.files.write(upload, 3, b"def")
        file = await two.files.finish(upload)
        assert await one.bytes_of(file) == b"abcdef"
        assert await one.files.finish(upload) == file
        assert await one.files.upload(ANN, upload.id) == (upload._replace(file=file.id), 6)
        assert await two.uploads() == []

    run(main)


def test_an_upload_that_ends_at_two_nodes_at_once_becomes_one_file(run: Callable[[Main], None]) -> None:
    async def main(one: Room, two: Room) -> None:
        for _ in range(5):
            upload = await one.files.begin(ANN, "a.txt", 4)
            await one.files.write(upload, 0, b"data")
            first, second = await asyncio.gather(one.files.finish(upload), two.files.finish(upload))
            assert first == second
            assert await two.bytes_of(first) == b"data"
        assert await one.rows.used(ANN.id) == 5 * 4_096
        assert await one.uploads() == []

    run(main)


def test_a_node_that_looks_at_the_bytes_when_another_has_just_finished_gives_the_same_file(
    run: Callable[[Main], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(one: Room, two: Room) -> None:
        upload = await one.files.begin(ANN, "a.txt", 4)
        await one.files.write(upload, 0, b"data")
        made, size = [], one.files.blobs.size

        async def look_late(id: str) -> int | None:
            made.append(await two.files.finish(upload))
            return await size(id)  # type: ignore[no-any-return]

        monkeypatch.setattr(one.files.blobs, "size", look_late)
        assert [await one.files.finish(upload)] == made

    run(main)


def test_what_a_node_finishes_while_another_forgets_it_counts_until_it_is_swept(
    run: Callable[[Main], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(one: Room, two: Room) -> None:
        upload = await one.files.begin(ANN, "a.png", 7_000)
        await one.files.write(upload, 0, bytes(7_000))

        async def look(path: Path, name: str) -> Looked:
            blob = await one.blobs.put(path)
            await two.files.discard(upload)
            return Looked("image/png", 4, 3, "UklG", {400: await one.blobs.put(b"small")}, blob)

        one.files.look = look
        with pytest.raises(Refused) as refused:
            await one.files.finish(upload)
        assert refused.value.code == "not-found"
        assert await one.rows.used(ANN.id) == 0
        assert await two.rows.used() == 7_000 + 4_096
        await two.sweep_later(monkeypatch, 3_660)
        assert await two.rows.used() == 0
        assert await one.kept() == []

    run(main)


def test_nodes_share_the_space_that_there_is(run: Callable[[Main], None]) -> None:
    async def main(one: Room, two: Room) -> None:
        for room in (one, two):
            room.files.space = Space(of_user=20_000, altogether=0)
        calls = [room.files.begin(ANN, "a", 6_000) for room in (one, two) for _ in range(5)]
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(not isinstance(each, Refused) for each in done) == 3
        assert {each.code for each in done if isinstance(each, Refused)} == {"no-space"}
        assert len(await one.uploads()) == 3, "what was refused is not kept"
        await two.files.count()
        assert two.files.kept == 18_000

    run(main)


def test_a_file_is_posted_at_one_node_while_another_deletes_its_last_message(run: Callable[[Main], None]) -> None:
    async def main(one: Room, two: Room) -> None:
        for _ in range(10):
            file = await one.file()
            first = await one.post(file)
            posted, deleted = await asyncio.gather(
                two.post(file, sender=BOB), one.history.change(change("deleted", first)), return_exceptions=True
            )
            assert not isinstance(deleted, BaseException)
            if isinstance(posted, Refused):
                assert posted.code == "not-found"
                assert not await two.is_there(file)
            else:
                assert await one.rows.shown(file.id) == [("den", posted)]

    run(main)
