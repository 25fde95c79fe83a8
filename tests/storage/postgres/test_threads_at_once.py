"""Two nodes reply, change, follow, read, trim and forget at once; what they leave behind agrees."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tests import postgres
from tests.lengths import each_long
from tests.storage.histories import change, edit, message, one_node
from tests.storage.postgres.members import until
from tornado_chat.chat.changes import Change
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Committed, Replied
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.postgres.engine import Connection
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.history_consistency import contradictions

USERS = [User(str(number), f"user {number}") for number in range(6)]
CHANNELS = ("den", "attic")


def together(main: Callable[[PostgresHistory, PostgresHistory], Awaitable[Any]], **options: Any) -> None:
    """Run something on the histories of two nodes; nothing may contradict each other when it is done."""

    async def on_two(url: str, name: str) -> None:
        async with postgres.engine(url, name) as here, postgres.engine(url, name) as there:
            async with one_node(here, "one", **options) as one, one_node(there, "two", **options) as two:
                await main(one, two)
            assert await here.read(contradictions, snapshot=True) == []

    with postgres.schema() as (url, name):
        asyncio.run(on_two(url, name))


async def tried(call: Awaitable[Any]) -> Any:
    """Return what a call answers, or the code of its refusal."""
    try:
        return await call
    except Refused as refused:
        return refused.code


def test_replies_of_two_nodes_are_all_counted_and_all_follow() -> None:
    async def main(one: PostgresHistory, two: PostgresHistory) -> None:
        heard: dict[str, list[Committed]] = {"one": [], "two": []}
        for name, log in (("one", one), ("two", two)):
            log.on_commit(heard[name].extend)
        await one.append(message("root", sender=USERS[0]))
        posts = [
            log.append(message(f"{number}", sender=USERS[1 + (number + at) % 5], thread=1))
            for number in range(50)
            for at, log in enumerate((one, two))
        ]
        stored = await asyncio.gather(*posts)
        assert sorted(one.seq for one in stored) == list(range(2, 102))
        root = (await two.get("den", [1]))[0]
        assert (root.extra or {})["replies"]["count"] == 100
        assert root.rev == 101
        assert sorted(await one.followers("den", 1)) == [user.id for user in USERS]
        for user in USERS[1:]:
            own = max(one.seq for one in stored if one.sender == user)
            assert (await two.reading(user.id, "den", 1, None)).read == own
        assert (await two.reading(USERS[0].id, "den", 1, None)).unread == 100
        for items in heard.values():
            await until(lambda items=items: len(items) == 101)  # type: ignore[misc]
            replies = [item for item in items if isinstance(item, Replied)]
            assert [item.seq for item in replies] == list(range(2, 102))
            shown = [(item.changed.message.extra or {})["replies"]["count"] for item in replies]
            assert shown == list(range(1, 101))

    together(main)


@pytest.mark.parametrize("what", ["follow", "read"])
def test_nobody_follows_a_root_that_is_trimmed_away_at_that_moment(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(one: PostgresHistory, two: PostgresHistory) -> None:
        at_the_end, go_on = asyncio.Event(), asyncio.Event()
        write = two._engine.write

        async def write_slowly(job: Callable[[Connection], Awaitable[Any]]) -> Any:
            async def slowly(connection: Connection) -> Any:
                result = await job(connection)
                at_the_end.set()
                await go_on.wait()
                return result

            return await write(slowly)

        for _ in range(2):
            await one.append(message())
        monkeypatch.setattr(two._engine, "write", write_slowly)
        async with asyncio.TaskGroup() as tasks:
            if what == "follow":
                tasks.create_task(two.follow("1", "den", 1, True, 1))
            else:
                tasks.create_task(two.read_thread("1", "den", 1, 1, False))
            await at_the_end.wait()
            trimmed = tasks.create_task(one.trim())
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE $1"
            )
            while not trimmed.done():
                if await one._engine.read(lambda c: c.fetchval(waiting, f"%{one._engine.name}%")):
                    break
            go_on.set()
        assert [each.seq for each in await one.get("den", [1, 2])] == [2]
        assert await one.followers_after("", 9) == []

    together(main, keep_messages=1)


@pytest.mark.usefixtures("no_rest")
@pytest.mark.parametrize("seed", [0, *each_long(1, 2)])
def test_whatever_nodes_do_at_once_the_tables_agree(seed: int) -> None:
    chance = random.Random(seed)

    def asked(channel: str, seq: int, user: User) -> Sequence[Change]:
        mentioned = tuple(one.id for one in chance.sample(USERS, 2))
        return [
            edit(seq, f"edit {chance.random()}", user=user, channel=channel, mentions=mentioned, any=True),
            change("deleted", seq, user=user, channel=channel, any=True),
            change("reacted", seq, user=user, channel=channel, key=chance.choice("ab"), on=chance.random() < 0.6),
            change("pinned", seq, user=user, channel=channel, on=chance.random() < 0.6),
        ]

    async def act(log: PostgresHistory) -> None:
        channel, user = chance.choice(CHANNELS), chance.choice(USERS)
        newest = await log.last(channel)
        seq = chance.randint(max(newest - 30, 1), newest + 1)
        what = chance.random()
        if what < 0.6:
            about: dict[str, Any] = {"thread": seq} if chance.random() < 0.7 else {}
            if about and chance.random() < 0.3:
                about["also_in_channel"] = True
            about["mentions"] = [one.id for one in chance.sample(USERS, 2)]
            posts = [log.append(message("a", sender=user, channel=channel, **about)) for _ in range(3)]
            await asyncio.gather(*map(tried, posts))
        elif what < 0.8:
            await asyncio.gather(*[tried(log.change(one)) for one in asked(channel, seq, user)])
        elif what < 0.9:
            await log.follow(user.id, channel, seq, chance.random() < 0.7, newest)
            await log.read_thread(user.id, channel, seq, newest, chance.random() < 0.2)
        elif what < 0.95:
            await log.trim()
        else:
            await log.forget_followers([one.id for one in chance.sample(USERS, 2)])

    async def main(one: PostgresHistory, two: PostgresHistory) -> None:
        async def work(log: PostgresHistory) -> None:
            for _ in range(25):
                await act(log)

        for channel in CHANNELS:
            await one.append(message("first", channel=channel))
        await asyncio.gather(*[work(log) for log in (one, two) for _ in range(4)])
        for log in (one, two):
            for channel in CHANNELS:
                messages, more = await log.read(channel, limit=500)
                assert not more
                assert len({each.seq for each in messages}) == len(messages)

    together(main, keep_messages=60)


def test_a_reply_and_a_plain_message_of_one_batch_keep_their_order() -> None:
    async def main(one: PostgresHistory, two: PostgresHistory) -> None:
        await two.append(message("root"))
        about: list[dict[str, Any]] = [{"thread": 1}, {}, {"thread": 1, "also_in_channel": True}, {"thread": 1}, {}]
        posts = [one.append(message(str(at), **more)) for at, more in enumerate(about)]
        stored: list[Message] = list(await asyncio.gather(*posts))
        assert [each.seq for each in stored] == [2, 3, 4, 5, 6]
        messages, _ = await two.read("den", limit=10, timeline=True)
        assert [each.text for each in messages] == ["root", "1", "2", "4"]

    together(main)
