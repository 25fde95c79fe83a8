"""A chat that listens in this process, for callgrind: see instructions.py. It prints its port, then counts on demand.

A line on its standard input starts the counting, the next one stops it; each is answered with a line.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
import tempfile
from pathlib import Path

from bench.servers import BUILD
from tornado_chat.config.settings import Settings
from tornado_chat.server.http_server import Server
from tornado_chat.server.listener import listen
from tornado_chat.server.loop import new_loop
from tornado_chat.web.app import make_app

COUNTING = ctypes.CDLL(str(BUILD / "counting.so"))


async def serve(folder: Path) -> None:
    """Listen until the standard input ends."""
    chat = make_app(Settings(data_dir=folder, history="memory", connect_rate=(0, 0, 0), max_connections=(0, 0, 0)))
    await chat.start()
    sockets = listen("127.0.0.1", 0)
    Server(chat).add_sockets(sockets)
    sys.stdout.write(f"{sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    over, orders = asyncio.Event(), iter((COUNTING.start, COUNTING.stop))

    def obey() -> None:
        if not sys.stdin.readline():
            over.set()
            return
        next(orders)()
        sys.stdout.write("done\n")
        sys.stdout.flush()

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), obey)
    await over.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        new_loop().asyncio_loop.run_until_complete(serve(Path(folder)))
