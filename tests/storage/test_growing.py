"""Messages that grow, as both kinds of history keep them."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.storage.histories import ANN, BOB, change, edit, message, on_disk
from tornado_chat.chat.changes import Changed
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import History
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check

Run = Callable[..., None]


def test_a_text_that_grows_moves_its_number_and_is_not_edited(run: Run) -> None:
    async def main(log: History) -> None:
        told: list[Any] = []
        log.on_commit(told.extend)
        await log.append(message("a", ref="r", growing=True))
        assert await log.growing() == [("den", 1)]
        assert await log.change(change("grown", 1, text="ab")) == 2
        assert await log.change(change("grown", 1, text="ab")) == 2  # which draws no number
        with pytest.raises(Refused) as refused:
            await log.change(edit(1, "other"))
        assert refused.value.code == "conflict"
        assert await log.change(change("grown", 1, text="abc", on=False)) == 3
        assert await log.growing() == []
        [one] = await log.get("den", [1])
        assert (one.text, one.rev, one.extra) == ("abc", 3, {"text_rev": 3})
        assert [one.set for one in told if isinstance(one, Changed)] == [
            {"message": "ab", "text_rev": 2},
            {"message": "abc", "growing": None, "text_rev": 3},
        ]
        assert (await log.append(message("a", ref="r", growing=True))).seq == 1  # as it was first sent
        with pytest.raises(Refused, match="grows no more"):
            await log.change(change("grown", 1, text="abcd"))
        assert await log.change(edit(1, "edited")) == 4

    run(main)


def test_what_is_stopped_keeps_its_text_and_a_repeated_stop_alters_nothing(run: Run) -> None:
    async def main(log: History) -> None:
        await log.append(message("a", growing=True))
        assert await log.change(change("grown", 1, user=BOB, on=False, stopped=True)) == 2
        assert await log.change(change("grown", 1, user=None, on=False, stopped=True)) == 2
        [one] = await log.get("den", [1])
        assert (one.text, one.extra) == ("a", {"stopped": True})
        with pytest.raises(Refused) as refused:
            await log.change(change("grown", 2, on=False, stopped=True))
        assert refused.value.code == "not-found"

    run(main)


@pytest.mark.usefixtures("no_rest")
def test_what_is_deleted_or_trimmed_grows_no_more(run: Run) -> None:
    async def main(log: History) -> None:
        for text in "abc":
            await log.append(message(text, growing=True))
        await log.change(change("deleted", 2))
        assert sorted(await log.growing()) == [("den", 1), ("den", 3)]
        await log.append(message("d"))
        await log.trim()
        assert await log.growing() == [("den", 3)]
        with pytest.raises(Refused) as refused:
            await log.change(change("grown", 1, text="aa"))
        assert refused.value.code == "not-found"
        await log.forget("den")
        assert await log.growing() == []

    run(main, keep=3)


def test_a_file_that_grows_is_whole_and_remembers_what_grew(tmp_path: Path) -> None:
    async def first(log: SqliteHistory) -> None:
        await log.append(message("plain"))
        await log.append(message("a", sender=ANN, growing=True))
        await log.append(message("b", channel="attic", growing=True))
        await log.change(change("grown", 2, text="aa"))

    async def then(log: SqliteHistory) -> list[tuple[str, int]]:
        return await log.growing()

    on_disk(tmp_path, first)
    assert check(tmp_path) == []
    assert sorted(on_disk(tmp_path, then)) == [("attic", 1), ("den", 2)]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DELETE FROM growing", "message 1 is not among the growing ones, as it says"),
        ("UPDATE messages SET extra = NULL", "message 1 grows, and does not say so"),
        ("DELETE FROM messages; UPDATE channels SET last = 1", "message 1 grows, but is not there"),
    ],
)
def test_growth_that_contradicts_itself_is_found(tmp_path: Path, harm: str, words: str) -> None:
    async def main(log: SqliteHistory) -> None:
        await log.append(message("a", growing=True))

    on_disk(tmp_path, main)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db")) as other:
        other.executescript(harm)
    assert check(tmp_path) == [f'channel "den": {words}']
