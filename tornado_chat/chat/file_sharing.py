"""The files of a server: how they come, who may have them, and how they go."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Collection, Sequence
from functools import partial
from pathlib import Path

from tornado_chat.chat import file_sweeping
from tornado_chat.chat.blobs import Blobs
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_types import HEAD, sniff
from tornado_chat.chat.files import (
    MOST_FILES,
    Blob,
    File,
    FileRepository,
    Look,
    Looked,
    Shown,
    Space,
    Upload,
    is_id,
    new_id,
    no_file,
    too_many_files,
)
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.memberships import may_see
from tornado_chat.chat.models import User
from tornado_chat.chat.pictures import Pictures
from tornado_chat.chat.places import Places


async def look(path: Path, name: str) -> Looked:
    """Return the type of a file by its first bytes."""

    def read() -> bytes:
        with path.open("rb") as file:
            return file.read(HEAD)

    return Looked(sniff(await asyncio.to_thread(read)))


class Files:
    """`ctx.server.files`. `max_size`: of a file, in bytes; 0: nobody uploads any.

    `look` finds out what an upload is. `kept`: how many bytes all files have, as of the last look; `uploads`: how
    many have become files since the start. Whoever asks has been let in, and is not banned. What somebody may not
    know of is answered like what is not there: Refused, `not-found` (files.no_file).
    """

    def __init__(self, hub: Hub, places: Places, rows: FileRepository, blobs: Blobs) -> None:
        self.max_size = 0
        #: Why nobody may upload files, and none are kept: "" if that is not so.
        self.off = ""
        self.space = Space(0, 0)
        self.look: Look = look
        self.blobs = blobs
        self.kept = self.uploads = 0
        self._hub = hub
        self._places = places
        self._rows = rows
        self.pictures = Pictures(hub, places, rows)
        self._finishing: dict[str, asyncio.Future[File]] = {}  # by the id of an upload

    # Uploading

    async def begin(self, owner: User, name: str, size: int) -> Upload:
        """Begin an upload of so many bytes, for which there is room from now on. name: cleaned.

        Refused: `too-large`; `no-space`, for this user or on the server; `invalid-field` for no bytes.
        """
        if self.off:
            raise Refused(self.off, Error.NOT_ALLOWED)
        if not self.max_size:
            raise Refused("this server takes no files", Error.NOT_ALLOWED)
        if size > self.max_size:
            raise Refused(f"a file has at most {self.max_size:,} bytes", Error.TOO_LARGE)
        if size < 1:
            raise Refused("the file is empty", Error.INVALID_FIELD)
        upload = Upload(await self.blobs.begin(size), owner.id, name, size)
        try:
            await self._rows.reserve(upload, self.space)
        except BaseException:
            await self.blobs.discard(upload.id)
            raise
        return upload

    async def upload(self, owner: User, id: str) -> tuple[Upload, int]:
        """Return an upload of somebody's own, and how many bytes of it are there."""
        upload = await self._rows.upload(id) if is_id(id) else None
        if upload is None or upload.owner != owner.id:
            raise no_file()
        size = upload.size if upload.file else await self.blobs.size(id)
        if size is None:
            raise no_file()
        return upload, size

    async def write(self, upload: Upload, at: int, data: bytes) -> int:
        """Add bytes to an upload at an offset; return how many are there. They stay whatever becomes of the rest.

        Refused: `conflict` at another offset than the end; `too-large` for more bytes than it is to have.
        """
        if at + len(data) > upload.size:
            raise Refused(f"the file was to have {upload.size:,} bytes, and has more", Error.TOO_LARGE)
        return await self.blobs.write(upload.id, at, data)

    async def finish(self, upload: Upload) -> File:
        """Make a file of an upload that is complete; the same again if it has become one. Refused (`conflict`)."""
        making = self._finishing.get(upload.id)
        if making is None:
            making = self._finishing[upload.id] = asyncio.ensure_future(self._finish(upload))
            making.add_done_callback(partial(self._finished, upload.id))
        return await asyncio.shield(making)  # whoever goes away meanwhile finds it made

    def _finished(self, id: str, making: asyncio.Future[File]) -> None:
        del self._finishing[id]
        if not making.cancelled():
            making.exception()  # whether or not anyone waits for it

    async def _finish(self, upload: Upload) -> File:
        file = await self._become(upload.id)
        if file is not None:
            return file
        if await self.blobs.size(upload.id) != upload.size:
            if file := await self._become(upload.id):
                return file  # another node was faster
            raise Refused("the file is not complete", Error.CONFLICT)
        try:
            file = await self._make(upload)
        except (Refused, FileNotFoundError) as error:
            gone = not isinstance(error, Refused) or error.code == Error.NOT_FOUND
            if gone and (file := await self._become(upload.id)):
                return file  # another node was faster
            raise
        self.kept += file.size
        self.uploads += 1
        await self.blobs.discard(upload.id)  # only now: where the row could not be stored, it is finished again
        return file

    async def _become(self, upload: str) -> File | None:
        """Return the file that an upload has become, None if it has not. Refused (`not-found`) if either is gone."""
        known = await self._rows.upload(upload)
        made = await self._rows.files([known.file]) if known and known.file else []
        if known is None or (known.file and not made):
            raise no_file()
        return made[0] if made else None

    async def _make(self, upload: Upload) -> File:
        async with self.blobs.local(upload.id) as path:
            looked = await self.look(path, upload.name)
            blob = looked.blob or await self.blobs.finish(upload.id)
        about = (looked.width, looked.height, looked.preview, looked.thumbnails)
        file = File(new_id(), upload.owner, upload.name, looked.type, int(time.time() * 1000), blob, *about)
        await self._rows.add(file, upload.id)
        return file

    async def discard(self, upload: Upload) -> None:
        """Forget an upload that has not become a file, or the bytes of one that has. Refused while it becomes one.

        To forget it then would leave what is made of it to nobody, where no quota counts it.
        """
        if upload.id in self._finishing:
            raise Refused("it becomes a file now, which goes by itself if no message has it", Error.CONFLICT)
        await self.blobs.discard(upload.id)
        if (known := await self._rows.upload(upload.id)) and not known.file:
            await self._rows.release([upload.id])

    async def add(self, owner: User, name: str, data: bytes) -> File:
        """Make a file of bytes that are here: begin, write and finish. name: cleaned."""
        upload = await self.begin(owner, name, len(data))
        try:
            await self.write(upload, 0, data)
            return await self.finish(upload)
        except BaseException:
            with contextlib.suppress(Refused):
                await self.discard(upload)
            raise

    # Reading

    async def get(self, by: User, id: str, allowed: Collection[str] | None = None) -> File:
        """Return a file that somebody may have now: who may read a message that has it, or its owner before that.

        allowed: the channels that their token includes, None for all.
        """
        if id in self.pictures:
            return await self.find(id)
        file, messages = await self._about(id)
        may_read = await self._may_read_any(by, messages, allowed)
        if file is None or not (may_read if messages else file.owner == by.id):
            raise no_file()
        return file

    async def for_message(self, by: User, ids: Sequence[str], allowed: Collection[str] | None = None) -> list[File]:
        """Return the files that somebody attaches to a message: their own, and what they may read.

        Storing the message refuses it (`not-found`) if one of them is gone by then.
        """
        ids = list(dict.fromkeys(ids))
        if len(ids) > MOST_FILES:
            raise too_many_files()
        found = []
        for file, messages in [await self._about(id) for id in ids]:
            may_read = await self._may_read_any(by, messages, allowed)
            if file is not None and (may_read or file.owner == by.id) and file.id not in self.pictures:
                found.append(file)
        if len(found) < len(ids):
            raise no_file()
        return found

    def read(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a file's `blob`, or of one of its `thumbnails`, from `start` to before `end`."""
        return self.blobs.read(blob.name, start, end)

    async def find(self, id: str) -> File:
        """Return a file by id, whoever may have it."""
        found = await self._rows.files([id]) if is_id(id) else ()
        if not found:
            raise no_file()
        return found[0]

    async def _about(self, id: str) -> tuple[File | None, Sequence[Shown]]:
        """Return a file and the messages that have it. One that is not there takes as long."""
        if not is_id(id):
            raise no_file()
        found = await self._rows.files([id])
        return (found[0] if found else None), await self._rows.shown(id)

    async def _may_read_any(self, by: User, messages: Sequence[Shown], allowed: Collection[str] | None) -> bool:
        own = await self._places.own(by)
        for name, seq in messages:
            if allowed is not None and name not in allowed:
                continue
            mine = own.get(name)
            if mine is None or mine.ended:
                sees = await self._places.visitor_sees(by, name)
            else:
                sees = mine.sees
            if may_see(sees, seq):
                return True
        return False

    async def close(self) -> None:
        """Finish what is under way."""
        if self._finishing:
            await asyncio.wait(self._finishing.values())
        await self.blobs.close()

    # Going

    async def count(self) -> None:
        """Look how many bytes all files have."""
        self.kept = await self._rows.used()

    async def sweep(self) -> None:
        """Let go what nobody has posted within an hour, and delete the bytes of what has been gone for so long.

        On one node of a cluster; the others count alone.
        """
        if not self.off:
            await file_sweeping.sweep(self._rows, self.blobs)
        await self.count()

    async def sweep_orphans(self) -> int:
        """Delete bytes that no row knows, as a crash may leave them; return of how many blobs."""
        return 0 if self.off else await file_sweeping.sweep_orphans(self._rows, self.blobs)
