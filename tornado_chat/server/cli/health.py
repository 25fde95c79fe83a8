"""`python -m tornado_chat health`: asks the server of these settings whether it is well, as containers do."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from tornado_chat.config.settings import Settings
from tornado_chat.config.sources import load
from tornado_chat.server.listener import ANY, UNIX

TIMEOUT = 3.0  # seconds


class _UnixConnection(HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(self.host)


def run(arguments: Sequence[str]) -> int:
    """Ask /healthz of the server that these settings start; return 0, or 1 where it is not well."""
    settings = load(arguments[1:], only=("host", "port", "tls_cert"))
    connection = _connection(settings)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        print(f"tornado_chat: nothing answers at {_place(settings)}: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    if status != 200:
        print(f"tornado_chat: the server at {_place(settings)} answers {status}", file=sys.stderr)
        return 1
    print(f"the server at {_place(settings)} is well")
    return 0


def _connection(settings: Settings) -> HTTPConnection:
    if settings.host.startswith(UNIX):
        return _UnixConnection(settings.host.removeprefix(UNIX))
    host = "localhost" if settings.host in (*ANY, "0.0.0.0") else settings.host
    if settings.tls_cert is None:
        return HTTPConnection(host, settings.port, timeout=TIMEOUT)
    context = ssl.create_default_context()  # the certificate is for another name than this machine's own address
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, settings.port, timeout=TIMEOUT, context=context)


def _place(settings: Settings) -> str:
    return settings.host if settings.host.startswith(UNIX) else f"port {settings.port} of {settings.host}"
