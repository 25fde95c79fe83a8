"""Backup and restore of a data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tornado_chat.chat.files import Blob
from tornado_chat.storage.blobs.folder import FOLDER, blob_folders, copy_blobs, copying, has, link_blobs, place
from tornado_chat.storage.data_folder import SECRET, SECRET_SIZE, discard, sync, write_file
from tornado_chat.storage.sqlite.file_consistency import used_blobs
from tornado_chat.storage.sqlite.files import (
    NAME,
    DatabaseError,
    connect,
    copy,
    explained,
    lock_folder,
    look_for,
    pragma,
    version_of,
)
from tornado_chat.storage.sqlite.maintenance import damages, opened
from tornado_chat.storage.sqlite.migrations import MIGRATIONS
from tornado_chat.storage.sqlite.schema import differences


class Saved(NamedTuple):
    """What a backup has beside its file: the secret and the files of people, None where there are none.

    `shared`: how many of those files there are, and `lost`: how many were not there to be saved.
    """

    secret: Path | None = None
    files: Path | None = None
    shared: int = 0
    lost: int = 0


def backup(folder: Path, file: Path) -> Saved:
    """Copy the database to a new file, as of now; a server may be running. Nothing is overwritten.

    The secret goes into a second file, FILE.secret (mode 600), and the files that people share into a folder,
    FILE.files. The first is there only once all of it is.
    """
    for path in (file, _secret_of(file), files_of(file)):
        if os.path.lexists(path):
            raise DatabaseError(f"{path} is there already; take another name")
    saved, made = Saved(), file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    blobs = folder / FOLDER
    with opened(folder / NAME) as connection, copying(blobs), contextlib.ExitStack() as failed, _removed(made):
        if not file.parent.is_dir():
            why = f"there is no folder {file.parent}; make it, readable for you alone"
            raise DatabaseError(f"{file} cannot be written: {why}")
        if secret := _read_secret(folder / SECRET):
            saved = saved._replace(secret=_secret_of(file))
            failed.callback(discard, _secret_of(file))
            with explained(_secret_of(file), "written"):
                write_file(_secret_of(file), secret, inherit=False)
        with explained(file, "written"):
            copy(connection, made, inherit=False)
        used = _blobs_of(made)
        if there := [blob for blob in used if place(blobs, blob.name).exists()]:
            with explained(files_of(file), "written"):
                _copy_whole(there, blobs, files_of(file))
            failed.callback(shutil.rmtree, files_of(file), ignore_errors=True)
            saved = saved._replace(files=files_of(file), shared=len(there))
        with explained(file, "written"):
            os.link(made, file)
            sync(file.parent)
        failed.pop_all()
    return saved._replace(lost=len(used) - len(there))


def restore(folder: Path, file: Path, *, without_files: bool = False) -> Path | None:
    """Replace the database with a backup, with a new epoch; the secret with FILE.secret, if that exists.

    The files of people come from FILE.files; without_files: whether some of them may be missing.
    The old files are kept as `chat.db.<time>`, its `.secret` and its `.files`, which are a backup, too. That name is
    returned, or None if there were none.
    """
    look_for(file)  # before a folder is made for it
    secret, made = _read_secret(_secret_of(file)), folder / f"{NAME}.{secrets.token_hex(4)}"
    source, blobs = files_of(file), folder / FOLDER
    with contextlib.ExitStack() as ended:
        ended.callback(os.close, lock_folder(folder))
        with opened(file, "take another backup") as connection:
            if problems := differences(connection, MIGRATIONS[: version_of(connection, file)]):
                raise DatabaseError(f"{file} is not sound: {problems[0]}; mend that, or take another backup")
            if problems := damages(connection):
                raise DatabaseError(f"{file} is damaged ({problems[0]}); take another backup")
            used = used_blobs(connection)
            if lacking := [one for one in used if not (has(source, one) or has(blobs, one))]:
                if not without_files:
                    raise DatabaseError(_lacks(source, len(lacking), len(used)))
                used = [one for one in used if one not in lacking]
            ended.callback(discard, made)
            with explained(made, "written"):
                copy(connection, made)
        with contextlib.closing(connect(made)) as connection:
            pragma(connection, "synchronous=FULL")
            connection.execute("INSERT OR REPLACE INTO facts VALUES ('epoch', ?)", (secrets.token_hex(8),))
        kept = free_name(folder / NAME)
        # Until the database is replaced, nothing is taken away: what is not needed then is swept by the server.
        with explained(blobs, "written"):
            if (folder / NAME).exists() and blob_folders(blobs):
                link_blobs(blobs, files_of(kept))
            if used:
                copy_blobs(used, source, blobs)
        if secret is not None:
            _replace_secret(folder / SECRET, secret, kept)
        with explained(folder / NAME, "written"):
            return kept if _replace(folder / NAME, made, kept) else None


def files_of(file: Path) -> Path:
    """Return the folder beside a backup in which the files of people are."""
    return file.with_name(f"{file.name}.files")


def _blobs_of(file: Path) -> list[Blob]:
    with contextlib.closing(connect(file)) as connection:
        return used_blobs(connection)


def _copy_whole(blobs: Sequence[Blob], source: Path, target: Path) -> None:
    """Copy blobs into a new folder, which is there only once all of them are."""
    made = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        copy_blobs(blobs, source, made, inherit=False)
        os.rename(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _lacks(source: Path, lacking: int, count: int) -> str:
    what = f"{source} lacks {lacking} of {count} files" if source.is_dir() else f"{source} is not there"
    return f"{what}: bring it back beside the backup, or do without what it lacks, with --without-files"


@contextlib.contextmanager
def _removed(path: Path) -> Iterator[None]:
    try:
        yield
    finally:
        discard(path)


def _secret_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.{SECRET}")


def _read_secret(path: Path) -> bytes | None:
    """Return the secret in a file, None if there is none; DatabaseError if it is damaged."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseError(f"{path} cannot be read: {error.strerror}") from None
    if not secret:  # see load_secret
        return None
    if len(secret) != SECRET_SIZE:
        raise DatabaseError(f"{path} is damaged: it must hold {SECRET_SIZE} bytes; move it away to do without it")
    return secret


def _replace_secret(path: Path, secret: bytes, kept: Path) -> None:
    with explained(path, "written"):
        if path.exists() and path.read_bytes() != secret:
            os.link(path, _secret_of(kept))
        write_file(path, secret)


def free_name(path: Path) -> Path:
    """Return a name beside a path that is not taken, with the time in it."""
    name = path.with_name(f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}")
    while name.exists() or _secret_of(name).exists() or files_of(name).exists():
        name = name.with_name(f"{name.name}.again")
    return name


def _replace(path: Path, made: Path, kept: Path) -> bool:
    """Replace one file with another, and keep the old one as `kept`; return whether there was one.

    The old file's log must not lie beside the new file, and must not be lost.
    """
    replaced = path.exists()
    if replaced:
        for end in ("", "-wal"):
            if Path(f"{path}{end}").exists():
                os.link(f"{path}{end}", f"{kept}{end}")  # under both names, whenever the power goes
        sync(path.parent)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    os.replace(made, path)
    sync(path.parent)
    return replaced
