"""Disks under a running server that are slow, broken or full: never a false `ok`, and the rest goes on."""

import asyncio
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Server, kept, needs_root, percentile, tools, until
from tornado_chat.chat.errors import Refused
from tornado_chat.client import Event
from tornado_chat.server.loop import new_loop
from tornado_chat.storage.sqlite import backups
from tornado_chat.storage.sqlite.writer import Database
from tornado_chat.testing import Client, connect

WRITERS = 10
SYNC = 0.3  # seconds, of the slow disk


def strace(fault: str) -> list[str]:
    """Return what runs a server (-D: as its own parent) whose syncs are made to do that."""
    return ["strace", "-D", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", f"inject=fdatasync:{fault}"]


def _can_trace() -> bool:
    try:
        return not subprocess.run([*strace("delay_enter=1"), "true"], capture_output=True, timeout=20).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


traced = pytest.mark.skipif(not _can_trace(), reason="strace is not installed, or may not trace here")


async def member(server: Server, name: str) -> Client:
    client = await connect(server.base, name)
    await client.call("join-channel", target="den")
    return client


async def leave(*clients: Client) -> None:
    for client in clients:
        await client.close()


@traced
@pytest.mark.long
def test_a_slow_disk_holds_up_the_answers_but_nothing_else(tmp_path: Path, slack: float) -> None:
    async def main() -> None:
        async with Server(tmp_path):
            pass  # its first start syncs often
        async with Server(tmp_path, before=strace(f"delay_enter={SYNC * 1e6:.0f}")) as server:
            writers = await asyncio.gather(*(member(server, f"w{number}") for number in range(WRITERS)))
            probe = await member(server, "probe")
            acked: dict[str, int] = {}
            took: list[float] = []
            lags: list[float] = []

            async def write(client: Client, name: str) -> None:
                for number in range(2):
                    began = time.monotonic()
                    text = f"{name} {number}"
                    acked[text] = (await client.call("send-message", target="den", message=text, ref=text))["seq"]
                    took.append(time.monotonic() - began)

            writing = asyncio.gather(*(write(client, f"w{n}") for n, client in enumerate(writers)))
            while not writing.done():
                began = time.monotonic()
                await probe.call("who", target="den")
                lags.append(time.monotonic() - began)
                await asyncio.sleep(0.01)
            await writing
            assert min(took) >= SYNC, "an ok before a sync could have ended"
            assert len(lags) > 20
            assert percentile(lags, 0.5) < 0.1
            assert percentile(lags, 0.99) < 0.1 * slack
            await leave(*writers, probe)
            await server.end()
            assert acked == {one["message"]: one["seq"] for one in kept(tmp_path)["den"]}

    new_loop().run_sync(main, timeout=60)


@traced
def test_a_disk_that_fails_is_believed_no_more_until_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        server = Server(tmp_path, before=strace("error=EIO:when=40"))  # the next sync would succeed again
        async with server:
            writers = [await member(server, f"w{number}") for number in range(WRITERS)]
            reader = await member(server, "reader")
            acked: dict[str, int] = {}
            refused: list[str] = []

            async def write(client: Client, name: str) -> None:
                number = after = 0
                while after < 5:
                    text = f"{name} {number}"
                    number += 1
                    try:
                        acked[text] = (await client.call("send-message", target="den", message=text, ref=text))["seq"]
                        assert not after, "an ok after the disk had failed"
                    except Refused as error:
                        assert error.code == "history-unavailable"
                        refused.append(text)
                        after += 1

            await asyncio.gather(*(write(client, f"w{n}") for n, client in enumerate(writers)))
            assert acked
            answer = await reader.call("history", target="den", after=0, limit=200)
            assert {one["message"]: one["seq"] for one in answer["messages"]}.items() >= list_of(acked, answer)
            await writers[0].call("typing", target="den")
            await reader.until("typing")
            seen = [event for event in reader.events if event.get("seq")]
            state = await server.ready()
            assert (state["code"], state["ready"]) == (503, False)
            assert "until a restart" in state["why"]
            assert len([line for line in server.logged() if "until a restart" in line]) == 1
            assert not {one["message"] for one in seen} & set(refused), "shown, though it was not stored"
            await leave(*writers, reader)
        server.before = ()
        async with server:
            assert (await server.ready())["code"] == 200
            again = await member(server, "again")
            await again.call("send-message", target="den", message="it is well", ref="r")
            await leave(again)
            await server.end()
        stored = {one["message"]: one["seq"] for one in kept(tmp_path)["den"]}
        assert acked.items() <= stored.items()
        assert {one["message"]: one["seq"] for one in seen}.items() <= stored.items()
        assert "it is well" in stored

    new_loop().run_sync(main, timeout=60)


@traced
@pytest.mark.long
def test_a_disk_that_does_not_answer_is_told_and_keeps_no_server_from_ending(tmp_path: Path) -> None:
    async def main() -> None:
        async with Server(tmp_path, before=strace("delay_enter=15000000:when=20+")) as server:
            ann = await member(server, "Ann")
            number = 0
            while (await server.ready())["code"] == 200:
                ann.send("send-message", target="den", message=str(number))
                number += 1
                await asyncio.sleep(0.05)
            assert "has not answered" in (await server.ready())["why"]
            assert server.process is not None
            stat = Path(f"/proc/{server.process.pid}/stat")
            server.process.send_signal(signal.SIGTERM)
            # The thread that waits for the disk is held by strace until then; all else of the process has ended.
            assert await until(lambda: stat.read_text().rpartition(") ")[2][0] == "Z") < 10
            assert await ann.until_closed() == 1012
            await leave(ann)
            assert await server.end(0) == 0

    new_loop().run_sync(main, timeout=60)


def list_of(acked: dict[str, int], answer: Event) -> set[tuple[str, int]]:
    """Return what of this must be on the answer's page."""
    last = answer["messages"][-1]["seq"]
    return {(text, seq) for text, seq in acked.items() if seq <= last}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_locked_database_refuses_and_shows_nothing_and_within_a_second_of_its_release_takes_up_again(
    tmp_path: Path, slack: float
) -> None:
    async def main() -> None:
        async with Server(tmp_path) as server:
            ann, bob = await member(server, "Ann"), await member(server, "Bob")
            await ann.call("send-message", target="den", message="before", ref="0")
            other = sqlite3.connect(tmp_path / "chat.db", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Refused) as refused:
                await ann.call("send-message", target="den", message="lost", ref="1")
            assert refused.value.code == "history-unavailable"
            assert "locked" in (await server.ready())["why"]
            answer = await bob.call("history", target="den", after=0, limit=10)
            assert [one["message"] for one in answer["messages"]] == ["before"]
            other.close()
            began, number = time.monotonic(), 1
            while True:
                number += 1
                try:
                    await ann.call("send-message", target="den", message="after", ref=str(number))
                    break
                except Refused:
                    await asyncio.sleep(0.02)
            assert time.monotonic() - began < 1.0 * slack
            assert (await server.ready())["code"] == 200
            await bob.until_text("after")
            assert [event["message"] for event in bob.events if event.get("seq")] == ["before", "after"]
            await leave(ann, bob)
            await server.end()
        assert [one["message"] for one in kept(tmp_path)["den"]] == ["before", "after"]

    new_loop().run_sync(main, timeout=60)


@pytest.mark.parametrize(
    ("kind", "words"), [("damaged", "restore FILE"), ("newer", "newer server")], ids=["damaged", "newer"]
)
def test_a_damaged_or_newer_database_stops_the_start_and_is_named_and_left_as_it_is(
    tmp_path: Path, kind: str, words: str
) -> None:
    path = tmp_path / "chat.db"
    Database(tmp_path).close()
    if kind == "newer":
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA user_version = 99")
        other.close()
    else:
        path.write_bytes(path.read_bytes()[:5_000])
    before = path.read_bytes()
    command = [sys.executable, "-m", "tornado_chat", "--port", "0", "--data-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert str(path) in line
    assert words in line
    assert path.read_bytes() == before


@needs_root
@tools("mount", "umount")
def test_a_full_disk_refuses_shows_nothing_and_takes_up_again_when_there_is_room(
    small_disk: Path, slack: float
) -> None:
    async def main() -> None:
        folder, ballast = small_disk / "data", small_disk / "ballast"
        async with Server(folder) as server:
            writers = [await member(server, f"w{number}") for number in range(WRITERS)]
            reader = await member(server, "reader")
            hearing = asyncio.create_task(reader.until(lambda event: event.get("message") == "last"))
            acked: dict[str, int] = {}
            refused: list[str] = []
            going = True

            async def write(client: Client, name: str) -> None:
                number = 0
                while going:
                    text = f"{name} {number}"
                    number += 1
                    try:
                        acked[text] = (await client.call("send-message", target="den", message=text, ref=text))["seq"]
                    except Refused as error:
                        assert error.code == "history-unavailable"
                        refused.append(text)
                    await asyncio.sleep(0.02)

            writing = asyncio.gather(*(write(client, f"w{n}") for n, client in enumerate(writers)))
            await until(lambda: len(acked) > 50)
            with ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4_096))
                except OSError:
                    pass
            await until(lambda: len(refused) > 50)
            state = await server.ready()
            assert state["code"] == 503
            assert "full" in state["why"]
            other = await member(server, "other")
            assert (await other.call("history", target="den", after=0, limit=10))["messages"][0]["seq"] == 1
            await writers[0].call("typing", target="den")
            await other.until("typing")
            before = len(acked)
            ballast.unlink()
            assert await until(lambda: len(acked) > before) < 1.0 * slack
            assert (await server.ready())["code"] == 200
            going = False
            await writing
            await other.call("send-message", target="den", message="last", ref="last")
            await hearing
            seen = {event["message"]: event["seq"] for event in reader.events if event.get("seq")}
            await leave(*writers, reader, other)
            await server.end()
        stored = {one["message"]: one["seq"] for one in kept(folder)["den"]}
        assert acked.items() <= stored.items()
        assert seen == stored, "what was refused is neither stored nor shown"

    new_loop().run_sync(main, timeout=60)


@pytest.mark.parametrize("harm", ["removed", "overwritten"])
def test_a_data_folder_that_is_taken_away_is_503_and_nothing_more_is_acknowledged(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "data"

    async def main() -> None:
        async with Server(folder) as server:
            ann = await member(server, "Ann")
            await ann.call("send-message", target="den", message="before", ref="0")
            if harm == "removed":
                shutil.rmtree(folder)
            else:
                backups.backup(folder, tmp_path / "file")
                (folder / "chat.db").write_bytes((tmp_path / "file").read_bytes())
                while (await server.ready())["code"] == 200:
                    await asyncio.sleep(0.05)
            with pytest.raises(Refused) as refused:
                await ann.call("send-message", target="den", message="after", ref="1")
            assert refused.value.code == "history-unavailable"
            state = await server.ready()
            assert (state["code"], state["ready"]) == (503, False)
            assert "put the right file in place" in state["why"]
            assert len([line for line in server.logged() if "until a restart" in line]) == 1
            await leave(ann)
            await server.end(signal.SIGTERM)
        if harm == "overwritten":
            assert [one["message"] for one in kept(folder)["den"]] == ["before"]

    new_loop().run_sync(main, timeout=60)
