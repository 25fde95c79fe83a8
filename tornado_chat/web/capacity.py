"""How many connections fit below the limit of open files, so that the server always has descriptors left."""

from __future__ import annotations

import logging
import resource
import sys
from time import monotonic

from tornado_chat.config.settings import SettingsError

RESERVE = 64  # descriptors, or a tenth of all: the server itself, pages on their way, sockets that are not let in yet
SPARE = 16  # of them that no client gets, for the database and the files of the page
FEWEST = 32  # with which a server starts
MAX_IDLE = 1_000
RETRY_AFTER = 5  # seconds after which one who found no room may ask again
TELL = 10.0  # seconds between two lines about the same thing

log = logging.getLogger("tornado_chat")


def raise_open_files() -> None:
    """Raise this process's limit of open files as far as possible; SettingsError if it is too low for a server."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FEWEST:
        raise SettingsError(f"this process may open {hard} files only; raise the limit (ulimit -n)")
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):  # macOS names a limit that it does not allow
        pass


def max_connections() -> int:
    """Return how many connections the limit of open files has room for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(soft - max(RESERVE, soft // 10), 1)


def max_idle() -> int:
    """Return how many HTTP connections may wait for another request: at most half of the reserve."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_IDLE if soft == resource.RLIM_INFINITY else min(MAX_IDLE, max(RESERVE, soft // 10) // 2)


def is_spare(descriptor: int) -> bool:
    """Return whether a new descriptor belongs to those kept for the server. (The lowest free one is given out.)"""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft != resource.RLIM_INFINITY and descriptor >= soft - SPARE


class RateLimitedLog:
    """Logs something that happens often: at most once in 10 s, with how often it happened."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._count = 0
        self._next = 0.0  # seconds of monotonic()

    def warn(self) -> None:
        self._count += 1
        if (now := monotonic()) >= self._next:
            log.warning("%s (%d times)", self._text, self._count)
            self._count, self._next = 0, now + TELL
