"""A throw-away PostgreSQL for the tests: one for a run, a schema for each test."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tornado_chat.storage.postgres.engine import Engine, connect

SCRIPT = Path(__file__).parent.parent / "scripts" / "_postgres"
FOLDER = "POSTGRES_OF_THE_TESTS"  # set for all processes of a run: where it is
ASKED = "POSTGRES_IS_TESTED"  # set where the tests that need it are to run


def begin(asked: bool) -> None:
    """Choose where the database of this run will be, before other processes of it are started."""
    os.environ.setdefault(FOLDER, tempfile.mkdtemp(prefix="tornado_chat-postgres-"))
    if asked:
        os.environ[ASKED] = "yes"


def end() -> None:
    """Stop the database of this run, if a test has started it."""
    os.environ.pop(ASKED, None)
    folder = Path(os.environ.pop(FOLDER))
    if (folder / "data" / "postmaster.pid").exists():
        subprocess.run([SCRIPT, "stop", folder / "data", "immediate"], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def need() -> None:
    """Skip a test on PostgreSQL, unless these are asked for. Where they are, it must be installed."""
    if ASKED not in os.environ:
        pytest.skip("the tests on PostgreSQL run with --cluster")
    found = subprocess.run([SCRIPT, "find"], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


@contextlib.contextmanager
def _locked() -> Iterator[Path]:
    """Give the folder of this run to one process at a time."""
    need()
    folder = Path(os.environ[FOLDER])
    folder.chmod(0o755)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def copy(folder: Path) -> None:
    """Put an empty database into a folder, for a server of its own: a copy, as to make one takes seconds."""
    with _locked() as shared:
        subprocess.run([SCRIPT, "make", shared / "empty"], check=True)
    subprocess.run(["cp", "-a", shared / "empty", folder], check=True)


def address() -> str:
    """Return the address of the database of this run, started by the first who asks."""
    with _locked() as folder:
        known = folder / "address"
        if not known.exists():
            started = subprocess.run(
                [SCRIPT, "start", folder / "data"],
                env={**os.environ, "OPTIONS": "-c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert started.returncode == 0, started.stderr
            known.write_text(started.stdout.strip())
        return known.read_text()


@contextlib.contextmanager
def schema() -> Iterator[tuple[str, str]]:
    """Give the address of the database and the name of an empty schema, which is dropped at the end."""
    url, name = address(), f"t_{secrets.token_hex(6)}"
    try:
        yield url, name
    finally:
        asyncio.run(_drop(url, name))


@contextlib.contextmanager
def database() -> Iterator[str]:
    """Give the address of an empty database, as servers are told of it, which is dropped at the end."""
    url, name = address(), f"t_{secrets.token_hex(6)}"
    asyncio.run(_execute(url, f"CREATE DATABASE {name}"))
    try:
        yield f"{url.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(_execute(url, f"DROP DATABASE {name} WITH (FORCE)"))


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Engine]:
    """Give an Engine on a database as servers use it."""
    engine = await Engine.open(url)
    try:
        yield engine
    finally:
        await engine.close()


async def _execute(url: str, statement: str) -> None:
    connection = await connect(url, statement_timeout="0")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _drop(url: str, name: str) -> None:
    connection = await connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE $1 || '%'",
            f"tornado_chat {name}",
        )
        await connection.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def engine(url: str, schema: str) -> AsyncIterator[Engine]:
    """Give an Engine on a schema."""
    opened = await Engine.open(url, schema=schema, name=schema)
    try:
        yield opened
    finally:
        await opened.close()


def on_postgres(main: Callable[[Engine], Awaitable[Any]]) -> Any:
    """Run something on an Engine with a schema of its own."""

    async def whole(url: str, name: str) -> Any:
        async with engine(url, name) as opened:
            return await main(opened)

    with schema() as (url, name):
        return asyncio.run(whole(url, name))
