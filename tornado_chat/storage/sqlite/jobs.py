"""What waits for a thread of the database."""

from __future__ import annotations

import queue
import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

WEIGHT = 64  # of the jobs of one transaction, or of one answer of the reader


class Job(NamedTuple):
    """Work for a thread, and who is told on the loop: its result, or what went wrong."""

    run: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, Exception | None], None]
    weight: int = 1


Jobs = queue.SimpleQueue[Job | None]  # None: there will be no more


def take(jobs: Jobs, timeout: float | None) -> tuple[list[Job], bool]:
    """Return the jobs that wait, at least one, and whether there will be no more; queue.Empty after a timeout."""
    taken, weight = [], 0
    job = jobs.get(timeout=timeout)
    while job is not None:
        taken.append(job)
        weight += job.weight
        if weight >= WEIGHT or jobs.empty():
            return taken, False
        job = jobs.get()
    return taken, True
