"""Backup, restore, export and check of a data folder."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from tornado_chat.chat.models import Message
from tornado_chat.chat.validation import name_key
from tornado_chat.storage.data_folder import SECRET, SECRET_SIZE, discard, sync, write_file
from tornado_chat.storage.sqlite import queries
from tornado_chat.storage.sqlite.files import (
    NAME,
    RESTORE,
    DatabaseError,
    connect,
    connect_to_read,
    copy,
    explained,
    lock_folder,
    look_for,
    pragma,
    reason,
    version_of,
)
from tornado_chat.storage.sqlite.migrations import MIGRATIONS
from tornado_chat.storage.sqlite.schema import differences

FORMATS = ("jsonl", "txt")
PAGE = 1_000  # rows of an export that are read at a time
PROBLEMS = 100  # that are listed of what SQLite finds wrong


def backup(folder: Path, file: Path) -> Path | None:
    """Copy the database to a new file, as of now; a server may be running. Nothing is overwritten.

    The secret goes into a second file, FILE.secret (mode 600). Its name is returned, or None if there is no secret.
    """
    for path in (file, _secret_of(file)):
        if os.path.lexists(path):
            raise DatabaseError(f"{path} is there already; take another name")
    made = None
    with _opened(folder / NAME) as connection, contextlib.ExitStack() as failed:
        if secret := _read_secret(folder / SECRET):
            made = _secret_of(file)
            failed.callback(discard, made)
            with explained(made, "written"):
                write_file(made, secret, inherit=False)
        with explained(file, "written"):
            copy(connection, file, inherit=False)
        failed.pop_all()
    return made


def restore(folder: Path, file: Path) -> Path | None:
    """Replace the database with a backup, with a new epoch, and the secret with FILE.secret, if that exists.

    The old files are kept as `chat.db.<time>` and its `.secret`. That name is returned, or None if there were none.
    """
    look_for(file)  # before a folder is made for it
    secret, made = _read_secret(_secret_of(file)), folder / f"{NAME}.{secrets.token_hex(4)}"
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        with _opened(file, "take another backup") as connection:
            if problems := differences(connection, MIGRATIONS[: version_of(connection, file)]):
                raise DatabaseError(f"{file} is not sound: {problems[0]}; mend that, or take another backup")
            if problems := _damages(connection):
                raise DatabaseError(f"{file} is damaged ({problems[0]}); take another backup")
            ended.callback(discard, made)
            with explained(made, "written"):
                copy(connection, made)
        with contextlib.closing(connect(made)) as connection:
            pragma(connection, "synchronous=FULL")
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", (secrets.token_hex(8),))
        kept = _free_name(folder / NAME)
        if secret is not None:
            _replace_secret(folder / SECRET, secret, kept)
        with explained(folder / NAME, "written"):
            return kept if _replace(folder / NAME, made, kept) else None


def _secret_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.{SECRET}")


def _read_secret(path: Path) -> bytes | None:
    """Return the secret in a file, None if there is none; DatabaseError if it is damaged."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseError(f"{path} cannot be read: {error.strerror}") from None
    if not secret:  # see load_secret
        return None
    if len(secret) != SECRET_SIZE:
        raise DatabaseError(f"{path} is damaged: it must hold {SECRET_SIZE} bytes; move it away to do without it")
    return secret


def _replace_secret(path: Path, secret: bytes, kept: Path) -> None:
    with explained(path, "written"):
        if path.exists() and path.read_bytes() != secret:
            os.link(path, _secret_of(kept))
        write_file(path, secret)


def _free_name(path: Path) -> Path:
    """Return a name beside a path that is not taken, with the time in it."""
    name = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}")
    while name.exists() or _secret_of(name).exists():
        name = name.with_name(f"{name.name}.again")
    return name


