"""What the rows of files have in common, whichever database has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import Blob, File, Space, Upload
from tornado_chat.chat.models import Message
from tornado_chat.config.sizes import about

ALL = "*"  # of file_space
BLOCK = 4_096  # bytes that a file takes of the disk at least, as the triggers count it
PIECE = 100  # rows that expire at a time


def files_of(message: Message) -> list[str]:
    """Return the ids of the files that a message has."""
    files: Sequence[Mapping[str, Any]] = message.extra.get("files") or () if message.extra else ()
    return [one["id"] for one in files]


def check_space(upload: Upload, space: Space, used: int, used_by_all: int) -> None:
    """Refuse (`no-space`) an upload for which there is no room beside what its owner, and all, use."""
    if 0 < space.of_user < upload.size:
        whole = f"the file has {about(upload.size)}; all of your files may take {about(space.of_user)} together"
        raise Refused(f"{whole}: send a smaller one", Error.NO_SPACE)
    if 0 < space.of_user < used + upload.size:
        taken = f"your files take {about(used)} of {about(space.of_user)}, and this one has {about(upload.size)}"
        raise Refused(f"{taken}: delete messages with files to make room", Error.NO_SPACE)
    if 0 < space.altogether < used_by_all + upload.size:
        raise Refused("the space that this server has for files is full", Error.NO_SPACE)


def blobs_of(file: File) -> set[Blob]:
    """Return the bytes of a file and of its thumbnails."""
    return {file.blob, *file.thumbnails.values()}


def taken_by(file: File) -> int:
    """Return how many bytes of the disk a file takes."""
    return sum(max(blob.size, BLOCK) for blob in blobs_of(file))


def more_of(file: File) -> str | None:
    """Return what is stored of a picture alone: JSON, for `to_file`."""
    if not file.width:
        return None
    thumbnails = [(side, *blob) for side, blob in file.thumbnails.items()]
    return json.dumps([file.width, file.height, file.preview, thumbnails])


def to_file(id: str, owner: str, name: str, type: str, made: int, blob: Sequence[Any], more: Any) -> File:
    """Return the file of a row. blob: its name and size; more: decoded."""
    file = File(id, owner, name, type, made, Blob(*blob))
    if more is not None:
        file.width, file.height, file.preview, thumbnails = more
        file.thumbnails = {side: Blob(*rest) for side, *rest in thumbnails}
    return file
