"""The parts of a node, put together."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import time

import pytest

from tests import postgres
from tests.storage.postgres.members import until
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.search import Phrase, Query
from tornado_chat.chat.words import words_of
from tornado_chat.storage.postgres.cluster import Cluster
from tornado_chat.storage.postgres.health import EngineError


def said(text: str) -> Message:
    return Message("lobby", text, User("guest:a", "Ana"), int(time() * 1_000))


def on_two(names: str, main: Callable[[Cluster, Cluster], Awaitable[None]]) -> None:
    """Run something on two nodes that have not started."""

    async def whole(url: str, schema: str) -> None:
        async with AsyncExitStack() as stack:
            nodes = []
            for name in names:
                nodes.append(await Cluster.open(url, name, schema=schema))
                stack.push_async_callback(nodes[-1].close)
            await main(*nodes)

    with postgres.schema() as (url, schema):
        asyncio.run(whole(url, schema))


def test_two_nodes_share_one_chat() -> None:
    async def main(a: Cluster, b: Cluster) -> None:
        committed: list[Committed] = []
        b.history.is_used = lambda channel: True
        b.history.on_commit(committed.extend)
        assert len(a.secret) == 32
        assert a.secret == b.secret
        assert a.history.epoch == b.history.epoch != ""
        await a.start()
        await b.start()
        await until(lambda: (a.nodes.others, b.nodes.others) == (["b"], ["a"]))
        await a.history.append(said("hello"))
        await until(lambda: committed)
        assert [one.text for one in committed if isinstance(one, Message)] == ["hello"]
        await a.store.set("notes", "key", 1)
        assert await b.store.get("notes", "key") == 1
        assert await b.repositories.accounts.accounts() == []
        query = Query((Phrase(tuple(words_of("hello"))),))
        assert [hit.text for hit in (await b.search.search(query, {"lobby": None}, None, 10)).messages] == ["hello"]
        await a.close()
        await until(lambda: b.nodes.others == [])

    on_two("ab", main)


def test_the_second_process_of_a_name_ends_the_first(caplog: pytest.LogCaptureFixture) -> None:
    async def main(first: Cluster, second: Cluster) -> None:
        ended: list[str] = []
        first.nodes.on_end(ended.append)
        await first.start()
        await second.start()
        await until(lambda: ended)
        assert "another process" in ended[0]
        assert "give each server a --node of its own" in ended[0]
        assert ended[0] in caplog.text
        assert "is away" not in caplog.text
        first.nodes._end("another process (host, process 1)")  # a notification and the lease may both say it
        assert ended == [first.engine.trouble]
        with pytest.raises(Refused, match="not available"):
            await first.history.append(said("too late"))
        with pytest.raises(Refused, match="not available"):
            await first.store.get("notes", "key")
        assert await second.history.last("lobby") == 0
        await second.history.append(said("in time"))
        await first.close()
        await second.history.append(said("still there"))
        assert second.nodes.others == []

    on_two("aa", main)


def test_a_database_that_is_away_is_said_at_the_start() -> None:
    async def main() -> None:
        with pytest.raises(EngineError, match=r"^--cluster 127\.0\.0\.1:1/chat cannot be reached: "):
            await Cluster.open("postgresql://ana:secret@127.0.0.1:1/chat", "a")

    asyncio.run(main())
