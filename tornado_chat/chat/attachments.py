"""Files as messages have them: what is in a message's line, and what plugins see of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message: `id`, `name`, `type` (as sniffed, such as `image/png`) and `size` in bytes.

    Of a picture there are `width` and `height`, and `preview`, a tiny WebP (base64).
    """

    id: str
    name: str
    type: str
    size: int
    width: int = 0
    height: int = 0
    preview: str = ""

    def shown(self) -> dict[str, Any]:
        """Return it as a message's line has it."""
        return as_shown(self)


def attachments(extra: Mapping[str, Any] | None) -> tuple[Attachment, ...]:
    """Return the files of a message with these further fields."""
    return tuple(map(_attachment, extra.get("files", ()))) if extra else ()


def _attachment(shown: Mapping[str, Any]) -> Attachment:
    return Attachment(**{name: shown[name] for name in Attachment.__slots__ if name in shown})


def as_shown(file: Any) -> dict[str, Any]:
    """Return what clients see of a file, an entry of a message's `files`."""
    shown: dict[str, Any] = {"id": file.id, "name": file.name, "type": file.type, "size": file.size}
    if file.width:
        shown |= {"width": file.width, "height": file.height, "preview": file.preview}
    return shown
