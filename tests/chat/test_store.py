"""The store, of both kinds: what is kept by name, atomic updates, keys in order."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.postgres import on_postgres
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.store import Store, all_in
from tornado_chat.storage.postgres.store import PostgresStore
from tornado_chat.storage.sqlite.direct import DirectDatabase
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

Main = Callable[[Store], Awaitable[Any]]


def on_disk(folder: Path, main: Main) -> Any:
    return on_database(folder, lambda database: main(SqliteStore(database)))


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Main], Any]:
    def on(main: Main) -> Any:
        if request.param == "sqlite":
            return on_disk(tmp_path, main)
        if request.param == "postgres":
            return on_postgres(lambda engine: main(PostgresStore(engine)))

        async def whole() -> Any:
            return await main(SqliteStore(DirectDatabase()))

        return asyncio.run(whole())

    return on


@pytest.mark.parametrize(
    "value", [None, True, 0, -1.5, 2**70, "", "a\0b\u2028😀", [], {}, {"a": [1, {"b": None}], "": "x"}], ids=repr
)
def test_a_value_comes_back_as_it_was(run: Any, value: Any) -> None:
    async def main(store: Store) -> None:
        await store.set("space", "key", value)
        assert await store.get("space", "key", "default") == value
        assert type(await store.get("space", "key")) is type(value)
        assert await store.get("other", "key", "default") == "default"
        assert await store.get("space", "other") is None

    run(main)


def test_a_value_is_replaced_and_deleted(run: Any) -> None:
    async def main(store: Store) -> None:
        await store.set("s", "k", 1)
        await store.set("s", "k", 2)
        assert await store.get("s", "k") == 2
        assert await store.delete("s", "k") is True
        assert await store.delete("s", "k") is False
        assert await store.get("s", "k", 7) == 7
        assert await store.items("s") == []
        await store.set("s", "k", 3)
        assert await store.items("s") == [("k", 3)]

    run(main)


def test_what_is_returned_is_a_copy(run: Any) -> None:
    async def main(store: Store) -> None:
        value = [1]
        await store.set("s", "k", value)
        value.append(2)
        (await store.get("s", "k")).append(3)
        (await store.update("s", "k", lambda kept: kept)).append(4)
        assert await store.get("s", "k") == [1]

    run(main)


def test_updates_at_the_same_time_are_all_done(run: Any) -> None:
    async def main(store: Store) -> None:
        made = await asyncio.gather(*(store.update("s", "k", lambda count: count + 1, 0) for _ in range(200)))
        assert sorted(made) == list(range(1, 201))
        assert await store.get("s", "k") == 200

    run(main)


def test_an_update_that_raises_changes_nothing_and_harms_no_one_else(run: Any) -> None:
    def bad(value: Any) -> Any:
        raise KeyError("mine")

    async def main(store: Store) -> None:
        await store.set("s", "k", 1)
        first, failed, unfit, last = await asyncio.gather(
            store.set("s", "a", 1),
            store.update("s", "k", bad),
            store.update("s", "k", lambda value: {1}),
            store.set("s", "b", 2),
            return_exceptions=True,
        )
        assert (first, last) == (None, None)
        assert isinstance(failed, KeyError)
        assert isinstance(unfit, TypeError)
        assert await store.items("s") == [("a", 1), ("b", 2), ("k", 1)]

    run(main)


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ({}, ["a", "a/1", "a/2", "a/\U0010ffff", "a/\U0010ffffx", "a0", "ü", "😀"]),
        ({"prefix": "a/"}, ["a/1", "a/2", "a/\U0010ffff", "a/\U0010ffffx"]),
        ({"prefix": "a/", "limit": 1}, ["a/1"]),
        ({"prefix": "a/", "after": "a/1", "limit": 2}, ["a/2", "a/\U0010ffff"]),
        ({"prefix": "a/", "after": "z"}, []),
        ({"after": "a/2"}, ["a/\U0010ffff", "a/\U0010ffffx", "a0", "ü", "😀"]),
        ({"prefix": "%"}, []),
        ({"limit": 0}, []),
    ],
    ids=repr,
)
def test_keys_are_listed_in_order_by_prefix_and_from_one_on(run: Any, where: Any, keys: list[str]) -> None:
    async def main(store: Store) -> None:
        for key in ("a/2", "a", "😀", "a0", "a/\U0010ffffx", "a/1", "ü", "a/\U0010ffff"):
            await store.set("s", key, {"of": key})
            await store.set("t", key, "elsewhere")
        assert await store.items("s", **where) == [(key, {"of": key}) for key in keys]

    run(main)


def test_keys_of_any_text_and_length_are_in_order(run: Any) -> None:
    widest = "\U00020000" * 999
    keys = ["a", "a\0", "a\0b", "ab", "\u0800" * 1_000, widest, *(f"{widest}{end}" for end in "\0ab"), "\U00020001"]

    async def main(store: Store) -> None:
        for key in reversed(keys):
            for space in (widest, "s\0"):
                await store.set(space, key, key)
        assert await store.items(widest) == [(key, key) for key in keys] == await store.items("s\0")
        assert [key for key, _ in await store.items("s\0", prefix=widest, after=widest, limit=2)] == keys[6:8]
        assert [key for key, _ in await store.items("s\0", prefix="a\0", after="")] == keys[1:3]
        assert await store.items("s") == []
        assert await store.delete(widest, keys[7])
        assert await store.get(widest, keys[7]) is None
        assert await store.get("s\0", keys[7]) == keys[7]
        assert await store.update("s\0", keys[7], len) == 1_000

    run(main)


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [object(), {1}, {1: 2}, [{None: 1}], float("nan"), float("inf"), "\ud800", b"x", LOOP],
    ids=lambda v: type(v).__name__,
)
def test_a_value_that_json_does_not_know_is_refused_in_clear_words(run: Any, value: Any) -> None:
    async def main(store: Store) -> None:
        with pytest.raises((TypeError, ValueError)) as error:
            await store.set("s", "k", value)
        assert str(error.value)
        assert await store.get("s", "k", 5) == 5

    run(main)


@pytest.mark.parametrize("key", [None, 1, b"k", "", "x" * 1001, "\ud800"], ids=repr)
def test_a_space_or_key_that_is_no_text_is_refused_in_clear_words(run: Any, key: Any) -> None:
    async def main(store: Store) -> None:
        for call in (
            lambda s, k: store.get(s, k),
            lambda s, k: store.set(s, k, 1),
            lambda s, k: store.delete(s, k),
            lambda s, k: store.update(s, k, lambda value: 1),
        ):
            for names in ((key, "k"), ("s", key)):
                with pytest.raises((TypeError, ValueError), match=r"space or key|surrogate"):
                    await call(*names)

    run(main)


def test_what_is_kept_on_the_disk_is_there_after_a_restart(tmp_path: Path) -> None:
    async def write(store: Store) -> None:
        await store.set("s", "k", {"a": 1})

    async def read(store: Store) -> Any:
        return await store.get("s", "k")

    on_disk(tmp_path, write)
    assert on_disk(tmp_path, read) == {"a": 1}


@pytest.mark.usefixtures("impatient")
def test_while_the_file_is_locked_writing_is_refused_and_reading_goes_on(tmp_path: Path) -> None:
    async def main(store: Store) -> None:
        await store.set("s", "k", 1)
        other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refused) as refused:
            await store.set("s", "k", 2)
        assert refused.value.code == "history-unavailable"
        assert await store.get("s", "k") == 1
        other.close()
        await store.set("s", "k", 3)
        assert await store.get("s", "k") == 3

    on_disk(tmp_path, main)


def test_a_row_that_was_damaged_on_the_disk_is_left_out_of_a_list_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(database: Database) -> None:
        def damage(connection: sqlite3.Connection) -> None:
            for key, value in (("b", "{"), ("c", b"\xff"), ("d", ""), ("e", "[" * 100_000)):
                connection.execute("INSERT INTO store VALUES ('s', ?, ?)", (key, value))
            connection.execute("INSERT INTO store VALUES ('s', 'f', CAST(x'22ff22' AS TEXT)), ('s', x'ff', '1')")

        store = SqliteStore(database)
        for key in ("a", "g"):
            await store.set("s", key, key)
        await database.write(damage)
        for _ in range(2):
            assert [key for key, value in await store.items("s") if key == value] == ["a", "g"]
            assert [key async for key, _ in all_in(store, "s") if key in "ag"] == ["a", "g"]
            assert await store.items("s", after="a", limit=1) == [("f", "\ufffd")]
        assert [record.levelname for record in caplog.records] == ["ERROR"] * 4

    on_database(tmp_path, main)
