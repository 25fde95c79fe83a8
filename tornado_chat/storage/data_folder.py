"""The data folder. Only its owner can read it, and its files are written whole or not at all.

What root creates in it gets the folder's owner, so that a command run by root does not lock the service out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

SECRET = "secret"  # the name of the file
SECRET_SIZE = 32  # bytes


def make_folder(folder: Path) -> None:
    """Make a folder (mode 700), and its parents, if they are missing.

    FileExistsError if something else has the name; its `strerror` says what.
    """
    missing = [one for one in (folder, *folder.parents) if not os.path.lexists(one)]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        dangling = any(os.path.lexists(one) and not one.exists() for one in (folder, *folder.parents))
        what = "is a link to a folder that is not there" if dangling else "is a file, not a folder"
        raise FileExistsError(errno.EEXIST, what, str(folder)) from None
    for one in reversed(missing):
        descriptor = os.open(one, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _inherit_owner(descriptor, one.parent)
        finally:
            os.close(descriptor)


def create_file(path: Path, inherit: bool = True) -> int:
    """Create a file (mode 600) and return its descriptor; FileExistsError if it exists.

    inherit: whether root gives it the owner of its folder; not outside the data folder.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    if inherit:
        _inherit_owner(descriptor, path.parent)
    return descriptor


def open_or_create(path: Path) -> int:
    try:
        return create_file(path)
    except FileExistsError:  # only what was created here is given away: another may be a link
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)


def write_file(path: Path, content: bytes, inherit: bool = True) -> None:
    """Write a small file, whole and synced, or leave what is there. inherit: as for create_file."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(create_file(made, inherit), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, path)
        sync(path.parent)
    finally:
        discard(made)


def discard(path: Path) -> None:
    """Remove an unfinished file, if it exists. Errors are ignored: an earlier one is the one that matters."""
    with contextlib.suppress(OSError):
        path.unlink()


def sync(path: Path) -> None:
    """Sync a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_secret(folder: Path) -> bytes:
    """Return the 32 bytes that sign tokens, made at the first start in `folder`/secret.

    OSError if the folder cannot be used; ValueError if the file is damaged.
    """
    make_folder(folder)
    path = folder / SECRET
    secret = path.read_bytes() if os.path.lexists(path) else b""
    if not secret:  # an empty one is what a first start on a full disk left behind
        write_file(path, secrets.token_bytes(SECRET_SIZE))
        secret = path.read_bytes()
    if len(secret) != SECRET_SIZE:
        raise ValueError(
            f"{path} is damaged: bring it back from a backup, or delete it (then every guest is a new user)"
        )
    return secret


def _inherit_owner(descriptor: int, folder: Path) -> None:
    if os.geteuid() == 0:
        owner = os.stat(folder)
        with contextlib.suppress(PermissionError):  # a root without the right to give files away
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
