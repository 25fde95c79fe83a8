"""Two servers that change places at the same time: each keeps what it changed, and what both make is made once."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests import postgres
from tests.postgres import on_postgres
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.chat.models import User
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.memberships import PostgresMemberships

DEN = ChannelRecord("den")
OTHERS = ("a:2", "a:3", "a:4", "g:5")


def on_two(main: Callable[[PostgresMemberships, PostgresMemberships], Awaitable[Any]]) -> None:
    """Run something on the memberships of two servers."""

    async def whole(url: str, name: str) -> None:
        async with postgres.engine(url, name) as one, postgres.engine(url, name) as two:
            await main(PostgresMemberships(one), PostgresMemberships(two))

    with postgres.schema() as (url, name):
        asyncio.run(whole(url, name))


async def known(*nodes: PostgresMemberships, **fields: Any) -> list[Membership]:
    """Store Ann's membership; return it as each server has read it."""
    await nodes[0].put([Membership(DEN, "a:1", **fields)])
    return [one for node in nodes if (one := await node.membership("a:1", DEN))]


def test_two_who_change_different_fields_of_one_membership_both_win() -> None:
    async def main(one: PostgresMemberships, two: PostgresMemberships) -> None:
        here, there = await known(one, two, since=3, read=3, sees=((3, None),))
        here.role, here.level, here.sees = "moderator", "none", ((3, 5), (7, None))
        there.read, there.hidden, there.silenced_until = 9, True, 70
        await asyncio.gather(one.put([here]), two.put([there]))
        expected = Membership(
            *(DEN, "a:1", "moderator", 3, 0, ((3, 5), (7, None)), 9, "none"), hidden=True, silenced_until=70
        )
        assert await one.membership("a:1", DEN) == expected
        there.silenced_until = 0
        await two.put([there])
        here.level = "all"
        await one.put([here])
        expected.silenced_until, expected.level = 0, "all"
        assert await one.membership("a:1", DEN) == expected

    on_two(main)


def test_of_two_who_read_on_the_further_one_counts_and_what_is_set_back_stays_so() -> None:
    async def main(one: PostgresMemberships, two: PostgresMemberships) -> None:
        here, there = await known(one, two, read=3)
        here.read, there.read = 9, 7
        await one.put([here])
        await two.put([there])
        assert (await known(one))[0].read == 0  # of one of which nobody knows what is stored
        here, there = await known(one, two, read=9)
        here.read, there.read = 2, 12
        await two.put([there])
        await one.put([here])
        found = await two.membership("a:1", DEN)
        assert found is not None
        assert found.read == 2

    on_two(main)


def test_who_joins_at_the_moment_at_which_another_server_makes_them_an_owner_is_one() -> None:
    async def main(one: PostgresMemberships, two: PostgresMemberships) -> None:
        await one.put([Membership(DEN, "a:1", "owner", read=3)])
        await two.put([Membership(DEN, "a:1", read=4)])
        found = await one.membership("a:1", DEN)
        assert found == Membership(DEN, "a:1", "owner", read=4)
        assert await one.count("den") == 1
        found.ended = 5
        await one.put([found])
        await two.put([Membership(DEN, "a:1")])
        assert await one.membership("a:1", DEN) == Membership(DEN, "a:1")

    on_two(main)


def test_what_another_server_has_deleted_does_not_come_back_unless_it_begins_anew() -> None:
    async def main(one: PostgresMemberships, two: PostgresMemberships) -> None:
        _, there = await known(one, two)
        await one.delete("den")
        there.read = 7
        await two.put([there])
        there.ended = 5
        await two.put([there])
        assert await one.record("den") is None
        assert await one.of_user("a:1") == []
        there.ended, there.role = 0, "moderator"
        await two.put([there])
        assert await one.of_user("a:1") == [there]
        assert await one.count("den") == 1
        secret = ChannelRecord("p:1", "private")
        mine = Membership(secret, "a:1")
        await one.create(secret, [mine])
        await two.delete("p:1")
        mine.read, other = 7, Membership(secret, "a:2")
        await one.put([mine, other])
        assert await one.record("p:1") is None
        assert [one.record.name for one in await one.of_user("a:1")] == ["den"]

    on_two(main)


@pytest.mark.parametrize("kind", ["public", "direct"])
def test_of_those_who_make_the_same_channel_at_once_one_does_and_the_others_get_it(kind: str) -> None:
    async def main(*nodes: PostgresMemberships) -> None:
        async def make(number: int, node: PostgresMemberships, by: str) -> bool:
            people = ("a:1", f"b:{number}") if kind == "direct" else ()
            name = f"dm:{number}-{by}" if kind == "direct" else f"c{number}"
            record = ChannelRecord(name, kind, creator=by, people=people)
            owner = Membership(record, by, "owner")
            found = await node.create(record, [owner])
            assert (found is record) == (found.creator == by)
            assert found.name == name or kind == "direct"
            assert (owner.was is not None) == (found is record)
            return found is record

        numbers = range(25)
        calls = [make(number, node, f"a:{by}") for number in numbers for by, node in enumerate(nodes * 2)]
        made = await asyncio.gather(*calls)
        assert [sum(made[4 * number : 4 * number + 4]) for number in numbers] == [1] * len(numbers)
        page, more = await nodes[0].channels(direct=True)
        assert len(page) == len(numbers)
        assert not more
        assert all(one.members == 1 for one in page)
        ranked = [await nodes[1].ranked(one.record.name) for one in page]
        assert [[one.user for one in them] for them in ranked] == [[one.record.creator] for one in page]

    on_two(main)


