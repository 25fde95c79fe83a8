"""What somebody has not read, and of which messages they are told by name: the same of both kinds of history."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.storage.histories import ANN, BOB, change, edit, message, on_disk
from tornado_chat.chat.changes import Change
from tornado_chat.chat.history import LOOKED_AT, History, Unread
from tornado_chat.chat.models import User
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check

Run = Callable[..., None]
EVE = User("3", "Eve")


async def unread(log: History, read: int = 0, user: User = EVE, channel: str = "den") -> tuple[int, int, int]:
    found = await log.unread(user.id, {channel: read})
    return tuple(found.get(channel, Unread(0, 0, 0)))


def mentioning(seq: int, *users: User, text: str = "edited", ref: str | None = None) -> Change:
    return edit(seq, text, ref, mentions=tuple(one.id for one in users))


def test_messages_of_others_are_unread_until_they_are_read_or_deleted(run: Run) -> None:
    async def main(log: History) -> None:
        assert await log.unread("3", {}) == {}
        assert await unread(log) == (0, 0, 0)
        for sender in (ANN, EVE, BOB, None, EVE):
            await log.append(message(sender=sender))
        assert await unread(log) == (3, 0, 5)
        assert await unread(log, 1) == (2, 0, 5)
        assert await unread(log, 5) == (0, 0, 5)
        assert await unread(log, 99) == (0, 0, 5)
        assert await unread(log, -1) == (3, 0, 5)
        assert await unread(log, 0, User("never", "wrote")) == (5, 0, 5)
        await log.change(change("deleted", 3, user=BOB))
        await log.change(change("reacted", 1, key="+"))
        await log.change(change("pinned", 4))
        assert await unread(log) == (2, 0, 8)
        assert await unread(log, 5) == (0, 0, 8)

    run(main)


def test_many_channels_are_asked_in_one_call_whatever_they_are_called(run: Run) -> None:
    async def main(log: History) -> None:
        names = ["den", "Größe", 'a "quoted" \\ name', "上海\U0001f600", "tab\tand\x01"]
        for count, name in enumerate(names, 1):
            for _ in range(count):
                await log.append(message(channel=name))
        found = await log.unread("3", dict.fromkeys([*names, "nowhere"], 1))
        assert {name: one for name, one in found.items() if one.last} == {
            name: Unread(count - 1, 0, count) for count, name in enumerate(names, 1)
        }
        assert (await log.unread("3", {"nowhere": 5})).get("nowhere", Unread(0, 0, 0)) == (0, 0, 0)
        times = await log.times([*names, "nowhere"])
        assert set(times) == set(names)
        assert times["den"] == (await log.read("den", limit=1))[0][0].time

    run(main)


def test_no_more_than_a_hundred_are_counted_and_not_very_many_are_looked_at(run: Run) -> None:
    async def main(log: History) -> None:
        for _ in range(120):
            log.append(message(mentions=["3"]))
        await log.append(message())
        assert await unread(log) == (100, 100, 121)
        assert await unread(log, 30) == (91, 90, 121)
        for _ in range(LOOKED_AT):
            log.append(message(sender=EVE))
        await log.append(message())
        assert await unread(log, 121) == (0, 0, LOOKED_AT + 122)
        assert await unread(log, 122) == (1, 0, LOOKED_AT + 122)

    run(main)


def test_a_mention_counts_from_the_number_at_which_it_arose(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("@Eve", mentions=["3", "2", "@here", "3"]))
        await log.append(message("hello"))
        await log.append(message("@Eve as well", mentions=["3"], reply_to=1))
        assert await unread(log) == (3, 2, 3)
        assert await unread(log, 1) == (2, 1, 3)
        assert await unread(log, user=BOB) == (3, 1, 3)
        assert await unread(log, user=ANN) == (0, 0, 3)
        assert await log.change(mentioning(2, EVE, ANN)) == 4  # an edit; one does not mention oneself
        assert await unread(log, 3) == (0, 1, 4)  # although she had read the message
        assert await unread(log, 4) == (0, 0, 4)
        assert await unread(log, user=ANN) == (0, 0, 4)
        assert await log.change(mentioning(1, BOB)) == 5
        assert await unread(log, 0) == (3, 2, 5)
        assert await unread(log, 1, user=BOB) == (2, 0, 5)  # that mention is as old as it was
        assert await log.change(edit(1, "something else", mentions=())) == 6
        assert await unread(log, 0, user=BOB) == (3, 0, 6)
        await log.change(change("reacted", 2, key="+"))
        assert await unread(log, 0) == (3, 2, 7)
        await log.change(change("deleted", 3))
        assert await unread(log, 0) == (2, 1, 8)

    run(main)


def test_everyone_is_mentioned_by_one_row_that_counts_for_all_but_the_sender(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("@channel", mentions=["@channel"]))
        await log.append(message("@here", mentions=["@here"]))
        await log.append(message("@channel @Eve", mentions=["@channel", "3"]))
        await log.append(message("from the server", sender=None, mentions=["@channel"]))
        assert await unread(log) == (4, 3, 4)
        assert await unread(log, 1) == (3, 2, 4)
        assert await unread(log, user=ANN) == (1, 1, 4)
        assert await unread(log, user=User("never", "wrote")) == (4, 3, 4)
        await log.change(edit(3, "@channel", mentions=("@channel",)))
        assert await unread(log) == (4, 3, 5)
        assert await unread(log, 4) == (0, 0, 5)  # of which she was told by name
        await log.change(edit(2, "@channel", mentions=("@channel",)))
        assert await unread(log, 5) == (0, 1, 6)
        await log.change(edit(2, "nobody", mentions=()))
        await log.change(change("deleted", 1))
        assert await unread(log) == (3, 2, 8)

    run(main)


def test_the_rows_of_everyone_are_as_many_as_the_messages(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> list[tuple[int, ...]]:
        for user in map(str, range(3, 40)):
            await log.append(message(sender=User(user, user)))
        await log.append(message("@channel", mentions=["@channel", "@here"]))
        found: Any = await log._database.read(
            lambda connection: connection.execute("SELECT user, message & 0xffff FROM mentions").fetchall()
        )
        return list(found)

    assert on_disk(tmp_path, main) == [(0, 38)]
    assert check(tmp_path) == []


def test_what_somebody_may_not_see_does_not_count_as_a_mention_of_them(run: Run) -> None:
    async def main(log: History) -> None:
        for _ in range(4):
            await log.append(message())
        for seq, whom in ((1, "3"), (2, "@channel"), (4, "3"), (3, "@channel")):
            await log.change(edit(seq, "new", mentions=(whom,)))
        assert (await log.unread("3", {"den": 4}))["den"].mentions == 4
        for sees, count in ((((3, None),), 1), (((0, 2), (3, None)), 3), (((0, 1), (2, 3)), 2), ((), 0), (None, 4)):
            assert (await log.unread("3", {"den": 4}, {"den": sees}))["den"].mentions == count
            found = await log.mentions("3", {"den": sees}, None, 9)
            assert len(found) == count

    run(main)


def test_mentions_are_listed_from_all_channels_the_newest_first(run: Run) -> None:
    async def main(log: History) -> None:
        for number, (name, whom) in enumerate(
            [("den", "3"), ("attic", "3"), ("den", "2"), ("hall", "3"), ("attic", "@channel"), ("den", "3")]
        ):
            one = message(f"{name} {number}", channel=name, mentions=[whom])
            one.time = 1_000 + number
            await log.append(one)
        first = edit(1, "edited", mentions=("3", "@channel"))
        first.time = 2_000
        await log.change(first)  # it was a mention before
        everything = {"den": None, "attic": None, "hall": None, "nowhere": None}
        found = await log.mentions("3", everything, None, 9)
        assert [message.text for _, message in found] == ["den 5", "attic 4", "hall 3", "attic 1", "edited"]
        pages, before = [], None
        for _ in range(4):
            page = await log.mentions("3", everything, before, 2)
            pages += [message.text for _, message in page]
            before = page[-1][0] if page else before
        assert pages == [message.text for _, message in found]
        assert [one.text for _, one in await log.mentions("3", {"attic": None}, None, 9)] == ["attic 4", "attic 1"]
        assert await log.mentions("3", {}, None, 9) == []
        assert [one.text for _, one in await log.mentions("new", everything, None, 9)] == ["edited", "attic 4"]
        assert await log.mentions("1", everything, None, 9) == []
        await log.change(change("deleted", 3, channel="den"))
        await log.change(change("deleted", 2, channel="attic"))
        found = await log.mentions("3", everything, None, 9)
        assert [message.text for _, message in found] == ["hall 3", "attic 1", "edited"]

    run(main)


def test_a_repeated_message_mentions_nobody_again(run: Run) -> None:
    async def main(log: History) -> None:
        for _ in range(2):
            await log.append(message("@Eve", "r", mentions=["3"]))
            await log.change(mentioning(1, EVE, BOB, text="again", ref="s"))
        assert await unread(log) == (1, 1, 2)
        assert await unread(log, user=BOB) == (1, 1, 2)

    run(main)


@pytest.mark.usefixtures("no_rest")
def test_what_is_trimmed_is_neither_unread_nor_a_mention(run: Run) -> None:
    async def main(log: History) -> None:
        for _ in range(9):
            await log.append(message(mentions=["3"]))
        await log.trim()
        assert await unread(log) == (4, 4, 9)

    run(main, keep=4)


@pytest.mark.usefixtures("no_rest")
def test_a_channel_that_is_forgotten_has_nothing_and_no_number_twice(run: Run) -> None:
    async def main(log: History) -> None:
        for number in range(25):
            await log.append(message(ref=str(number), mentions=["3"]))
        await log.append(message(channel="hall"))
        await log.change(change("reacted", 3, "x", key="+"))
        await log.change(change("pinned", 4))
        await log.forget("den")
        await log.forget("nowhere")
        assert await log.read("den", limit=50) == ([], False)
        assert await log.pinned("den") == []
        assert await log.times(["den", "hall"]) == await log.times(["hall"]) != {}
        assert (await unread(log))[:2] == (0, 0)
        assert await log.find(ANN, "3") is None
        assert await log.floor("den") >= 25
        assert (await log.append(message())).seq > 27 or await log.last("den") > 25
        assert (await unread(log))[:2] == (1, 0)
        assert len((await log.read("hall", limit=5))[0]) == 1

    run(main)


def test_mentions_in_a_file_belong_to_messages_that_are_there(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> int:
        log.append(message("@Eve", "1", mentions=["3", "new"]))
        log.append(message("\ud800", "2", mentions=["3"]))
        log.append(message("@\ud800", "3", mentions=["\ud800", "2"]))
        await asyncio.gather(log.append(message("x", "4")), return_exceptions=True)
        await log.change(mentioning(1, BOB))
        await log.change(change("deleted", 2))  # whose mention is no text
        rows: Any = await log._database.read(
            lambda connection: connection.execute("SELECT count(*) FROM mentions").fetchone()[0]
        )
        return int(rows)

    assert on_disk(tmp_path, main) == 1
    assert check(tmp_path) == []
