"""What the tables of a chat in PostgreSQL contradict each other in is found, in words."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.storage.histories import ANN, BOB, change, message, on_engine
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.files import File, Space, Upload, new_id
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.storage.blobs.opening import open_blobs
from tornado_chat.storage.postgres import index_building
from tornado_chat.storage.postgres.consistency import _contradictions, check
from tornado_chat.storage.postgres.engine import Engine, connect
from tornado_chat.storage.postgres.file_rows import PostgresFiles
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.memberships import PostgresMemberships
from tornado_chat.storage.postgres.schema import differences

FILE = "A" * 22
CURE = "build it anew: python -m tornado_chat reindex"


async def fill(engine: Engine, log: PostgresHistory, folder: Path) -> None:
    kept, files, blobs = PostgresMemberships(engine), PostgresFiles(engine), await open_blobs(folder, engine)
    await engine.write(index_building.begin)
    await log.append(message("one"))
    await log.append(message("two", sender=BOB))
    await kept.met([Person(user, 0) for user in (ANN, BOB)])
    den, pair = ChannelRecord("den"), ChannelRecord("dm:1", "direct", people=("1", "2"))
    for record in (den, pair, ChannelRecord("p:1", "private")):
        await kept.create(record, [Membership(record, one) for one in record.people])
    await kept.put([Membership(den, "1", read=2, sees=((0, None),))])
    for id, data in ((FILE, b"bytes"), (new_id(), b"others")):
        blob = await blobs.put(data)
        upload = await blobs.begin(len(data))
        await files.reserve(Upload(upload, "1", "a.txt", len(data)), Space(0, 0))
        await files.add(File(id, "1", "a.txt", "text/plain", 1, blob), upload)
    shown = {"id": FILE, "name": "a.txt", "type": "text/plain", "size": 5}
    await log.append(message("", files=[shown]))
    await log.append(message("changed later", channel="hall"))
    await index_building.catch_up(engine)
    await log.change(change("reacted", 1, key="+", channel="hall"))
    await log.append(message("not indexed yet"))
    await blobs.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """The address and the schema of a database in which nothing is wrong, and the folder of its files."""
    folder = tmp_path_factory.mktemp("files")

    async def main(url: str, name: str) -> None:
        async with postgres.engine(url, name) as engine:
            await on_engine(engine, lambda log: fill(engine, log, folder))
            assert await check(engine, folder, hashes=True) == []

    with postgres.schema() as (url, name):
        asyncio.run(main(url, name))
        yield url, name, folder


@pytest.mark.parametrize(("broken", "words"), [
    ("UPDATE channel_records SET open = '[' WHERE name = 'den'", 'channel "den": has settings that cannot be read'),
    ("UPDATE channel_records SET plugins = ''", 'channel "dm:1": has settings that cannot be read'),
    ("UPDATE memberships SET sees = '['", "has a member whose membership cannot be read"),
    ("UPDATE channel_records SET kind = 'x' WHERE name = 'p:1'", "is of a kind that is not known"),
    ("UPDATE channel_records SET kind = 'private' WHERE name = 'den'", "has an address of another kind"),
    ("UPDATE channel_records SET kind = 'public' WHERE name = 'p:1'", "has an address of another kind"),
    ("UPDATE channel_records SET kind = 'direct' WHERE name = 'p:1'", "has an address of another kind"),
    ("UPDATE channel_records SET members = 5 WHERE name = 'den'", "counts other members than it has"),
    ("DELETE FROM channel_records WHERE name = 'den'", 'channel "den": has members, but is not there'),
    ("UPDATE memberships SET role = 'x' WHERE channel = 'den'", "of a role or level that is not known"),
    ("UPDATE memberships SET level = 'x' WHERE channel = 'den'", "of a role or level that is not known"),
    ("UPDATE memberships SET read = 99 WHERE channel = 'den'", "has a member who has read more than there is"),
    ("UPDATE direct SET name = 'den'", 'channel "den": is opened as a direct conversation, but is none'),
    ("UPDATE channel_records SET people = '{1}' WHERE kind = 'direct'", "the direct conversation of others"),
    ("DELETE FROM attachments", f"file {FILE} is posted, but no message has it"),
    ("DELETE FROM attachments", "message 3 has other files than it says"),
    ("UPDATE attachments SET message = message + 99", "message 102 has files, but is not there"),
    ("UPDATE files SET posted = false", "is not posted, but a message has it"),
    ("UPDATE files SET size = 6 WHERE posted", "has bytes that are not known"),
    ("UPDATE blobs SET unused = 1", "has bytes that count as unused"),
    ("INSERT INTO blobs VALUES ('x', 1)", "the bytes of 1 files that are gone are not to be deleted"),
    ("INSERT INTO pictures VALUES ('1', -1)", "the pictures of 1 people are not there"),
    ("UPDATE file_space SET bytes = 1 WHERE owner = '1'", 'the files of "1" are counted wrongly'),
    ("UPDATE search_runs SET words = ''", '"den": message 1, or one that follows, is not in the index of search'),
    ("UPDATE search_runs SET until = 1", "is not in the index of search as it is"),
    ("UPDATE search_runs SET messages = 9", f'"den": the index of search has 9 messages, not 3; {CURE}'),
    ("DELETE FROM search_runs", 'channel "den": the index of search has 0 messages, not 3'),
    ("UPDATE search_channels SET indexed = 99", "the index of search has 3 messages, not 4"),
    ("DELETE FROM search_channels", "the index of search has words of channels that are not there"),
    ("UPDATE search_blocks SET until = 0", f"the index of search does not say when its messages were sent; {CURE}"),
])  # fmt: skip
def test_what_is_wrong_is_found(filled: tuple[str, str, Path], broken: str, words: str) -> None:
    async def main() -> list[str]:
        connection = await connect(*filled[:2])
        undone = connection.transaction()
        await undone.start()
        try:
            await connection.execute(broken)
            return [line async for line in _contradictions(connection)]
        finally:
            await undone.rollback()
            await connection.close()

    found = asyncio.run(main())
    assert any(words in line for line in found), found
    assert all(len(line.splitlines()) == 1 for line in found)


def test_what_of_the_schema_is_missing_or_not_as_it_was_made_is_found() -> None:
    broken = {
        "DROP INDEX mentioned": ["the index mentioned is missing"],
        "DROP TRIGGER file_counted ON files": ["the trigger file_counted is missing"],
        "ALTER TABLE files ADD COLUMN more_of bigint": ["the table files is not as this server makes it"],
        "CREATE TABLE own (a int)": ['the table "own" does not belong to this server'],
        "CREATE OR REPLACE FUNCTION count_files_1() RETURNS void LANGUAGE sql AS ''": [
            "the function count_files_1 is not as this server makes it"
        ],
    }

    async def main(engine: Engine) -> None:
        assert await check(engine) == []
        for statement, lines in broken.items():
            connection = await engine.connect()
            await connection.execute(statement)
            assert await differences(connection, engine.schema) == lines
            assert await check(engine) == lines
            await connection.execute(f'DROP SCHEMA "{engine.schema}" CASCADE')
            await connection.close()
            await (await Engine.open(engine.url, schema=engine.schema)).close()

    postgres.on_postgres(main)


def test_files_whose_bytes_are_lost_or_changed_are_found(filled: tuple[str, str, Path]) -> None:
    url, name, folder = filled

    async def main() -> tuple[list[str], list[str]]:
        async with postgres.engine(url, name) as engine:
            return await check(engine, folder), await check(engine, folder, hashes=True)

    first, second = sorted(path for path in folder.rglob("*") if len(path.name) == 64)
    lost, changed = first.read_bytes(), second.read_bytes()
    first.unlink()
    second.write_bytes(changed[::-1])
    extra = folder / "ff" / ("f" * 64)
    extra.parent.mkdir(exist_ok=True)
    extra.write_bytes(b"x")
    os.utime(extra, (1, 1))
    cure = "a file that people share; bring it back from a backup"
    try:
        plain, hashed = asyncio.run(main())
    finally:
        first.write_bytes(lost)
        second.write_bytes(changed)
        extra.unlink()
    orphan = f"{folder} has 1 files that nobody has, such as {'f' * 64}; the server deletes them within an hour"
    assert plain[0] == f"{first} is lost: {cure}"
    assert plain[1].startswith(orphan)
    assert len(plain) == 2
    assert set(hashed) == {*plain, f"{second} was changed: {cure}"}
