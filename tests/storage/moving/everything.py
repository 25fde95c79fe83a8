"""A chat that has something of everything, and what two data folders are compared by."""

import contextlib
import io
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.helpers import on_database
from tests.storage.histories import ANN, BOB, change, edit, message
from tests.storage.rooms import Room, within
from tests.storage.stores import DiskStore
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.files import File, new_id
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.chat.models import User
from tornado_chat.chat.repositories import Ban
from tornado_chat.storage.blobs.folder import FOLDER, all_blobs
from tornado_chat.storage.data_folder import load_secret
from tornado_chat.storage.moving.tables import TABLES
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.maintenance import check, export
from tornado_chat.storage.sqlite.moderation import sqlite_repositories
from tornado_chat.storage.sqlite.store import SqliteStore
from tornado_chat.storage.sqlite.writer import Database

EVE = User("g:eve", "Eve")
WIDE = User("proxy:" + "ꙮ" * 300, "Wide")


def fill(folder: Path) -> None:
    """Make a chat in a data folder."""
    folder.mkdir(exist_ok=True)
    load_secret(folder)
    on_database(folder, lambda database: _fill(database, folder))
    assert check(folder, hashes=True) == []
    empty = {one.name for one in TABLES if not rows(folder)[one.name]}
    assert not empty


async def _fill(database: Database, folder: Path) -> None:
    history, repositories = SqliteHistory(database, keep_messages=40), sqlite_repositories(database)
    await within(_talk, history, repositories, DiskStore(folder / FOLDER))
    accounts, places = repositories.accounts, repositories.memberships
    for user, name in (("1", "Ann"), ("2", "Bob")):
        assert await accounts.add(User(user, name), name.lower(), f"scrypt${name}")
    await accounts.set_role("1", "admin")
    await accounts.begin("hash-of-one", "1", 2**40, 9)
    await accounts.begin("hash-of-two", "2", 2**40, 9)
    await repositories.bans.put(Ban("2001:db8::/32", "1", "", time.time() + 1e6, "spam"))
    await repositories.bans.put(Ban(EVE.id, "1", "Eve", 2e9, 'words with "quotes" and \\'))
    await repositories.audit.add("key", 5, ANN, "ban", {"whom": EVE.id, "odd": "\0"})
    store = SqliteStore(database)
    for space, key, value in (
        ("plugin", "key", {"a": [1, None, 2.5, "ü\0"]}),
        ("plugin", "\0" + "wide" * 200 + "ꙮ", "x"),
        ("\0", "\0", None),
    ):
        await store.set(space, key, value)
    await places.met([Person(user, 7) for user in (ANN, BOB, EVE, WIDE)])
    den = ChannelRecord("den", "public", topic="tøpic", plugins={"dice": {"sides": 6}}, open=((0, 3), (5, None)))
    room = ChannelRecord("p:room", "private", "A room", newcomers="from-joining", edit_window=0, slow=5, listed=False)
    pair = ChannelRecord("dm:pair", "direct", people=("1", "2"), made=99)
    left = ChannelRecord("left", archived=True, posting="moderators", creator="2")
    for record in (den, room, pair, left):
        await places.create(record, [])
    await places.put(
        [
            Membership(den, "1", "owner", 1, 2, None, 3, "all"),
            Membership(den, WIDE.id, sees=((0, 4), (6, None)), read=2, level="none", level_until=2**41),
            Membership(room, "2", "moderator", read=0, silenced_until=2**41, hidden=True),
            Membership(room, EVE.id, ended=2**40, kept_out_until=2**42),
            *(Membership(pair, one) for one in pair.people),
        ]
    )
    for row in ("changed_users VALUES ('2')", "proxy_users VALUES ('proxy:x', 'proxy:X')"):
        await database.write(lambda connection, row=row: connection.execute(f"INSERT INTO {row}"))
    orders = [("den", '{"topic": "new"}'), ("left", None)]
    await database.write(
        lambda connection: connection.executemany("INSERT INTO channel_orders (name, settings) VALUES (?, ?)", orders)
    )


async def _talk(room: Room) -> None:
    log = room.history
    for number in range(50):
        await log.append(message(f"old {number}", ref=f"r{number}", channel="trimmed"))
    await log.trim()
    root = await log.append(message("root @Bob", ref="ref", mentions=["2", "@channel"]))
    reply = await log.append(message("reply", sender=BOB, thread=root.seq, mentions=["1"]))
    await log.append(message("also", sender=EVE, thread=root.seq, also_in_channel=True))
    gone = await log.append(message("gone", sender=WIDE, thread=root.seq))
    await log.change(change("deleted", gone.seq, any=True))
    await log.change(edit(root.seq, "mended \\ 'text' ꙮ", ref="edit", mentions=("2",)))
    await log.change(change("reacted", root.seq, key="👍", user=BOB, ref="react"))
    await log.change(change("reacted", root.seq, key="👍", user=EVE))
    await log.change(change("pinned", reply.seq, any=True))
    await log.append(message("", sender=None, channel="dm:pair"))
    await log.append(message("grows", growing=True, channel="p:room"))
    await log.follow("1", "den", root.seq, False, 0)
    clock = message("sent before", channel="p:room")
    clock.time -= 1_000_000
    await log.append(clock)
    text, picture = await room.file(b"text", name="ü.txt"), await room.file(b"PNG" * 5_000, owner=BOB, name="x.png")
    await room.post(text, picture)
    await room.file(b"not posted", owner=WIDE, name="later.txt")
    lonely = await room.post(await room.file(b"is deleted", name="gone.txt"), channel="p:room")
    await log.change(change("deleted", lonely, channel="p:room"))
    picture = File(new_id(), "1", "me.png", "image/png", 5, await room.blobs.put(b"a picture"))
    await room.rows.set_picture("1", picture)


def rows(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the tables of a data folder have, as they are moved."""
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        return {one.name: sorted(file.execute(one.read).fetchall(), key=repr) for one in TABLES}


def said(folder: Path) -> dict[str, Any]:
    """Return all that two folders with the same chat have in common."""
    out = io.StringIO()
    export(folder, out)
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        more = {
            "epoch": file.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchall(),
            "steps": file.execute("SELECT * FROM clock_steps ORDER BY 1, 2").fetchall(),
            "members": file.execute("SELECT name, members FROM channel_records ORDER BY 1").fetchall(),
        }
    with contextlib.closing(sqlite3.connect(folder / "chat.db")) as file:
        used = {name for (name,) in file.execute("SELECT blob FROM file_blobs")}
    there = {name for name in all_blobs(folder / FOLDER) if name in used}
    secret = (folder / "secret").read_bytes()
    return {**rows(folder), **more, "export": out.getvalue(), "secret": secret, "blobs": (used, there)}
