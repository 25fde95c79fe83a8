"""What is said where bytes cannot be kept or read."""

from __future__ import annotations

import logging
import time

from tornado_chat.chat.errors import Error, Refused

AGAIN = 60.0  # seconds after which the same fault is logged again

log = logging.getLogger("tornado_chat")


class Faults:
    """Logs them, the same one once in a while."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def refused(self, where: object, said: str) -> Refused:
        """Log what the disk, or a server, said; return the answer to the call that failed for it."""
        before, at = self._last
        if said != before or time.monotonic() - at > AGAIN:
            self._last = (said, time.monotonic())
            log.error("%s: files cannot be kept or read: %s", where, said)
        return Refused("files cannot be kept or read now; try again later", Error.HISTORY_UNAVAILABLE)


def full() -> Refused:
    return Refused("the disk is full: the file cannot be kept", Error.NO_SPACE)
