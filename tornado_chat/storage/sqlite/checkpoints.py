"""Checkpoints: what was committed goes from the write-ahead log into the database file, in a thread of its own."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from tornado_chat.storage.sqlite.disk_health import DiskHealth
from tornado_chat.storage.sqlite.files import connect, pragma
from tornado_chat.storage.sqlite.watch import Watch

PAUSE = 1.0  # seconds between two checkpoints, and between two looks at the files
LONG = 32_768  # pages in the log (64 MiB) from which on the writer ends a checkpoint itself
ROUNDS = 4  # of checkpoints before that, each with less left to do than the one before
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """Makes one a second while there is something to do, and looks whether the files are still those of the database.

    `dirty`: something was committed; set by the writer.
    """

    def __init__(self, path: Path, watch: Watch, trouble: DiskHealth) -> None:
        self.dirty = True
        self._connection = connect(path)
        pragma(self._connection, "synchronous=FULL")
        self._watch, self._trouble = watch, trouble
        self._long = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database-checkpoint", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, and close the connection."""
        self._closing.set()
        self._thread.join()
        self._is_well()
        self._connection.close()

    def complete(self, writing: sqlite3.Connection) -> None:
        """End a checkpoint of a long log, so that it is begun anew: only between two transactions is it possible."""
        if self._long:
            self._long = False
            if self._is_well():
                writing.execute(CHECKPOINT).fetchall()

    def _run(self) -> None:
        while not self._closing.wait(PAUSE) and self._is_well():
            if not self.dirty:
                continue
            self.dirty = False
            try:
                pages = self._connection.execute(CHECKPOINT).fetchone()[1]
                if pages > LONG:  # what came in the last round is for the writer, behind whom everyone waits
                    for _ in range(ROUNDS):
                        self._connection.execute(CHECKPOINT).fetchone()
                    self._long = True
            except sqlite3.Error as error:
                self._trouble.came(error, "a checkpoint")

    def _is_well(self) -> bool:
        """Return whether a checkpoint may be made: into the file that was opened, on a disk that works."""
        if not self._trouble.lasting and (loss := self._watch.look()):
            self._trouble.lost(loss)
        if self._trouble.loss:
            self._watch.detach_log(self._connection, self._trouble.loss)
        return not self._trouble.lasting