def test_of_owners_who_go_at_once_the_last_one_leaves_an_heir() -> None:
    async def main(one: PostgresMemberships, two: PostgresMemberships) -> None:
        for number in range(10):
            record = ChannelRecord(f"c{number}")
            first, second = f"x:{number}", f"y:{number}"
            theirs = {first: "owner", second: "owner", **dict.fromkeys(OTHERS, "member")}
            await one.put([Membership(record, user, role) for user, role in theirs.items()])
            found = await asyncio.gather(one.erase(first), two.erase(second))
            heirs = [one for owners in found for one in owners]
            assert [(one.user, one.role, one.record.name) for one in heirs] == [("a:2", "owner", record.name)]
            assert await one.count(record.name) == len(OTHERS)

    on_two(main)


def test_who_is_erased_follows_no_thread_any_more_and_has_no_files() -> None:
    async def main(engine: Engine) -> None:
        kept = PostgresMemberships(engine)

        async def fill(connection: Any) -> None:
            for user in ("a:1", "a:2"):
                await connection.execute('INSERT INTO follows ("user", root, read) VALUES ($1, 7, 1)', user)
                await connection.execute("INSERT INTO uploads VALUES ($1, $1, 'x', 5, 1)", user)

        await engine.write(fill)
        await kept.erase("a:1")
        for asked in ('SELECT array_agg("user") FROM follows', "SELECT array_agg(owner) FROM uploads"):
            assert await engine.read(lambda connection, asked=asked: connection.fetchval(asked)) == ["a:2"]

    on_postgres(main)


def test_whatever_two_servers_do_at_once_channels_count_their_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tornado_chat.storage.place_trimming.REST", 0)
    seeded = random.Random(7)
    users, names = [f"a:{number}" for number in range(8)], [f"c{number}" for number in range(5)]

    async def act(node: PostgresMemberships) -> None:
        some = seeded.sample([(user, name) for user in users for name in names], 6)
        chosen = seeded.random()
        if chosen < 0.6:
            new = [Membership(ChannelRecord(name), user, ended=seeded.randint(0, 1)) for user, name in some]
            await node.put(new)
        elif chosen < 0.8:
            own = await node.of_user(users[0])
            for one in own:
                one.ended, one.read = seeded.randint(0, 1), seeded.randint(0, 99)
            await node.put(own)
        elif chosen < 0.9:
            await node.erase(seeded.choice(users))
        elif chosen < 0.95:
            await node.delete(seeded.choice(names))
        else:
            await node.discard(names)
            await node.trim(10**13, 1, "a:1".__eq__)

    async def main(*nodes: PostgresMemberships) -> None:
        async def run(node: PostgresMemberships) -> None:
            for _ in range(25):
                await act(node)

        await asyncio.gather(*(run(node) for node in nodes * 2))
        asked = """
            SELECT r.name, r.members, (SELECT count(*) FROM memberships WHERE channel = r.name AND ended = 0)
            FROM channel_records r"""
        found = await nodes[0]._engine.read(lambda connection: connection.fetch(asked))
        assert found
        assert [tuple(row) for row in found if row[1] != row[2]] == []
        without = "SELECT count(*) FROM memberships WHERE channel NOT IN (SELECT name FROM channel_records)"
        assert await nodes[0]._engine.read(lambda connection: connection.fetchval(without)) == 0

    on_two(main)


BAD = ["a\0b", "a\ud800b"]


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_a_text_that_nothing_can_have_finds_nothing_or_is_refused(text: str) -> None:
    async def main(engine: Engine) -> None:
        kept = PostgresMemberships(engine)
        await kept.met([Person(User("a:1", "Ann"), 1)])
        assert (await kept.people(ids=[text, "a:1"]))[0] == [Person(User("a:1", "Ann"), 1)]
        assert [one.id for one in await kept.named(None, [text, "ann"])] == ["a:1"]
        calls: list[Awaitable[Any]] = [
            *(kept.record(text), kept.direct([text, "a:1"]), kept.of_user(text), kept.membership(text, DEN)),
            *(kept.membership("a:1", ChannelRecord(text)), kept.count(text), kept.ranked(text), kept.erase(text)),
            *(kept.members(text), kept.members("den", text), kept.members("den", after=text)),
            *(kept.people(find=text), kept.people(after=text), kept.channels(text), kept.channels(after=text)),
            *(kept.browse(text, "", "", 9), kept.browse("a:1", text, "", 9), kept.browse("a:1", "", text, 9)),
            *(kept.discard([text]), kept.delete(text), kept.empty(9, text)),
        ]
        for call in calls:
            try:
                assert await call in (None, 0, [], ([], False))
            except Refused as refused:
                assert refused.code == "invalid-field"

    on_postgres(main)
