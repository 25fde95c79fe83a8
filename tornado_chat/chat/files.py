"""Files that people share: `FileRepository` knows whose they are and which messages have them (bytes: see blobs.py).

A file (a random id, its owner and name) is a row over a blob, which others with the same bytes share: nobody learns
of that.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tornado_chat.chat.attachments import Attachment, as_shown
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.file_types import PLAIN
from tornado_chat.chat.models import Message

MOST_FILES = 10  # of a message
UNPOSTED = 3_600.0  # seconds after which a file goes that no message has, and an upload that does not go on
GRACE = 3_600.0  # seconds for which the bytes of a file stay that is gone
_ID = re.compile("[A-Za-z0-9_-]{22}")


class Blob(NamedTuple):
    """Bytes that are kept under a name, which is made of them; `size`: how many."""

    name: str
    size: int


class Upload(NamedTuple):
    """A file on its way: `owner` (a user's id), the file's `name`, and the `size` (bytes) that it is to have.

    `id`: nobody can guess it. `file`: the id of the file that it has become.
    """

    id: str
    owner: str
    name: str
    size: int
    file: str = ""


class Looked(NamedTuple):
    """What an upload turned out to be: its `type`, and of a picture its measures, a tiny `preview` and thumbnails.

    `blob`: what is kept in the place of what was sent, None for that itself.
    """

    type: str = PLAIN
    width: int = 0
    height: int = 0
    preview: str = ""
    thumbnails: Mapping[int, Blob] = {}
    blob: Blob | None = None


#: Finds out what the bytes in a file on this machine are, which came under a name.
Look = Callable[[Path, str], Awaitable[Looked]]


@dataclass(slots=True)
class File:
    """A file: `id`, `owner` (a user's id), `name`, `type` (as sniffed), `made` (ms since 1970); `blob`: its bytes.

    Of a picture: `width` and `height`, `preview` (a tiny WebP, base64), and `thumbnails` by their longer side in
    pixels.
    """

    id: str
    owner: str
    name: str
    type: str
    made: int
    blob: Blob
    width: int = 0
    height: int = 0
    preview: str = ""
    thumbnails: Mapping[int, Blob] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.blob.size

    def shown(self) -> dict[str, Any]:
        """Return what clients see of it: an entry of a message's `files`."""
        return as_shown(self)


class Shown(NamedTuple):
    """A message that has a file."""

    channel: str
    seq: int


class Space(NamedTuple):
    """How many bytes of files one user may have, and all together; 0 is no limit.

    All together is what they take of the disk: with thumbnails, and with what is gone until its bytes are.
    """

    of_user: int
    altogether: int


class Expired(NamedTuple):
    """Names of blobs that no file has any more, and whether there may be more to expire."""

    blobs: Sequence[str]
    more: bool


class FileRepository(Protocol):
    """The rows of files and uploads. All methods raise Refused (`history-unavailable`) while the disk fails."""

    async def reserve(self, upload: Upload, space: Space) -> None:
        """Store an upload, for which its size is reserved. Refused (`no-space`) if there is no room for it."""

    async def upload(self, id: str) -> Upload | None:
        """Return an upload."""

    async def release(self, uploads: Sequence[str]) -> None:
        """Forget uploads, with what is reserved for them."""

    async def waiting(self, before: int) -> Sequence[str]:
        """Return the ids of uploads that were begun before a time (ms) and have not become files."""

    async def add(self, file: File, upload: str) -> None:
        """Store a file, which no message has yet, and that an upload has become it: nothing is reserved any more.

        Refused (`not-found`) if the upload was forgotten.
        """

    async def files(self, ids: Sequence[str]) -> list[File]:
        """Return those of these files that there are, in the order of `ids`."""

    async def shown(self, file: str) -> list[Shown]:
        """Return the messages that have a file."""

    async def used(self, owner: str | None = None) -> int:
        """Return how many bytes the files of a user (or all: see Space) have, with what is reserved."""

    async def pictures(self) -> Mapping[str, str]:
        """Return whose picture which file is: ids, the server's under ""."""

    async def set_picture(self, of: str, file: File | None) -> None:
        """Store a file as the picture of somebody (an id, the server's under ""), in the place of the one before.

        It stays as if a message had it. None: there is none any more.
        """

    async def expire(self, unposted: int, unused: int) -> Expired:
        """Delete some files that no message has, made before a time (ms), and uploads that had become files by then.

        Forget some blobs that no file has had since before `unused` (ms): their bytes are to be deleted.
        """

    async def unknown(self, blobs: Sequence[str]) -> Sequence[str]:
        """Return those of these blobs that no row knows."""


class Attachments(Protocol):
    """What a history in memory calls as its messages come and go."""

    def refused(self, message: Message) -> Refused | None:
        """Return why a message cannot have the files of its `extra`: one of them is not there any more."""

    def attach(self, message: Message) -> None:
        """Note that a message has them."""

    def detach(self, channel: str, seqs: Iterable[int], time: int) -> None:
        """Note that messages are gone, or have no files any more. time: ms since 1970."""


def shown(files: Sequence[File | Attachment]) -> list[dict[str, Any]]:
    """Return the field `files` of a message; TypeError for what is no file, Refused (`invalid-field`) if too many."""
    for file in files:
        if not isinstance(file, File | Attachment):
            raise TypeError(f"files= takes files, such as ctx.files.add returns, not {file!r}")
    found = {file.id: file for file in files}
    if len(found) > MOST_FILES:
        raise too_many_files()
    return [file.shown() for file in found.values()]


def too_many_files() -> Refused:
    """Return what a call is answered that gives a message too many files."""
    return Refused(f"a message has at most {MOST_FILES} files", Error.INVALID_FIELD)


def no_file() -> Refused:
    """Return what a call is answered about a file that is not there, or not the caller's to know of."""
    return Refused("there is no such file", Error.NOT_FOUND)


def is_id(text: str) -> bool:
    """Return whether this may be the id of a file or an upload."""
    return _ID.fullmatch(text) is not None


def new_id() -> str:
    """Return an id for a file or an upload, which nobody can guess."""
    return secrets.token_urlsafe(16)
