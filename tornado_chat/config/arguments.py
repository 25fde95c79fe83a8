"""The command line: its flags, the help, and what is said of what cannot be read."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from tornado_chat.config import speed
from tornado_chat.config.settings import FIELDS, Settings, SettingsError, flag, written
from tornado_chat.version import VERSION

PROGRAM = "python -m tornado_chat"
COMMANDS = {
    "backup": "copy the data folder into a file; a server may be running",
    "restore": "put a backup in the place of the data folder; no server may be running",
    "export": "write messages to the standard output",
    "check": "look for damage, and for missing messages (exit status 1)",
    "user": "make and change accounts; a server may be running",
    "plugin": "list, check and make plugins",
    "config": "config show: each setting, and where it was said",
    "health": "ask the server of these settings whether it is well (exit status 1)",
}
GROUPS = {
    "Server": ("host", "port", "data_dir", "history", "keep_days", "keep_messages", "tls_cert", "tls_key"),
    "Who may come in": ("auth", "registration", "jwt_key", "jwt_algorithm", "auth_header"),
    "Proxies and other sites": ("trusted_proxies", "allowed_origin", "metrics_from", "metrics_token"),
    "Limits": (
        *("limits", "message_rate", "join_rate", "connect_rate", "max_connections", "max_channels"),
        *("max_message_size", "announce_limit"),
    ),
    "Connections": ("compress", "ping_interval", "ping_timeout"),
    "Plugins": ("plugins_dir", "no_shipped_plugins", "reload"),
    "Log": ("log_level", "log_format"),
}


def suggestion(word: str, words: Iterable[str]) -> str:
    """Return ` (did you mean …?)` for a word that is close to one of these, else nothing."""
    near = get_close_matches(word, words := list(words), n=1, cutoff=0.75)
    near = near or [each for each in words if len(word.strip("-")) > 2 and each.startswith(word)][:2]
    return f" (did you mean {' or '.join(near)}?)" if near else ""


class Parser(argparse.ArgumentParser):
    """Says what is wrong as one line, a SettingsError. `commands`: what may have been meant, beside its flags."""

    commands: Iterable[str] = ()

    def error(self, message: str) -> Any:
        hint, unknown = "", message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            known = [*self._option_string_actions, *self.commands]
            hint = next(filter(None, (suggestion(word.partition("=")[0], known) for word in unknown.split())), "")
        raise SettingsError(f"{message}{hint} (see --help)")


def serve_parser() -> Parser:
    """Return the parser of what the server is given."""
    width = max(map(len, COMMANDS)) + 2
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options]\n       {PROGRAM} COMMAND … (COMMAND --help says more)",
        description="Serve a chat: a page and a WebSocket. Open the address that it prints.\n\ncommands:\n"
        + "\n".join(f"  {name:{width}}{text}" for name, text in COMMANDS.items()),
        epilog="Each option can also stand in a TOML file (ping_interval = 25) or in the environment\n"
        "(TORNADO_CHAT_PING_INTERVAL=25); an option on the command line wins.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.commands = COMMANDS
    for title, names in GROUPS.items():
        group = parser.add_argument_group(title)
        for name in names:
            _add(group, name)
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings")
    parser.add_argument("--version", action="version", version=f"tornado_chat {VERSION} ({speed.describe()})")
    return parser


def _add(group: argparse._ArgumentGroup, name: str) -> None:
    field, default = FIELDS[name], getattr(Settings, name, None)
    text = field.metadata["help"]
    if field.default is False:
        group.add_argument(flag(name), help=text, action="store_const", const=True)
        return
    if default not in (None, (), ""):
        text += f" ({written(default)})"
    action = "append" if name == "plugins_dir" else "store"
    group.add_argument(flag(name), metavar=field.metadata["metavar"], help=text, action=action)
