"""Shows the gallery: ./scripts/gallery [--port 4001]."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tests.page.gallery.server import with_gallery
from tornado_chat.config.settings import Settings


async def serve(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with_gallery(Settings(data_dir=Path(folder), history="memory")).listen(port, "127.0.0.1")
        print(f"http://127.0.0.1:{port}/gallery/")  # noqa: T201
        await asyncio.Event().wait()


parser = argparse.ArgumentParser(prog="./scripts/gallery", description="Shows every component of the page.")
parser.add_argument("--port", type=int, default=4001)
try:
    asyncio.run(serve(parser.parse_args().port))
except KeyboardInterrupt:
    pass
