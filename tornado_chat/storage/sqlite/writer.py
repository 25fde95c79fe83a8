"""The database of a data folder: one thread writes, one reads, one checkpoints; the loop waits for none of them.

What is submitted while one transaction is being synced forms the next; each is answered after its own sync.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tornado_chat.chat.metrics import Histogram
from tornado_chat.storage.sqlite.checkpoints import Checkpoints
from tornado_chat.storage.sqlite.disk_health import DiskHealth, unavailable
from tornado_chat.storage.sqlite.files import NAME, RESTORE, DatabaseError, connect, lock_folder, open_file, pragma
from tornado_chat.storage.sqlite.jobs import Job, Jobs, take
from tornado_chat.storage.sqlite.watch import Watch

log = logging.getLogger("tornado_chat")

PROBE = 0.5  # seconds between two tries to write, while it fails
SLOW = 5.0  # seconds after which a transaction that does not end is a trouble

T = TypeVar("T")


def _never_close(*connections: sqlite3.Connection) -> None:
    """Keep connections from being closed, even by Python's end, which leaves alone what a daemon thread holds."""
    threading.Thread(target=lambda *_: threading.Event().wait(), args=connections, daemon=True).start()


def _probe(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE facts SET value = value WHERE name = 'epoch'")


class Database:
    """The file `chat.db` of a folder, held by this process alone; DatabaseError if it cannot be used.

    `epoch`: another one when history was lost; `rollbacks`: transactions that failed, so that a job which remembers
    what it wrote knows when to forget it. Jobs are submitted on one loop.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.rollbacks = 0
        self.commits = Histogram()
        self._folder = lock_folder(folder)
        self._trouble = DiskHealth(self.path)
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, self._folder)
            self._writing = opened.enter_context(contextlib.closing(open_file(self.path)))
            self._reading = opened.enter_context(contextlib.closing(connect(self.path, cached_statements=256)))
            pragma(self._reading, "query_only=1")
            row = self._writing.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
            if row is None:
                raise DatabaseError(f"{self.path} is damaged: it has no epoch; {RESTORE}")
            self.epoch: str = row[0]
            self._watch = opened.enter_context(contextlib.closing(Watch(self.path, self._writing)))
            try:
                self._watch.mark(self._writing)
            except sqlite3.Error as error:  # a full disk can still be read
                self._trouble.came(error, "writing")
            self._checkpoints = Checkpoints(self.path, self._watch, self._trouble)
            opened.pop_all()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writes: Jobs = queue.SimpleQueue()
        self._reads: Jobs = queue.SimpleQueue()
        self._gate = threading.Lock()  # nothing is submitted behind the end of the queues
        self._closed = False
        self._since = 0.0  # when the transaction that is under way began
        self._threads = [
            threading.Thread(target=target, name=f"database-{name}", daemon=True)
            for name, target in (("write", self._write), ("read", self._read))
        ]
        self._checkpoints.start()
        for thread in self._threads:
            thread.start()

    @property
    def state(self) -> str | None:
        """What is wrong, in a few words; None when it is well."""
        since = self._since
        if self._trouble.text is None and since and time.monotonic() - since > SLOW:
            return f"the disk has not answered for {time.monotonic() - since:.0f} s"
        return self._trouble.text

    # Submitting, on the loop

    def submit(self, job: Job) -> None:
        """Run a job in the writer's next transaction; it is told when that is on the disk, or has failed.

        A job that raises must have written nothing; if it has, the whole transaction is undone.
        """
        self._put(self._writes, job)

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a job returned in a transaction, once that is on the disk; Refused if it cannot be stored."""
        return await self._answer(self._writes, run)

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Return what a job returned that only reads; Refused if it could not."""
        return await self._answer(self._reads, run)

    async def _answer(self, jobs: Jobs, run: Callable[[sqlite3.Connection], T]) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: Exception | None) -> None:
            if future.done():  # nobody waits any more
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._put(jobs, Job(run, done))
        return await future

    def _put(self, jobs: Jobs, job: Job) -> None:
        running = asyncio.get_running_loop()
        if self._loop is not running:
            if self._loop is not None and not self._loop.is_closed():  # answers for others would go to this one
                raise RuntimeError("called on another event loop than the server's: nothing was read or stored")
            self._loop = running
        with self._gate:
            if not self._closed:
                jobs.put(job)
                return
        running.call_soon(job.done, None, unavailable())

    def close(self) -> None:
        """Finish what was submitted and let go of the file; blocks meanwhile, so call it off the loop."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._writes.put(None)
            self._reads.put(None)
        for thread in self._threads:
            thread.join()
        self._checkpoints.close()
        if self._trouble.lasting:  # the last one to close would checkpoint, which a disk that lies turns into a loss
            _never_close(self._writing, self._reading)
        else:
            self._reading.close()
            self._writing.close()
        self._watch.close()
        os.close(self._folder)

    # Answering, on the loop

    def _tell(self, jobs: list[Job], outcomes: list[tuple[Any, Exception | None]]) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            self._loop.call_soon_threadsafe(self._settle, jobs, outcomes)

    def _settle(self, jobs: list[Job], outcomes: list[tuple[Any, Exception | None]]) -> None:
        for job, (result, error) in zip(jobs, outcomes, strict=True):
            try:
                job.done(result, error)
            except Exception:
                log.exception("telling of a commit failed")

    # The threads

    def _write(self) -> None:
        while True:
            try:
                jobs, last = take(self._writes, PROBE if self._trouble.passing else None)
            except queue.Empty:
                self._transact([Job(_probe, lambda result, error: None)])
                continue
            if jobs:
                self._tell(jobs, self._transact(jobs))
            if last:
                return

    def _transact(self, jobs: list[Job]) -> list[tuple[Any, Exception | None]]:
        connection = self._writing
        outcomes: list[tuple[Any, Exception | None]] = []
        self._since = time.monotonic()
        try:
            if self._trouble.lasting:
                raise unavailable()
            self._checkpoints.complete(connection)
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                changes = connection.total_changes
                try:
                    outcomes.append((job.run(connection), None))
                except sqlite3.Error:
                    raise
                except Exception as error:
                    if connection.total_changes != changes:
                        raise
                    outcomes.append((None, error))
            connection.execute("COMMIT")
        except Exception as error:
            self.rollbacks += 1
            with contextlib.suppress(sqlite3.Error):
                connection.rollback()
            self._trouble.came(error, "writing")
            return [(None, unavailable())] * len(jobs)
        finally:
            began, self._since = self._since, 0.0
        self.commits.observe(time.monotonic() - began)
        if loss := self._watch.glance():
            self._trouble.lost(loss)
            return [(None, unavailable())] * len(jobs)
        self._trouble.written()
        self._checkpoints.dirty = True
        return outcomes

    def _read(self) -> None:
        last = False
        while not last:
            jobs, last = take(self._reads, None)
            outcomes: list[tuple[Any, Exception | None]] = []
            for job in jobs:
                try:
                    if self._trouble.loss and self._trouble.loss.overwritten:
                        raise unavailable()
                    outcomes.append((job.run(self._reading), None))
                except sqlite3.Error as error:
                    self._trouble.came(error, "reading")
                    outcomes.append((None, unavailable()))
                except Exception as error:
                    outcomes.append((None, error))
            if jobs:
                self._tell(jobs, outcomes)
