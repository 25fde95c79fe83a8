"""`backup`, `restore`, `export` and `check`."""

from __future__ import annotations

import argparse
import io
import sys

from tornado_chat.server.cli.parsing import Command, data_dir, file
from tornado_chat.storage.sqlite import maintenance


def _backup(given: argparse.Namespace) -> int:
    folder = data_dir(given)
    secret = maintenance.backup(folder, given.file)
    rest = f", and its secret in {secret}; keep both, where nobody else can read" if secret else "; it has no secret"
    print(f"{folder} is saved in {given.file}{rest}")
    return 0


def _restore(given: argparse.Namespace) -> int:
    folder = data_dir(given)
    kept = maintenance.restore(folder, given.file)
    print(f"{folder} is restored from {given.file}" + (f"; the data of before is in {kept}" if kept else ""))
    return 0


def _export(given: argparse.Namespace) -> int:
    folder = data_dir(given)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # in every locale
    maintenance.export(folder, sys.stdout, given.channel, given.format)
    return 0


def _check(given: argparse.Namespace) -> int:
    folder = data_dir(given)
    problems = maintenance.check(folder)
    print("\n".join(problems) or f"{folder} is whole: no damage, no seq is missing")
    if problems:
        print(f"{folder} is not whole; where there is a backup: python -m tornado_chat restore FILE")
    return 1 if problems else 0


FILE = {"metavar": "FILE", "type": file}
COMMANDS = (
    Command(
        "backup",
        "copy the data folder into a file; a server may be running",
        _backup,
        arguments={"file": {**FILE, "help": "a new file; FILE.secret beside it holds the secret"}},
    ),
    Command(
        "restore",
        "put a backup in the place of the data folder; no server may be running",
        _restore,
        arguments={"file": {**FILE, "help": "what backup has written"}},
    ),
    Command(
        "export",
        "write messages to the standard output",
        _export,
        arguments={
            "--channel": {"metavar": "NAME", "help": "this channel alone", "default": None},
            "--format": {"choices": maintenance.FORMATS, "default": "jsonl", "help": "jsonl (the default) or txt"},
        },
    ),
    Command("check", "look for damage, and for missing messages (exit status 1 if any is found)", _check),
)
