"""An echo server on the chat's own WebSocket code, for fuzzing clients."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from tornado.web import Application

from tornado_chat.server.loop import new_loop
from tornado_chat.web.socket.upgrade import SocketHandler


class Echo(SocketHandler):
    """Sends back each message."""

    def initialize(self, compress: bool) -> None:
        self.compress = compress

    def check_origin(self, origin: str) -> bool:
        return True

    def on_message(self, message: str | bytes) -> None:
        self.transport.write_message(message, isinstance(message, bytes))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve an echo until it is interrupted: python -m tornado_chat.testing echo --port 9001."""
    parser = argparse.ArgumentParser(prog="python -m tornado_chat.testing")
    echo = parser.add_subparsers(required=True).add_parser("echo", help="serve a raw WebSocket echo on 127.0.0.1")
    echo.add_argument("--port", type=int, required=True)
    echo.add_argument("--compress", action="store_true", help="agree to permessage-deflate")
    given = parser.parse_args(arguments)

    async def serve() -> None:
        app = Application([("/.*", Echo, {"compress": given.compress})], websocket_max_message_size=64 * 1024 * 1024)
        app.listen(given.port, "127.0.0.1")
        await asyncio.Event().wait()

    new_loop().run_sync(serve)
