"""The queues of the database's threads."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

WEIGHT = 64  # of the jobs in one transaction, or in one round of the reader


class Job(NamedTuple):
    """Work for a thread, and the callback that gets its result or its error on the loop."""

    run: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, Exception | None], None]
    weight: int = 1


Jobs = queue.SimpleQueue[Job | None]  # None ends it


def take(jobs: Jobs, timeout: float | None) -> tuple[list[Job], bool]:
    """Wait for jobs; return them, and whether the queue has ended. queue.Empty after the timeout."""
    taken, weight = [], 0
    job = jobs.get(timeout=timeout)
    while job is not None:
        taken.append(job)
        weight += job.weight
        if weight >= WEIGHT or jobs.empty():
            return taken, False
        job = jobs.get()
    return taken, True
