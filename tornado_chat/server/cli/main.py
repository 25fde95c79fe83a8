"""The command line: a command, or serving when none is given."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from tornado_chat.config.settings import SettingsError
from tornado_chat.config.sources import load, passed_over
from tornado_chat.routing.registry import RegistryError
from tornado_chat.server.cli import console, data, health, plugins
from tornado_chat.server.logging import configure
from tornado_chat.server.run import run
from tornado_chat.storage.sqlite.files import DatabaseError

RUN = {
    **dict.fromkeys([*data.COMMANDS, "config"], data.run),
    "plugin": plugins.run,
    "health": health.run,
}
log = logging.getLogger("tornado_chat")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status (2: something given cannot be used)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    command = arguments[0] if arguments else ""
    strange = passed_over()
    try:
        with console.guarded():
            if command in RUN:
                if strange:
                    console.complain(strange)
                return RUN[command](arguments)
            settings = load(arguments)
        configure(settings.log_level, settings.log_format)
        if strange:
            log.warning("%s", strange)
        run(settings)
    except (SettingsError, RegistryError, DatabaseError) as error:
        console.complain(str(error))
        return 2
    except KeyboardInterrupt:  # before the server was there to handle it
        return console.INTERRUPTED
    return 0
