"""The history on the disk, and what both kinds of history promise alike."""

import asyncio
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.storage.histories import ANN, BOB, message, on_disk
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.storage.sqlite import history, numbers
from tornado_chat.storage.sqlite.history import SqliteHistory

# Of both kinds


def test_seq_counts_from_1_without_gaps_in_each_channel_and_ids_are_never_the_same(run: Any) -> None:
    async def main(log: History) -> None:
        posts = [log.append(message(channel=channel)) for channel in ("den", "attic", "den", "den", "attic")]
        kept = await asyncio.gather(*posts)
        assert [one.seq for one in kept] == [1, 1, 2, 3, 2]
        assert len({one.id for one in kept}) == 5
        assert all(type(one.id) is str for one in kept)
        assert (await log.last("den"), await log.last("attic"), await log.last("none")) == (3, 2, 0)
        assert (await log.floor("den"), await log.floor("none"), await log.trim()) == (0, 0, 0)

    run(main)


def test_what_is_committed_is_told_in_order_and_once_and_before_its_post_is_stored(run: Any) -> None:
    async def main(log: History) -> None:
        told: list[Message] = []
        posts: list[PendingMessage] = []
        done_too_early = []

        def committed(messages: Any) -> None:
            told.extend(messages)
            done_too_early.extend(post for post in posts if post.stored and post.stored not in told)

        log.on_commit(committed)
        for number in (0, 1, 2, 0, 1, 2, 3):
            posts.append(log.append(message(str(number), ref=str(number))))
        kept = await asyncio.gather(*posts)
        assert [one.text for one in told] == ["0", "1", "2", "3"]
        assert [one.seq for one in told] == [1, 2, 3, 4]
        assert [one.seq for one in kept] == [1, 2, 3, 1, 2, 3, 4]
        assert done_too_early == []

    run(main)


def test_a_ref_belongs_to_its_user(run: Any) -> None:
    async def main(log: History) -> None:
        first = await log.append(message(ref="r"))
        again = await log.append(message(ref="r", sender=User("1", "Ann, renamed")))
        assert (again.seq, again.id, again.time, again.sender.name) == (1, first.id, first.time, "Ann")  # type: ignore[union-attr]
        assert (await log.append(message(ref="r", sender=BOB))).seq == 2
        assert (await log.append(message(ref="r", sender=None))).seq == 3
        assert (await log.append(message(ref="r", sender=None))).seq == 4
        assert (await log.append(message())).seq == 5
        assert (await log.append(message())).seq == 6

    run(main)


@pytest.mark.parametrize("together", [True, False], ids=["at once", "later"])
@pytest.mark.parametrize("other", [{"text": "other"}, {"channel": "attic"}], ids=str)
def test_a_ref_of_another_text_or_channel_is_refused_and_nothing_is_stored(
    run: Any, other: dict[str, str], together: bool
) -> None:
    async def main(log: History) -> None:
        told: list[Message] = []
        log.on_commit(told.extend)
        first = log.append(message(ref="r"))
        if not together:
            await first
        with pytest.raises(Refused) as refused:
            await log.append(message(ref="r", **other))
        assert refused.value.code == "invalid-field"
        assert "ref" in refused.value.message.split()
        assert (await first).seq == 1
        assert told == [await first]
        assert (await log.last("den"), await log.last("attic")) == (1, 0)

    run(main)


def test_find_returns_what_a_sender_stored_under_a_ref(run: Any) -> None:
    async def main(log: History) -> None:
        first = await log.append(message(ref="r", channel="attic"))
        await log.append(message(ref=""))
        assert await log.find(ANN, "r") == first
        assert await log.find(ANN, "") is not None
        assert await log.find(BOB, "r") is None
        assert await log.find(ANN, "other") is None

    run(main)


