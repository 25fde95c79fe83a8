"""A thread that reads the database with a connection of its own."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado_chat.storage.sqlite.disk_health import DiskHealth, unavailable
from tornado_chat.storage.sqlite.files import connect, pragma
from tornado_chat.storage.sqlite.jobs import Job, Jobs, take
from tornado_chat.storage.sqlite.watch import Loss

#: Gets the jobs of a round, and the result or the error of each.
Notify = Callable[[list[Job], list[tuple[Any, Exception | None]]], None]


class Reader:
    """Runs what is put into `jobs`. loss: says what has happened to the file. cache: KiB of it that it keeps."""

    def __init__(
        self, name: str, path: Path, health: DiskHealth, loss: Callable[[], Loss | None], notify: Notify, cache: int
    ) -> None:
        self.jobs: Jobs = queue.SimpleQueue()
        self.connection = connect(path, cached_statements=256)
        self._health, self._loss, self._notify = health, loss, notify
        self._thread = threading.Thread(target=self._run, name=f"database-{name}", daemon=True)
        try:
            for words in ("query_only=1", f"cache_size=-{cache}"):
                pragma(self.connection, words)
        except BaseException:
            self.connection.close()
            raise

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Finish what was put into `jobs`, of which nothing comes any more."""
        self.jobs.put(None)
        self._thread.join()

    def close(self) -> None:
        self.connection.close()

    def _run(self) -> None:
        last = False
        while not last:
            jobs, last = take(self.jobs, None)
            if jobs:
                self._notify(jobs, [self._outcome(job) for job in jobs])

    def _outcome(self, job: Job) -> tuple[Any, Exception | None]:
        try:
            if self._health.loss and self._health.loss.overwritten:
                raise unavailable()
            return job.run(self.connection), None
        except sqlite3.Error as error:
            if loss := self._loss():
                self._health.lost(loss)
            else:
                self._health.failed(error, "reading")
            return None, unavailable()
        except Exception as error:
            return None, error
