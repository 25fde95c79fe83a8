"""Checkpoints: a thread copies what was committed from the write-ahead log into the database file."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from tornado_chat.storage.sqlite.disk_health import DiskHealth
from tornado_chat.storage.sqlite.files import connect, pragma
from tornado_chat.storage.sqlite.watch import Watch

PAUSE = 1.0  # seconds between two checkpoints, and between two checks of the files
LONG = 32_768  # pages in the log (64 MiB); above that the writer completes a checkpoint itself
ROUNDS = 4  # checkpoints before that; each leaves less to do
CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpoints:
    """Makes one a second while there is something to do, and checks that the files are those that were opened.

    `dirty`: something was committed; set by the writer.
    """

    def __init__(self, path: Path, watch: Watch, health: DiskHealth) -> None:
        self.dirty = True
        self._connection = connect(path)
        pragma(self._connection, "synchronous=FULL")
        self._watch, self._health = watch, health
        self._long = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="database-checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._is_well()
        self._connection.close()

    def complete(self, writing: sqlite3.Connection) -> None:
        """Complete the checkpoint of a long log, so that it starts over. This works between two transactions only."""
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
                if pages > LONG:  # so that little is left to the writer, for whom everyone waits
                    for _ in range(ROUNDS):
                        self._connection.execute(CHECKPOINT).fetchone()
                    self._long = True
            except sqlite3.Error as error:
                self._health.failed(error, "a checkpoint")

    def _is_well(self) -> bool:
        """Return whether a checkpoint is safe: the file is the one that was opened, and the disk works."""
        if not self._health.lasting and (loss := self._watch.check()):
            self._health.lost(loss)
        if self._health.loss:
            self._watch.detach_log(self._connection, self._health.loss)
        return not self._health.lasting
