"""`migrate`: moves a chat from a data folder into PostgreSQL, and back."""

from __future__ import annotations

import argparse
import asyncio

from tornado_chat.config.database_url import read_database_url, without_password
from tornado_chat.config.settings import SettingsError
from tornado_chat.config.sources import load
from tornado_chat.server.cli.parsing import Command, cluster, flags_of
from tornado_chat.storage.moving.comparing import MoveError
from tornado_chat.storage.moving.progress import Progress
from tornado_chat.storage.moving.to_postgres import Moved, to_postgres
from tornado_chat.storage.moving.to_sqlite import to_sqlite
from tornado_chat.storage.sqlite.files import NAME

SQLITE = "sqlite"


def _migrate(given: argparse.Namespace) -> int:
    progress = Progress()
    try:
        if given.to == SQLITE:
            return _to_sqlite(given, progress)
        return _to_postgres(given, progress)
    except MoveError as error:
        raise SettingsError(str(error)) from None
    finally:
        progress.end()


def _to_postgres(given: argparse.Namespace, progress: Progress) -> int:
    flags = flags_of(given)
    if flags.get("cluster", given.to) != given.to:
        raise SettingsError("--to and --cluster name two databases; a chat comes from a data folder, see --data-dir")
    settings = load({**flags, "cluster": given.to}, only=("data_dir", "cluster", "blobs"))
    folder, where = settings.data_dir, without_password(given.to)
    moved = asyncio.run(to_postgres(folder, given.to, settings.blobs, progress))
    progress.end()
    print(f"the chat of {folder} is in {where} now: {_figures(moved)}; counts and last numbers are the same")
    print(f"{folder / NAME} is kept as {moved.kept}; nothing of what is said from now on comes there")
    _tell_losses(moved)
    print(f"Start the servers with --cluster {where}; the first one makes the index of search")
    return 1 if moved.lost else 0


def _to_sqlite(given: argparse.Namespace, progress: Progress) -> int:
    url = cluster(argparse.Namespace(**{name: value for name, value in vars(given).items() if name != "data_dir"}))
    if not url:
        raise SettingsError("--to sqlite needs --cluster: the address of the database that the chat is in")
    settings = load({**flags_of(given), "cluster": url}, only=("data_dir", "cluster", "blobs"))
    folder, where = settings.data_dir, without_password(url)
    moved = asyncio.run(to_sqlite(url, folder, settings.blobs, progress))
    progress.end()
    print(f"the chat of {where} is in {folder} now: {_figures(moved)}; counts and last numbers are the same")
    print(f"The database keeps it in the schema {moved.kept}; nothing of what is said from now on comes there")
    _tell_losses(moved)
    print(f"Start the server with --data-dir {folder}, without --cluster")
    return 1 if moved.lost else 0


def _figures(moved: Moved) -> str:
    counts = moved.summary.counts
    names = {"messages": "messages", "channels": "channels", "accounts": "accounts", "files": "files"}
    return ", ".join(f"{counts[table]:,} {name}" for table, name in names.items())


def _tell_losses(moved: Moved) -> None:
    if moved.lost:
        lost = "1 file that people share is" if moved.lost == 1 else f"{moved.lost} files that people share are"
        print(f"{lost} lost, and not in it; check says more")
    if moved.altered:
        print(f"{moved.altered:,} rows had a NUL in them, which PostgreSQL does not store: it is U+FFFD there")


def _target(value: str) -> str:
    """Parse where to: the word sqlite, or the address of a database."""
    if value == SQLITE:
        return value
    try:
        return read_database_url(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"takes {SQLITE}, or {error}") from None


COMMANDS = (
    Command(
        "migrate",
        "move a chat from the data folder into PostgreSQL, or back; no server may run",
        _migrate,
        settings=("data_dir", "cluster", "blobs"),
        arguments={
            "--to": {
                "metavar": "URL|sqlite",
                "type": _target,
                "required": True,
                "help": "postgresql://USER@HOST/DATABASE, or sqlite: from --cluster into the data folder",
            }
        },
    ),
)
