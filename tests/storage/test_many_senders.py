"""Searching for what many people of one name have sent."""

import asyncio
import contextlib
import random
from pathlib import Path

import pytest

from tornado_chat.chat.models import Message, User
from tornado_chat.chat.search import Phrase, Query
from tornado_chat.storage import memory_search
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.storage.memory_search import MemorySearch
from tornado_chat.storage.sqlite import search_index
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.search_index import SqliteSearch
from tornado_chat.storage.sqlite.writer import Database

PEOPLE = [User(f"u{number}", "Ann") for number in range(60)]
CHANNELS = [f"c{number}" for number in range(20)]
WORD, LEFT_OUT = Phrase(("word",)), Phrase(("other",))
QUERIES = (
    {"phrases": (WORD,)},
    {"phrases": (Phrase(("wo",), starts=True),), "without": (LEFT_OUT,)},
    {},
    {"without": (LEFT_OUT,)},
    {"marks": frozenset({"thread"})},
)


def test_many_senders_are_as_quick_to_search_as_few_and_the_same_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "MOST_SENDERS", 100)
    for module in (memory_search, search_index):
        monkeypatch.setattr(module, "AT_MOST", 60.0)
    asked: list[int] = []

    class Looking(search_index._Looking):
        def _expression(self, begin: str) -> str:
            found = super()._expression(begin)
            asked.append(len(found))
            return found

    monkeypatch.setattr(search_index, "_Looking", Looking)

    async def main() -> None:
        chance, sees = random.Random(1), dict.fromkeys(CHANNELS)
        memory, sqlite = MemoryHistory(), SqliteHistory(database)
        for number in range(600):
            where, who = chance.choice(CHANNELS), chance.choice(PEOPLE)
            text = chance.choice(("word", "word other", "other", "nothing"))
            for history in (memory, sqlite):
                await history.append(Message(where, text, who, number))
        for fields in QUERIES:
            for count in (1, 4, 6, 50):  # the last two are too many
                query = Query(senders=[one.id for one in PEOPLE[:count]], **fields)  # type: ignore[arg-type]
                answers = [
                    await engine.search(query, sees, None, 200)
                    for engine in (MemorySearch(memory), SqliteSearch(database))
                ]
                one, other = ([(m.channel, m.seq) for m in answer.messages] for answer in answers)
                assert one == other
                assert bool(one) is (not query.marks)
        assert max(asked) < 100

    with asyncio.Runner() as runner, contextlib.closing(Database(tmp_path)) as database:
        runner.run(main())
