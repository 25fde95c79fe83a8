"""Files on histories of all kinds: who has which message's files, what goes with it, and what may be kept."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import on_postgres
from tests.storage.histories import ANN, BOB, change, message
from tests.storage.rooms import Main, Room, on_bucket, on_disk, on_engine, within
from tests.storage.stores import DiskStore
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import GRACE, UNPOSTED, File, Looked, Space
from tornado_chat.chat.models import User
from tornado_chat.storage.blobs.folder import copying
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_attachments import MemoryAttachments
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.moderation import sqlite_repositories


@pytest.fixture(params=["memory", "sqlite", "postgres", "s3"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """Run a test's coroutine in a room of each kind. keep: messages of each channel that trimming leaves."""

    def on(main: Main, keep: int | None = None) -> Any:
        if request.param == "sqlite":
            return on_disk(tmp_path, main, keep)
        if request.param == "postgres":
            return on_postgres(lambda engine: on_engine(engine, tmp_path, main, keep))
        if request.param == "s3":
            return on_postgres(lambda engine: on_bucket(engine, main, keep))
        database, history = DirectDatabase(), MemoryHistory(keep or 1_000)
        history.attachments = MemoryAttachments(database)
        return asyncio.run(within(main, history, sqlite_repositories(database), DiskStore(tmp_path)))

    return on


