"""What makes it faster, with the same behaviour: the extra [speed] (orjson and uvloop), and the compiled build."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import metadata
from typing import Any

from tornado_chat.config.compiled import is_compiled

#: Reads JSON as strictly as the wire asks for; None where orjson is not installed.
loads: Callable[[str], Any] | None
#: Makes the loop that a server runs on.
new_event_loop: Callable[[], asyncio.AbstractEventLoop]

#: Which build this is.
BUILD = "compiled" if is_compiled() else "pure"

try:
    from orjson import loads
except ImportError:
    loads = None
try:
    from uvloop import new_event_loop
except ImportError:
    new_event_loop = asyncio.new_event_loop


def describe() -> str:
    """Return which of them are on, for --version."""
    on = [("orjson", loads is not None), ("uvloop", new_event_loop is not asyncio.new_event_loop)]
    extras = (f"{name} {metadata.version(name) if there else 'off'}" for name, there in on)
    return ", ".join([BUILD, *extras])
