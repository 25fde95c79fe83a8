"""`backup`, `restore`, `export`, `check`, `compact` and `reindex`."""

from __future__ import annotations

import argparse
import io
import sys

from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.config.database_url import without_password
from tornado_chat.config.sources import load
from tornado_chat.server.cli.cluster import on_cluster
from tornado_chat.server.cli.parsing import Command, cluster, data_dir, file, flags_of
from tornado_chat.storage.exporting import FORMATS
from tornado_chat.storage.postgres import consistency, exporting
from tornado_chat.storage.postgres import index_building as index
from tornado_chat.storage.sqlite import backups, compaction, index_building, maintenance

#: What is said of these commands where the chat is in PostgreSQL, which has its own.
BACKUP = "back it up with pg_dump --format=custom, while it serves, and the folder of its files"
RESTORE = "end all nodes, and bring back with pg_restore what pg_dump has written"
COMPACT = (
    "PostgreSQL uses the room of what was deleted again; VACUUM FULL, with all nodes ended, gives it to the disk"
)


def _backup(given: argparse.Namespace) -> int:
    folder = data_dir(given, BACKUP)
    saved = backups.backup(folder, given.file)
    files = f", the {saved.shared} files that people share in {saved.files}" if saved.files else ""
    keep = f"keep {'all' if files else 'both'}, where nobody else can read"
    rest = f", and its secret in {saved.secret}; {keep}" if saved.secret else "; it has no secret"
    print(f"{folder} is saved in {given.file}{files}{rest}")
    if saved.lost:
        lost = "1 file that people share is" if saved.lost == 1 else f"{saved.lost} files that people share are"
        print(f"{lost} lost, and not in it; check says more")
    return 1 if saved.lost else 0


def _restore(given: argparse.Namespace) -> int:
    folder = data_dir(given, RESTORE)
    kept = backups.restore(folder, given.file, without_files=given.without_files)
    print(f"{folder} is restored from {given.file}" + (f"; the data of before is in {kept}" if kept else ""))
    if given.without_files:
        print("Files that people share and that were neither there nor in the data folder are lost; check names them")
    return 0


def _export(given: argparse.Namespace) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # in every locale
    if url := cluster(given):
        on_cluster(url, lambda engine: exporting.export(engine, sys.stdout, given.channel, given.format))
    else:
        maintenance.export(data_dir(given), sys.stdout, given.channel, given.format)
    return 0


def _check(given: argparse.Namespace) -> int:
    if url := cluster(given):
        return _check_cluster(url, load(flags_of(given), only=("cluster", "blobs")).blobs, given.hashes)
    folder = data_dir(given)
    problems = maintenance.check(folder, given.hashes)
    print("\n".join(problems) or f"{folder} is whole: no damage, and nothing contradicts itself")
    if problems:
        print(f"{folder} is not whole; where there is a backup: python -m tornado_chat restore FILE")
    return 1 if problems else 0


def _check_cluster(url: str, place: BlobPlace | None, hashes: bool) -> int:
    problems = on_cluster(url, lambda engine: consistency.check(engine, place, hashes))
    where = without_password(url)
    print("\n".join(problems) or f"the chat in {where} is whole: nothing contradicts itself")
    if place is None:
        print("The files that people share were not looked at; --blobs says where they are")
    if problems:
        print(f"the chat in {where} is not whole; where there is a backup: {RESTORE}")
    return 1 if problems else 0


def _compact(given: argparse.Namespace) -> int:
    folder = data_dir(given, COMPACT)
    before, after, files = compaction.compact(folder)
    rest = f"; {files} files that nobody has any more are deleted" if files else ""
    size = f"{before:,} bytes before, {after:,} now"
    print(f"{folder} is compacted: {size}; nothing that was deleted is left in it{rest}")
    if others := compaction.copies(folder):
        print(f"Copies of earlier days may still have it: {', '.join(others)}; and so may your backups")
    return 0


def _reindex(given: argparse.Namespace) -> int:
    if url := cluster(given):
        count = on_cluster(url, index.build_anew)
        print(f"the index of search in {without_password(url)} is built anew, from {count:,} messages")
        return 0
    folder = data_dir(given)
    print(f"the index of search in {folder} is built anew, from {index_building.reindex(folder):,} messages")
    return 0


FILE = {"metavar": "FILE", "type": file}
SWITCH = {"action": "store_true", "default": False}
COMMANDS = (
    Command(
        "backup",
        "copy the data folder into a file; a server may be running",
        _backup,
        arguments={
            "file": {**FILE, "help": "a new file; beside it FILE.secret, and FILE.files with what people shared"}
        },
    ),
    Command(
        "restore",
        "put a backup in the place of the data folder; no server may be running",
        _restore,
        arguments={
            "file": {**FILE, "help": "what backup has written"},
            "--without-files": {**SWITCH, "help": "also where files that people share are missing in FILE.files"},
        },
    ),
    Command(
        "export",
        "write messages to the standard output",
        _export,
        arguments={
            "--channel": {"metavar": "NAME", "help": "this channel alone", "default": None},
            "--format": {"choices": FORMATS, "default": "jsonl", "help": "jsonl (the default) or txt"},
        },
    ),
    Command(
        "check",
        "look for damage, and for what contradicts itself (exit status 1 if any is found)",
        _check,
        settings=("data_dir", "cluster", "blobs"),
        arguments={"--hashes": {**SWITCH, "help": "read all files that people share, too"}},
    ),
    Command("compact", "write the database anew, without the bytes of what was deleted; no server may run", _compact),
    Command("reindex", "build the index of search anew; no server of a data folder may run", _reindex),
)
