"""tornado_chat: a self-hosted chat server on Tornado. A plugin imports all it needs from here."""

import sys
from importlib.util import find_spec

if sys.argv[0] == "-m" and find_spec("tornado") is None:  # "-m": `python -m tornado_chat` looks for this package
    sys.exit("tornado_chat: tornado is missing; . .venv/bin/activate where ./scripts/run was run, else pip install .")

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.markup import Shown, shown
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.permissions import add_power
from tornado_chat.chat.validation import Limit, Name, Part, Text, fold
from tornado_chat.config.shared_secret import check_secret, same_secret
from tornado_chat.routing.context import Context, TimerContext
from tornado_chat.routing.decorators import action, every, on, route
from tornado_chat.routing.fetching import fetch
from tornado_chat.version import VERSION as __version__

__all__ = [
    "Channel",
    "Context",
    "Error",
    "Limit",
    "Message",
    "Name",
    "Part",
    "Refused",
    "Shown",
    "Text",
    "TimerContext",
    "User",
    "__version__",
    "action",
    "add_power",
    "check_secret",
    "every",
    "fetch",
    "fold",
    "on",
    "route",
    "same_secret",
    "shown",
]
