"""`health`: asks the server of these settings whether it is well, as containers do."""

from __future__ import annotations

import argparse
import contextlib
import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection, InvalidURL

from tornado_chat.config.settings import FIELDS, Settings
from tornado_chat.config.sources import load
from tornado_chat.config.types import SOCKET
from tornado_chat.server.cli import console
from tornado_chat.server.cli.parsing import Command, flags_of
from tornado_chat.server.listener import ANY, shown

ASKED = ("host", "port", "tls_cert")
TIMEOUT = 3.0  # seconds


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str, context: ssl.SSLContext | None) -> None:
        super().__init__("localhost")
        self._path, self._context = path, context

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self._path)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock)


def _health(given: argparse.Namespace) -> int:
    """Ask /healthz of the server that these settings start; return 0, or 1 where it is not well."""
    settings = load(flags_of(given), only=ASKED)
    place = shown(settings.host, settings.port)
    try:
        with contextlib.closing(_connection(settings)) as connection:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            status = connection.getresponse().status
    except (OSError, HTTPException, UnicodeError) as error:
        is_no_name = isinstance(error, UnicodeError | InvalidURL)
        why = "that is no host name" if is_no_name else getattr(error, "strerror", None) or error
        console.complain(f"nothing answers at {place}: {why}")
        return 1
    if status != 200:
        console.complain(f"the server at {place} answers {status}")
        return 1
    print(f"the server at {place} is well")
    return 0


def _connection(settings: Settings) -> HTTPConnection:
    context = None
    if settings.tls_cert is not None:
        context = ssl.create_default_context()  # the certificate is for another name than this machine's own address
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if settings.host.startswith(SOCKET):
        return _UnixConnection(settings.host.removeprefix(SOCKET), context)
    host = "localhost" if settings.host in (*ANY, "0.0.0.0") else settings.host
    if context is None:
        return HTTPConnection(host, settings.port, timeout=TIMEOUT)
    return HTTPSConnection(host, settings.port, timeout=TIMEOUT, context=context)


COMMANDS = (
    # What starts the server may be given to ask it.
    Command(
        "health", "ask the server whether it is well (exit status 1 if not)", _health, settings=ASKED, others=FIELDS
    ),
)
