"""tornado_chat: a self-hosted chat server on Tornado. A plugin imports all it needs from here."""

import sys
from importlib.util import find_spec

if sys.argv[0] == "-m" and find_spec("tornado") is None:  # "-m": `python -m tornado_chat` looks for this package
    sys.exit("tornado_chat: tornado is missing; . .venv/bin/activate where ./scripts/run was run, else pip install .")

from tornado_chat.chat.attachments import Attachment
from tornado_chat.chat.changes import Change
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.emoji import Emoji
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import File
from tornado_chat.chat.growing_message import GrowingMessage
from tornado_chat.chat.markup import Shown, shown
from tornado_chat.chat.mentions import is_mentioned
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.permissions import add_power
from tornado_chat.chat.validation import Caption, Limit, Name, Part, Piece, Text, fold
from tornado_chat.config.shared_secret import check_secret, same_secret
from tornado_chat.routing.context import Context, RouteContext, TimerContext
from tornado_chat.routing.decorators import action, every, on, route
from tornado_chat.routing.fetching import fetch
from tornado_chat.routing.uploads import Upload
from tornado_chat.version import VERSION as __version__

__all__ = [
    "Attachment",
    "Caption",
    "Change",
    "Channel",
    "Context",
    "Emoji",
    "Error",
    "File",
    "GrowingMessage",
    "Limit",
    "Message",
    "Name",
    "Part",
    "Piece",
    "Refused",
    "RouteContext",
    "Shown",
    "Text",
    "TimerContext",
    "Upload",
    "User",
    "__version__",
    "action",
    "add_power",
    "check_secret",
    "every",
    "fetch",
    "fold",
    "is_mentioned",
    "on",
    "route",
    "same_secret",
    "shown",
]
