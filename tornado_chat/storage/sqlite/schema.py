"""Compares the objects of a database file (tables, indexes, triggers, views) with those that the server makes."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Sequence

Objects = dict[tuple[str, str], str | None]  # (type, name) -> the statement that made it


def missing(connection: sqlite3.Connection, steps: Sequence[str]) -> list[str]:
    """Return the objects of these steps that a file lacks, each as `table messages`."""
    lacking = _made_by(steps).keys() - _objects(connection).keys()
    return [f"{kind} {name}" for kind, name in sorted(lacking, reverse=True)]  # tables before indexes


def differences(connection: sqlite3.Connection, steps: Sequence[str]) -> list[str]:
    """Return missing, changed and foreign objects of a file, compared with these steps, one line each."""
    made, found = _made_by(steps), _objects(connection)
    problems = [f"the {name} is missing" for name in missing(connection, steps)]
    for (kind, name), statement in sorted(found.items()):
        if (kind, name) not in made:
            problems.append(f"the {kind} {json.dumps(name)} does not belong to this server")
        elif statement != made[kind, name]:
            problems.append(f"the {kind} {name} is not as this server makes it")
    return problems


def _objects(connection: sqlite3.Connection) -> Objects:
    # sqlite_stat…: tables of ANALYZE.
    found = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE substr(name, 1, 11) != 'sqlite_stat'")
    return {(kind, name): sql and " ".join(re.sub("--[^\n]*", "", sql).split()) for kind, name, sql in found}


def _made_by(steps: Sequence[str]) -> Objects:
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript("".join(steps))
        return _objects(fresh)
