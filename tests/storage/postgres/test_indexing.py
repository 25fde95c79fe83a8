"""What the index of search has of messages, and how it is cut into runs."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.postgres import on_postgres
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.words import searched_words
from tornado_chat.storage.postgres import indexing
from tornado_chat.storage.postgres.engine import Connection, Engine
from tornado_chat.storage.postgres.indexing import ALL, LARGEST_BYTES, MOST, make, remove, runs, scope, sender_word
from tornado_chat.storage.postgres.rows import LARGEST, SHIFT

NO = 8_388_607  # the last number of a channel
START = NO << SHIFT
ANN = User("ann" * 300, "Ann")


def message(seq: int, text: str, sender: User | None = None, **extra: Any) -> Message:
    return Message("", text, sender, 1_000 + seq, seq=seq, id=str(START + seq), extra=extra or None)


async def store(connection: Connection, messages: Sequence[Message]) -> None:
    rows = [(int(one.id), one.text, one.time) for one in messages]
    await connection.executemany("INSERT INTO messages (id, text, time) VALUES ($1, $2, $3)", rows)


async def indexed(connection: Connection) -> dict[int, set[str]]:
    """Return the words of each message that the index has, by its number, and hold the runs to what they promise."""
    found: dict[int, set[str]] = {}
    rows = await connection.fetch(
        "SELECT first, last, lexeme, positions FROM search_runs LEFT JOIN unnest(words) ON true ORDER BY first"
    )
    for first, last, lexeme, places in rows:
        if lexeme is not None:
            assert lexeme.startswith(scope(first))
            for place in places:
                assert first <= first + place - 1 <= last
                found.setdefault(first + place - 1 - START, set()).add(lexeme.removeprefix(scope(first)))
    return found


@given(st.lists(st.text(max_size=30), max_size=20))
def test_words_are_found_as_they_are(texts: list[str]) -> None:
    messages = [message(seq, text) for seq, text in enumerate(texts, 1)]
    for _, _, _, _, count, words in runs(messages):
        assert count == len(messages)
        lexemes = {word.rpartition(":")[0] for word in words.split()}
        every = {word for one in messages for word in searched_words(one)}
        assert {f"'{scope(START)}{word}'" for word in every} <= lexemes
        assert not any(set(word) & set("'\\: ") for word in every)


def test_a_run_ends_with_its_block_with_its_messages_and_with_its_bytes() -> None:
    def sizes(messages: Sequence[Message]) -> list[int]:
        return [count for *_, count, _ in runs(messages)]

    assert sizes([message(seq, "a") for seq in range(1, MOST + 2)]) == [MOST, 1]
    assert sizes([message(seq, "a") for seq in (1, 8_191, 8_192, 8_193)]) == [2, 2]
    long = " ".join(f"{number:x}" for number in range(3_000))
    assert sizes([message(seq, long) for seq in range(1, 6)]) == [2, 2, 1]
    assert sizes([]) == []


def test_the_index_has_every_word_with_its_messages() -> None:
    texts = ["It's Café \\ 'quoted': 上海 👍", "", "café\0nul", "www.x.de", "x" * 5_000, "ꙮ" * 300]
    many = " ".join(f"{number:x}" for number in range(LARGEST_BYTES // 24))
    messages = [message(seq, text, ANN) for seq, text in enumerate(texts, 1)]
    messages += [
        message(7, many, ANN, pinned=1),
        message(8, "gone", None, deleted=1),
        message(9, "", None, files=[{"name": "übermut.png", "type": "image/png"}]),
    ]

    async def main(engine: Engine) -> None:
        async def job(connection: Connection) -> dict[int, set[str]]:
            rows = list(runs(messages))
            await connection.execute(indexing._INSERT, *zip(*rows, strict=True))
            return await indexed(connection)

        by = sender_word(ANN.id)
        assert await engine.write(job) == {
            1: {"it", "s", "cafe", "quoted", "上", "海", "👍", by},
            2: {by},
            3: {"cafe", "nul", by},
            4: {"www", "x", "de", "#link", by},
            5: {"x" * 100, by},
            6: {"ꙮ" * 100, by},
            7: {ALL, "#pinned", by},
            9: {"ubermut", "png", "#file", "#image"},
        }

    on_postgres(main)


def test_what_is_removed_leaves_the_index_and_nothing_else_does() -> None:
    messages = [message(seq, f"n{seq}") for seq in range(2, 2 * MOST + 60, 2)]

    async def main(engine: Engine) -> None:
        async def trim(connection: Connection, upto: int) -> dict[int, set[str]]:
            await connection.execute("DELETE FROM messages WHERE id <= $1", START + upto)
            await remove(connection, NO, upto)
            return await indexed(connection)

        async def start(connection: Connection) -> None:
            await store(connection, messages)
            await make(connection, [(START + 1, START + LARGEST)])

        await engine.write(start)
        assert await engine.read(indexed) == {one.seq: {one.text} for one in messages}
        for upto in (0, 1, 2, 100, 2 * MOST, 2 * MOST + 1, 2 * MOST + 13):
            found = await engine.write(lambda connection, upto=upto: trim(connection, upto))
            assert found == {one.seq: {one.text} for one in messages if one.seq > upto}
        assert await engine.write(lambda connection: trim(connection, LARGEST)) == {}

    on_postgres(main)
