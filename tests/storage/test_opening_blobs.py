"""Where a cluster keeps its files: the same place for all nodes, and the one where they have been."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import s3
from tests.postgres import on_postgres
from tests.s3 import FakeS3
from tests.storage.stores import read, refused
from tornado_chat.config.blob_place import BlobPlace
from tornado_chat.config.settings import SettingsError
from tornado_chat.storage.blobs.opening import MARK, open_blobs
from tornado_chat.storage.blobs.s3 import bucket
from tornado_chat.storage.postgres.engine import Engine

Main = Callable[[Engine, BlobPlace, FakeS3], Awaitable[Any]]


@pytest.fixture(params=["folder", "bucket"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Main], None]:
    async def whole(engine: Engine, main: Main) -> None:
        async with FakeS3().serve() as server:
            await main(engine, tmp_path if request.param == "folder" else server.place(), server)

    return lambda main: on_postgres(lambda engine: whole(engine, main))


async def complaint(place: BlobPlace, engine: Engine) -> str:
    with pytest.raises(SettingsError) as wrong:
        await open_blobs(place, engine)
    said = str(wrong.value)
    assert said.startswith(f"--blobs {place}: ")
    assert s3.SECRET not in said
    assert s3.KEY not in said
    return said.removeprefix(f"--blobs {place}: ")


async def keep(engine: Engine) -> None:
    await engine.write(lambda connection: connection.execute("INSERT INTO blobs VALUES ('a', 1)"))


def test_nodes_that_start_at_once_keep_files_in_one_place(run: Callable[[Main], None]) -> None:
    async def main(engine: Engine, place: BlobPlace, server: FakeS3) -> None:
        nodes = await asyncio.gather(*(open_blobs(place, engine) for _ in range(4)))
        blob = await nodes[0].put(b"data")
        await keep(engine)
        nodes.append(await open_blobs(place, engine))
        assert [await read(node, blob) for node in nodes] == [b"data"] * 5
        for node in nodes:
            await node.close()

    run(main)


def test_a_place_without_the_files_that_there_are_is_refused(run: Callable[[Main], None]) -> None:
    """A folder in which nothing is mounted looks like an empty one."""

    async def main(engine: Engine, place: BlobPlace, server: FakeS3) -> None:
        await keep(engine)
        said = await complaint(place, engine)
        assert said.startswith("the files of this cluster are somewhere else; mount it, or bring all that was there")

    run(main)


def test_a_place_of_another_cluster_is_refused(run: Callable[[Main], None]) -> None:
    async def main(engine: Engine, place: BlobPlace, server: FakeS3) -> None:
        await (await open_blobs(place, engine)).close()

        async def of_another(connection: Any) -> None:
            await connection.execute("UPDATE facts SET value = 'other' WHERE name = 'files'")

        await engine.write(of_another)
        assert await complaint(place, engine) == "the files of another cluster are there; choose another place"
        if isinstance(place, Path):
            (place / MARK).write_bytes(b"\xff" * 1_000)
        else:
            server.objects[f"{place.prefix}/{MARK}"] = b"\xff" * 1_000, 0.0
        assert "files of another cluster are there" in await complaint(place, engine)

    run(main)


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    async def main(engine: Engine) -> None:
        assert "there is no such folder; mount it, or make it" in await complaint(tmp_path / "chat", engine)
        assert list(tmp_path.iterdir()) == []

    on_postgres(main)


def test_what_is_wrong_with_a_bucket_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(engine: Engine) -> None:
        async with FakeS3().serve() as server:
            place = server.place()
            for about, words in (
                ({"key": "AKIAOTHER"}, "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist"),
                ({"secret": "other"}, "403 SignatureDoesNotMatch"),
                ({"bucket": "other"}, "404 NoSuchBucket"),
                ({"region": "there-1"}, "expecting 'here-1'"),
            ):
                said = await complaint(replace(place, **about), engine)
                assert words in said, said
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.delenv(name, raising=False)
            assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in await complaint(
                replace(place, key="", secret=""), engine
            )
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.KEY)
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.SECRET)
            await (await open_blobs(replace(place, key="", secret=""), engine)).close()

    on_postgres(main)


def test_a_bucket_that_is_away_is_used_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bucket, "REST", 0.001)

    async def main(engine: Engine) -> None:
        server = FakeS3()
        async with server.serve():
            pass
        blobs = await open_blobs(server.place(), engine)
        assert "cannot be reached" in caplog.text
        assert await refused(blobs.put(b"data")) == "history-unavailable"
        async with server.serve():
            assert await read(blobs, await blobs.put(b"data")) == b"data"
            await blobs.close()

    on_postgres(main)
