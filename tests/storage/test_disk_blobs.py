"""Bytes of files in a folder: whole and on the disk before they count, whatever the disk and others do meanwhile."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lengths import each_long
from tests.serving import needs_root
from tests.storage.stores import read, refused, upload
from tornado_chat.storage.blobs import disk
from tornado_chat.storage.blobs.disk import DiskBlobs

Main = Callable[[DiskBlobs], Awaitable[Any]]


def run(folder: Path | None, main: Main) -> Any:
    async def whole() -> Any:
        blobs = DiskBlobs(folder)
        try:
            return await main(blobs)
        finally:
            await blobs.close()

    return asyncio.run(whole())


def all_in(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def test_a_blob_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    async def main(blobs: DiskBlobs) -> None:
        blob = await blobs.finish(id := await upload(blobs, b"data"))
        await blobs.discard(id)
        assert all_in(tmp_path) == [f"{blob.name[:2]}/{blob.name}"]
        modes = [one.stat().st_mode & 0o777 for one in sorted(tmp_path.rglob("*")) if one.parent != tmp_path]
        assert modes == [0o600]

    run(tmp_path, main)


def test_the_bytes_are_synced_before_they_have_their_name_and_the_name_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def noted(name: str) -> None:
        call = getattr(os, name)

        def note(first: Any, *more: Any, **options: Any) -> Any:
            path = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            done.append(f"{name} {Path(path).parent.name}/{Path(path).name[:2]}")
            return call(first, *more, **options)

        monkeypatch.setattr(os, name, note)

    async def main(blobs: DiskBlobs) -> None:
        id = await upload(blobs, b"data")
        noted("fsync")
        noted("link")
        blob = await blobs.finish(id)
        short, whole = blob.name[:2], tmp_path.name
        assert done[0] == f"fsync uploads/{id[:2]}"
        assert f"fsync {whole}/bl" in done[1:-2], "of the new folder"
        assert done[-2:] == [f"link uploads/{id[:2]}", f"fsync blobs/{short}"]

    run(tmp_path / "blobs", main)


def test_uploads_that_begin_at_once_are_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make = tempfile.mkdtemp

    def slowly(**about: Any) -> str:
        time.sleep(0.05)  # so that the others come meanwhile
        return make(**about)

    async def main(blobs: DiskBlobs) -> None:
        ids = await asyncio.gather(*(blobs.begin(1) for _ in range(4)))
        assert [await blobs.size(id) for id in ids] == [0] * 4

    with monkeypatch.context() as patched:
        patched.setattr("tempfile.mkdtemp", slowly)
        run(None, main)


def test_without_a_folder_all_is_gone_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def main(blobs: DiskBlobs) -> None:
        await read(blobs, await blobs.put(b"data"))
        assert len(all_in(tmp_path)) == 1

    run(None, main)
    assert list(tmp_path.iterdir()) == []
    code = "import asyncio; from tornado_chat.storage.blobs.disk import *; b = DiskBlobs(); asyncio.run(b.put(b'x'))"
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert list(tmp_path.iterdir()) == []


# Disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    path = tmp_path / "disk"
    path.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(path)], capture_output=True
    ).returncode:
        pytest.skip("no file system may be mounted here")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def test_uploads_leave_some_of_the_disk_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(blobs: DiskBlobs) -> None:
        id = await blobs.begin(10)
        usage = shutil.disk_usage(tmp_path)
        monkeypatch.setattr(disk, "SPARE", usage.free + 10**9)
        assert await refused(blobs.begin(10)) == await refused(blobs.write(id, 0, b"data")) == "no-space"
        assert await refused(blobs.put(b"data")) == "no-space"
        assert all_in(tmp_path) == [f"uploads/{id}"]

    run(tmp_path, main)


@needs_root
def test_a_full_disk_is_said_and_what_was_written_stays_and_goes_on(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real errors of the disk: it is not asked beforehand how much room there is."""
    monkeypatch.setattr(DiskBlobs, "_need_room", staticmethod(lambda path, size: None))
    data = os.urandom(400_000)

    async def main(blobs: DiskBlobs) -> None:
        kept = await blobs.put(b"kept")
        id = await upload(blobs, data[:100_000])
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4_096))
        there = all_in(small_disk)
        assert await refused(blobs.write(id, 100_000, data[100_000:])) == "no-space"
        assert await refused(blobs.put(data)) == "no-space"
        assert all_in(small_disk) == there
        assert await read(blobs, kept) == b"kept"
        size = await blobs.size(id)
        assert size is not None
        assert 100_000 <= size < 400_000
        ballast.unlink()
        while size < len(data):
            size = await blobs.write(id, size, data[size : size + 50_000])
        assert await read(blobs, await blobs.finish(id)) == data

    run(small_disk / "blobs", main)


TRACED = """
import asyncio, pathlib, sys
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.blobs.disk import DiskBlobs
async def main():
    blobs = DiskBlobs(pathlib.Path(sys.argv[1]))
    for number in range(40):
        data = str(number).encode() * 20_000
        id = None
        try:
            id = await blobs.begin(len(data))
            await blobs.write(id, 0, data)
            print("kept", (await blobs.finish(id)).name)
        except Refused as refused:
            print(refused.code, number)
        if id is not None:
            await blobs.discard(id)
    await blobs.close()
asyncio.run(main())
"""


@pytest.mark.parametrize("call", ["fsync", *each_long("pwrite64", "link,linkat", "mkdir")])
@pytest.mark.skipif(not Path("/usr/bin/strace").exists(), reason="strace is not installed")
def test_what_a_bad_disk_fails_at_is_refused_and_what_is_kept_is_whole(tmp_path: Path, call: str) -> None:
    folder = tmp_path / "blobs"
    fault = ["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:error=EIO:when=5+3"]  # of each thread
    command = [*fault, sys.executable, "-B", "-c", TRACED, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = [line.split() for line in done.stdout.splitlines()]
    kept = {about for what, about in told if what == "kept"}
    assert len(told) == 40
    assert {what for what, _ in told} == {"kept", "history-unavailable"}
    assert done.stderr.count("files cannot be kept or read: Input/output error") == 1, "logged once"
    found = {one.name: one.read_bytes() for one in folder.glob("??/*")}
    assert kept <= found.keys()
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in found.items())
    assert list((folder / "uploads").iterdir()) == []
