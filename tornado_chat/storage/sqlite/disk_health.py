"""What is wrong with a database file, and whether it can be written again before a restart."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.storage.sqlite.watch import Loss

log = logging.getLogger("tornado_chat")

# After one of these the file may lack what was written, even if the next sync succeeds. Nothing is written any more.
LASTING = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY}


def unavailable() -> Refused:
    """Return the answer to a call that can neither store nor read."""
    return Refused("history is not available; try again later", Error.HISTORY_UNAVAILABLE)


class DiskHealth:
    """The state of the disk under a database.

    `text`: what is wrong, in a few words, or None. `lasting`: nothing is written until a restart. `loss`: what has
    happened to the file, if that is what is wrong.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.text: str | None = None
        self.lasting = False
        self.loss: Loss | None = None

    @property
    def passing(self) -> bool:
        """Whether the fault may go away, as a full disk does."""
        return self.text is not None and not self.lasting

    def failed(self, error: Exception, what: str) -> None:
        """Log an error. It becomes the state if writing failed or the error lasts."""
        if self.lasting:
            return
        code = getattr(error, "sqlite_errorcode", 0)
        # Shared memory cannot grow on a full disk, which may get room again.
        lasting = (code & 0xFF) in LASTING and code != sqlite3.SQLITE_IOERR_SHMSIZE
        if what != "writing" and not lasting:
            log.warning("%s: %s failed: %s", self._path, what, error)
            return
        text = f"{what} failed: {error}" + ("; nothing is written until a restart" if lasting else "")
        if text != self.text:
            log.error("%s: %s", self._path, text, exc_info=None if isinstance(error, sqlite3.Error) else error)
        self.text = text
        self.lasting = lasting

    def lost(self, loss: Loss) -> None:
        """Log what has happened to the file. This lasts until a restart."""
        if self.lasting:
            return
        self.loss, self.lasting = loss, True
        cure = f"stop the server, {loss.cure}, and start it again"
        self.text = f"{loss.text}; nothing is stored until a restart: {cure}"
        log.error("%s", self.text)

    def succeeded(self) -> None:
        """End a passing fault: something was written."""
        if self.passing:
            log.warning("%s can be written again", self._path)
            self.text = None
