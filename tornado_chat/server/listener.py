"""Where the server listens: addresses, ports and Unix sockets."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from functools import cached_property
from pathlib import Path
from typing import Any

from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets, bind_unix_socket

from tornado_chat.config.settings import SettingsError
from tornado_chat.config.types import SOCKET
from tornado_chat.web.capacity import RateLimitedLog, is_spare

ANY = ("*", "::")  # all addresses of IPv4 and IPv6
UNIX_MODE = 0o666  # its folder keeps others out
BACKLOG = 1024  # connections that wait to be accepted: after a restart all clients come at once
REST = 0.2  # seconds without accepting when descriptors run out
NO_DESCRIPTOR = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def listen(host: str, port: int) -> list[Listener]:
    """Return sockets that listen on a host's addresses or on a Unix socket; SettingsError if that fails."""
    try:
        if host.startswith(SOCKET):
            path = Path(host.removeprefix(SOCKET))
            listener = Listener(fileno=_bind_unix(path).detach())
            listener.file = path, path.stat()
            return [listener]
        bound = bind_sockets(port, None if host in ANY else host, backlog=BACKLOG)
        return [Listener(fileno=sock.detach()) for sock in bound]
    except socket.gaierror as error:
        raise SettingsError(f"--host {host}: {error.strerror}") from None
    except UnicodeError:
        raise SettingsError(f"--host {host}: that is no host name") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = "is another server running?" if host.startswith(SOCKET) else "choose another with --port"
            raise SettingsError(f"{shown(host, port)} is taken; {another}") from None
        raise SettingsError(f"{shown(host, port)}: {error.strerror or error}") from None


def _bind_unix(path: Path) -> socket.socket:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            pass  # a socket that nobody listens to is what a killed server leaves
        else:
            raise OSError(errno.EADDRINUSE, "in use")
    try:
        return bind_unix_socket(str(path), UNIX_MODE, BACKLOG)
    except ValueError:
        raise OSError(errno.EEXIST, "there is a file of this name, which is no socket") from None


def shown(host: str, port: int) -> str:
    return host if host.startswith(SOCKET) else f"port {port} of {host}"


def place(sock: socket.socket, scheme: str) -> str:
    """Return the URL of a listening socket."""
    name = sock.getsockname()
    if isinstance(name, str):
        return f"{SOCKET}{name}"
    host, port = name[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/"


class Listener(socket.socket):
    """A listening socket that pauses while too few descriptors are left. Tornado would retry without a pause."""

    out_of_descriptors = RateLimitedLog("too many open files (see ulimit -n): nobody is let in for a moment")
    file: tuple[Path, os.stat_result] | None = None  # of a Unix socket, as it was made

    def remove_file(self) -> None:
        """Remove the file of a Unix socket, unless another server has replaced it."""
        if self.file is not None:
            path, made = self.file
            with contextlib.suppress(OSError):
                if os.path.samestat(path.stat(), made):
                    path.unlink()

    @cached_property
    def family(self) -> socket.AddressFamily:
        """The socket's; each `accept` asks for it, and Python would make it of a number again."""
        return super().family

    @cached_property
    def type(self) -> socket.SocketKind:
        """The socket's, likewise."""
        return super().type

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection; BlockingIOError if there is none, or if it has to wait."""
        try:
            accepted, address = super().accept()
        except OSError as error:
            if error.errno in NO_DESCRIPTOR:
                self._rest()
                raise BlockingIOError from None
            raise
        if is_spare(accepted.fileno()):
            accepted.close()
            self._rest()
            raise BlockingIOError
        return accepted, address

    def _rest(self) -> None:
        self.out_of_descriptors.warn()
        loop = IOLoop.current()
        loop.update_handler(self.fileno(), 0)
        loop.call_later(REST, self._go_on)

    def _go_on(self) -> None:
        if self.fileno() != -1:  # not closed since
            IOLoop.current().update_handler(self.fileno(), IOLoop.READ)
