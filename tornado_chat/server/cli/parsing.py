"""How commands declare their options, and the messages for a command line that is wrong."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tornado_chat.config.database_url import without_password
from tornado_chat.config.settings import FIELDS, Settings, SettingsError, flag, written
from tornado_chat.config.sources import SECRET, load, suggestion

GROUPS = {
    "Server": (
        *("host", "port", "server_name", "server_mark", "data_dir"),
        *("history", "cluster", "node", "blobs", "keep_days", "keep_messages", "guest_days", "tls_cert", "tls_key"),
    ),
    "Messages": ("edit_window", "may_delete", "may_pin"),
    "Files": ("max_file_size", "file_space"),
    "Channels and people": ("create_channels", "direct", "default_channels", "welcome_text"),
    "Who may come in": ("auth", "registration", "admin_link", "jwt_key", "jwt_algorithm", "auth_header"),
    "Proxies and other sites": ("trusted_proxies", "allowed_origin", "metrics_from", "metrics_token"),
    "Limits": (
        *("limits", "message_rate", "join_rate", "connect_rate", "upload_rate", "max_connections", "max_channels"),
        *("max_message_size", "announce_limit"),
    ),
    "Connections": ("compress", "ping_interval", "ping_timeout"),
    "Plugins": ("plugins_dir", "no_shipped_plugins", "reload"),
    "Log": ("log_level", "log_format"),
}
SOURCES = (
    "Each option can also stand in a TOML file (ping_interval = 25) or in the environment\n"
    "(TORNADO_CHAT_PING_INTERVAL=25); an option on the command line wins."
)


class Parser(argparse.ArgumentParser):
    """Raises SettingsError, with one line. `known`: options of all commands, each with a command that takes it."""

    known: Mapping[str, str] = {}
    description: str

    @property
    def options(self) -> dict[str, argparse.Action]:
        return self._option_string_actions

    def error(self, message: str) -> Any:
        unknown = message.removeprefix("unrecognized arguments: ")
        hint = ""
        for word in unknown.split() if unknown != message else ():
            if hint := self._hint(word):
                if any(flag(name) in hint for name in SECRET):  # what follows is not for the log
                    message = f"unrecognized arguments: {word.partition('=')[0]}"
                break
        raise SettingsError(f"{message}{hint} (see {self.prog} --help)")

    def _hint(self, word: str) -> str:
        word = word.partition("=")[0]
        if near := suggestion(word, self.options):
            return near
        return f"; {word} belongs to {self.known[word]}" if word in self.known else ""


@dataclasses.dataclass(frozen=True)
class Command:
    """One command. `settings`: those whose flags it takes and reads; `others`: flags that it takes and passes over.

    `run` gets what was given, and returns the exit status. `arguments`: by name, the options of add_argument.
    """

    name: str
    help: str
    run: Callable[[argparse.Namespace], int]
    settings: Collection[str] = ("data_dir", "cluster")
    others: Collection[str] = ()
    arguments: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def word(self) -> str:
        return self.name.rpartition(" ")[2]

    def parser(self) -> Parser:
        all_settings = len(self.settings) == len(FIELDS)
        prog = f"{program()} {self.name}"
        parser = _parser(prog, f"{prog} [options]" if all_settings else None, self.help)
        parser.epilog = SOURCES if all_settings else None
        for name, options in self.arguments.items():
            parser.add_argument(name, **options)
        for title, names in GROUPS.items():
            group = parser.add_argument_group(title) if all_settings else parser
            for name in names:
                if name in self.settings or name in self.others:
                    _add(group, name, name in self.settings)
        parser.add_argument("--config", metavar="FILE", help="TOML file with settings")
        return parser


@dataclasses.dataclass(frozen=True)
class Group:
    """Commands that share their first word: `user add`, `user list`. `default`: runs if none is named."""

    name: str
    help: str
    commands: Sequence[Command | Group]
    default: Command | None = None

    @property
    def word(self) -> str:
        return self.name

    def parser(self) -> Parser:
        """Return a parser whose help lists the commands, and the options of the default one."""
        prog = f"{program()} {self.name}".strip()
        usage = f"{prog} COMMAND …"
        width = max(len(one.word) for one in self.commands) + 2
        listed = "\n".join(f"  {one.word:{width}}{one.help}" for one in self.commands)
        parser = _parser(prog, usage, self.help) if self.default is None else self.default.parser()
        parser.prog = prog
        parser.description += f"\n\ncommands:\n{listed}\n\n{prog} COMMAND --help says more of each."
        if self.default is not None:
            parser.usage = f"{prog} [options]\n       {usage}"
        return parser


def file(value: str) -> Path:
    """Parse the name of a file."""
    path = Path(value)
    if not path.name:
        raise argparse.ArgumentTypeError(f"{value!r} is not the name of a file")
    return path


def flags_of(given: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(given).items() if name in FIELDS or name == "config"}


def cluster(given: argparse.Namespace) -> str:
    """Return the address of the database that a command is for, "" for a data folder.

    A folder that the command line names goes before a cluster that only the environment or a file does.
    """
    flags = flags_of(given)
    return "" if "data_dir" in flags and "cluster" not in flags else load(flags, only=("cluster",)).cluster


def data_dir(given: argparse.Namespace, instead: str = "this command is for a data folder") -> Path:
    """Return the data folder that a command is for. instead: what is said where the chat is a cluster."""
    if url := cluster(given):
        raise SettingsError(
            f"the chat is in {without_password(url)}: {instead} (a data folder is named by --data-dir)"
        )
    return load(flags_of(given), only=("data_dir",)).data_dir


def program() -> str:
    return "tornado-chat" if os.path.basename(sys.argv[0]) == "tornado-chat" else "python -m tornado_chat"


def _parser(prog: str, usage: str | None, help: str) -> Parser:
    return Parser(
        prog=prog,
        usage=usage,
        description=f"{help[0].upper()}{help[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )


def _add(group: argparse._ActionsContainer, name: str, shown: bool) -> None:
    field, default = FIELDS[name], getattr(Settings, name, None)
    text = field.metadata["help"] if shown else argparse.SUPPRESS
    if field.default is False:
        group.add_argument(flag(name), help=text, action="store_const", const=True)
        return
    if shown and default not in (None, (), ""):
        text += f" ({written(default)})"
    action = "append" if name == "plugins_dir" else "store"
    group.add_argument(flag(name), metavar=field.metadata["metavar"], help=text, action=action)
