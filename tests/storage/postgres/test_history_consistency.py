"""What the tables of messages contradict each other in is found, in words."""

import asyncio
from collections.abc import Iterator

import pytest

from tests import postgres
from tests.storage.histories import ANN, BOB, change, edit, message, on_engine
from tornado_chat.storage.postgres.engine import connect
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.history_consistency import contradictions


async def fill(log: PostgresHistory) -> None:
    await log.append(message("root", ref="r"))
    await log.append(message("one", sender=BOB, thread=1))
    await log.append(message("also", sender=BOB, thread=1, also_in_channel=True))
    await log.append(message("two @Bob", thread=1, mentions=[BOB.id]))
    await log.append(message("grows", growing=True))
    await log.change(change("reacted", 1, key="+", ref="s"))
    await log.change(change("reacted", 1, key="+", user=BOB))
    await log.change(change("pinned", 3))
    await log.change(edit(4, "two @Ann", mentions=(ANN.id, "@channel")))
    await log.append(message("gone", channel="attic"))
    await log.change(change("deleted", 1, channel="attic"))


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[str, str]]:
    """The address and the schema of a database in which nothing is wrong."""

    async def main(url: str, name: str) -> list[str]:
        async with postgres.engine(url, name) as engine:
            await on_engine(engine, fill)
            return await engine.read(contradictions, snapshot=True)

    with postgres.schema() as (url, name):
        assert asyncio.run(main(url, name)) == []
        yield url, name


@pytest.mark.parametrize(("broken", "words"), [
    ("UPDATE channels SET floor = last + 1 WHERE name = 'den'", "above its newest number"),
    ("UPDATE channels SET floor = 1 WHERE name = 'den'", 'channel "den": begins with seq 1, but is trimmed up to 1'),
    ("UPDATE channels SET last = 1 WHERE name = 'den'", '"den": has seq 5, which is above its newest number'),
    ("DELETE FROM channels WHERE name = 'attic'", "messages of a channel that is not there"),
    ("UPDATE messages SET rev_key = id WHERE rev_key NOTNULL", "a number that does not follow its own"),
    ("UPDATE messages SET rev_key = rev_key + 99 WHERE text = 'also'", "a number that its channel has not reached"),
    ("UPDATE messages SET rev_key = id + 1 WHERE text = 'one'", "message 3 has the number of a change"),
    ("UPDATE messages SET rev_key = (SELECT max(rev_key) FROM messages WHERE text = 'root') WHERE text = 'grows'",
     "message 5 was changed under the number of another change"),
    ("UPDATE messages SET text = 'x' WHERE text = ''", 'channel "attic": message 1 was deleted and has a text'),
    ("DELETE FROM messages WHERE text = 'root'", "message 1 has reactions, but is not there"),
    ("DELETE FROM messages WHERE text = 'root'", "message 1 is followed, but is not there"),
    ("DELETE FROM messages WHERE text = 'root'", "message 2 is in a thread whose root is not there"),
    ("DELETE FROM messages WHERE text = 'root'", "message 1 is not there, and a call that changed it is known"),
    ("DELETE FROM messages WHERE text = 'also'", "message 3 is pinned, but is not there"),
    ("DELETE FROM messages WHERE text = 'grows'", "message 5 grows, but is not there"),
    ("DELETE FROM messages WHERE text = 'two @Ann'", "message 4 mentions someone, but is not there"),
    ("DELETE FROM messages WHERE text = 'two @Ann'", "message 1 counts other replies than it has"),
    ("DELETE FROM reactions WHERE sender = '1'", "message 1 has other reactions than it says"),
    ("INSERT INTO reactions SELECT id, 'x', 1, '1' FROM messages WHERE text = 'one'", "has other reactions"),
    ("DELETE FROM pins", "message 3 is not pinned, as it says"),
    ("INSERT INTO pins SELECT id FROM messages WHERE text = 'one'", "2 is among the pinned ones, and does"),
    ("DELETE FROM growing", "message 5 is not growing, as it says"),
    ("DELETE FROM mentions WHERE \"user\" = ''", "message 4 mentions others than it says"),
    ("UPDATE mentions SET number = number + 99", "message 4 mentions someone since a number that it does not have"),
    ("UPDATE change_refs SET number = 999", "message 1 was changed by a call whose number its channel has not"),
    ("UPDATE change_refs SET ref_key = (SELECT ref_key FROM messages WHERE ref NOTNULL)", "whose ref is that of a"),
    ("UPDATE messages SET ref = 'other' WHERE text = 'root'", "message 1 is known by another ref than its own"),
    ("UPDATE messages SET extra = '{' WHERE text = 'also'", "message 3 has further fields that cannot be read"),
    ("UPDATE messages SET thread = thread + 3 WHERE text = 'one'", "message 2 is in another thread than it says"),
    ("UPDATE messages SET thread = thread + 1 WHERE text = 'also'", "message 3 is in the thread of a reply"),
    ("UPDATE messages SET thread = id WHERE text = 'one'", "message 2 is in a thread whose root is not there"),
    ("UPDATE messages SET back = NULL WHERE text = 'one'", "message 2 is not where the timeline has it"),
    ("UPDATE messages SET back = back - 1 WHERE text = 'two @Ann'", "message 4 is not where the timeline has it"),
    ("UPDATE messages SET back = id - 1 WHERE text = 'also'", "message 3 is not where the timeline has it"),
    ("UPDATE messages SET active = 5 WHERE text = 'root'", "message 1 has its newest reply at another time"),
    ("UPDATE follows SET root = root + 1 WHERE \"user\" = '2'", "message 2 is followed, but is not there"),
    ("UPDATE follows SET read = 77", "message 1 is read further than there is"),
])  # fmt: skip
def test_what_is_wrong_is_found(filled: tuple[str, str], broken: str, words: str) -> None:
    async def main() -> list[str]:
        connection = await connect(*filled)
        undone = connection.transaction()
        await undone.start()
        try:
            await connection.execute(broken)
            return await contradictions(connection)
        finally:
            await undone.rollback()
            await connection.close()

    found = asyncio.run(main())
    assert any(words in line for line in found), found
