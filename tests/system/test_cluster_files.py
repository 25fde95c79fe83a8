"""Files of a cluster, in a folder that all nodes see and in a bucket: sent, fetched and killed at any node."""

import asyncio
import contextlib
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPResponse

from tests import clusters, postgres
from tests.clusters import Nodes
from tests.lengths import only_long
from tests.s3 import FakeS3, Wrong
from tornado_chat.chat.errors import Refused
from tornado_chat.server.loop import new_loop
from tornado_chat.testing import Client, connect

Main = Callable[[Nodes, FakeS3], Awaitable[Any]]


@pytest.fixture(params=[only_long("folder"), "bucket"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Main], None]:
    """Run a test's coroutine with two nodes, and the server of their bucket."""

    async def whole(url: str, main: Main) -> None:
        async with FakeS3().serve() as server:
            (tmp_path / "files").mkdir()
            place = server.place()
            address = (
                f"s3://{place.key}:se%2Fcr%2Bet%3D@localhost:{place.port}/chat/a/b?region={place.region}&tls=off"
            )
            blobs = address if request.param == "bucket" else str(tmp_path / "files")
            async with Nodes(url, tmp_path, 2, "--blobs", blobs) as nodes:
                await main(nodes, server)

    def go(main: Main) -> None:
        with postgres.database() as url:
            new_loop().run_sync(lambda: whole(url, main), timeout=120)

    return go


@contextlib.asynccontextmanager
async def at_both(nodes: Nodes, name: str) -> AsyncIterator[list[Client]]:
    """Connect somebody to both nodes, and let them join den."""
    first = await connect(nodes[0].base, name)
    clients = [first, await connect(nodes[1].base, token=first.hello["token"])]
    for client in clients:
        await client.join("den")
    yield clients
    for client in clients:
        await client.close()


async def ask(
    client: Client, base: str, method: str, path: str, body: bytes | None = None, **more: Any
) -> HTTPResponse:
    headers = {name.replace("_", "-"): str(value) for name, value in more.items()}
    headers["Authorization"] = f"Bearer {client.hello['token']}"
    return await AsyncHTTPClient().fetch(
        f"{base}/{path}", method=method, headers=headers, body=body, raise_error=False, allow_nonstandard_methods=True
    )


async def go_on(client: Client, base: str, place: str, data: bytes, at: int, size: int) -> HTTPResponse:
    return await ask(client, base, "PATCH", place, data[at : at + size], Upload_Offset=at)


def test_a_file_is_sent_by_one_node_and_fetched_by_another(run: Callable[[Main], None]) -> None:
    async def main(nodes: Nodes, server: FakeS3) -> None:
        data = os.urandom(6_000_000)
        async with at_both(nodes, "Ann") as ann, at_both(nodes, "Bob") as bob:
            assert ann[1].hello["server"]["files"] == ann[0].hello["server"]["files"]
            file = await ann[0].upload("a.bin", data)
            with pytest.raises(Refused):
                await bob[1].download(file)
            await ann[1].say("", files=[file])
            for client in (*ann, *bob):
                assert await client.download(file) == data
            part = await ask(bob[1], nodes[1].base, "GET", f"files/{file['id']}", Range="bytes=5000000-5000009")
            assert (part.code, part.body) == (206, data[5_000_000:5_000_010])
            again = await ann[0].call("send-message", target="den", message="", files=[file["id"]], ref="again")
            for number, client in ((again["seq"], ann[1]), (again["seq"] - 1, ann[0])):
                assert await bob[1].download(file) == data
                await client.call("delete-message", target="den", seq=number, ref=f"delete {number}")
            with pytest.raises(Refused):
                await bob[0].download(file)

    run(main)


