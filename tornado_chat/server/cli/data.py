"""What `python -m tornado_chat` does beside serving: backup, restore, export, check, user, config show."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tornado_chat.config.arguments import Parser
from tornado_chat.config.settings import SettingsError
from tornado_chat.config.sources import load, show
from tornado_chat.server.cli import users
from tornado_chat.storage.sqlite import maintenance

Command = Callable[[Path, argparse.Namespace], int]


def _backup(folder: Path, given: argparse.Namespace) -> int:
    secret = maintenance.backup(folder, given.file)
    if secret is None:
        print(f"{folder} is saved in {given.file}; it has no secret")
    else:
        print(f"{folder} is saved in {given.file}, and its secret in {secret}; keep both, where nobody else can read")
    return 0


def _restore(folder: Path, given: argparse.Namespace) -> int:
    kept = maintenance.restore(folder, given.file)
    print(f"{folder} is what it was in {given.file}" + (f"; what was there is now {kept}" if kept else ""))
    return 0


def _export(folder: Path, given: argparse.Namespace) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # in every locale
    maintenance.export(folder, sys.stdout, given.channel, given.format)
    return 0


def _check(folder: Path, given: argparse.Namespace) -> int:
    problems = maintenance.check(folder)
    print("\n".join(problems) or f"{folder} is whole: no damage, no seq is missing")
    if problems:
        print(f"{folder} is not whole; where there is a backup: python -m tornado_chat restore FILE")
    return 1 if problems else 0


COMMANDS: dict[str, tuple[Command, str]] = {
    "backup": (_backup, "copy the history into a new file; a server may be running"),
    "restore": (_restore, "put a backup in the place of the history; no server may be running"),
    "export": (_export, "write messages to the standard output"),
    "user": (users.run, "make and change accounts; a server may be running"),
    "check": (_check, "look for damage, and for a seq that is missing (exit status 1)"),
}


def _config(arguments: Sequence[str]) -> int:
    if arguments[:1] != ["show"]:
        raise SettingsError("config show [what the server would be given]: each setting, and where it was said")
    print(show(arguments[1:]))
    return 0


def run(arguments: Sequence[str]) -> int:
    """Run a command line that begins with one of COMMANDS, or with config; return the exit status."""
    name = arguments[0]
    if name == "config":
        return _config(list(arguments[1:]))
    command, purpose = COMMANDS[name]
    place = Parser(add_help=False)
    for where, metavar, text in (
        ("--data-dir", "DIR", "where the history is, as for the server"),
        ("--config", "FILE", "TOML file with settings"),
    ):
        place.add_argument(where, metavar=metavar, help=text, default=argparse.SUPPRESS)
    parser = Parser(
        prog=f"python -m tornado_chat {name}",
        description=purpose.capitalize() + ".",
        allow_abbrev=False,
        parents=[place],
    )
    if name == "user":
        users.add_arguments(parser, place)
    if name in ("backup", "restore"):
        parser.add_argument("file", metavar="FILE", type=Path, help="the backup")
    if name == "export":
        parser.add_argument("--channel", metavar="NAME", help="this channel alone")
        parser.add_argument(
            "--format", choices=maintenance.FORMATS, default="jsonl", help="jsonl (the default) or txt"
        )
    given = parser.parse_args(arguments[1:])
    read = [f"--{name.replace('_', '-')}={vars(given)[name]}" for name in ("data_dir", "config") if name in given]
    return command(load(read, only=("data_dir",)).data_dir, given)
