"""The files of a server as a plugin has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, MutableSequence
from contextlib import contextmanager, suppress
from typing import Any

from tornado_chat.chat.attachments import Attachment
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_names import clean_file_name
from tornado_chat.chat.files import File
from tornado_chat.chat.models import User, need_user
from tornado_chat.chat.pending import Pending
from tornado_chat.routing.server import Server

READ = 32 * 1024 * 1024  # bytes of a file that are read into memory at once


class PluginFiles:
    """The files of the server. A file is there as long as a message has it, or for an hour while none has.

    Whoever calls is not asked for permission: what a plugin makes of a file is its own affair. A file whose id a
    client gives is asked for with a field of type Upload.
    """

    __slots__ = ("_owner", "_posts", "_server")

    def __init__(self, server: Server, plugin: str, posts: MutableSequence[Any]) -> None:
        self._server = server
        self._owner = User(f"plugin:{plugin}", plugin)
        self._posts = posts  # of the call: while one of them waits, the handler is not cut

    async def add(self, name: str, data: bytes, *, owner: User | None = None) -> File:
        """Make a file, to be posted with `channel.post(files=[file])`; return it once it is on the disk.

        What it is, such as a picture, is found out from its bytes. It takes of the space of its owner, the plugin
        itself where none is named. Raises Refused: `too-large`, `no-space`, `not-allowed` where the server takes no
        files, `invalid-field` for no bytes.
        """
        self._server.flusher.require_loop()
        if not isinstance(data, bytes):
            raise TypeError(f"a file is made of bytes, not {type(data).__name__}")
        if owner is not None:
            need_user(owner, "owner=")
        with self._held():
            return await self._server.files.add(owner or self._owner, clean_file_name(name), data)

    async def get(self, id: str) -> File:
        """Return a file by id. Raises Refused (`not-found`) if it is gone."""
        self._server.flusher.require_loop()
        return await self._server.files.find(id)

    async def read(self, file: File | Attachment) -> bytes:
        """Return the bytes of a file; one of `message.files` will do.

        Raises Refused: `not-found` if it is gone, `too-large` if it has more than 32 MiB; `pieces` reads those.
        """
        if file.size > READ:
            raise Refused(f"the file is larger than {READ:,} bytes; read it in pieces", Error.TOO_LARGE)
        with self._held():
            return b"".join([piece async for piece in self.pieces(file)])

    async def pieces(self, file: File | Attachment) -> AsyncIterator[bytes]:
        """Yield the bytes of a file, some at a time. Raises Refused (`not-found`) if it is gone."""
        self._server.flusher.require_loop()
        found = file if isinstance(file, File) else await self._server.files.find(file.id)
        async for piece in self._server.files.read(found.blob):
            yield piece

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let the call wait for the disk, and for a picture to be looked at, however long that takes."""
        waiting = Pending[File]()
        self._posts.append(waiting)
        try:
            yield
        finally:
            with suppress(ValueError):  # not held: nobody waits for an answer
                self._posts.remove(waiting)