def test_an_upload_goes_on_at_whichever_node_it_reaches(run: Callable[[Main], None]) -> None:
    async def main(nodes: Nodes, server: FakeS3) -> None:
        data, size = os.urandom(5_000_000), 900_000
        async with at_both(nodes, "Ann") as (ann, _):
            begun = await ask(ann, nodes[0].base, "POST", "files?name=a.bin", b"", Upload_Length=len(data))
            place = begun.headers["Location"]
            for number, at in enumerate(range(0, len(data) - size, size)):
                node, other = nodes[number % 2].base, nodes[1 - number % 2].base
                answer = await go_on(ann, node, place, data, at, size)
                assert answer.headers["Upload-Offset"] == str(at + size)
                assert (await ask(ann, other, "HEAD", place)).headers["Upload-Offset"] == str(at + size)
                wrong = await go_on(ann, other, place, data, at, size)
                assert (wrong.code, wrong.headers["Upload-Offset"]) == (409, str(at + size))
            ends = ((nodes[1], at + size), (nodes[0], len(data)))
            done = [await go_on(ann, node.base, place, data, begin, size) for node, begin in ends]
            assert [one.code for one in done] == [201, 201]
            first, again = (json.loads(one.body) for one in done)
            assert first == again, "the answer that was lost is given by the other node"
            assert await ann.download(first) == data

    run(main)


@pytest.mark.long
def test_an_upload_survives_the_node_that_was_at_it(run: Callable[[Main], None]) -> None:
    async def main(nodes: Nodes, server: FakeS3) -> None:
        data, chance = os.urandom(3_000_000), random.Random(19)
        async with at_both(nodes, "Ann") as (_, ann):
            begun = await ask(ann, nodes[1].base, "POST", "files?name=a.bin", b"", Upload_Length=len(data))
            place, told = begun.headers["Location"], 0
            sending = asyncio.ensure_future(go_on(ann, nodes[0].base, place, data, 0, 2_000_000))
            await asyncio.sleep(chance.random() * 0.05)
            await nodes[0].end(signal.SIGKILL)
            with contextlib.suppress(HTTPClientError, OSError):
                told = int((await sending).headers["Upload-Offset"])
            at = int((await ask(ann, nodes[1].base, "HEAD", place)).headers["Upload-Offset"])
            assert told <= at <= 2_000_000, "what was confirmed is there"
            while at < len(data):
                answer = await go_on(ann, nodes[1].base, place, data, at, 1_000_000)
                at = int(answer.headers.get("Upload-Offset", len(data)))
            file = json.loads(answer.body)
            await ann.say("", files=[file])
            assert await ann.download(file) == data

    run(main)


@pytest.mark.long
def test_messages_go_on_while_the_bucket_is_away(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with FakeS3().serve() as server:
            place = server.place()
            environ = {"AWS_ACCESS_KEY_ID": place.key, "AWS_SECRET_ACCESS_KEY": place.secret}
            address = f"s3://localhost:{place.port}/chat?region={place.region}&tls=off"
            with pytest.MonkeyPatch.context() as patched:
                for name, value in environ.items():
                    patched.setitem(clusters.UNMEASURED, name, value)
                nodes = Nodes(url, tmp_path, 2, "--blobs", address)
                async with nodes, at_both(nodes, "Ann") as (ann, _):
                    file = await ann.upload("a.txt", b"data")
                    await ann.say("", files=[file])

                    def fail(asked: Any) -> None:
                        raise Wrong(403, "AccessDenied")

                    server.always = fail
                    for call in (ann.upload("b.txt", b"other"), ann.download(file)):
                        with pytest.raises(Refused, match="files cannot be kept or read now") as refused:
                            await call
                        assert refused.value.code == "history-unavailable"
                    assert (await ann.say("still here"))["seq"] == 2
                    assert (await nodes[0].ready())["code"] == 200
                    server.always = None
                    assert await ann.download(file) == b"data"

    with postgres.database() as url:
        new_loop().run_sync(lambda: main(url), timeout=60)


def test_a_cluster_without_a_place_for_files_takes_none(tmp_path: Path) -> None:
    async def main(url: str) -> None:
        async with Nodes(url, tmp_path, 1) as nodes:
            ann = await connect(nodes[0].base, "Ann")
            await ann.join("den")
            assert "files" not in ann.hello["server"]
            answer = await ask(ann, nodes[0].base, "POST", "files?name=a.txt", b"data")
            assert answer.code == 501
            assert "started without --blobs" in json.loads(answer.body)["message"]
            assert (await ann.say("hi"))["seq"] == 1
            await ann.close()

    with postgres.database() as url:
        new_loop().run_sync(lambda: main(url), timeout=60)
