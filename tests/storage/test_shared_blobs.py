"""A folder of blobs that several processes use at once: what one has promised, none of the others breaks."""

import asyncio
import concurrent.futures
import fcntl
import hashlib
import os
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.storage.stores import read, refused, upload
from tests.storage.test_disk_blobs import all_in
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob
from tornado_chat.storage.blobs import shared
from tornado_chat.storage.blobs.disk import DiskBlobs
from tornado_chat.storage.blobs.folder import place
from tornado_chat.storage.blobs.shared import LOCK, check_folder, locked


def test_what_one_process_keeps_no_other_deletes_as_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process puts the same bytes between the look at their age and what is done by it."""
    may_go_on = threading.Event()  # the other one is done, or waits for the lock

    def wait(seconds: float) -> None:
        may_go_on.set()

    async def main() -> None:
        nodes = [DiskBlobs(tmp_path, shared=True) for _ in range(2)]
        loop, unlink = asyncio.get_running_loop(), Path.unlink
        blob = await nodes[0].put(b"data")
        os.utime(place(tmp_path, blob.name), (5, 5))
        putting: list[concurrent.futures.Future[Blob]] = []

        def unlinked(path: Path, **about: Any) -> None:
            if path.name == blob.name:
                putting.append(asyncio.run_coroutine_threadsafe(nodes[1].put(b"data"), loop))
                putting[0].add_done_callback(lambda _: may_go_on.set())
                assert may_go_on.wait(20)
            unlink(path, **about)

        monkeypatch.setattr(shared, "time", SimpleNamespace(monotonic=time.monotonic, sleep=wait))
        monkeypatch.setattr(Path, "unlink", unlinked)
        assert await nodes[0].delete(blob.name, time.time() - 60)
        assert await asyncio.wrap_future(putting[0]) == blob
        assert not await nodes[0].delete(blob.name, time.time() - 60)
        assert await read(nodes[0], blob) == b"data"
        for node in nodes:
            await node.close()

    asyncio.run(main())


def test_an_upload_goes_on_at_any_process_and_of_two_who_write_one_is_told_to_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        nodes = [DiskBlobs(tmp_path, shared=True) for _ in range(3)]
        id = await nodes[0].begin(60_000)
        for at in range(0, 60_000, 10_000):
            assert [await node.size(id) for node in nodes] == [at] * 3
            pieces = [bytes([number]) * 10_000 for number in range(3)]
            calls = (node.write(id, at, piece) for node, piece in zip(nodes, pieces, strict=True))
            done = await asyncio.gather(*calls, return_exceptions=True)
            assert done.count(at + 10_000) == 1
            assert [one.code for one in done if isinstance(one, Refused)] == ["conflict"] * 2
        finished = await asyncio.gather(*(node.finish(id) for node in nodes))
        assert len(set(finished)) == 1
        data = await read(nodes[1], finished[0])
        assert hashlib.sha256(data).hexdigest() == finished[0].name
        await nodes[2].discard(id)
        assert await refused(nodes[0].finish(id)) == "not-found"
        assert all_in(tmp_path) == sorted([LOCK, f"{finished[0].name[:2]}/{finished[0].name}"])
        for node in nodes:
            await node.close()

    asyncio.run(main())


def test_a_lock_that_another_process_keeps_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        blobs = DiskBlobs(tmp_path, shared=True)
        id = await upload(blobs, b"data")
        other = os.open(tmp_path / "uploads" / id, os.O_RDWR)  # as of a process that stands still
        fcntl.flock(other, fcntl.LOCK_EX)
        monkeypatch.setattr(shared, "PATIENCE", 0.05)
        assert await refused(blobs.write(id, 4, b"more")) == "history-unavailable"
        os.utime(tmp_path / "uploads" / id, (5, 5))
        assert await blobs.sweep(time.time()) == []
        os.close(other)
        assert await blobs.write(id, 4, b"more") == 8
        with locked(tmp_path):
            assert await refused(blobs.finish(id)) == "history-unavailable"
        assert (await blobs.finish(id)).size == 8
        await blobs.close()

    asyncio.run(main())
    assert "files cannot be kept or read: another process keeps a lock" in caplog.text


def test_what_another_machine_left_half_done_is_no_upload(tmp_path: Path) -> None:
    """NFS gives a file that was removed while it was open a name of its own, and lets nobody remove that."""

    async def main() -> None:
        blobs = DiskBlobs(tmp_path, shared=True)
        still = await upload(blobs, b"still")
        for name in (still, ".nfs000000000000abcd"):
            (tmp_path / "uploads" / name).touch()
            os.utime(tmp_path / "uploads" / name, (5, 5))
        assert await blobs.sweep(time.time() - 60) == [still]
        assert all_in(tmp_path) == ["uploads/.nfs000000000000abcd"]
        await blobs.close()

    asyncio.run(main())


def test_a_name_that_the_server_gave_before_its_answer_was_lost_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def twice(source: Path, target: Path) -> None:
        link(source, target)
        link(source, target)  # as NFS does, which repeats what was not answered

    monkeypatch.setattr(os, "link", twice)

    async def main() -> None:
        blobs = DiskBlobs(tmp_path, shared=True)
        blob = await blobs.put(b"data")
        assert await read(blobs, blob) == b"data"
        assert place(tmp_path, blob.name).stat().st_nlink == 1
        await blobs.close()

    asyncio.run(main())


def test_a_folder_is_looked_at_before_it_is_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match="there is no such folder; mount it, or make it"):
        check_folder(tmp_path / "not mounted")
    for call, words in ((("fcntl", "flock"), "locks fails"), (("os", "link"), "links fails")):
        with monkeypatch.context() as patched:

            def fail(*about: object) -> None:
                raise OSError(95, "Operation not supported")

            patched.setattr(sys.modules[call[0]], call[1], fail)
            with pytest.raises(OSError, match=f"{words} there: Operation not supported"):
                check_folder(tmp_path)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "options", "wrong"),
    [
        ("nfs4", "rw,vers=4.2,local_lock=none", ""),
        ("nfs4", "rw,local_lock=flock", "local_lock=flock"),
        ("nfs", "rw,nolock", "nolock"),
        ("ext4", "rw,nolock", ""),
    ],
)
def test_a_folder_whose_locks_hold_on_one_machine_alone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, options: str, wrong: str
) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    mounts = tmp_path / "mountinfo"
    point = str(folder).replace(" ", r"\040")
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"40 22 0:44 / {point} rw,relatime shared:2 - {kind} server:/export {options}\n"
        "41 22 0:45 / /elsewhere rw,relatime - nfs server:/export rw,nolock\n"
    )
    monkeypatch.setattr(shared, "MOUNTS", mounts)
    if wrong:
        with pytest.raises(OSError, match=f"it is mounted with {wrong}: then locks do not hold on other machines"):
            check_folder(folder)
    else:
        check_folder(folder)
