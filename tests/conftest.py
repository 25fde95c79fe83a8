"""Fixtures that every test can ask for."""

import asyncio
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop

from tests import lengths, memory, postgres, postgres_server, sparing
from tornado_chat.chat import connection, permissions
from tornado_chat.config.settings import Settings
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.sqlite import files
from tornado_chat.web.app import Chat, make_app

try:
    import uvloop
except ImportError:
    pass
else:  # the tests run on what the server would run on
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


# Seconds after which tornado.testing gives a test up: only what never ends takes so long, on a busy machine too.
os.environ.setdefault("ASYNC_TEST_TIMEOUT", "60")
AsyncHTTPClient.configure(None, defaults={"connect_timeout": 60.0, "request_timeout": 60.0})

sparing.spare()


FOLDER = pytest.StashKey[Path | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests too")
    parser.addoption("--accept", action="store_true", help="store the pictures of the page as they are now")
    parser.addoption("--modules", action="store_true", help="test the page's modules, not the bundle of a release")


def pytest_configure(config: pytest.Config) -> None:
    lengths.is_long = config.getoption("--long")
    # The normal suite fails for a reason, not by chance: --long looks for new ones. A busy machine is no reason.
    count = lengths.either(30, 100)
    settings.register_profile("tests", deadline=None, derandomize=not lengths.is_long, max_examples=count)
    settings.load_profile("tests")
    if not hasattr(config, "workerinput"):  # the process that starts the others
        postgres_server.begin()
        if not lengths.is_long:  # those tell how fast a disk is
            config.stash[FOLDER] = memory.begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.leave()
    if not hasattr(config, "workerinput"):
        postgres_server.end()
        if folder := config.stash.get(FOLDER, None):
            shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """Take away what a test adds to the log by running the command line in this process: its stream gets closed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if (root.handlers, root.level) != (handlers, level):
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(autouse=True)
def _shared_stays_empty() -> Iterator[None]:
    """Hold what all connections share to its promise: a line in it would reach every client."""
    yield
    assert (connection.NO_LINES, connection.NOWHERE) == ([], {})


@pytest.fixture(autouse=True)
def _powers_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the powers that a test's plugins add."""
    monkeypatch.setattr(permissions, "_powers", dict(permissions._powers))


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> float:
    """How many times a figure in time may be missed: 10 (the machine may be busy), but 1 with --long."""
    return 1.0 if request.config.getoption("--long") else 10.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what waits for the lock of a database wait a tenth as long."""
    monkeypatch.setattr(files, "BUSY", files.BUSY / 10)


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """pytest-tornado's loop, made without the calls that are deprecated."""
    loop = new_loop()
    asyncio.set_event_loop(loop.asyncio_loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close(all_fds=True)


@pytest.fixture
def app(io_loop: IOLoop, tmp_path: Path) -> Chat:
    """A fresh chat, which pytest-tornado's http_server, base_url and http_client serve and ask."""
    return make_app(Settings(data_dir=tmp_path, history="memory", limits="off"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The `ssl_options` of a server for tests, with a certificate that it signed itself."""
    folder = tmp_path_factory.mktemp("tls")
    names: dict[str, Path] = {"certfile": folder / "cert.pem", "keyfile": folder / "key.pem"}
    command = "openssl req -x509 -nodes -days 2 -subj /CN=localhost".split()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]  # handshakes are quicker than with RSA
    files = ["-keyout", names["keyfile"], "-out", names["certfile"]]
    subprocess.run([*command, *key, *files], check=True, capture_output=True)
    return {name: str(path) for name, path in names.items()}