def test_a_message_has_its_files_and_they_are_found_by_it(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        one, two = await room.file(b"one", name="one.txt"), await room.file(b"two")
        assert one.type == "text/plain"
        assert await room.rows.shown(one.id) == []
        first = await room.post(one, two)
        again = await room.post(one, sender=BOB, channel="attic")
        assert await room.rows.shown(two.id) == [("den", first)]
        assert sorted(await room.rows.shown(one.id)) == [("attic", again), ("den", first)]
        (stored,) = await room.history.get("den", [first])
        assert [each["id"] for each in stored.extra["files"]] == [one.id, two.id]
        assert await room.rows.files([two.id, "x", one.id]) == [two, one]
        assert await room.bytes_of(one) == b"one"

    run(main)


def test_deleting_the_last_message_of_a_file_deletes_the_file_at_once_and_its_bytes_later(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        file = await room.file()
        first, again = await room.post(file), await room.post(file)
        await room.history.change(change("deleted", first))
        assert await room.rows.shown(file.id) == [("den", again)]
        await room.history.change(change("deleted", again))
        assert not await room.is_there(file)
        assert await room.rows.used(ANN.id) == 0
        await room.sweep_later(monkeypatch, GRACE - 60)
        assert await room.kept() == [file.blob.name]
        assert await room.rows.used() == 4_096
        await room.sweep_later(monkeypatch, GRACE + 60)
        assert await room.kept() == []
        assert await room.rows.used() == 0

    run(main)


def test_the_same_bytes_in_files_of_two_people_go_with_the_last_of_them(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        ann, bob = await room.file(), await room.file(owner=BOB)
        assert ann.id != bob.id
        assert ann.blob == bob.blob
        assert await room.rows.used(ANN.id) == await room.rows.used(BOB.id) == 4_096
        first, second = await room.post(ann), await room.post(bob, sender=BOB)
        await room.history.change(change("deleted", first))
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.bytes_of(bob) == b"data"
        await room.history.change(change("deleted", second, user=BOB))
        third = await room.file()  # within the grace: the bytes are those that were there
        await room.post(third)
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.kept() == [ann.blob.name]
        assert await room.bytes_of(third) == b"data"

    run(main)


def test_a_file_that_nobody_posts_goes_after_an_hour_and_one_that_is_posted_stays(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        unposted, posted = await room.file(b"unposted"), await room.file(b"posted")
        await room.post(posted)
        await room.sweep_later(monkeypatch, UNPOSTED - 60)
        assert await room.is_there(unposted)
        await room.sweep_later(monkeypatch, UNPOSTED + 60)
        assert not await room.is_there(unposted)
        with pytest.raises(Refused, match="no such file") as refused:
            await room.post(unposted, ref="r")
        assert refused.value.code == "not-found"
        await room.post(posted, ref="r")  # the ref was not used up
        await room.sweep_later(monkeypatch, 3 * UNPOSTED)
        assert await room.kept() == [posted.blob.name]
        assert room.files.kept == await room.rows.used() == 4_096

    run(main)


def test_a_message_with_a_file_that_is_gone_is_refused_and_its_neighbours_are_stored(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        file = await room.file()
        gone = {"id": "gone", "name": "x", "type": "text/plain", "size": 1}
        bad = room.history.append(message("bad", "r", files=[file.shown(), gone]))
        good = room.history.append(message("good", "s", files=[file.shown()]))
        assert (await good).text == "good"
        with pytest.raises(Refused, match="no such file"):
            await bad
        assert await room.rows.shown(file.id) == [("den", (await good).seq)]

    run(main)


def test_what_is_kept_no_longer_takes_its_files_along(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        files = [await room.file(str(number).encode()) for number in range(4)]
        for file in files:
            await room.post(file)
        await room.history.trim()
        assert [await room.is_there(file) for file in files] == [False, False, True, True]
        await room.history.forget("den")
        assert not any([await room.is_there(file) for file in files])
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.kept() == []
        assert await room.rows.used() == 0

    run(main, keep=2)


def test_what_somebody_has_not_posted_goes_with_them_and_the_rest_is_nobodys(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        posted, unposted, others = await room.file(b"1"), await room.file(b"2"), await room.file(b"3", BOB)
        upload = await room.files.begin(ANN, "b.txt", 9)
        await room.post(posted)
        await room.memberships.erase(ANN.id)
        assert [await room.is_there(one) for one in (posted, unposted, others)] == [True, False, True]
        assert (await room.rows.files([posted.id]))[0].owner == ""
        assert await room.rows.upload(upload.id) is None
        assert await room.rows.used(ANN.id) == 0
        assert await room.rows.used() == 3 * 4_096  # the bytes of the one that is gone are still there
        await room.files.write(upload, 0, b"123456789")
        with pytest.raises(Refused, match="no such file"):
            await room.files.finish(upload)
        with pytest.raises(Refused, match="no such file"):
            await room.files.for_message(ANN, [posted.id])  # whoever has the id later

    run(main)


def test_space_is_reserved_before_the_first_byte_and_given_back(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        room.files.space = Space(of_user=10_000, altogether=15_000)
        upload = await room.files.begin(ANN, "a", 6_000)
        for size, words in ((6_000, "6 KB of 10 KB, and this one has 6 KB: delete"), (10_001, "send a smaller one")):
            with pytest.raises(Refused, match=words) as refused:
                await room.files.begin(ANN, "b", size)
            assert refused.value.code == "no-space"
        await room.files.begin(BOB, "b", 8_000)
        with pytest.raises(Refused, match="space that this server has for files is full"):
            await room.files.begin(User("3", "Cem"), "c", 4_000)
        assert len(await room.uploads()) == 2
        await room.files.discard(upload)
        assert await room.rows.used(ANN.id) == 0
        file = await room.file(bytes(7_000))
        assert await room.rows.used(ANN.id) == file.size == room.files.kept == 7_000
        assert await room.rows.used() == 15_000

    run(main)


def test_who_deletes_what_they_upload_fills_no_disk_with_it(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        room.files.space = Space(of_user=10_000, altogether=20_000)
        for data in (bytes(9_000), bytes(9_001)):
            seq = await room.post(await room.file(data))
            await room.history.change(change("deleted", seq))
        assert await room.rows.used(ANN.id) == 0
        with pytest.raises(Refused, match="space that this server has for files is full"):
            await room.file(bytes(9_002))
        await room.sweep_later(monkeypatch, GRACE + 60)
        assert await room.rows.used() == 0
        await room.file(bytes(9_002))

    run(main)


def test_thumbnails_take_of_the_space_of_all(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        async def look(path: Path, name: str) -> Looked:
            return Looked("image/png", 40, 30, "UklG", {400: await room.blobs.put(bytes(7_000))})

        room.files.look = look
        room.files.space = Space(of_user=10_000, altogether=15_000)
        await room.file(b"small")
        assert (await room.rows.used(ANN.id), await room.rows.used()) == (4_096, 11_096)
        with pytest.raises(Refused, match="space that this server has for files is full"):
            await room.file(bytes(5_000), owner=BOB)

    run(main)


@pytest.mark.parametrize(("size", "code"), [(0, "invalid-field"), (-1, "invalid-field"), (1_000_001, "too-large")])
def test_a_file_that_cannot_be_one_is_refused_before_anything_is_kept(
    run: Callable[..., Any], size: int, code: str
) -> None:
    async def main(room: Room) -> None:
        with pytest.raises(Refused) as refused:
            await room.files.begin(ANN, "a", size)
        assert refused.value.code == code
        room.files.max_size = 0
        with pytest.raises(Refused, match="takes no files"):
            await room.files.begin(ANN, "a", 1)
        assert await room.uploads() == []

    run(main)


def test_an_upload_goes_on_where_it_was_and_becomes_one_file_however_often_it_ends(run: Callable[..., Any]) -> None:
    async def main(room: Room) -> None:
        upload = await room.files.begin(ANN, "a.bin", 6)
        assert await room.files.write(upload, 0, b"abc") == 3
        with pytest.raises(Refused) as refused:
            await room.files.write(upload, 0, b"abc")
        assert refused.value.code == "conflict"
        with pytest.raises(Refused) as refused:
            await room.files.write(upload, 3, b"defg")
        assert refused.value.code == "too-large"
        with pytest.raises(Refused, match="not complete"):
            await room.files.finish(upload)
        with pytest.raises(Refused, match="no such file"):
            await room.files.upload(BOB, upload.id)
        assert await room.files.upload(ANN, upload.id) == (upload, 3)
        await room.files.write(upload, 3, b"def")
        first, second = await asyncio.gather(room.files.finish(upload), room.files.finish(upload))
        assert first is second
        assert await room.bytes_of(first) == b"abcdef"
        known, size = await room.files.upload(ANN, upload.id)
        assert (known.file, size) == (first.id, 6)
        assert await room.files.finish(upload) == first
        assert await room.rows.used(ANN.id) == 4_096
        await room.files.discard(known)
        assert await room.is_there(first)

    run(main)


def test_of_a_picture_what_was_made_of_it_is_kept_and_goes_with_it(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        async def look(path: Path, name: str) -> Looked:
            assert path.read_bytes() == b"with the place where it was taken"
            small, large = await room.blobs.put(b"small"), await room.blobs.put(b"large")
            made = path.with_name("made")
            made.write_bytes(b"without")
            blob = await room.blobs.put(made)
            made.unlink()
            return Looked("image/png", 40, 30, "UklG", {400: small, 1600: large}, blob)

        room.files.look = look
        file = await room.file(b"with the place where it was taken", name="a.png")
        assert (await room.rows.files([file.id])) == [file]
        about = {"id": file.id, "name": "a.png", "type": "image/png", "size": 7}
        assert file.shown() == {**about, "width": 40, "height": 30, "preview": "UklG"}
        assert await room.bytes_of(file) == b"without"
        assert len(await room.kept()) == 3
        assert await room.uploads() == []
        seq = await room.post(file)
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert len(await room.kept()) == 3
        await room.history.change(change("deleted", seq))
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.kept() == []

    run(main)


def test_an_upload_that_does_not_go_on_is_forgotten_and_one_that_does_is_not(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        still, lost = await room.files.begin(ANN, "a", 5_000), await room.files.begin(ANN, "b", 5_000)
        await room.blobs.discard(lost.id)  # as a crash may leave it
        await room.sweep_later(monkeypatch, UNPOSTED - 60)
        assert await room.rows.used(ANN.id) == 10_000
        await room.sweep_later(monkeypatch, UNPOSTED + 60)
        assert await room.rows.used(ANN.id) == 0
        with pytest.raises(Refused, match="no such file"):
            await room.files.write(still, 0, b"x")
        assert await room.uploads() == []

    run(main)


def test_bytes_that_no_row_knows_are_deleted_unless_they_are_young(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        kept = await room.file(b"kept")
        orphan = await room.blobs.put(b"orphan")
        await room.files.sweep_orphans()
        assert await room.kept() == sorted([kept.blob.name, orphan.name])
        await room.post(kept)
        await room.sweep_later(monkeypatch, GRACE + 60)
        assert await room.kept() == [kept.blob.name]

    run(main)


def test_a_file_takes_over_bytes_that_were_about_to_be_deleted(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are put anew between the moment when they were found unused and the one when they would be deleted."""

    async def main(room: Room) -> None:
        gone = await room.file()
        seq = await room.post(gone)
        await room.history.change(change("deleted", seq))
        delete, new, now = room.blobs.delete, list[File](), time.time()

        async def later_delete(blob: str, before: float) -> bool:
            new.append(await room.file())
            return await delete(blob, now - 60)

        monkeypatch.setattr(room.blobs, "delete", later_delete)
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.bytes_of(new[0]) == b"data"

    run(main)


def test_the_bytes_are_deleted_by_nobody_while_they_are_copied(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(room: Room) -> None:
        if not isinstance(room.store, DiskStore):
            return  # a bucket is copied by others
        orphan = await room.blobs.put(b"orphan")
        with copying(room.store.folder):
            await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.kept() == [orphan.name]
        await room.sweep_later(monkeypatch, 2 * GRACE)
        assert await room.kept() == []

    run(main)
