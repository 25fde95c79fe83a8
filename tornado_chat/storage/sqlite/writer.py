"""The database of a data folder: one thread writes, two read, one makes checkpoints. The loop waits for none.

Jobs that are submitted while a transaction is synced form the next one. Each is answered after its own sync.
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
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tornado_chat.chat.metrics import Histogram
from tornado_chat.storage.sqlite import indexing
from tornado_chat.storage.sqlite.checkpoints import Checkpoints
from tornado_chat.storage.sqlite.disk_health import DiskHealth, unavailable
from tornado_chat.storage.sqlite.files import NAME, RESTORE, DatabaseError, explained, lock_folder, open_file
from tornado_chat.storage.sqlite.index_building import build
from tornado_chat.storage.sqlite.jobs import WEIGHT, Job, Jobs, take
from tornado_chat.storage.sqlite.reader import Reader
from tornado_chat.storage.sqlite.watch import Loss, Watch

log = logging.getLogger("tornado_chat")

PROBE = 0.5  # seconds between two attempts while writing fails
SLOW = 5.0  # seconds after which an unfinished transaction counts as a fault of the disk
READ_CACHE, SEARCH_CACHE = 2_000, 16_000  # KiB of the file that each thread keeps

T = TypeVar("T")


def _never_close(*connections: sqlite3.Connection) -> None:
    """Keep connections open, even when Python ends: it leaves alone what a daemon thread holds."""
    threading.Thread(target=lambda *_: threading.Event().wait(), args=connections, daemon=True).start()


def _probe(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE facts SET value = value WHERE name = 'epoch'")


class Database:
    """The file `chat.db` of a folder, locked for this process; DatabaseError if it cannot be used.

    `epoch` changes when history was lost. `rollbacks` counts failed transactions: a job that remembers what it wrote
    must forget it then. All jobs are submitted on one loop.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self.rollbacks = 0
        self.commits = Histogram()
        self._folder = lock_folder(folder)
        self._health = DiskHealth(self.path)
        with contextlib.ExitStack() as opened:
            opened.callback(os.close, self._folder)
            self._writing = opened.enter_context(contextlib.closing(open_file(self.path)))
            with explained(self.path, "indexed"):
                build(self._writing)
            self._reader, self._searcher = (
                opened.enter_context(
                    contextlib.closing(Reader(name, self.path, self._health, self._loss, self._notify, cache))
                )
                for name, cache in (("read", READ_CACHE), ("search", SEARCH_CACHE))
            )
            row = self._writing.execute("SELECT value FROM facts WHERE name = 'epoch'").fetchone()
            if row is None:
                raise DatabaseError(f"{self.path} is damaged: it has no epoch; {RESTORE}")
            self.epoch: str = row[0]
            self._watch = opened.enter_context(contextlib.closing(Watch(self.path, self._writing)))
            try:
                self._watch.mark(self._writing)
            except sqlite3.Error as error:  # a full disk can still be read
                self._health.failed(error, "writing")
            self._checkpoints = Checkpoints(self.path, self._watch, self._health)
            opened.pop_all()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writes: Jobs = queue.SimpleQueue()
        self._held: list[Job] = []  # until the loop's turn ends, in which more messages may come for the same one
        self._gate = threading.Lock()  # nothing is submitted after the queues were ended
        self._closed = False
        self._since = 0.0  # when the current transaction began, 0 between two
        self._thread = threading.Thread(target=self._write, name="database-write", daemon=True)
        for part in (self._checkpoints, self._thread, self._reader, self._searcher):
            part.start()

    @property
    def state(self) -> str | None:
        """What is wrong, in a few words; None if nothing is."""
        since = self._since
        if self._health.text is None and since and time.monotonic() - since > SLOW:
            return f"the disk has not answered for {time.monotonic() - since:.0f} s"
        return self._health.text

    # Submitting, on the loop

    def submit(self, job: Job) -> None:
        """Run a job in the next transaction; its `done` is called when that is on the disk, or has failed.

        A job that raises must have written nothing; otherwise the whole transaction is rolled back.
        """
        running = self._running_loop()
        with self._gate:
            if not self._closed:
                if not self._held:
                    running.call_soon(self._release)
                self._held.append(job)
                return
        running.call_soon(job.done, None, unavailable())

    def _release(self) -> None:
        with self._gate:
            self._release_held()

    def _release_held(self) -> None:
        for job in self._held:
            self._writes.put(job)
        self._held.clear()

    async def write(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job in a transaction; return its result once that is on the disk. Refused if it cannot be stored."""
        return await self._answer(self.submit, run)

    async def read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job that only reads; return its result. Refused if the file cannot be read."""
        return await self._answer(partial(self._put, self._reader.jobs), run)

    async def search(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Do as `read` does with a job that may take long: only others of its kind wait for it."""
        return await self._answer(partial(self._put, self._searcher.jobs), run, WEIGHT)

    async def _answer(
        self, submit: Callable[[Job], None], run: Callable[[sqlite3.Connection], T], weight: int = 1
    ) -> T:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: Exception | None) -> None:
            if future.done():  # nobody waits any more
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        submit(Job(run, done, weight))
        return await future

    def _put(self, jobs: Jobs, job: Job) -> None:
        running = self._running_loop()
        with self._gate:
            if not self._closed:
                jobs.put(job)
                return
        running.call_soon(job.done, None, unavailable())

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        running = asyncio.get_running_loop()
        if self._loop is not running:
            # The answers to earlier jobs would go to this one.
            if self._loop is not None and not self._loop.is_closed():
                raise RuntimeError("called on another event loop than the server's: nothing was read or stored")
            self._loop = running
            self._release()  # what the last one ended with
        return running

    def close(self) -> None:
        """Finish what was submitted and close the file. This blocks: call it in a thread."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._release_held()
            self._writes.put(None)
        self._thread.join()
        self._reader.end()
        self._searcher.end()
        self._checkpoints.close()
        if self._health.lasting:  # the last to close makes a checkpoint, which may destroy data on a faulty disk
            _never_close(self._writing, self._reader.connection, self._searcher.connection)
        else:
            self._reader.close()
            self._searcher.close()
            self._writing.close()
        self._watch.close()
        os.close(self._folder)

    def _loss(self) -> Loss | None:
        return self._watch.check()

    # Answering, on the loop

    def _notify(self, jobs: list[Job], outcomes: list[tuple[Any, Exception | None]]) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            self._loop.call_soon_threadsafe(self._settle, jobs, outcomes)

    def _settle(self, jobs: list[Job], outcomes: list[tuple[Any, Exception | None]]) -> None:
        for job, (result, error) in zip(jobs, outcomes, strict=True):
            try:
                job.done(result, error)
            except Exception:
                log.exception("the callback of a commit failed")

    # The threads

    def _write(self) -> None:
        while True:
            try:
                jobs, last = take(self._writes, PROBE if self._health.passing else None)
            except queue.Empty:
                self._transact([Job(_probe, lambda result, error: None)])
                continue
            if jobs:
                self._notify(jobs, self._transact(jobs))
            if last:
                return

    def _transact(self, jobs: list[Job]) -> list[tuple[Any, Exception | None]]:
        connection = self._writing
        outcomes: list[tuple[Any, Exception | None]] = []
        self._since = time.monotonic()
        try:
            if self._health.lasting:
                raise unavailable()
            self._checkpoints.complete(connection)
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                changes = connection.total_changes
                try:
                    outcomes.append((job.run(connection), None))
                except indexing.DAMAGES:
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
            if not self._did_without_index(error):
                self._health.failed(error, "writing")
            return [(None, unavailable())] * len(jobs)
        finally:
            began, self._since = self._since, 0.0
        self.commits.observe(time.monotonic() - began)
        if loss := self._watch.check_if_changed():
            self._health.lost(loss)
            return [(None, unavailable())] * len(jobs)
        self._health.succeeded()
        self._checkpoints.dirty = True
        return outcomes

    def _did_without_index(self, error: Exception) -> bool:
        """Let the next transactions leave the index of search alone, if it is that which is damaged."""
        if not indexing.is_damage(error):
            return False
        try:
            indexing.forget(self._writing)
        except sqlite3.Error:
            return False
        indexing.log_damage(error)
        return True
