"""Changes of messages: what both kinds of history promise alike, and a history on the disk beyond that."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.storage.histories import ANN, BOB, change, edit, message, on_disk
from tornado_chat.chat.changes import Change, Changed
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.models import Message, User
from tornado_chat.storage import memory
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.sqlite import changes, history
from tornado_chat.storage.sqlite.history import SqliteHistory

Run = Callable[..., None]


async def numbers(log: History, since: int, limit: int = 50) -> tuple[list[tuple[int, int]], int, bool]:
    """Return a page of changes: (seq, number) of each message, to where it is complete, and whether there is more."""
    page = await log.changes("den", since, limit)
    return [(one.seq, one.number) for one in page.messages], page.upto, page.more


async def code_of(log: History, asked: Change | Message) -> str:
    with pytest.raises(Refused) as refused:
        await (log.append(asked) if isinstance(asked, Message) else log.change(asked))
    return refused.value.code


def test_messages_and_changes_draw_from_one_counter_and_are_told_in_order(run: Run) -> None:
    async def main(log: History) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        first = await log.append(message("a"))
        assert await log.change(edit(1, "b")) == 2
        assert (await log.append(message("c"))).seq == 3
        assert await log.change(change("reacted", 1, user=BOB, key="+")) == 4
        assert await log.change(change("pinned", 3)) == 5
        assert await log.change(change("deleted", 1)) == 6
        assert [one.seq if type(one) is Message else one.number for one in told] == [1, 2, 3, 4, 5, 6]
        assert [one.after for one in told if isinstance(one, Changed)] == [1, 2, 3, 4]
        assert await log.last("den") == 6
        assert await log.floor("den") == 0
        [stub, other], more = await log.read("den", limit=9)
        assert (stub.seq, stub.rev, stub.id, stub.text, more) == (1, 6, first.id, "", False)
        assert list(stub.extra or {}) == ["deleted"]
        assert (other.seq, other.rev) == (3, 5)

    run(main)


def test_what_alters_nothing_draws_no_number_but_its_ref_is_known(run: Run) -> None:
    async def main(log: History) -> None:
        told: list[Any] = []
        await log.append(message("a"))
        assert await log.change(edit(1, "b")) == 2
        log.on_commit(told.extend)
        assert await log.change(edit(1, "b", ref="r")) == 2
        assert await log.change(change("reacted", 1, key="+", on=False)) == 2
        assert await log.change(change("pinned", 1, on=False)) == 2
        assert told == []
        assert await log.last("den") == 2
        assert await log.change(edit(1, "c")) == 3
        assert await log.change(edit(1, "b", ref="r")) == 2
        assert [one.text for one in await log.get("den", [1])] == ["c"]
        assert await code_of(log, edit(1, "d", ref="r")) == "invalid-field"

    run(main)


def test_a_message_is_another_object_after_a_change(run: Run) -> None:
    async def main(log: History) -> None:
        first = await log.append(message("a"))
        await log.change(change("reacted", 1, key="+"))
        [before] = await log.get("den", [1])
        await log.change(change("reacted", 1, user=BOB, key="+"))
        await log.change(edit(1, "b"))
        assert (first.text, first.rev, before.rev) == ("a", 0, 2)
        assert before.extra == {"reactions": [{"key": "+", "count": 1, "users": ["1"]}]}

    run(main)


# Refs


def test_a_repeated_ref_is_answered_before_anything_is_asked(run: Run) -> None:
    async def main(log: History) -> None:
        told: list[Any] = []
        first = await log.append(message("a", ref="m"))
        calls = [
            edit(1, "b", ref="e", of=1),
            change("reacted", 1, ref="r", user=BOB, key="+"),
            change("pinned", 1, ref="p"),
            change("deleted", 1, ref="d"),
        ]
        assert [await log.change(one) for one in calls] == [2, 3, 4, 5]
        log.on_commit(told.extend)
        for _ in range(2):
            assert [await log.change(one) for one in calls] == [2, 3, 4, 5]
            again = await log.append(message("a", ref="m"))
            assert (again.seq, again.id, again.time) == (1, first.id, first.time)
        assert told == []
        assert await log.last("den") == 5

    run(main)


@pytest.mark.parametrize("together", [True, False], ids=["at once", "later"])
def test_refs_of_messages_and_changes_are_one_namespace(run: Run, together: bool) -> None:
    async def main(log: History) -> None:
        async def call(asked: Message | Change) -> Any:
            return (await log.append(asked)).seq if isinstance(asked, Message) else await log.change(asked)

        async def all_of(*asked: Message | Change) -> list[Any]:
            mixed = len({type(one) for one in asked}) > 1
            if together and not (mixed and isinstance(log, PostgresHistory)):  # there, either may come first
                return await asyncio.gather(*map(call, asked), return_exceptions=True)
            return [(await asyncio.gather(call(one), return_exceptions=True))[0] for one in asked]

        await log.append(message("a"))
        told: list[Any] = []
        log.on_commit(told.extend)
        both = [edit(1, "b", ref="x"), edit(1, "b", ref="x")]
        assert await all_of(*both) == [2, 2]
        one, other = await all_of(edit(1, "c", ref="y"), edit(1, "d", ref="y"))
        assert (one, other.code) == (3, "invalid-field")
        posted, refused = await all_of(message("e", ref="z"), edit(1, "e", ref="z"))
        assert (posted, refused.code) == (4, "invalid-field")
        made, refused = await all_of(edit(1, "f", ref="w"), message("f", ref="w"))
        assert (made, refused.code) == (5, "invalid-field")
        assert await log.change(edit(1, "f", ref="z", user=BOB, any=True)) == 5  # of another user; alters nothing
        assert (await log.append(message("f", ref="x", sender=BOB))).seq == 6
        assert [one.seq if type(one) is Message else one.number for one in told] == [2, 3, 4, 5, 6]

    run(main)


def test_a_message_is_compared_with_what_was_first_sent(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("a", ref="m"))
        await log.append(message("b", ref="n", reply_to=1))
        for text in ("x", "y"):
            await log.change(edit(1, text))
        await log.change(change("deleted", 2))
        assert (await log.append(message("a", ref="m"))).seq == 1
        assert (await log.append(message("b", ref="n", reply_to=1))).seq == 2
        for other in (message("y", ref="m"), message("", ref="n", reply_to=1), message("b", ref="n")):
            assert await code_of(log, other) == "invalid-field"
        found = await log.find(ANN, "m")
        assert found is not None
        assert (found.seq, found.text) == (1, "y")

    run(main)


@pytest.mark.usefixtures("no_rest")
def test_after_a_trim_refs_of_messages_are_gone_and_those_of_changes_are_known(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("a", ref="m"))
        assert await log.change(edit(1, "b", ref="e")) == 2
        for number in range(3):
            await log.append(message(str(number)))
        await log.trim()
        assert (await log.floor("den"), await log.last("den")) == (1, 5)
        assert await log.change(edit(1, "b", ref="e")) == 2
        assert await code_of(log, edit(1, "c")) == "not-found"
        assert (await log.append(message("a", ref="m"))).seq == 6

    run(main, keep=3)


# Deleting


def test_what_answers_a_deleted_message_stays_and_so_does_what_it_answered(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("a"))
        await log.append(message("b", reply_to=1))
        await log.append(message("c", reply_to=2))
        for asked in (change("reacted", 2, key="+"), change("pinned", 2), edit(2, "bb"), change("deleted", 2)):
            await log.change(asked)
        stub, answer = await log.get("den", [3, 2])
        assert (stub.text, stub.sender, stub.extra and set(stub.extra)) == ("", ANN, {"deleted", "reply_to"})
        assert (answer.text, answer.extra) == ("c", {"reply_to": 2})
        assert await log.pinned("den") == []
        for what in ("edited", "reacted", "pinned"):
            assert await code_of(log, change(what, 2, key="+", text="x")) == "not-found"
        assert await log.change(change("deleted", 2)) == 7

    run(main)


# Reading


def test_who_missed_changes_gets_each_message_once_in_its_present_state(run: Run) -> None:
    async def main(log: History) -> None:
        for number in range(5):
            await log.append(message(str(number)))
        for number in range(20):
            await log.change(edit(2, f"edit {number}"))
        await log.change(change("reacted", 4, key="+"))
        await log.append(message("new"))
        assert await numbers(log, 5) == ([(2, 25), (4, 26), (27, 27)], 27, False)
        assert await numbers(log, 5, limit=2) == ([(2, 25), (4, 26)], 26, True)
        assert await numbers(log, 26, limit=1) == ([(27, 27)], 27, False)
        assert await numbers(log, 25) == ([(4, 26), (27, 27)], 27, False)
        assert await numbers(log, 0, limit=2) == ([(1, 1), (3, 3)], 3, True)
        assert await numbers(log, -3, limit=0) == ([], 0, True)
        for since in (27, 28, 2**40, 2**70):
            assert await numbers(log, since) == ([], 27, False)
        assert await log.changes("none", 0, 9) == ([], 0, False)

    run(main)


def test_pages_of_changes_lead_to_the_end_whatever_their_limit(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "STRETCH", 4)

    async def main(log: History) -> None:
        for number in range(12):
            await log.append(message(str(number)))
            await log.append(message(str(number), channel="attic"))
        for seq in (3, 3, 3, 3, 3, 9, 1, 12, 9):
            await log.change(edit(seq, str(await log.last("den"))))
        for limit in (1, 2, 3, 50):
            seen: list[tuple[int, int]] = []
            since, more = 0, True
            while more:
                page, upto, more = await numbers(log, since, limit)
                assert all(since < number <= upto for _, number in page)
                assert upto > since
                seen += page
                since = upto
            assert [seq for seq, _ in seen] == [2, 4, 5, 6, 7, 8, 10, 11, 3, 1, 12, 9]
            assert since == 21

    run(main)


def test_single_messages_are_read_in_order_and_once(run: Run) -> None:
    async def main(log: History) -> None:
        for channel in ("before", "den", "behind"):
            for _ in range(3):
                await log.append(message(channel=channel))
        found = await log.get("den", [3, 1, 1, 0, -1, 4, 2**40, 2**70, -(2**40)])
        assert [(one.channel, one.seq) for one in found] == [("den", 1), ("den", 3)]
        assert await log.get("den", []) == await log.get("none", [1]) == []

    run(main)


def test_pins_are_listed_in_the_order_of_their_messages(run: Run) -> None:
    async def main(log: History) -> None:
        for channel in ("before", "den", "behind"):
            for _ in range(5):
                await log.append(message(channel=channel))
            for seq in (4, 2, 5):
                await log.change(change("pinned", seq, channel=channel))
        await log.change(change("pinned", 5, on=False))
        found = await log.pinned("den")
        assert [(one.channel, one.seq) for one in found] == [("den", 2), ("den", 4)]
        assert await log.pinned("none") == []

    run(main)


def test_reactions_name_the_first_twenty_and_count_the_others(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message())
        crowd = [User(f"u{number}", "x") for number in range(25)]
        for user in crowd:
            await log.change(change("reacted", 1, user=user, key="+"))
        for user in (crowd[3], crowd[24], crowd[0]):
            await log.change(change("reacted", 1, user=user, key="+", on=False))
        await log.change(change("reacted", 1, user=crowd[0], key="+"))
        [one] = await log.get("den", [1])
        left = [user.id for number, user in enumerate(crowd) if number not in (0, 3)]
        assert one.extra == {"reactions": [{"key": "+", "count": 23, "users": left[:20]}]}

    run(main)


def test_a_channel_has_a_hundred_pins_at_most(run: Run) -> None:
    async def main(log: History) -> None:
        for _ in range(101):
            await log.append(message())
        for seq in range(1, 101):
            await log.change(change("pinned", seq))
        assert await code_of(log, change("pinned", 101)) == "too-many"
        assert await log.change(change("pinned", 100)) == 201
        await log.change(change("pinned", 1, on=False))
        assert await log.change(change("pinned", 101)) == 203

    run(main)


@pytest.mark.parametrize("seq", [0, -1, 2, 2**40 + 1, 2**63, 2**70, -(2**70)])
def test_a_message_that_is_not_there_cannot_be_changed(run: Run, seq: int) -> None:
    async def main(log: History) -> None:
        await log.append(message(channel="before"))
        await log.append(message())
        assert await code_of(log, change("pinned", seq)) == "not-found"
        assert await code_of(log, change("pinned", 1, channel="none")) == "not-found"

    run(main)


def test_the_server_pins_and_deletes_but_does_not_react(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message())
        assert await log.change(change("pinned", 1, user=None)) == 2
        assert await code_of(log, change("reacted", 1, user=None, key="+")) == "not-allowed"
        assert await code_of(log, change("deleted", 1, user=None)) == "not-allowed"
        assert await log.change(change("deleted", 1, user=None, any=True)) == 3

    run(main)


# Trimming


@pytest.mark.usefixtures("no_rest")
def test_the_newest_messages_are_kept_whatever_numbers_lie_between_them(run: Run) -> None:
    async def main(log: History) -> None:
        for number in range(14):
            await log.append(message(str(number)))
            await log.change(change("reacted", await log.last("den"), key="+"))
            await log.change(change("pinned", await log.last("den") - 1))
            await log.trim()
        kept, _ = await log.read("den", limit=50)
        assert [one.text for one in kept] == ["7", "8", "9", "10", "11", "12", "13"]
        assert await log.pinned("den") == kept
        assert (await log.floor("den"), kept[0].seq, await log.last("den")) == (19, 22, 42)
        assert (await numbers(log, 0))[0] == [(seq, seq + 2) for seq in range(22, 43, 3)]
        assert (await log.append(message())).seq == 43

    run(main, keep=7)


# On the disk


@pytest.mark.usefixtures("no_rest")
def test_a_floor_that_rose_while_it_was_read_is_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(log: SqliteHistory) -> None:
        for number in range(30):
            await log.append(message(str(number)))
        read, was_read, trimmed = log._database.read, asyncio.Event(), asyncio.Event()

        async def read_and_wait(job: Any) -> Any:
            found = await read(job)
            was_read.set()
            await trimmed.wait()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(log._database, "read", read_and_wait)
            asked = asyncio.create_task(log.floor("den"))
            await was_read.wait()
        assert await log.trim() == 27
        trimmed.set()
        assert (await asked, await log.floor("den")) == (27, 27)

    on_disk(tmp_path, main, keep_messages=3)


@pytest.mark.usefixtures("no_rest")
def test_no_number_comes_twice_after_a_change_a_trim_and_a_restart(tmp_path: Path) -> None:
    async def begin(log: SqliteHistory) -> None:
        for _ in range(3):
            await log.append(Message("den", "x", ANN, 0))
            await log.append(message(channel="attic"))
        assert await log.change(change("pinned", 1)) == 4
        assert await log.change(edit(2, "b", ref="r")) == 5

    async def empty(log: SqliteHistory) -> None:
        assert await log.last("den") == 5
        assert await log.floor("den") == 0
        assert await log.trim() == 3
        assert (await log.last("den"), await log.floor("den")) == (5, 3)
        assert await log.read("den", limit=9) == ([], False)
        assert await log.changes("den", 3, 9) == ([], 5, False)

    async def go_on(log: SqliteHistory) -> None:
        assert (await log.last("den"), await log.floor("den")) == (5, 3)
        assert await log.change(edit(2, "b", ref="r")) == 5
        assert (await log.append(message())).seq == 6
        assert await log.change(change("pinned", 6)) == 7

    on_disk(tmp_path, begin)
    on_disk(tmp_path, empty, keep_days=1)
    on_disk(tmp_path, go_on, keep_days=1)


def test_after_a_restart_changes_are_as_they_were(tmp_path: Path) -> None:
    async def write(log: SqliteHistory) -> list[Message]:
        for number in range(4):
            await log.append(message(str(number), ref=str(number)))
        calls = [edit(1, "x"), change("deleted", 2), change("reacted", 3, key="👍"), change("pinned", 3)]
        for one in calls:
            await log.change(one)
        return (await log.read("den", limit=9))[0]

    async def read(log: SqliteHistory) -> None:
        assert (await log.read("den", limit=9))[0] == before
        assert [one.line() for one in before] == [one.line() for one in (await log.read("den", limit=9))[0]]
        assert await log.pinned("den") == [before[2]]
        assert await numbers(log, 4) == ([(1, 5), (2, 6), (3, 8)], 8, False)
        assert (await log.append(message("0", ref="0"))).seq == 1
        assert await log.change(change("reacted", 3, key="👍")) == 8

    before = on_disk(tmp_path, write)
    on_disk(tmp_path, read)


def test_a_page_and_the_number_that_it_is_complete_to_are_of_one_moment(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        drawn: dict[int, int] = {}  # by number: the seq of its message
        log.on_commit(
            lambda told: drawn.update({one.number: one.seq for one in told if isinstance(one, Message | Changed)})
        )
        for _ in range(5):
            await log.append(message())
        pages = []
        for count in range(60):
            calls: list[Any] = [log.change(edit(1 + (count + at) % 5, f"{count} {at}")) for at in range(4)]
            calls += [log.changes("den", since, 50) for since in (0, 5 + 3 * count)]
            *_, all_of_it, newer = await asyncio.gather(*calls)
            pages += [(0, all_of_it), (5 + 3 * count, newer)]
        assert len({page.upto for _, page in pages}) > 10
        for since, (messages, upto, more) in pages:
            assert not more
            newest = {seq: number for number, seq in sorted(drawn.items()) if number <= upto}
            expected = sorted((number, seq) for seq, number in newest.items() if number > since)
            assert [(one.number, one.seq) for one in messages] == expected

    on_disk(tmp_path, main)


def test_a_deleted_text_is_in_no_table_any_more(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        for text in ("secret one", "secret two", "stays"):
            await log.append(message(text, ref=text[-3:]))
        await log.change(change("reacted", 1, key="+"))
        await log.change(edit(1, "secret three", ref="e"))
        await log.change(edit(2, "secret four", ref="f"))
        for seq in (1, 2):
            await log.change(change("deleted", seq, ref=f"d{seq}"))

    on_disk(tmp_path, main)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {
            name: repr(file.execute(f"SELECT * FROM {name}").fetchall()) for name in names if "search" not in name
        }
    assert "stays" in rows["messages"]
    assert "secret" not in "".join(rows.values())


@pytest.mark.usefixtures("impatient")
def test_a_change_that_cannot_be_stored_is_told_to_nobody_and_its_number_and_ref_are_free(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        told: list[Any] = []
        log.on_commit(told.extend)
        other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        calls = [
            log.change(edit(1, "a", ref="r")),
            log.append(message("b", ref="s")),
            log.change(change("pinned", 1)),
        ]
        for failed in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(failed, Refused)
            assert failed.code == "history-unavailable"
        other.execute("ROLLBACK")
        other.close()
        assert told == []
        assert await log.change(change("pinned", 1, ref="r")) == 2
        assert (await log.append(message("c", ref="s"))).seq == 3

    on_disk(tmp_path, main)


@pytest.mark.parametrize(
    "asked",
    [edit(1, "\ud800"), edit(1, "b", ref="\udfff"), change("reacted", 1, key="\ud800"),
     change("pinned", 1, channel="\ud800"), change("pinned", 1, ref="r", user=User("\ud800", "x")),
     edit(1, "b", ref="r", user=User("9", "\ud800"), any=True)],
)  # fmt: skip
def test_a_lone_surrogate_is_refused_and_harms_no_one_else(tmp_path: Path, asked: Change) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        calls = [log.change(change("pinned", 1)), log.change(asked), log.change(edit(1, "b"))]
        one, refused, other = await asyncio.gather(*calls, return_exceptions=True)
        assert (one, other) == (2, 3)
        assert isinstance(refused, Refused)
        assert refused.code == "invalid-field"

    on_disk(tmp_path, main)


def test_a_disk_that_fails_while_changes_are_read_is_known_to_have_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: sqlite3.Connection, query: str, values: Any) -> list[Message]:
        connection.execute("ROLLBACK")  # as SQLite does
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        with monkeypatch.context() as patched:
            patched.setattr(changes, "select", fail)
            with pytest.raises(Refused) as refused:
                await log.changes("den", 0, 10)
        assert refused.value.code == "history-unavailable"
        assert "disk I/O error" in (log._database.state or "")
        assert (await numbers(log, 0))[0] == [(1, 1)]

    on_disk(tmp_path, main)


def test_more_changes_than_can_wait_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "WAITING", 5)

    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        calls = [log.change(edit(1, str(number))) for number in range(50)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        refused = [one for one in results if isinstance(one, Refused)]
        assert refused
        assert {one.code for one in refused} == {"history-unavailable"}
        assert await log.last("den") == 51 - len(refused)

    on_disk(tmp_path, main)


def test_a_change_is_answered_though_telling_of_it_fails_or_nobody_waits(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message())
        told: list[Any] = []

        def fail(committed: Any) -> None:
            told.extend(committed)
            raise ZeroDivisionError

        log.on_commit(fail)
        assert await asyncio.wait_for(log.change(edit(1, "a")), 10) == 2
        cancelled = asyncio.ensure_future(log.change(edit(1, "b")))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert await log.change(edit(1, "c")) == 4
        assert [one.number for one in told] == [2, 3, 4]

    on_disk(tmp_path, main)


def test_refs_of_changes_are_forgotten_after_a_month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "REFS_DAYS", 0)
    monkeypatch.setattr(history, "PIECE", 2)
    monkeypatch.setattr(history, "REST", 0)

    async def main(log: SqliteHistory) -> None:
        await log.append(message(ref="m"))
        for number in range(5):
            await log.change(edit(1, str(number), ref=str(number)))
        await asyncio.sleep(0.01)
        assert await log.trim() == 0
        assert await log.change(edit(1, "new", ref="0")) == 7
        assert (await log.append(message(ref="m"))).seq == 1

    on_disk(tmp_path, main)


# In memory


def test_the_refs_of_many_changes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "CHANGE_REFS", 3)

    async def main() -> None:
        log = memory.MemoryHistory()
        await log.append(message())
        for number in range(5):
            await log.change(edit(1, str(number), ref=str(number)))
        assert len(log._made) == 3
        assert await log.change(edit(1, "4", ref="4")) == 6
        assert await log.change(edit(1, "0", ref="0")) == 7

    asyncio.run(main())
