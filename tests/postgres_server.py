"""The PostgreSQL of a run of the tests, which the first test that needs it starts."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import memory
from tornado_chat.storage.postgres.engine import Engine, connect

SCRIPT = Path(__file__).parent.parent / "scripts" / "_postgres"
FOLDER = "POSTGRES_OF_THE_TESTS"  # set for all processes of a run: where it is
OPTIONS = "-c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB"
READY = "ready"  # the database that others are copies of


def begin() -> None:
    """Choose where the database of this run will be, before other processes of it are started."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = new_folder()


def end() -> None:
    """Stop the database of this run, if a test has started it."""
    folder = Path(os.environ.pop(FOLDER))
    if (folder / "data" / "postmaster.pid").exists():
        subprocess.run([SCRIPT, "stop", folder / "data", "immediate"], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def new_folder() -> str:
    """Make a folder for a database, which its user may enter: in memory if there is room, as disks are slow."""
    folder = tempfile.mkdtemp(prefix="tornado_chat-postgres-", dir=memory.MEMORY if memory.is_there() else None)
    Path(folder).chmod(0o755)
    return folder


@cache
def _missing() -> str:
    return subprocess.run([SCRIPT, "find"], capture_output=True, text=True, check=False).stderr


def need() -> None:
    """Skip a test where PostgreSQL is not installed; in CI it must be."""
    if _missing():
        assert os.environ.get("CI") != "true", _missing()
        pytest.skip(_missing())


@contextlib.contextmanager
def _locked() -> Iterator[Path]:
    """Give the folder of this run to one process at a time."""
    need()
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def copy(folder: Path) -> None:
    """Put an empty database into a folder, for a server of its own: a copy, as to make one takes seconds."""
    with _locked() as shared:
        _copy(shared, folder)


def _copy(shared: Path, folder: Path) -> None:
    subprocess.run([SCRIPT, "make", shared / "empty"], check=True)
    subprocess.run(["cp", "-a", shared / "empty", folder], check=True)


@cache
def address() -> str:
    """Return the address of the database of this run, started by the first who asks."""
    with _locked() as folder:
        known = folder / "address"
        if not known.exists():
            _copy(folder, folder / "data")
            started = subprocess.run(
                [SCRIPT, "start", folder / "data"],
                env={**os.environ, "OPTIONS": OPTIONS},
                capture_output=True,
                text=True,
                check=False,
            )
            assert started.returncode == 0, started.stderr
            url = started.stdout.strip()
            asyncio.run(_make(url))
            known.write_text(url)
        return known.read_text()


def to(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


async def _make(url: str) -> None:
    """Make the database that others are copies of."""
    connection = await connect(url)
    await connection.execute(f"CREATE DATABASE {READY}")
    await connection.close()
    engine = await Engine.open(to(url, READY))
    await engine.close()
