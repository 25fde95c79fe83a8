"""Every private name of Tornado that is used, as of Tornado 6.6.

tests/web/socket/test_tornado_internals.py says what each must do. After an update of Tornado it is the first to run.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tornado.util import _websocket_mask as unmask

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders
    from tornado.iostream import IOStream
    from tornado.web import RequestHandler

__all__ = ["unmask"]

#: What a handler needs no more once its upgrade has been answered.
HANDSHAKE = frozenset(
    (
        *("request", "ui", "path_args", "path_kwargs", "open_args", "open_kwargs", "_headers", "_headers_written"),
        *("_write_buffer", "_transforms", "_prepared_future", "_auto_finish", "_reason"),
    )
)


def release_socket(stream: IOStream) -> tuple[socket.socket, bytes]:
    """Take the socket from a stream that is no longer used, and the bytes that it has read ahead."""
    early = bytes(stream._read_buffer)
    stream.io_loop.remove_handler(stream.fileno())
    stream._closed = True
    return stream.socket, early


def unwritten(stream: IOStream) -> int:
    """Return how many bytes of a stream wait to be written."""
    return stream._total_write_index - stream._total_write_done_index


def headers_of(handler: RequestHandler) -> HTTPHeaders:
    """Return the headers of an answer as they are so far."""
    return handler._headers


def free_handshake(handler: RequestHandler) -> None:
    """Free what served the handshake: of 15 KB for an idle connection 3 are left."""
    handler.__dict__ = {name: value for name, value in vars(handler).items() if name not in HANDSHAKE}


def is_finished(handler: RequestHandler) -> bool:
    return handler._finished


def has_begun(handler: RequestHandler) -> bool:
    """Return whether the headers of the answer have been sent."""
    return handler._headers_written


def reason(handler: RequestHandler) -> str:
    return handler._reason


def answers(handler: RequestHandler, method: str) -> bool:
    """Return whether a handler has a method of its own for an HTTP method."""
    kind = type(handler)
    return getattr(kind, method.lower()) is not kind._unimplemented_method


def wrap_execution(kind: Any, wrap: Callable[[Any, Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]) -> None:
    """Have `wrap` await all that Tornado does with a request, for one class of handlers."""
    execute = kind._execute
    kind._execute = lambda handler, *arguments, **named: wrap(handler, execute(handler, *arguments, **named))
