"""Rows of files that several nodes write at once: nothing is counted twice, lost, or kept for nobody."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests import postgres
from tests.lengths import each_long
from tests.postgres import on_postgres
from tests.storage.histories import ANN, BOB, message
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import Blob, File, Space, Upload, new_id
from tornado_chat.storage.postgres import attachments
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.file_rows import PostgresFiles

FREE = Space(0, 0)
LONG = "jwt:" + "\U00020000" * 900  # an id that no row of a tree has room for


def on_nodes(main: Callable[[Engine, Engine], Awaitable[Any]]) -> None:
    async def whole(url: str, name: str) -> None:
        async with postgres.engine(url, name) as one, postgres.engine(url, name) as other:
            await main(one, other)

    with postgres.schema() as (url, name):
        asyncio.run(whole(url, name))


def upload(owner: str = ANN.id, size: int = 5_000) -> Upload:
    return Upload(new_id(), owner, "a.txt", size)


def file(owner: str = ANN.id, blob: str = "b", size: int = 5_000) -> File:
    return File(new_id(), owner, "a.txt", "text/plain", 1, Blob(blob, size))


async def added(rows: PostgresFiles, made: File) -> File:
    begun = upload(made.owner, made.size)
    await rows.reserve(begun, FREE)
    await rows.add(made, begun.id)
    return made


async def attach(engine: Engine, number: int, *files: File) -> bool:
    """Store a message, as far as files go; return whether it may have them."""

    async def write(connection: Connection) -> bool:
        about = message(files=[one.shown() for one in files])
        if await attachments.refused(connection, [about]) != [None]:
            return False
        await attachments.attach(connection, [(number, one.id) for one in files])
        return True

    return await engine.write(write)


async def detach(engine: Engine, number: int, now: int = 9) -> None:
    await engine.write(lambda connection: attachments.detach(connection, number, number, now))


async def consistency(engine: Engine) -> list[Any]:
    """Return what the tables do not agree on."""
    wrong = (
        "SELECT 'attached to nothing', file::text FROM attachments WHERE file NOT IN (SELECT no FROM files)",
        "SELECT 'kept for no message', id FROM files WHERE posted"
        " AND no NOT IN (SELECT file FROM attachments UNION SELECT file FROM pictures)",
        "SELECT 'not posted', id FROM files WHERE NOT posted AND no IN (SELECT file FROM attachments)",
        "SELECT 'bytes of nobody', name FROM blobs WHERE (unused IS NULL) != EXISTS"
        " (SELECT 1 FROM file_blobs WHERE blob = name)",
        "SELECT 'space', coalesce(a.owner, b.owner) FROM (SELECT owner, sum(greatest(size, 4096)) AS bytes FROM"
        " (SELECT owner, size FROM files UNION ALL SELECT owner, size FROM uploads WHERE file IS NULL) x"
        " GROUP BY owner) a FULL JOIN (SELECT * FROM file_space WHERE owner != '*') b ON a.owner = b.owner"
        " WHERE a.bytes IS DISTINCT FROM b.bytes",
        "SELECT 'all space', bytes::text FROM file_space WHERE owner = '*' AND bytes !="
        " (SELECT coalesce(sum(taken), 0) FROM (SELECT taken FROM files UNION ALL SELECT taken FROM files_gone"
        " UNION ALL SELECT greatest(size, 4096) FROM uploads WHERE file IS NULL) x)",
    )
    return [tuple(row) for asked in wrong for row in await engine.read(lambda c, asked=asked: c.fetch(asked))]


def test_nodes_that_reserve_at_once_share_the_space_there_is() -> None:
    async def main(one: Engine, other: Engine) -> None:
        nodes = [PostgresFiles(one), PostgresFiles(other)]

        async def reserve(owner: str, space: Space) -> int:
            calls = (nodes[number % 2].reserve(upload(owner), space) for number in range(12))
            done = await asyncio.gather(*calls, return_exceptions=True)
            assert {one.code for one in done if isinstance(one, Refused)} == {"no-space"}
            return done.count(None)

        assert await reserve(ANN.id, Space(16_000, 0)) == 3
        assert await reserve(BOB.id, Space(0, 31_000)) == 3
        assert [await nodes[1].used(who) for who in (ANN.id, BOB.id, None)] == [15_000, 15_000, 30_000]
        assert await consistency(one) == []

    on_nodes(main)


def test_a_file_and_its_uploads_are_the_same_on_every_node() -> None:
    async def main(one: Engine, other: Engine) -> None:
        here, there = PostgresFiles(one), PostgresFiles(other)
        begun = upload(LONG)
        await here.reserve(begun, FREE)
        assert await there.upload(begun.id) == begun
        assert await there.waiting(10**15) == [begun.id]
        picture = File(new_id(), LONG, "ä.png", "image/png", 5, Blob("b", 5_000), 40, 30, "UklG", {400: Blob("t", 7)})
        await there.add(picture, begun.id)
        assert await here.files(["x", picture.id]) == [picture]
        assert (await here.upload(begun.id)) == begun._replace(file=picture.id)
        assert await here.waiting(10**15) == []
        assert [await here.used(LONG), await here.used()] == [5_000, 9_096]
        assert await here.unknown(["b", "t", "x"]) == ["x"]
        await here.set_picture(LONG, file(LONG, "p"))
        await there.set_picture(LONG, mine := file(LONG, "q"))
        assert await here.pictures() == {LONG: mine.id}
        assert await consistency(one) == []
        await one.write(lambda connection: attachments.erase(connection, [LONG], 9))
        assert await here.pictures() == {}
        assert await here.files([picture.id, mine.id]) == []
        assert await here.used(LONG) == 0
        assert await consistency(one) == []

    on_nodes(main)


def test_an_upload_becomes_one_file_and_what_another_node_has_made_of_it_counts_until_it_is_swept() -> None:
    async def main(one: Engine, other: Engine) -> None:
        nodes = [PostgresFiles(one), PostgresFiles(other)]
        begun = upload()
        await nodes[0].reserve(begun, FREE)
        made = [file(blob=blob) for blob in "abcd"]
        calls = (nodes[number % 2].add(each, begun.id) for number, each in enumerate(made))
        done = await asyncio.gather(*calls, return_exceptions=True)
        assert done.count(None) == 1
        assert {each.code for each in done if isinstance(each, Refused)} == {"not-found"}
        (kept,) = await nodes[1].files([each.id for each in made])
        assert (await nodes[1].upload(begun.id)) == begun._replace(file=kept.id)
        assert await nodes[0].used(ANN.id) == 5_000
        assert await nodes[0].used() == 20_000
        assert await consistency(one) == []
        gone = await nodes[1].expire(0, 10**15)
        assert sorted(gone.blobs) == sorted({"a", "b", "c", "d"} - {kept.blob.name})
        assert await nodes[0].used() == 5_000

    on_nodes(main)


def test_a_message_gets_a_file_or_is_refused_whatever_deletes_it_at_once() -> None:
    async def main(one: Engine, other: Engine) -> None:
        rows = PostgresFiles(one)
        for number in range(0, 40, 2):
            shared = await added(rows, file())
            assert await attach(one, number, shared)
            may, _ = await asyncio.gather(attach(other, number + 1, shared), detach(one, number))
            assert bool(await rows.files([shared.id])) == may
        assert await consistency(one) == []

    on_nodes(main)


def test_one_message_without_its_file_leaves_its_neighbours_theirs() -> None:
    async def main(engine: Engine) -> None:
        kept = await added(PostgresFiles(engine), file())
        good, bad = kept.shown(), {"id": "gone\0\ud800"}
        batch = [message(files=[good]), message(files=[good, bad]), message(files=[bad | {"id": new_id()}])]

        async def ask(connection: Connection) -> list[Any]:
            return [why and why.code for why in await attachments.refused(connection, batch)]

        assert await engine.write(ask) == [None, "not-found", "not-found"]

    on_postgres(main)


@pytest.mark.parametrize("seed", [0, *each_long(1, 2)])
def test_whatever_nodes_do_at_once_no_row_waits_for_ever_and_all_agree(seed: int) -> None:
    """Every kind of write at once, in many orders: one of two that waited for each other would be ended."""

    async def main(one: Engine, other: Engine) -> None:
        chance = random.Random(seed)
        known: list[File] = []
        numbers = iter(range(1, 10_000))
        posted: list[int] = []

        async def act(engine: Engine) -> None:
            rows = PostgresFiles(engine)
            who = chance.choice([ANN.id, BOB.id])
            some = chance.sample(known, min(len(known), 3))
            match chance.randrange(8):
                case 0 | 1:
                    known.append(await added(rows, file(who, chance.choice("abc"))))
                case 2 | 3:
                    number = next(numbers)
                    if some and await attach(engine, number, *some):
                        posted.append(number)
                case 4:
                    if posted:
                        await detach(engine, posted.pop(chance.randrange(len(posted))))
                case 5:
                    begun = upload(who)
                    await rows.reserve(begun, FREE)
                    await rows.release([begun.id])
                case 6:
                    await rows.set_picture(who, file(who, chance.choice("ab")))
                case _:
                    if chance.random() < 0.2:
                        await engine.write(lambda connection: attachments.erase(connection, [who], 9))
                    else:
                        await rows.expire(chance.choice([0, 0, 2]), 10**15)

        for _ in range(30):
            acts = (act(chance.choice([one, other])) for _ in range(8))
            for failed in await asyncio.gather(*acts, return_exceptions=True):
                assert failed is None or (isinstance(failed, Refused) and failed.code == "not-found"), failed
            assert await consistency(one) == []

    on_nodes(main)
