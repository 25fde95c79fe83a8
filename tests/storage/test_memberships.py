"""What holds for records of channels, memberships and people in memory, in a file, and in a file beside a server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.postgres import on_postgres
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Member, Membership, Memberships, Person
from tornado_chat.chat.models import User
from tornado_chat.storage.postgres.memberships import PostgresMemberships
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.storage.sqlite.memberships import SqliteMemberships

Main = Callable[[Memberships], Awaitable[Any]]
Run = Callable[[Main], None]
ANN, BOB, EVE = User("a:1", "Ann"), User("a:2", "Bob"), User("g:3", "Éve")
DAY = 86_400_000
NOW = 100 * DAY


def found(folder: Path) -> list[str]:
    """Return what is wrong with a data folder, whose history has no messages: all positions are beyond it."""
    return [one for one in check(folder) if "has read more" not in one]


@pytest.fixture(params=["memory", "sqlite", "offline", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    def go(main: Main) -> None:
        async def in_memory() -> None:
            await main(SqliteMemberships(DirectDatabase()))

        if request.param == "memory":
            asyncio.run(in_memory())
        elif request.param == "sqlite":
            on_database(tmp_path, lambda database: main(SqliteMemberships(database)))
            assert found(tmp_path) == []
        elif request.param == "postgres":
            on_postgres(lambda engine: main(PostgresMemberships(engine)))
        else:
            with DirectDatabase(tmp_path) as file:
                asyncio.run(main(SqliteMemberships(file)))  # type: ignore[arg-type]
            assert found(tmp_path) == []

    return go


async def meet(kept: Memberships, *users: User, seen: int = NOW) -> None:
    await kept.met([Person(user, seen) for user in users])


def names(found: tuple[list[Any], bool]) -> tuple[str, bool]:
    """Return what a page holds, in a few letters, and whether there is more."""
    page, more = found
    return " ".join(one.user.id if isinstance(one, Member | Person) else one.record.name for one in page), more


WHOLE = ChannelRecord(
    *("p:x", "private", "Tïtle \U0001f600", "a topic", "a\ndescription", "moderators", 5, 60, "from-joining"),
    *(((0, 7), (9, None)), False, True, "a:1", 123, (), {"poll": {"on": True, "words": ["ü\0"]}}),
)


def test_a_record_comes_back_as_it_was_stored_and_as_a_new_object(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        assert await kept.record("p:x") is None
        assert await kept.create(WHOLE, []) is WHOLE
        found = await kept.record("p:x")
        assert found == WHOLE
        assert found is not WHOLE
        assert await kept.create(ChannelRecord("p:x"), []) == WHOLE  # the one that is there
        found.title, found.edit_window, found.open = "other", None, ()
        await kept.set(found, ["title", "edit_window", "open"])
        assert await kept.record("p:x") == found != WHOLE
        await kept.set(ChannelRecord("new"), ["topic"])
        assert await kept.record("new") == ChannelRecord("new")

    run(main)


def test_of_a_record_what_was_changed_is_stored_and_of_a_secret_one_that_is_gone_nothing(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await kept.create(ChannelRecord("den", topic="t", plugins={"poll": {"x": 1}}), [])
        await asyncio.gather(
            kept.set(ChannelRecord("den", title="The den", topic="older"), ["title"]),
            kept.set(ChannelRecord("den", open=((3, None),), listed=False), ["open", "listed"]),
        )
        expected = ChannelRecord(
            "den", title="The den", topic="t", open=((3, None),), listed=False, plugins={"poll": {"x": 1}}
        )
        assert await kept.record("den") == expected
        assert names(await kept.channels(find="the d")) == ("den", False)
        for name in ("p:1", "dm:1"):
            await kept.set(ChannelRecord(name, "private", "x"), ["title"])
            assert await kept.record(name) is None

    run(main)


def test_a_membership_comes_back_as_it_was_stored_with_the_record_of_its_channel(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB)
        whole = Membership(
            WHOLE, "a:1", "owner", 3, 4, ((5, 6), (7, None)), 8, "mentions", 9, 10, hidden=True, kept_out_until=12
        )
        await kept.create(WHOLE, [whole])
        den = Membership(ChannelRecord("den", made=5), "a:1")
        await kept.put([den, Membership(den.record, "a:2", "moderator")])
        assert sorted(await kept.of_user("a:1"), key=lambda one: one.record.name) == [den, whole]
        assert await kept.membership("a:1", WHOLE) == whole
        assert await kept.membership("a:2", WHOLE) is None
        found = await kept.membership("a:2", den.record)
        assert found == Membership(den.record, "a:2", "moderator")
        assert found.record is den.record
        den.read, den.ended, den.sees = 7, 99, ()
        await kept.put([den])
        assert await kept.membership("a:1", den.record) == den
        assert den in await kept.of_user("a:1")
        assert await kept.of_user("a:9") == []
        both = await kept.of_users(["a:1", "a:2", "a:9"])
        assert sorted((one.user, one.record.name) for one in both) == [("a:1", "den"), ("a:1", "p:x"), ("a:2", "den")]
        assert den in both
        assert WHOLE in await kept.records(["p:x", "nowhere"])

    run(main)


def test_a_public_record_is_stored_with_a_membership_and_a_deleted_private_one_is_not(
    run: Run,
) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN)
        await kept.put([Membership(ChannelRecord("den", topic="t"), "a:1"), Membership(WHOLE, "a:1")])
        assert await kept.record("den") == ChannelRecord("den", topic="t")
        assert await kept.record("p:x") is None
        assert [one.record.name for one in await kept.of_user("a:1")] == ["den"]
        await kept.put([Membership(ChannelRecord("den", topic="older"), "a:1", read=5)])
        assert await kept.of_user("a:1") == [Membership(ChannelRecord("den", topic="t"), "a:1", read=5)]

    run(main)


def test_the_same_people_have_one_direct_conversation(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE)
        first = ChannelRecord("dm:1", "direct", people=("a:1", "a:2"))
        members = [Membership(first, one) for one in first.people]
        assert await kept.create(first, members) is first
        again = ChannelRecord("dm:2", "direct", people=("a:2", "a:1"))
        assert await kept.create(again, []) == first
        assert await kept.record("dm:2") is None
        assert await kept.direct(["a:2", "a:1"]) == first
        assert await kept.direct(["a:1", "a:2", "g:3"]) is None
        three = ChannelRecord("dm:3", "direct", people=("a:1", "a:2", "g:3"))
        made = await asyncio.gather(*(kept.create(three, []) for _ in range(3)))
        assert made == [three] * 3
        await kept.delete("dm:1")
        assert await kept.direct(["a:1", "a:2"]) is None
        assert await kept.of_user("a:1") == []
        assert await kept.create(again, []) is again

    run(main)


def test_a_channel_counts_its_members_and_those_who_left_do_not_count(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE)
        den = ChannelRecord("den")
        assert await kept.count("den") == 0
        theirs = [Membership(den, user.id, began=began) for began, user in enumerate((EVE, BOB, ANN))]
        await kept.put(theirs)
        await kept.put(theirs)
        assert await kept.count("den") == 3
        theirs[0].ended = 5
        await kept.put(theirs[:1])
        assert await kept.count("den") == 2
        assert names(await kept.members("den")) == ("a:1 a:2", False)
        assert await kept.lasting("den", ["a:2", "g:3", "a:9"]) == {"a:2"}
        assert await kept.lasting("nowhere", ["a:2"]) == await kept.lasting("den", []) == set()
        theirs[0].ended = 0
        await kept.put(theirs[:1])
        assert names(await kept.members("den")) == ("a:1 a:2 g:3", False)
        await kept.set(den, ["topic"])
        assert await kept.count("den") == 3

    run(main)


def test_members_come_in_pages_and_are_found_by_a_part_of_their_name(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.storage.pages.PIECE", 3)

    async def main(kept: Memberships) -> None:
        users = [User(f"a:{number}", f"N{number} {'ODD' if number % 2 else 'even'}") for number in range(10, 30)]
        await meet(kept, *users)
        den = ChannelRecord("den")
        await kept.put([Membership(den, user.id, "owner" if user.id == "a:12" else "member") for user in users])
        await kept.put([Membership(ChannelRecord("hall"), "a:9")])
        await meet(kept, User("a:9", "odd"))
        found, after, more = [], "", True
        while more:
            page, more = await kept.members("den", after=after, limit=3)
            assert len(page) == 3 or not more
            after = page[-1].user.id
            found += page
        assert [(one.user.id, one.user.name) for one in found] == [(one.id, one.name) for one in users]
        assert [one.user.id for one in found if one.role == "owner"] == ["a:12"]
        assert names(await kept.members("den", find="  oDd", limit=4)) == ("a:11 a:13 a:15 a:17", True)
        assert names(await kept.members("den", find="odd", after="a:17", limit=6)) == (
            "a:19 a:21 a:23 a:25 a:27 a:29",
            False,
        )
        assert names(await kept.members("den", find="29 odd")) == ("a:29", False)
        assert names(await kept.members("den", find="%")) == ("", False)
        assert names(await kept.members("nowhere")) == ("", False)

    run(main)


def test_members_are_named_by_what_their_names_look_like(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE, User("a:4", "ANN"), User("a:5", "Ann"))
        den = ChannelRecord("den")
        await kept.put([Membership(den, one) for one in ("a:1", "g:3", "a:4")])
        await kept.put([Membership(den, "a:5", ended=5)])
        found = await kept.named(["den"], ["ann", "éve", "bob", "nobody"])
        assert sorted((one.id, one.name) for one in found) == [("a:1", "Ann"), ("a:4", "ANN"), ("g:3", "Éve")]
        assert await kept.named(["den"], []) == await kept.named([], ["ann"]) == []
        hall = ChannelRecord("hall")
        await kept.put([Membership(hall, one) for one in ("a:1", "a:5")])
        found = await kept.named(["den", "hall", "nowhere"], ["ann"])
        assert sorted(one.id for one in found) == ["a:1", "a:4", "a:5"]
        assert sorted(one.id for one in await kept.named(None, ["bob", "éve"])) == ["a:2", "g:3"]

    run(main)


def test_who_ranks_is_known_with_the_oldest_of_the_members(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        den = ChannelRecord("den")
        assert await kept.ranked("den") == []
        ranks = ("owner", "moderator", "moderator", "member", "member")
        theirs = [Membership(den, f"a:{number}", rank, began=9 - number) for number, rank in enumerate(ranks)]
        theirs[2].ended = 1
        await meet(kept, *(User(one.user, "x") for one in theirs))
        await kept.put(theirs)
        found = sorted(await kept.ranked("den"), key=lambda one: one.user)
        assert found == [theirs[0], theirs[1], theirs[4]]
        theirs[4].silenced_until = 10**13
        guest = Membership(den, "g:0", began=1)
        await kept.put([theirs[4], guest])
        assert theirs[3] in await kept.ranked("den")  # before who is silenced, and before a guest
        theirs[3].ended = 1
        await kept.put([theirs[3]])
        assert theirs[4] in await kept.ranked("den")
        assert len({id(one.record) for one in found}) == 1

    run(main)


def test_one_browses_listed_channels_and_ones_own_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tornado_chat.storage.pages.PIECE", 2)

    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE)
        for record, *members in (
            (ChannelRecord("den"), "a:2"),
            (ChannelRecord("Größe", title="Other Words"), "a:1", "a:2"),
            (ChannelRecord("unlisted", listed=False), "a:2"),
            (ChannelRecord("mine", listed=False), "a:1"),
            (ChannelRecord("left", listed=False),),
            (ChannelRecord("p:1", "private", "den of Ann"), "a:1", "a:2"),
            (ChannelRecord("p:2", "private", "den of Bob"), "a:2"),
            (ChannelRecord("dm:1", "direct", people=("a:1", "g:3")), "a:1", "g:3"),
            (ChannelRecord("dm:2", "direct", people=("a:2", "g:3")), "a:2", "g:3"),
            (ChannelRecord("dm:3", "direct", people=("a:1", "a:2")), "a:2"),
        ):
            await kept.create(record, [Membership(record, one) for one in members])
        await kept.put([Membership(ChannelRecord("left"), "a:1", ended=1)])
        await kept.put([Membership(ChannelRecord("dm:3"), "a:1", hidden=True)])
        found, more = await kept.browse("a:1", "", "", 200)
        assert not more
        assert [(one.record.name, one.members) for one in found] == [
            *(("Größe", 2), ("den", 1), ("dm:1", 2), ("mine", 1), ("p:1", 2))
        ]
        assert names(await kept.browse("a:9", "", "", 200)) == ("Größe den", False)
        assert names(await kept.browse("a:1", "", "Größe", 2)) == ("den dm:1", True)
        assert names(await kept.browse("a:1", "", "dm:1", 2)) == ("mine p:1", False)
        for find, expected in (
            *(("DEN", "den p:1"), ("grösse", "Größe"), ("other w", "Größe"), ("éVE", "dm:1"), ("ann", "p:1")),
            *(("p:", ""), ("dm", ""), ("bob", ""), ("den\nden", "")),
        ):
            assert names(await kept.browse("a:1", find, "", 200)) == (expected, False)
        assert names(await kept.browse("a:1", "den", "", 1)) == ("den", True)

    run(main)


def test_people_are_found_by_a_part_of_their_name_and_by_id(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tornado_chat.storage.pages.PIECE", 2)

    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE, seen=5)
        await meet(kept, User("a:1", "Annie"), seen=3)
        assert (await kept.people())[0] == [Person(ANN, 5), Person(BOB, 5), Person(EVE, 5)]
        assert [one.user.name for one in (await kept.people())[0]] == ["Annie", "Bob", "Éve"]
        assert names(await kept.people(find="ANN")) == ("a:1", False)
        assert names(await kept.people(find="eve")) == ("", False)  # é is another letter
        assert names(await kept.people(find="é", limit=1)) == ("g:3", False)
        assert names(await kept.people(limit=2)) == ("a:1 a:2", True)
        assert names(await kept.people(after="a:2", limit=2)) == ("g:3", False)
        assert names(await kept.people(ids=["g:3", "a:9", "a:1"], limit=1)) == ("a:1 g:3", False)
        [bob] = (await kept.people(ids=["a:2"]))[0]
        assert bob.user.role == "member"
        [eve] = (await kept.people(ids=["g:3"]))[0]
        assert eve.user.role == "guest"

    run(main)


def test_who_is_removed_leaves_nothing_and_a_later_user_of_the_id_inherits_nothing(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN, BOB, EVE)
        den, pair = ChannelRecord("den"), ChannelRecord("dm:1", "direct", people=("a:1", "a:2"))
        for record in (den, pair):
            await kept.create(record, [Membership(record, one) for one in ("a:1", "a:2")])
        assert await kept.erase("a:1") == []
        assert await kept.of_user("a:1") == []
        assert await kept.count("den") == 1
        assert names(await kept.people(ids=["a:1"])) == ("", False)
        assert await kept.direct(["a:1", "a:2"]) is None
        left = await kept.record("dm:1")
        assert left is not None
        assert left.people == ("a:2",)
        await meet(kept, ANN)
        anew = ChannelRecord("dm:2", "direct", people=("a:1", "a:2"))
        assert await kept.create(anew, [Membership(anew, one) for one in anew.people]) is anew
        assert {one.record.name for one in await kept.of_user("a:1")} == {"dm:2"}

    run(main)


@pytest.mark.parametrize(
    ("others", "heir"),
    [
        ([("a:2", "owner", 9), ("a:3", "moderator", 1)], None),
        ([("a:2", "member", 1), ("a:3", "moderator", 7), ("a:4", "moderator", 5)], "a:4"),
        ([("a:2", "member", 3), ("a:3", "member", 2)], "a:3"),
        ([("g:2", "member", 1), ("a:3", "member", 2)], "a:3"),
        ([], None),
    ],
)
def test_the_last_owner_who_is_removed_is_followed(
    run: Run, others: list[tuple[str, str, int]], heir: str | None
) -> None:
    async def main(kept: Memberships) -> None:
        den, hall = ChannelRecord("den"), ChannelRecord("hall")
        members = [Membership(den, user, role, began=began) for user, role, began in others]
        await meet(kept, ANN, *(User(one.user, "x") for one in members))
        await kept.put([Membership(den, "a:1", "owner"), Membership(hall, "a:1"), *members])
        await kept.put([Membership(hall, one.user) for one in members])
        owners = await kept.erase("a:1")
        assert [(one.user, one.record, one.role) for one in owners] == ([(heir, den, "owner")] if heir else [])
        assert [one.user for one in await kept.ranked("den") if one.role == "owner"] == (
            [heir] if heir else [one.user for one in members if one.role == "owner"]
        )
        assert not [one for one in await kept.ranked("hall") if one.role == "owner"]

    run(main)


def test_guests_who_come_no_more_are_forgotten_and_so_is_what_has_ended(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tornado_chat.storage.place_trimming.PIECE", 2)
    monkeypatch.setattr("tornado_chat.storage.place_trimming.REST", 0)

    async def main(kept: Memberships) -> None:
        gone = [User(f"g:{number}", "Old") for number in range(5)]
        await meet(kept, ANN, *gone, User("0000-uuid", "Old"), seen=NOW - 31 * DAY)
        await meet(kept, EVE, User("g:9", "New"), seen=NOW - 29 * DAY)
        den, pair = ChannelRecord("den"), ChannelRecord("dm:1", "direct", people=("a:1", "g:1"))
        await kept.create(pair, [Membership(pair, one) for one in pair.people])
        times = {
            "g:0": {"role": "owner"},
            "a:1": {"silenced_until": NOW - 1},
            "g:3": {"silenced_until": NOW + 1},
            "x:1": {"ended": NOW - 91 * DAY},
            "x:2": {"ended": NOW - 91 * DAY, "kept_out_until": NOW + 1},
            "x:3": {"ended": NOW - 89 * DAY},
            "x:4": {"ended": NOW - 91 * DAY},
            "x:5": {"ended": NOW - 91 * DAY},
        }
        theirs = {user: Membership(den, user, **fields) for user, fields in times.items()}  # type: ignore[arg-type]
        await meet(kept, *(User(one, "x") for one in times if one[0] == "x"))
        await kept.put(list(theirs.values()))
        owners = await kept.trim(NOW, 30, "g:4".__eq__)
        assert [(one.user, one.role) for one in owners] == [("a:1", "owner")]
        people, _ = await kept.people()
        assert [one.user.id for one in people] == ["a:1", "g:3", "g:4", "g:9", *(f"x:{n}" for n in range(1, 6))]
        left = {user: await kept.membership(user, den) for user in times}
        assert {user for user, one in left.items() if one} == {"a:1", "g:3", "x:2", "x:3"}
        assert left["a:1"] == Membership(den, "a:1", "owner")
        assert left["g:3"] == theirs["g:3"]
        assert await kept.direct(["a:1", "g:1"]) is None
        assert await kept.trim(NOW, 30, "nobody".__eq__) == []

    run(main)


def test_channels_that_were_empty_for_long_are_found_and_discarded_unless_somebody_has_come(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        await meet(kept, ANN)
        for name, made, ended in (("a", 1, None), ("b", 5, None), ("c", 1, 2), ("d", 1, 5), ("e", 1, 0), ("f", 2, 1)):
            record = ChannelRecord(name, made=made)
            await kept.create(record, [] if ended is None else [Membership(record, "a:1", ended=ended)])
        assert await kept.empty(before=5) == ["a", "c", "f"]
        assert await kept.empty(before=5, after="a", limit=1) == ["c"]
        await kept.put([Membership(ChannelRecord("c"), "a:1")])
        assert await kept.discard(["a", "c", "f", "nothing"]) == 2
        assert [name for name in "abcdef" if await kept.record(name)] == ["b", "c", "d", "e"]
        assert {one.record.name for one in await kept.of_user("a:1")} == {"c", "d", "e"}

    run(main)


def test_a_text_that_cannot_be_stored_is_refused_and_undoes_nothing_of_others(run: Run) -> None:
    async def main(kept: Memberships) -> None:
        bad = ChannelRecord("den", title="\ud800")
        good = Membership(ChannelRecord("hall"), "a:1")
        await meet(kept, ANN)
        calls = [
            kept.put([good]),
            kept.create(bad, []),
            kept.create(ChannelRecord("p:x", "private"), [Membership(ChannelRecord("p:x", "private"), "\ud800")]),
            kept.set(bad, ["title"]),
            kept.put([Membership(ChannelRecord("attic"), "\ud800")]),
            kept.put([Membership(bad, "a:1")]),
            kept.met([Person(User("a:2", "\udfff"), 0)]),
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert outcomes[0] is None
        assert all(isinstance(one, Refused) for one in outcomes[1:]), outcomes
        assert await kept.of_user("a:1") == [good]
        assert [name for name in ("den", "p:x", "attic") if await kept.record(name)] == []

    run(main)
