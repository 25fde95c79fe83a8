"""What is said where bytes cannot be kept or read."""

from __future__ import annotations

import errno
import logging
import time

from tornado_chat.chat.errors import Error, Refused

AGAIN = 60.0  # seconds after which the same fault is logged again

_FULL = {errno.ENOSPC, errno.EDQUOT}

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

    def of_disk(self, where: object, error: OSError) -> Refused:
        """Return the answer to a call that failed for a disk, or the way to a server."""
        if error.errno in _FULL:
            return full()
        said = "no answer came in time" if isinstance(error, TimeoutError) and not error.errno else str(error)
        return self.refused(where, error.strerror or said)


def full() -> Refused:
    return Refused("the disk is full: the file cannot be kept", Error.NO_SPACE)
