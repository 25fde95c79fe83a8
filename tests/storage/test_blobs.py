"""Bytes of files, on a disk, on one that several machines share, and in a bucket: what holds for all of them."""

import asyncio
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.storage.stores import Main, on_store, read, refused, upload
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob

Run = Callable[[Main], Any]


@pytest.fixture(params=["disk", "shared", "s3"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    return lambda main: on_store(request.param, tmp_path, main)


def test_bytes_come_back_whole_and_in_parts_under_the_name_of_their_hash(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        data = os.urandom(1_300_000)
        id = await upload(blobs, data[:1], data[1:200_000], data[200_000:])
        assert await blobs.size(id) == len(data)
        async with blobs.local(id) as path:
            assert path.read_bytes() == data
            blob = await blobs.finish(id)
        assert blob == (hashlib.sha256(data).hexdigest(), len(data))
        assert await refused(blobs.write(id, len(data), b"more")) == "conflict"
        assert await blobs.finish(id) == blob
        assert await store.uploads() == [id]
        await blobs.discard(id)
        assert await blobs.size(id) is None
        assert await store.uploads() == []
        assert await read(blobs, blob) == data
        assert await read(blobs, blob, 1_000, 700_500) == data[1_000:700_500]
        assert await read(blobs, blob, 1_299_999) == data[1_299_999:]
        assert await read(blobs, blob, 1_400_000) == await read(blobs, blob, 5, 5) == b""
        assert await blobs.put(data) == blob
        assert await store.kept() == [blob.name]
        assert await store.bytes_there(blob) == data
        assert [one async for one in blobs.names()] == [[blob.name]]
        assert await blobs.delete(blob.name, time.time() + 60)
        assert await store.kept() == []
        assert not await blobs.delete(blob.name, time.time() + 60)
        assert await refused(read(blobs, blob)) == "not-found"

    run(main)


def test_a_file_on_this_machine_is_kept_and_stays(run: Run, tmp_path: Path) -> None:
    async def main(blobs: Any, store: Any) -> None:
        path = tmp_path / "made"
        path.write_bytes(b"data")
        blob = await blobs.put(path)
        assert await read(blobs, blob) == path.read_bytes() == b"data"
        assert await blobs.finish(await upload(blobs, b"da", b"ta")) == blob
        assert await blobs.put(b"") == (hashlib.sha256(b"").hexdigest(), 0)
        assert await read(blobs, Blob(hashlib.sha256(b"").hexdigest(), 0)) == b""

    run(main)


@pytest.mark.parametrize("id", ["", "..", "../secret", "a/b", "\0", "x" * 5_000, "ab" * 11, "ab" * 11 + "\n"])
def test_an_upload_that_is_not_there_is_refused_whatever_its_name(run: Run, tmp_path: Path, id: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "uploads").mkdir(parents=True)

    async def main(blobs: Any, store: Any) -> None:
        assert await blobs.size(id) is None
        assert await refused(blobs.write(id, 0, b"x")) == await refused(blobs.finish(id)) == "not-found"
        with pytest.raises(Refused):
            async with blobs.local(id):
                pass
        await blobs.discard(id)

    run(main)
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_of_several_who_write_an_upload_at_once_one_is_told_to_go_on(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        id = await blobs.begin(60_000)
        pieces = [bytes([number]) * 10_000 for number in range(6)]
        done = await asyncio.gather(*(blobs.write(id, 0, piece) for piece in pieces), return_exceptions=True)
        assert done.count(10_000) == 1
        assert [one.code for one in done if isinstance(one, Refused)] == ["conflict"] * 5
        blob = await blobs.finish(id)
        assert await read(blobs, blob) == pieces[done.index(10_000)]

    run(main)


def test_nobody_writes_to_what_has_become_a_blob_or_was_discarded(run: Run) -> None:
    """Writers wait for the lock of the upload, which is another file by the time they have it."""

    async def main(blobs: Any, store: Any) -> None:
        for _ in range(20):
            id = await upload(blobs, b"whole")
            writing = [asyncio.ensure_future(blobs.write(id, 5, b"!")) for _ in range(3)]
            finished = await asyncio.gather(blobs.finish(id), *writing, return_exceptions=True)
            found = [one for one in finished if isinstance(one, Blob)] or [await blobs.finish(id)]
            assert hashlib.sha256(await store.bytes_there(found[0])).hexdigest() == found[0].name
            assert await refused(blobs.write(id, found[0].size, b"!")) == "conflict"

    run(main)


def test_a_blob_that_was_lost_is_replaced_by_the_next_one_with_its_bytes(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        blob = await blobs.put(b"data")
        await store.lose(blob)
        assert await blobs.put(b"data") == blob
        assert await read(blobs, blob) == b"data"
        assert await store.kept() == [blob.name]

    run(main)


def test_uploads_that_stand_still_are_swept_and_others_stay(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        assert await blobs.sweep(time.time()) == []
        still, looked_at = await upload(blobs, b"still"), await upload(blobs, b"looked at")
        for id in (still, looked_at):
            await store.let_age(id)
        async with blobs.local(looked_at):
            assert await blobs.sweep(time.time() - 60) == [still]
        assert await store.uploads() == [looked_at]
        assert await blobs.size(still) is None

    run(main)


def test_a_blob_that_is_put_anew_is_young(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        blob = await blobs.put(b"data")
        await store.let_age(blob)
        assert await blobs.put(b"data") == blob
        assert not await blobs.delete(blob.name, time.time() - 60)
        await store.let_age(blob)
        assert await blobs.finish(await upload(blobs, b"data")) == blob
        assert not await blobs.delete(blob.name, time.time() - 60)
        assert await read(blobs, blob) == b"data"
        await store.let_age(blob)
        assert await blobs.delete(blob.name, time.time() - 60)
        assert await store.kept() == []

    run(main)


def test_nodes_that_put_the_same_bytes_at_once_keep_them_once(run: Run) -> None:
    async def main(blobs: Any, store: Any) -> None:
        nodes = [blobs, *(store.node() for _ in range(3))]
        done = await asyncio.gather(*(node.put(b"data") for node in nodes for _ in range(3)))
        assert len(set(done)) == 1
        assert await store.kept() == [done[0].name]
        assert [await read(node, done[0]) for node in nodes] == [b"data"] * 4
        for node in nodes[1:]:
            await node.close()

    run(main)
