"""Whether the bytes of files that people share are there, as they are to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tornado_chat.chat.files import GRACE, Blob
from tornado_chat.storage.blobs.folder import all_blobs, copying, digest, has, place

CURE = "a file that people share; copy it from the folder FILE.files of a backup"  # of a data folder


def damages(
    folder: Path, used: Sequence[Blob], known: Collection[str], now: float, hashes: bool = False, cure: str = CURE
) -> Iterator[str]:
    """Yield what is wrong with the bytes in a folder of blobs, one line each. now: s since 1970.

    hashes: whether all of them are read. What a server that runs is about to store or to delete is no damage.
    """
    with copying(folder):
        for blob in used:
            path = place(folder, blob.name)
            if not has(folder, blob):
                size = path.stat().st_size if path.exists() else None
                wrong = "is lost" if size is None else f"has {size:,} bytes, not {blob.size:,}"
                yield f"{path} {wrong}: {cure}"
            elif hashes and digest(path) != blob.name:
                yield f"{path} was changed: {cure}"
        orphans = [name for name in all_blobs(folder) if name not in known and _is_old(place(folder, name), now)]
    if orphans:
        some = f"{len(orphans)} files that nobody has, such as {min(orphans)}"
        yield f"{folder} has {some}; the server deletes them within an hour after its start"


def _is_old(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > 2 * GRACE
    except FileNotFoundError:
        return False