@pytest.mark.parametrize(
    ("where", "seqs", "more"),
    [
        ({"limit": 3}, [8, 9, 10], True),
        ({"limit": 10}, list(range(1, 11)), False),
        ({"limit": 0}, [], True),
        ({"after": 0, "limit": 2}, [1, 2], True),
        ({"after": -7, "limit": 2}, [1, 2], True),
        ({"after": 7, "limit": 2}, [8, 9], True),
        ({"after": 7, "limit": 3}, [8, 9, 10], False),
        ({"after": 7, "limit": 0}, [], True),
        ({"after": 10, "limit": 3}, [], False),
        ({"after": 2**53, "limit": 3}, [], False),
        ({"before": 8, "limit": 2}, [6, 7], True),
        ({"before": 4, "limit": 3}, [1, 2, 3], False),
        ({"before": 1, "limit": 3}, [], False),
        ({"before": -1, "limit": 3}, [], False),
        ({"before": 2**53, "limit": 2}, [9, 10], True),
    ],
    ids=str,
)
def test_messages_are_read_oldest_first_in_both_directions(
    run: Any, where: dict[str, int], seqs: list[int], more: bool
) -> None:
    async def main(log: History) -> None:
        for number in range(10):
            log.append(message(str(number), channel="before"))
            log.append(message(str(number)))
            last = log.append(message(str(number), channel="behind"))
        await last
        messages, there_are_more = await log.read("den", **where)  # type: ignore[arg-type]
        assert ([one.seq for one in messages], there_are_more) == (seqs, more)
        assert {one.channel for one in messages} <= {"den"}

    run(main)


def test_a_channel_in_which_nothing_was_said_reads_as_nothing(run: Any) -> None:
    async def main(log: History) -> None:
        await log.append(message())
        for where in ({}, {"after": 0}, {"before": 5}):
            assert await log.read("none", limit=5, **where) == ([], False)  # type: ignore[arg-type]

    run(main)


def test_every_text_comes_back_as_it_was(run: Any) -> None:
    async def main(log: History) -> None:
        told = []
        for text in ("\u2028 \n\t'\"\\ \\u0000 {}[]", "😀é\uffff", "x" * 4_000):
            user = User("id " + text[:9], "name " + text[:9])
            told.append(await log.append(Message("den", text, user, 2**52, "ref " + text[:50])))
            told.append(await log.append(Message("\1 " + text[:9], text, user, 0, "ref 2 " + text[:50])))
            assert await log.find(user, "ref " + text[:50]) == told[-2]
            assert (await log.append(Message("den", text, user, 1, "ref " + text[:50]))).id == told[-2].id
        read = (await log.read("den", limit=50))[0]
        assert read == told[::2]
        assert [one.sender.name for one in read] == [one.sender.name for one in told[::2]]  # type: ignore[union-attr]
        assert [await log.last("\1 " + one.text[:9]) for one in read] == [1] * 3

    run(main)


def test_a_nul_comes_back_or_is_refused(run: Any) -> None:
    async def main(log: History) -> None:
        texts = ("a\0b", "\0", "c")
        results = await asyncio.gather(*[log.append(message(one)) for one in texts], return_exceptions=True)
        kept = [one for one in results if isinstance(one, Message)]
        assert {one.code for one in results if isinstance(one, Refused)} <= {"invalid-field"}
        assert (await log.read("den", limit=9))[0] == kept
        assert [one.text for one in kept] in (list(texts), ["c"])

    run(main)


# On the disk


def test_after_a_restart_all_is_as_it_was(tmp_path: Path) -> None:
    async def write(log: SqliteHistory) -> tuple[str, list[Message]]:
        kept = [
            log.append(message(str(number), ref=str(number), sender=(ANN, BOB, None)[number % 3]))
            for number in range(9)
        ]
        return log.epoch, list(await asyncio.gather(*kept))

    async def read(log: SqliteHistory) -> None:
        assert log.epoch == epoch
        assert await log.read("den", limit=50) == (kept, False)
        assert await log.last("den") == 9
        assert await log.find(BOB, "1") == kept[1]
        again, other, new = await asyncio.gather(
            log.append(message("0", ref="0")),
            log.append(message("0", ref="1", sender=BOB)),
            log.append(message("new")),
            return_exceptions=True,
        )
        assert again == kept[0]
        assert isinstance(other, Refused)
        assert isinstance(new, Message)
        assert new.seq == 10

    epoch, kept = on_disk(tmp_path, write)
    on_disk(tmp_path, read)


def test_two_folders_have_two_epochs(tmp_path: Path) -> None:
    async def epoch(log: SqliteHistory) -> str:
        return log.epoch

    assert on_disk(tmp_path / "a", epoch) != on_disk(tmp_path / "b", epoch)


