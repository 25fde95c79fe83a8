"""Finds out what an upload is. Pictures are decoded in processes of their own, by Pillow (extra [images])."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_types import HEAD, PICTURES, PLAIN, sniff
from tornado_chat.chat.files import Blob, Looked
from tornado_chat.images.child import FAILED

PATIENCE = 60.0  # seconds for one picture, whatever else the machine does
AT_ONCE = 2
MAX_BYTES = 256 * 1024 * 1024  # of what is taken for a picture

# The child imports two modules of this package, without all that `tornado_chat` brings along.
_PROGRAM = """
import sys, types
sys.path[:] = {path!r}
package = sys.modules["tornado_chat"] = types.ModuleType("tornado_chat")
package.__path__ = [{here!r}]
from tornado_chat.images.child import main
main()
"""

PATHS = [path for path in sys.path if path]
HERE = str(Path(__file__).parent.parent)
ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # of ours that it gets: the rest may hold secrets

T = TypeVar("T")
log = logging.getLogger("tornado_chat")


class Pictures:
    """Its `look` is what Files asks of each upload. A picture that cannot be shown is a plain file, kept as it is.

    `can_draw`: whether there is Pillow; without it that is so of all pictures. folder: where pictures are worked on,
    for this process alone; what one that was killed has left there goes. None: among the machine's temporary files.
    """

    def __init__(self, blobs: Blobs, folder: Path | None = None) -> None:
        self._folder = folder
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        self.can_draw = importlib.util.find_spec("PIL") is not None
        self._blobs = blobs
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, "pictures")
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    async def look(self, path: Path, name: str) -> Looked:
        """See files.Look. Refused (`history-unavailable`) if there is no room to work in, or no memory."""
        kind = await self._aside(_kind, path)
        if kind not in PICTURES:
            return Looked(kind)
        if not self.can_draw:
            return Looked(PLAIN)
        async with self._turns:
            folder = Path(await self._aside(self._workshop))
            try:
                drawn = await self._aside(self._draw, "draw", kind, path, folder)
                if "why" in drawn:
                    log.info("a picture is kept as a plain file: %s", drawn["why"], extra={"event": "plain-picture"})
                    return Looked(PLAIN, blob=await self._blobs.put(folder / "clean") if drawn["clean"] else None)
                thumbnails = {size: await self._blobs.put(folder / str(size)) for size in drawn["sizes"]}
                measures = (drawn["width"], drawn["height"], drawn["preview"])
                return Looked(kind, *measures, thumbnails, await self._blobs.put(folder / "clean"))
            finally:
                await self._aside(shutil.rmtree, folder, True)

    async def cut(self, blob: Blob, kind: str) -> Mapping[int, Blob]:
        """See pictures.Cut. Refused (`invalid-field`) for what is no picture; else as `look`."""
        async with self._turns:
            folder = Path(await self._aside(self._workshop))
            try:
                whole = folder / "whole"
                async for piece in self._blobs.read(blob.name):
                    await self._aside(_append, whole, piece)
                found = await self._aside(self._draw, "cut", kind, whole, folder)
                if "why" in found:
                    raise Refused("the file is no picture that the server can read", Error.INVALID_FIELD)
                return {size: await self._blobs.put(folder / str(size)) for size in found["sizes"]}
            finally:
                await self._aside(shutil.rmtree, folder, True)

    async def close(self) -> None:
        """Look at nothing more. What is being looked at is refused."""
        if self._closed:
            return
        self._closed = True
        for process in self._running:
            process.kill()
        for _ in range(AT_ONCE):  # after those who wait already
            await self._turns.acquire()
        self._threads.shutdown(wait=False)

    async def _aside(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _workshop(self) -> str:
        try:
            if self._folder is not None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return tempfile.mkdtemp(prefix="tornado_chat-", dir=self._folder)
        except OSError as error:
            log.error("there is no folder for temporary files: %s", error.strerror, extra={"event": "no-pictures"})
            raise _unavailable() from None

    def _draw(self, task: str, kind: str, path: Path, folder: Path) -> dict[str, Any]:
        """Return what the child answers: as `drawing.draw` or `cut`, or `why` not, and whether there is `clean`."""
        if self._closed:
            raise _unavailable()
        try:
            with path.open("rb") as source:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-c", _PROGRAM.format(path=PATHS, here=HERE), task, kind],
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    cwd=folder,
                    env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                )
        except OSError as error:
            log.error("pictures cannot be looked at: %s", error.strerror, extra={"event": "no-pictures"})
            raise _unavailable() from None
        self._running.add(process)
        try:
            if self._closed:
                process.kill()
            answer, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return _unanswered(folder, "it takes too long", busy=True)
        finally:
            self._running.remove(process)
        if process.returncode == FAILED or self._closed:
            raise _unavailable()
        if process.returncode:
            why = f"its process ended with status {process.returncode}"
            return _unanswered(folder, why, busy=process.returncode == -signal.SIGKILL)
        drawn: dict[str, Any] = json.loads(answer)
        return drawn


def _unanswered(folder: Path, why: str, busy: bool) -> dict[str, Any]:
    """Return what is known of a picture whose process has not answered. What has lost its metadata is kept so.

    busy: whether the machine may be why; then a picture that still has its metadata is refused, until later.
    """
    clean = (folder / "clean").exists()
    if busy and not clean:
        raise _unavailable()
    return {"why": why, "clean": clean}


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD))
        size = os.fstat(file.fileno()).st_size
    return PLAIN if kind in PICTURES and size > MAX_BYTES else kind


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def _unavailable() -> Refused:
    return Refused("the picture cannot be looked at now; try again later", Error.HISTORY_UNAVAILABLE)