def _replace(path: Path, made: Path, kept: Path) -> bool:
    """Replace one file with another, and keep the old one as `kept`; return whether there was one.

    The old file's log must not lie beside the new file, and must not be lost.
    """
    replaced = path.exists()
    if replaced:
        for end in ("", "-wal"):
            if Path(f"{path}{end}").exists():
                os.link(f"{path}{end}", f"{kept}{end}")  # under both names, whenever the power goes
        sync(path.parent)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    os.replace(made, path)
    sync(path.parent)
    return replaced


def export(folder: Path, out: TextIO, channel: str | None = None, format: str = "jsonl") -> int:
    """Write the messages of one channel or of all, as lines of the protocol or of text; return how many.

    In text, further lines of a message are indented.
    """
    if format not in FORMATS:
        raise DatabaseError(f"there is no format {format}; there are {' and '.join(FORMATS)}")
    count = 0
    with _opened(folder / NAME) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM channels ORDER BY name")]
        for name in names if channel is None else [_channel(names, channel)]:
            for message in _messages(connection, name):
                out.write((message.line().decode() if format == "jsonl" else _text(message)) + "\n")
                count += 1
    return count


def _channel(names: Sequence[str], said: str) -> str:
    """Return the name of the channel that is meant: this one, or the only one that looks the same."""
    found = [said] if said in names else [name for name in names if name_key(name) == name_key(said)]
    if len(found) > 1:
        raise DatabaseError(f"{said} may be one of several channels: {', '.join(found)}")
    if not found:
        raise DatabaseError(f"there is no channel {said}")
    return found[0]


def _messages(connection: sqlite3.Connection, channel: str) -> Iterator[Message]:
    page = queries.page(connection, channel, 0, None, PAGE)
    while page:
        yield from page
        page = queries.page(connection, channel, page[-1].seq, None, PAGE)


def _text(message: Message) -> str:
    when = datetime.fromtimestamp(message.time / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    who = message.sender.name if message.sender else "*"
    words = "\n    ".join(message.text.splitlines())
    return f"{when} [{message.channel}] {who}: {words}"


def check(folder: Path) -> list[str]:
    """Return the problems of a history, one line each: its file, its schema, gaps in the `seq` of its channels."""
    with _opened(folder / NAME) as connection:
        steps = MIGRATIONS[: version_of(connection, folder / NAME)]
        return _damages(connection) or differences(connection, steps) or _gaps(connection)


def stored(folder: Path, space: str) -> dict[str, Any]:
    """Return the values of a space of the store by key; a server may be running."""
    with _opened(folder / NAME) as connection:
        found = connection.execute("SELECT key, value FROM store WHERE space = ?", (space,))
        return {key: json.loads(value) for key, value in found}


def _damages(connection: sqlite3.Connection) -> list[str]:
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({PROBLEMS})")]
    except sqlite3.Error as error:
        return [str(error)]
    return [line for text in found for line in text.splitlines() if line != "ok"]


def _gaps(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        f"SELECT m.id >> {queries.SHIFT} AS no, c.name, c.floor,"
        f" min(m.id) & {queries.LARGEST}, max(m.id) & {queries.LARGEST},"
        f" count(*) FROM messages m LEFT JOIN channels c ON c.no = m.id >> {queries.SHIFT} GROUP BY 1"
    )
    problems = []
    for no, name, floor, first, last, count in found:
        if name is None:
            problems.append(f"messages of a channel that is not there (number {no})")
        elif first != floor + 1:
            problems.append(f"channel {json.dumps(name)}: begins with seq {first}, not {floor + 1}")
        elif last - first + 1 != count:
            missing = last - first + 1 - count
            problems.append(f"channel {json.dumps(name)}: {missing} missing between {first} and {last}")
    return problems


@contextlib.contextmanager
def _opened(path: Path, cure: str = "") -> Iterator[sqlite3.Connection]:
    """Open an existing history for reading; DatabaseError if it cannot be read. cure: as for version_of."""
    look_for(path)
    try:
        with contextlib.closing(connect_to_read(path)) as connection:
            if version_of(connection, path, cure) == 0:
                raise DatabaseError(f"{path} is empty; {cure or RESTORE}")
            pragma(connection, "query_only=1")
            yield connection
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be read: {reason(error, path)}") from None
