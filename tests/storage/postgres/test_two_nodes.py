"""Two nodes that post and change at once: both pass on the same, in one order, whatever connections are lost."""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from tests import postgres
from tests.lengths import only_long
from tests.storage.histories import one_node
from tests.storage.postgres.test_listener import until
from tornado_chat.chat.changes import Change, Changed, Replied
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.postgres import feed
from tornado_chat.storage.postgres.engine import Engine, connect
from tornado_chat.storage.postgres.history import PostgresHistory

CHANNELS = ("den", "attic", "hall")
ROLES = ("member", "admin")
WHAT = ("post", "post", "post", "post", "post", "long", "thread", "edited", "reacted", "pinned", "deleted")


class Node:
    """A history, and all that it has passed on: by channel, the number and the events of each item."""

    def __init__(self, log: PostgresHistory, engine: Engine) -> None:
        self.log, self.engine = log, engine
        self.told: dict[str, list[tuple[int, list[Any]]]] = {name: [] for name in CHANNELS}
        log.on_commit(self.committed)

    def committed(self, items: Any) -> None:
        for item in items:
            self.told[item.channel].append(told(item))

    def numbers(self, channel: str) -> list[int]:
        return [number for number, _ in self.told[channel]]

    async def has_all(self) -> bool:
        lasts = [await self.log.last(name) for name in CHANNELS]
        return [self.log._passing.feed.known.get(name, 0) for name in CHANNELS] == lasts


def told(item: Committed) -> tuple[int, list[Any]]:
    """Return the number of an item, and what the members are told, as they read it."""
    if isinstance(item, Message):
        return item.seq, [json.loads(item.line())]
    if isinstance(item, Replied):
        return item.seq, [event(item.changed), json.loads(item.message.line())]
    return item.number, [event(item)]


def event(changed: Changed) -> Any:
    return json.loads(json.dumps({**changed.event(), "by": changed.by and changed.by.shown()}))


@contextlib.asynccontextmanager
async def nodes(url: str, schema: str, *names: str) -> AsyncIterator[list[Node]]:
    async with contextlib.AsyncExitStack() as opened:
        made = []
        for name in names:
            engine = await Engine.open(url, schema=schema, name=f"{schema}-{name}")
            opened.push_async_callback(engine.close)
            log = await opened.enter_async_context(one_node(engine, name))
            made.append(Node(log, engine))
        yield made


def on_nodes(main: Callable[..., Any], *names: str) -> None:
    async def whole(url: str, schema: str) -> None:
        async with nodes(url, schema, *names) as made:
            await main(*made)

    with postgres.schema() as (url, schema):
        asyncio.run(whole(url, schema))


async def act(node: Node, some: random.Random, user: User, count: int) -> None:
    """Post and change messages at random, the next when the one before is answered."""
    for turn in range(count):
        try:
            await act_once(node, some, user, turn)
        except Refused as refused:
            assert refused.code in ("not-found", "invalid-field", "too-many", "history-unavailable"), refused


async def act_once(node: Node, some: random.Random, user: User, turn: int) -> None:
    channel, what = some.choice(CHANNELS), some.choice(WHAT)
    seq = some.randint(1, max(await node.log.last(channel), 1))
    ref = f"{user.id} {turn}" if turn % 2 else None
    time = 1_700_000_000_000 + turn
    if what in ("post", "long", "thread"):
        text = f"{user.name} {turn} " + "ä€" * (3_000 if what == "long" else some.randint(0, 300))
        extra: Any = {"thread": seq} if what == "thread" else {"reply_to": seq} if turn % 9 == 0 else None
        assert (await node.log.append(Message(channel, text, user, time, ref, extra=extra))).seq > 0
    else:
        asked = Change(channel, seq, what, user, time, ref, on=turn % 3 > 0, any=True)
        asked.text, asked.key = f"{turn} changed", some.choice("ab")
        await node.log.change(asked)


async def act_on(made: list[Node], seed: int, count: int) -> None:
    people = [
        (node, random.Random(f"{seed} {at} {place}"), User(f"u{at}{place}", f"U {at} {place}", ROLES[place % 2]))
        for at, node in enumerate(made)
        for place in range(6)
    ]
    await asyncio.gather(*[act(node, some, user, count) for node, some, user in people])


async def all_told(made: list[Node]) -> None:
    for node in made:
        async with asyncio.timeout(20):
            while not await node.has_all():
                await asyncio.sleep(0.01)


async def end_some(node: Node, url: str, which: str) -> int:
    """End connections of a node: those that listen, or all; return how many."""
    connection = await connect(url)
    try:
        return int(
            await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1"
                " AND (query LIKE $2 OR query = 'SELECT 1')",
                node.engine.sessions,
                "LISTEN%" if which == "listening" else "%",
            )
        )
    finally:
        await connection.close()


def is_further(node: Node, count: int, acting: asyncio.Task[None]) -> bool:
    return acting.done() or sum(map(len, node.told.values())) > count


def replayed(items: list[tuple[int, list[Any]]]) -> dict[int, Any]:
    """Return the messages of a channel as a client has them that was told of these."""
    lines: dict[int, Any] = {}
    newest = 0
    for number, events in items:
        for one in events:
            if one["action"] == "send-message":
                assert one["seq"] not in lines, "told twice"
                assert one["seq"] >= newest, "told behind a later one"
                lines[one["seq"]] = one
            else:
                line = lines[one["about"]]
                if (known := line.get("rev", line["seq"])) >= one["seq"]:
                    continue
                assert known >= one["after"], "something before this was not told"
                line |= {**one["set"], "rev": one["seq"]}
                for key in [key for key, value in one["set"].items() if value is None]:
                    del line[key]
        newest = max(newest, number)
    return lines


def plain(line: Any) -> Any:
    """Return a line as the history has it: of users it keeps no roles."""
    return {**line, "sender": {"id": line["sender"]["id"], "name": line["sender"]["name"]}}


async def assert_kept(made: list[Node]) -> None:
    """Assert that who was told by a node has what the history has."""
    for channel in CHANNELS:
        stored, more = await made[0].log.read(channel, limit=5_000)
        assert not more
        expected = {one.seq: plain(json.loads(one.line())) for one in stored}
        for node in made:
            assert {seq: plain(line) for seq, line in replayed(node.told[channel]).items()} == expected


@pytest.mark.parametrize("seed", [0, only_long(1), only_long(2)])
def test_both_pass_on_the_same_in_one_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PATIENCE", 30)  # only what is told, unless it is too long

    async def main(one: Node, two: Node) -> None:
        await act_on([one, two], seed, 40)
        await all_told([one, two])
        for channel in CHANNELS:
            drawn = one.numbers(channel)
            assert drawn == sorted(drawn)
            long = {number for number, [line, *_] in one.told[channel] if len(line.get("message", "")) > 2_000}
            assert long
        await assert_kept([one, two])

    on_nodes(main, "one", "two")


@pytest.mark.parametrize("which", ["all", only_long("listening")])
@pytest.mark.parametrize("seed", [0, only_long(1)])
def test_whoever_loses_connections_misses_nothing_and_tells_nothing_twice(seed: int, which: str) -> None:
    async def main(one: Node, two: Node) -> None:
        acting = asyncio.create_task(act_on([one, two], seed, 60))
        ended = 0
        for node in (two, one, two):
            before = sum(map(len, node.told.values()))
            await until(partial(is_further, node, before + 60, acting))
            ended += await end_some(node, one.engine.url, which)
        await acting
        assert ended >= 3
        await all_told([one, two])
        await assert_kept([one, two])

    on_nodes(main, "one", "two")
