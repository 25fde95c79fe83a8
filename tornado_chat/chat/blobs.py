"""The interface of what keeps the bytes of files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from tornado_chat.chat.files import Blob


class Blobs(Protocol):
    """Keeps bytes under names that are made of them: equal bytes have equal names.

    An upload is a blob that is not complete. All methods raise Refused (`no-space`, or `history-unavailable`) while
    the disk is full or fails; what was written before stays.

    How it is best used: `piece`, bytes that are written at once; `reads` and `writes`, how many pieces at a time.
    """

    piece: int
    reads: int
    writes: int

    async def begin(self, size: int) -> str:
        """Begin an upload of so many bytes; return its id, which nobody can guess."""

    async def size(self, upload: str) -> int | None:
        """Return how many bytes of an upload are there, None if there is no such upload."""

    async def write(self, upload: str, at: int, data: bytes) -> int:
        """Write bytes of an upload at an offset, its present size; return its new size.

        Refused: `conflict` at another offset, `not-found` if there is no such upload.
        """

    def local(self, upload: str) -> AbstractAsyncContextManager[Path]:
        """Give a file on this machine that has the bytes of an upload, to be read only. Refused (`not-found`)."""

    async def finish(self, upload: str) -> Blob:
        """Make a blob of an upload, synced to the disk. It stays, and takes no more bytes. Refused (`not-found`)."""

    async def discard(self, upload: str) -> None:
        """Forget an upload, if it exists."""

    async def put(self, data: bytes | Path) -> Blob:
        """Keep bytes, or those of a file on this machine, which stays where it is; synced to the disk."""

    def read(self, blob: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a blob from `start` to before `end`. Refused (`not-found`), at once, if it is gone."""

    async def delete(self, blob: str, before: float) -> bool:
        """Delete a blob that was not written since a time (s since 1970), even if it was there; return if it did.

        So nothing is lost that is put anew while it is deleted. Nothing is deleted while somebody copies all blobs.
        """

    def names(self) -> AsyncIterator[Sequence[str]]:
        """Yield the names of all blobs, some at a time."""

    async def sweep(self, before: float) -> Sequence[str]:
        """Forget the uploads that nothing was written to since a time (s since 1970); return their ids."""

    async def close(self) -> None:
        """Finish what is under way."""
