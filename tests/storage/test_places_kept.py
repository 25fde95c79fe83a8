"""What backups and exports have of channels and of who belongs to them."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import on_database
from tests.postgres import on_postgres
from tests.storage.histories import ANN, BOB, message, on_engine
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.history import History
from tornado_chat.chat.memberships import Membership, Memberships, Person
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.postgres import exporting
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.memberships import PostgresMemberships
from tornado_chat.storage.sqlite.backups import backup, restore
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check, export
from tornado_chat.storage.sqlite.memberships import SqliteMemberships
from tornado_chat.storage.sqlite.writer import Database


async def fill(database: Database) -> None:
    await fill_in(SqliteHistory(database), SqliteMemberships(database))


async def fill_in(log: History, kept: Memberships) -> None:
    await kept.met([Person(user, 0) for user in (ANN, BOB)])
    pair = ChannelRecord("dm:1", "direct", people=("1", "2"))
    for record in (pair, ChannelRecord("p:1", "private", "Board"), ChannelRecord("p:2", "private", "Lunch")):
        await kept.create(record, [Membership(record, "1", "owner", read=1)])
    for channel in ("den", "p:1", "p:2", "dm:1"):
        await log.append(message(f"in {channel}", channel=channel))


async def everything(database: Database) -> object:
    kept = SqliteMemberships(database)
    return await kept.of_user("1"), await kept.people(), await kept.direct(["2", "1"])


def exported(folder: Path, channel: str | None = None, format: str = "txt") -> list[str]:
    out = io.StringIO()
    export(folder, out, channel, format)
    return out.getvalue().splitlines()


def test_a_restored_backup_has_everybodys_channels(tmp_path: Path) -> None:
    on_database(tmp_path / "old", fill)
    before = on_database(tmp_path / "old", everything)
    backup(tmp_path / "old", tmp_path / "file")
    restore(tmp_path / "new", tmp_path / "file")
    assert on_database(tmp_path / "new", everything) == before
    assert check(tmp_path / "new") == []


def test_an_export_as_text_calls_channels_by_their_titles_and_one_is_named_by_it(tmp_path: Path) -> None:
    on_database(tmp_path, fill)
    assert [line.partition("[")[2] for line in exported(tmp_path)] == [
        *("den] Ann: in den", "Ann, Bob] Ann: in dm:1", "Board] Ann: in p:1", "Lunch] Ann: in p:2")
    ]
    assert [json.loads(line)["target"] for line in exported(tmp_path, "board", "jsonl")] == ["p:1"]
    assert exported(tmp_path, "p:1") == exported(tmp_path, "BOARD")
    again = ChannelRecord("p:2", "private", "board")
    on_database(tmp_path, lambda database: SqliteMemberships(database).set(again, ["title"]))
    with pytest.raises(SettingsError, match="may be one of several channels: p:1, p:2"):
        exported(tmp_path, "Board")
    with pytest.raises(SettingsError, match="there is no channel nothing"):
        exported(tmp_path, "nothing")


@pytest.mark.parametrize("format", ["txt", "jsonl"])
def test_an_export_from_postgresql_has_the_same_lines(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_database(tmp_path, fill)
    monkeypatch.setattr(exporting, "PAGE", 1)

    async def lines(engine: Engine, channel: str | None = None) -> list[str]:
        out = io.StringIO()
        await exporting.export(engine, out, channel, format)
        return out.getvalue().splitlines()

    async def main(engine: Engine) -> None:
        await on_engine(engine, lambda log: fill_in(log, PostgresMemberships(engine)))
        assert list(map(plain, await lines(engine))) == list(map(plain, exported(tmp_path, None, format)))
        assert len(await lines(engine, "lunch")) == 1
        with pytest.raises(SettingsError, match="there is no channel nothing"):
            await lines(engine, "nothing")

    on_postgres(main)


def plain(line: str) -> Any:
    """Return a line without its time, and without the id that every history draws anew."""
    return {**json.loads(line), "id": "", "time": 0} if line.startswith("{") else line.partition("[")[2]
