"""Settings, as the command line of a server reads them."""

import os
from collections.abc import Collection, Mapping, Sequence

from tornado_chat.config import sources
from tornado_chat.config.settings import Settings
from tornado_chat.server.cli.main import parse
from tornado_chat.server.cli.parsing import flags_of


def load(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ, only: Collection[str] = sources.ALL
) -> Settings:
    return sources.load(flags_of(parse(arguments)[1]), environ, only)


def show(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> str:
    return sources.show(flags_of(parse(arguments)[1]), environ)
