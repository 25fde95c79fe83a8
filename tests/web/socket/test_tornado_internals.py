"""What the server relies on of Tornado's private names; written for Tornado 6.6.

When one of these fails after an update of Tornado, `tornado_chat/web/socket/tornado_internals.py` must change.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest
import tornado
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.iostream import IOStream
from tornado.testing import AsyncHTTPTestCase
from tornado.web import Application, RequestHandler

from tornado_chat.web.socket import tornado_internals as internals

FOR = "Tornado 6.6"
WEB = Path(internals.__file__).parent.parent


def check(holds: object) -> None:
    assert holds, f"written for {FOR}, and this is Tornado {tornado.version}"


class Connection:
    """What a request comes by."""

    class context:
        remote_ip, protocol = "192.0.2.1", "http"

    stream = context

    def set_close_callback(self, callback: object) -> None: ...


def handler(kind: type[RequestHandler] = RequestHandler) -> RequestHandler:
    request = HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.0"), connection=Connection())  # type: ignore[arg-type]
    return kind(Application(), request)


def test_a_stream_gives_up_its_socket_with_what_it_has_read_and_knows_what_it_has_not_written() -> None:
    async def main() -> None:
        here, there = socket.socketpair()
        with here, there:
            stream = IOStream(here)
            there.send(b"line\nbehind it")
            check(await stream.read_until(b"\n") == b"line\n")
            check(internals.unwritten(stream) == 0)
            waits = stream.write(bytes(8 * 1024 * 1024))
            check(0 < internals.unwritten(stream) < 8 * 1024 * 1024)
            sock, early = internals.release_socket(stream)
            check((sock, early) == (here, b"behind it"))
            check(stream.closed())
            check(here.fileno() != -1)
            waits.cancel()

    asyncio.run(main())


def test_an_upgrade_that_is_answered_on_the_socket_is_finished_for_tornado() -> None:
    one = handler()
    one.set_header("Server", "chat")
    check(("Server", "chat") in internals.headers_of(one).get_all())
    check(not internals.is_finished(one))
    one.request.connection.detach = lambda: None  # type: ignore[union-attr, method-assign]
    one.detach()
    check(internals.is_finished(one))


def test_all_that_is_freed_after_the_handshake_is_what_a_handler_has() -> None:
    one: Any = handler()
    one.open_args, one.open_kwargs = (), {}  # of a WebSocketHandler
    had = set(vars(one)) | {"path_args", "path_kwargs", "_prepared_future", "_transforms"}  # set by _execute
    check(had >= internals.HANDSHAKE)
    internals.free_handshake(one)
    check(not internals.HANDSHAKE & set(vars(one)))


def test_a_handler_tells_its_reason_whether_it_has_begun_to_answer_and_what_it_answers() -> None:
    class Gets(RequestHandler):
        def get(self) -> None: ...

    one = handler(Gets)
    one.set_status(404, "Not Here")
    check(internals.reason(one) == "Not Here")
    check(not internals.has_begun(one))
    check([method for method in one.SUPPORTED_METHODS if internals.answers(one, method)] == ["GET"])


class SupervisedTest(AsyncHTTPTestCase):
    def get_app(self) -> Application:
        class Exits(RequestHandler):
            async def prepare(self) -> None:
                raise SystemExit

        async def wrap(handler: Any, execution: Any) -> None:
            with contextlib.suppress(SystemExit):
                await execution
            handler.finish("wrapped")

        internals.wrap_execution(Exits, wrap)
        return Application([("/", Exits)])

    def test_all_that_is_done_with_a_request_can_be_wrapped(self) -> None:
        check(self.fetch("/").body == b"wrapped")


def test_the_mask_of_a_frame_is_a_function_of_bytes() -> None:
    check(internals.unmask(b"\x01\x02\x03\x04", b"\x01\x01\x01\x01\x01") == b"\x00\x03\x02\x05\x00")


def test_this_is_the_tornado_that_it_was_written_for() -> None:
    check(tornado.version_info[:2] == (6, 6))


NAMES = {
    *(
        one.attr
        for one in ast.walk(ast.parse(Path(internals.__file__).read_text()))
        if isinstance(one, ast.Attribute)
    ),
    *internals.HANDSHAKE,
}
PRIVATE = {name for name in NAMES if name.startswith("_") and not name.startswith("__")}
OWN = {("transport.py", "_reason")}  # of a class that is none of Tornado's


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.py")), ids=lambda path: path.name)
def test_no_other_file_uses_a_private_name_of_tornado(path: Path) -> None:
    if path.name == Path(internals.__file__).name:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute)} & PRIVATE
    assert not {name for name in used if (path.name, name) not in OWN}
    imported = [one.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for one in node.names]
    assert not [name for name in imported if name.startswith("_")]