def test_a_lone_surrogate_is_refused_and_harms_no_one_else(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        posts = [log.append(message(text)) for text in ("a", "\ud800", "b")]
        posts.append(log.append(message("c", ref="\udfff")))
        results = await asyncio.gather(*posts, return_exceptions=True)
        assert [isinstance(one, Refused) for one in results] == [False, True, False, True]
        assert [one.text for one in (await log.read("den", limit=9))[0]] == ["a", "b"]

    on_disk(tmp_path, main)


def test_a_burst_is_stored_in_pieces_in_order(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        sizes: list[int] = []
        log.on_commit(lambda messages: sizes.append(len(messages)))
        posts = [log.append(message(str(number), ref=str(number))) for number in range(3_000)]
        kept = await asyncio.gather(*posts)
        assert [one.seq for one in kept] == list(range(1, 3_001))
        assert max(sizes) <= history.ROWS
        assert sum(sizes) == 3_000

    on_disk(tmp_path, main)


def test_what_nobody_waits_for_is_stored_all_the_same(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        log.append(message("a"))
        cancelled = asyncio.ensure_future(log.append(message("b")))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert (await log.append(message("c"))).seq == 3

    on_disk(tmp_path, main)


def test_more_than_can_wait_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "WAITING", 5)

    async def main(log: SqliteHistory) -> None:
        posts = [log.append(message(str(number))) for number in range(100)]
        results = await asyncio.gather(*posts, return_exceptions=True)
        refused = [one for one in results if isinstance(one, Refused)]
        assert refused
        assert {one.code for one in refused} == {"history-unavailable"}
        assert await log.last("den") == 100 - len(refused)

    on_disk(tmp_path, main)


def test_last_is_right_for_more_channels_than_are_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "ACTIVE", 3)
    monkeypatch.setattr(numbers, "REMEMBERED", 4)

    async def main(log: SqliteHistory) -> None:
        for number in range(3):
            for channel in range(10):
                await log.append(
                    message(str(number), channel=str(channel), sender=User(str(channel), "x"), ref=str(number))
                )
        assert [await log.last(str(channel)) for channel in range(10)] == [3] * 10

    on_disk(tmp_path, main)


@pytest.mark.usefixtures("impatient")
def test_a_commit_that_fails_leaves_no_gap_and_is_told_to_nobody(tmp_path: Path, caplog: Any) -> None:
    async def main(log: SqliteHistory) -> None:
        told: list[Message] = []
        log.on_commit(told.extend)
        await log.append(message("a", channel="new", sender=BOB))
        other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        posts = [log.append(message(str(number), ref=str(number))) for number in range(3)]
        results = await asyncio.gather(*posts, return_exceptions=True)
        assert {getattr(one, "code", None) for one in results} == {"history-unavailable"}
        assert [one.text for one in told] == ["a"]
        assert [one.text for one in (await log.read("new", limit=9))[0]] == ["a"]
        other.execute("ROLLBACK")
        other.close()
        posts = [log.append(message(str(number), ref=str(number))) for number in range(3)]
        assert [one.seq for one in await asyncio.gather(*posts)] == [1, 2, 3]

    with caplog.at_level(logging.CRITICAL):
        on_disk(tmp_path, main)


def test_a_loop_that_goes_on_while_the_disk_is_busy_sees_nothing_before_its_commit(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        log.on_commit(lambda messages: seen.extend((await_file(), len(messages)) for _ in (1,)))
        await asyncio.gather(*[log.append(message(str(number))) for number in range(2_000)])
        stored, told = 0, 0
        for on_file, count in seen:
            told += count
            stored = on_file
            assert stored >= told

    def await_file() -> int:
        with sqlite3.connect(tmp_path / "chat.db") as other:
            count = other.execute("SELECT count(*) FROM messages").fetchone()[0]
        other.close()
        return int(count)

    seen: list[tuple[int, int]] = []
    on_disk(tmp_path, main)
    assert len(seen) >= 2


# Trimming


@pytest.mark.usefixtures("no_rest")
def test_the_newest_of_each_channel_are_kept_and_a_ref_goes_with_its_message(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        for channel in ("a", "b", "c", "d", "e"):
            for number in range(5 if channel == "c" else 45):
                post = log.append(message(str(number), ref=f"{channel}{number}", channel=channel))
        await post
        assert await log.trim() == 4 * 38
        for channel in ("a", "b", "d", "e"):
            kept, more = await log.read(channel, after=0, limit=50)
            assert ([one.seq for one in kept], more) == ([39, 40, 41, 42, 43, 44, 45], False)
            assert await log.floor(channel) == 38
        assert len((await log.read("c", limit=50))[0]) == 5
        assert await log.find(ANN, "a37") is None
        assert await log.find(ANN, "a38") is not None
        assert await log.trim() == 0
        assert (await log.append(message("again", ref="a1", channel="a"))).seq == 46

    on_disk(tmp_path, main, keep_messages=7)


@pytest.mark.usefixtures("no_rest")
def test_what_is_older_goes_and_seq_goes_on_even_when_nothing_is_left(tmp_path: Path) -> None:
    now = int(time.time() * 1000)

    async def main(log: SqliteHistory) -> None:
        for number in range(25):
            log.append(Message("old", "x", ANN, now - 3 * 86_400_000, None))
            days = 3 if number < 11 or number == 20 else 1
            post = log.append(Message("den", "x", ANN, now - days * 86_400_000, None))
        await post
        assert await log.trim() == 25 + 11
        assert await log.read("old", limit=9) == ([], False)
        assert await log.last("old") == await log.floor("old") == 25
        assert (await log.read("den", after=0, limit=1))[0][0].seq == 12

    async def later(log: SqliteHistory) -> None:
        assert await log.last("old") == 25
        assert (await log.append(Message("old", "y", None, now, None))).seq == 26

    on_disk(tmp_path, main, keep_days=2)
    on_disk(tmp_path, later)


def test_nothing_is_trimmed_unless_it_is_asked_for(tmp_path: Path) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(Message("den", "x", ANN, 0, None))
        assert await log.trim() == 0
        assert len((await log.read("den", limit=9))[0]) == 1

    on_disk(tmp_path, main)


# Ends

WRITER = """
import asyncio, sys
from pathlib import Path
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.chat.models import Message, User

async def main():
    log = SqliteHistory(Database(Path(sys.argv[1])))
    async def writer(name):
        for number in range(int(sys.argv[2])):
            ref = f"{sys.argv[3]} {number}"
            kept = await log.append(Message("den", ref, User(name, name), 0, ref))
            sys.stdout.buffer.write(f"{name} {kept.seq} {ref}\\n".encode())
            sys.stdout.buffer.flush()
    await asyncio.gather(*(writer(f"w{number}") for number in range(20)))
asyncio.run(main())
"""


def test_nothing_that_was_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    acked: dict[tuple[str, str], int] = {}
    for start in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), "1000000", str(start)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        for _ in range(150 + 70 * start):
            name, seq, ref = writer.stdout.readline().decode().rstrip().split(" ", 2)
            acked[name, ref] = int(seq)
        os.kill(writer.pid, signal.SIGKILL)
        for line in writer.stdout.read().decode().splitlines(keepends=True):
            if line.endswith("\n"):
                name, seq, ref = line.rstrip().split(" ", 2)
                acked[name, ref] = int(seq)
        writer.stdout.close()
        writer.wait()

    async def main(log: SqliteHistory) -> None:
        seen: list[Message] = []
        more = True
        while more:
            page, more = await log.read("den", after=len(seen), limit=200)
            seen += page
        assert [one.seq for one in seen] == list(range(1, len(seen) + 1))
        stored = {(one.sender.id, one.ref): one.seq for one in seen if one.sender}
        assert len(stored) == len(seen)
        assert acked.items() <= stored.items()

    on_disk(tmp_path, main)


@pytest.mark.long
@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="strace is not installed")
def test_the_sync_comes_before_every_acknowledgement(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    one = WRITER.replace("range(20)", "range(1)")
    command = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fdatasync,fsync,write", "-s", "12"]
    subprocess.run(
        [*command, sys.executable, "-c", one, str(tmp_path / "data"), "1000", "0"], check=True, capture_output=True
    )
    synced, acks = 0, 0
    for line in trace.read_text().splitlines():
        if "sync" in line and "chat.db-wal" in line:
            synced += 1
        elif '"w0 ' in line:
            acks += 1
            assert synced, line
            synced = 0
    assert acks == 1_000


def test_the_loop_is_free_while_the_disk_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(log: SqliteHistory) -> None:
        slow = asyncio.create_task(log._database.write(lambda connection: time.sleep(0.3)))
        await asyncio.sleep(0)
        post = log.append(message())
        turns = 0
        while not slow.done():
            await asyncio.sleep(0.001)
            turns += 1
            assert json.loads("[]") == (await log.read("none", limit=1))[0]
        assert turns > 20
        await post

    on_disk(tmp_path, main)
