"""Kills at any moment, and full disks: no file that was acknowledged is lost, nothing stays that nobody has."""

import asyncio
import contextlib
import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPError

from tests.lengths import either
from tests.serving import Server, kept, needs_root
from tests.storage.rooms import Room, on_disk
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import GRACE
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.blobs.folder import FOLDER
from tornado_chat.storage.sqlite.backups import restore
from tornado_chat.storage.sqlite.maintenance import check
from tornado_chat.testing import Client, connect

ROUNDS = either(2, 8)
SHARING = """
import asyncio, itertools, os, pathlib, sys, time
from tests.storage.histories import change
from tests.storage.rooms import Room, on_disk
from tornado_chat.chat.files import Looked

def told(*words):
    print(*words, flush=True)

async def share(room, number):
    for again in itertools.count():
        data = os.urandom(30_000) if again % 3 else b"the same bytes of everyone"
        file = await room.file(data)
        told("file", file.id, file.blob.name)
        seq = await room.post(file)
        told("posted", file.id, seq)
        if again % 2:
            told("deleting", file.id)
            await room.history.change(change("deleted", seq))
            told("deleted", file.id)

async def sweep(room):
    while True:
        soon = time.time() + 60
        for blob in (await room.rows.expire(0, int(soon * 1000))).blobs:
            await room.blobs.delete(blob, time.time())
        await room.files.sweep_orphans()
        await asyncio.sleep(0.01)

async def main(room):
    async def look(path, name):
        return Looked("image/png", 4, 3, "UklG", {400: await room.blobs.put(os.urandom(1_000))})

    room.files.look = look
    await asyncio.gather(sweep(room), *(share(room, number) for number in range(4)))

on_disk(pathlib.Path(sys.argv[1]), main)
"""


def run_until_killed(folder: Path, lines: int) -> list[list[str]]:
    """Share files in a process that is killed after so many lines; return all that it told."""
    command = [sys.executable, "-c", SHARING, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        told += process.stdout.readlines()
    return [line.split() for line in told if line.endswith("\n")]


def make_old(folder: Path) -> None:
    then = time.time() - 3 * GRACE
    for one in folder.rglob("*"):
        if one.is_file():
            os.utime(one, (then, then))


def test_a_kill_loses_no_file_that_was_acknowledged_and_leaves_nothing_behind_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(18)
    kept: dict[str, str] = {}
    for _ in range(ROUNDS):
        gone, posted = set[str](), dict[str, int]()
        for what, id, *more in run_until_killed(tmp_path, chance.randint(1, 120)):
            if what == "file":
                kept[id] = more[0]
            elif what == "posted":
                posted[id] = int(more[0])
            elif what == "deleted":
                gone.add(id)
            else:
                kept.pop(id)  # whether or not it is gone
        assert check(tmp_path, hashes=True) == []

        async def look(room: Room, posted: dict[str, int] = posted, gone: Iterable[str] = frozenset(gone)) -> None:
            files = {file.id: file for file in await room.rows.files(list(kept))}
            assert files.keys() == kept.keys()
            for id, file in files.items():
                assert hashlib.sha256(await room.bytes_of(file)).hexdigest() == kept[id]
                if id in posted:
                    assert [seq for _, seq in await room.rows.shown(id)] == [posted[id]]
            assert not await room.rows.files(list(gone))

        on_disk(tmp_path, look)
    make_old(tmp_path / FOLDER)

    async def sweep(room: Room) -> None:
        await room.sweep_later(monkeypatch, 3 * GRACE)
        files = await room.rows.files(list(kept))
        used = {blob.name for file in files for blob in (file.blob, *file.thumbnails.values())}
        assert used
        assert set(await room.kept()) >= used
        assert await room.uploads() == []
        unknown = await room.rows.unknown(await room.kept())
        assert unknown == []

    on_disk(tmp_path, sweep)
    assert check(tmp_path, hashes=True) == []


def test_a_server_that_is_killed_has_each_file_whose_upload_it_has_confirmed(tmp_path: Path) -> None:
    async def main() -> None:
        server, chance = Server(tmp_path), random.Random(18)
        confirmed: list[tuple[str, dict[str, Any], bytes]] = []  # with the token of who has uploaded it
        for number in range(either(1, 4)):
            async with server:
                clients = [await connect(server.base, name) for name in ("Ann", "Bob", "Cem")]
                for client in clients:
                    await client.join("den")

                async def share(client: Client) -> None:
                    with contextlib.suppress(EOFError, OSError, HTTPError):  # whatever a kill makes of a connection
                        while True:
                            data = os.urandom(100_000)
                            file = await client.upload("a.bin", data)
                            confirmed.append((client.hello["token"], file, data))
                            await client.say("", files=[file])

                sharing = [asyncio.ensure_future(share(client)) for client in clients]
                enough = len(confirmed) + chance.randint(3, 20)
                while len(confirmed) < enough:
                    await asyncio.sleep(0.005)
                await server.end()
                await asyncio.gather(*sharing, *(client.close() for client in clients))
            assert check(tmp_path, hashes=True) == [], number
        async with server:
            clients = [await connect(server.base, token=token) for token in {token for token, *_ in confirmed}]
            for client in clients:
                await client.join("den")
            tokens = {client.hello["token"]: client for client in clients}
            for token, file, data in confirmed:
                assert await tokens[token].download(file) == data
            await asyncio.gather(*(client.close() for client in clients))

    new_loop().run_sync(main, timeout=120)


@pytest.mark.long
def test_a_backup_that_is_killed_is_not_there_or_whole(tmp_path: Path) -> None:
    data, chance = tmp_path / "data", random.Random(18)

    async def fill(room: Room) -> None:
        for file in await asyncio.gather(*(room.file(os.urandom(200_000)) for _ in range(60))):
            await room.post(file)

    on_disk(data, fill)
    whole = 0
    for number in range(ROUNDS):
        file, new = tmp_path / f"file{number}", tmp_path / f"new{number}"
        command = [sys.executable, "-m", "tornado_chat", "backup", "--data-dir", str(data), str(file)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not any(tmp_path.glob(f".{file.name}.*")):
                time.sleep(0.001)
            time.sleep(chance.random() * 0.15)
            process.kill()
        if file.exists():
            whole += 1
            restore(new, file)
            assert check(new, hashes=True) == []
    assert check(data, hashes=True) == []
    assert whole < ROUNDS


@needs_root
def test_on_a_small_disk_nobody_can_upload_and_messages_go_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(tmp_path / "disk" / "data") as server:
            ann = await connect(server.base, "Ann")
            await ann.join("den")
            for number in range(3):
                with pytest.raises(Refused, match="the disk is full") as refused:
                    await ann.upload("a.bin", bytes(1_000))
                assert refused.value.code == "no-space"
                assert (await ann.say(str(number)))["seq"] == number + 1
            assert (await server.ready())["code"] == 200
            await ann.close()
            await server.end()
        assert [one["message"] for one in kept(tmp_path / "disk" / "data")["den"]] == ["0", "1", "2"]

    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(tmp_path / "disk")]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        new_loop().run_sync(main, timeout=60)
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)
