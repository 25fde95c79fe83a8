"""`serve`, and `config show`, which shows what it would be given."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os

from tornado_chat.config import speed
from tornado_chat.config.settings import FIELDS, Settings, SettingsError
from tornado_chat.config.sources import PREFIX, load, passed_over, show
from tornado_chat.routing.registry import RegistryError
from tornado_chat.server.cli.parsing import Command, Group, flags_of
from tornado_chat.server.logging import configure
from tornado_chat.storage.postgres.health import EngineError
from tornado_chat.storage.sqlite.files import DatabaseError
from tornado_chat.version import VERSION

ERRORS = (
    SettingsError,
    RegistryError,
    DatabaseError,
    EngineError,
)  # what is given cannot be used: one line, status 2
LOG = ("log_level", "log_format")
log = logging.getLogger("tornado_chat")


def _serve(given: argparse.Namespace) -> int:
    about_log = _log_settings(given)
    configure(about_log.log_level, about_log.log_format)
    try:
        _need_one_place(given)
        settings = load(flags_of(given))
        if strange := passed_over():
            log.warning("%s", strange)
        from tornado_chat.server.run import run  # half of all that there is to import: other commands do without

        return run(settings)
    except ERRORS as error:
        if about_log.log_format != "json":
            raise
        log.error("%s", error, extra={"event": "not started"})
        return 2


def _need_one_place(given: argparse.Namespace) -> None:
    """Raise SettingsError where the command line names a data folder, and something names a cluster.

    Other commands are for the folder then. People would talk in the wrong chat until somebody notices.
    """
    flags, variable = flags_of(given), f"{PREFIX}CLUSTER"
    if "data_dir" in flags and load(flags, only=("cluster",)).cluster:
        cure = ""
        where = "--cluster"
        if "cluster" not in flags:
            where = variable if os.environ.get(variable) else "the file of settings"
            cure = f" (an empty {variable} in the environment does so)" if where == variable else ""
        raise SettingsError(f"--data-dir names a data folder, and {where} a cluster; leave one of them out{cure}")


def _log_settings(given: argparse.Namespace) -> Settings:
    """Return how to log, even where other settings, or the file of settings, cannot be read."""
    flags = {name: value for name, value in vars(given).items() if name in LOG}
    environ = {key: value for key, value in os.environ.items() if key.startswith("TORNADO_CHAT_LOG_")}
    for words, variables in ((flags_of(given), os.environ), (flags, environ)):
        with contextlib.suppress(SettingsError):
            return load(words, variables, LOG)
    return load({}, {}, LOG)


def _show(given: argparse.Namespace) -> int:
    print(show(flags_of(given)))
    return 0


SERVE = Command(
    "serve",
    "serve a chat: a page and a WebSocket, at the address that it prints",
    _serve,
    settings=FIELDS,
    arguments={"--version": {"action": "version", "version": f"tornado_chat {VERSION} ({speed.describe()})"}},
)
SHOW = Command("config show", "show each setting, and where it was set", _show, settings=FIELDS)
COMMANDS = (SERVE, Group("config", SHOW.help, (SHOW,), SHOW))
