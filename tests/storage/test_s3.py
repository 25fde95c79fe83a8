"""Files in a bucket: what is asked of it, what its faults lead to, and what a crash leaves there."""

import asyncio
import contextlib
import os
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests import s3
from tests.postgres import on_postgres
from tests.s3 import FakeS3, Request, Wrong, reply
from tests.storage.stores import S3Store, bucket, read, refused, upload
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.blobs.s3 import bucket as asking
from tornado_chat.storage.blobs.s3 import http, kept
from tornado_chat.storage.blobs.s3.answers import S3Error
from tornado_chat.storage.blobs.s3.blobs import PIECE
from tornado_chat.storage.blobs.s3.bucket import Bucket
from tornado_chat.storage.blobs.s3.signing import authorization
from tornado_chat.storage.postgres.engine import Engine
from tornado_chat.storage.postgres.objects import MOST_PIECES

BIG = os.urandom(1024) * 18_000  # bytes: more than is sent as a whole


def in_bucket(main: Callable[[S3Store], Awaitable[Any]]) -> None:
    async def whole(engine: Engine) -> None:
        async with bucket(engine) as store:
            await main(store)

    on_postgres(whole)


def alone(main: Callable[[FakeS3, Bucket], Awaitable[Any]], *prefix: str) -> None:
    """Run something with a bucket without a database."""

    async def whole() -> None:
        async with FakeS3().serve() as server:
            client = Bucket(server.place(*prefix))
            await main(server, client)
            await client.close()

    asyncio.run(whole())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "REST", 0.001)


async def objects(store: S3Store) -> list[str]:
    return sorted(key.removeprefix("a/b/").partition("/")[0] for key in store.server.objects)


# Requests


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "signature"),
    [
        (
            *("GET", "/test.txt", ""),
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test%24file.text", ""),
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
                "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (*("GET", "/", "lifecycle="), {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            *("GET", "/", "max-keys=2&prefix=J"),
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_signatures_are_those_of_amazons_examples(
    method: str, path: str, query: str, headers: dict[str, str], signature: str
) -> None:
    sent = {
        "host": "examplebucket.s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        **headers,
    }
    keys = {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
    made = authorization(method, path, query, sent, region="us-east-1", **keys)
    assert made.endswith(f"Signature={signature}")


def test_objects_are_put_and_read_and_listed_below_the_prefix_alone() -> None:
    async def main(server: FakeS3, client: Bucket) -> None:
        server.page = 2
        server.objects["a/other"] = server.objects["a/b"] = b"not ours", 0.0
        for number in range(5):
            await client.put(f"uploads/{number}", b"0123456789")
        assert await client.get("uploads/3", 2, 5) == b"234"
        assert await client.size("uploads/3") == 10
        assert await client.size("uploads/9") is None
        pages = [[one.key for one in page] async for page in client.list("uploads/")]
        assert pages == [["uploads/0", "uploads/1"], ["uploads/2", "uploads/3"], ["uploads/4"]]
        ((first, *_), *_) = [page async for page in client.list("")]
        assert abs(first.written - time.time()) < 10
        await client.delete("uploads/3")
        await client.delete("uploads/3")
        assert await client.size("uploads/3") is None
        assert len(server.objects) == 6
        assert server.connections == 1, "one connection is kept for all"

    alone(main)


def test_a_bucket_can_be_used_as_a_whole() -> None:
    async def main(server: FakeS3, client: Bucket) -> None:
        await client.put("one", b"1")
        assert list(server.objects) == ["one"]

    alone(main, "")


def test_what_a_server_says_for_a_moment_is_asked_again() -> None:
    async def main(server: FakeS3, client: Bucket) -> None:
        for wrong in (Wrong(503, "SlowDown"), Wrong(500, "InternalError"), Wrong(400, "RequestTimeout")):

            def fail(asked: Request, wrong: Wrong = wrong) -> None:
                raise wrong

            server.faults = [fail, fail]
            await client.put("one", b"1")
        server.faults = [lambda asked: reply(200, b"<Error><Code>InternalError</Code></Error>")]
        id = await client.begin_parts("many")
        marks = [await client.put_part("many", id, 1, b"all")]
        server.faults = [lambda asked: reply(200, b"<Error><Code>InternalError</Code></Error>")]
        await client.end_parts("many", id, marks)
        assert await client.get("many", 0, 3) == b"all"
        assert server.asked.count("PUT a/b/one") == 9

    alone(main)


def test_a_connection_that_breaks_off_is_made_anew() -> None:
    async def main(server: FakeS3, client: Bucket) -> None:
        await client.put("one", b"1")
        server.hang_up()
        await asyncio.sleep(0)
        await client.put("one", b"2")

        def break_off(asked: Request) -> None:
            server.hang_up()

        server.faults = [break_off, break_off, break_off]
        await client.put("one", b"3")
        assert await client.get("one", 0, 1) == b"3"

    alone(main)


@pytest.mark.parametrize(
    "answer",
    [
        *(b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 2x0\r\n\r\n", b"HTTP/1.1 200\r\n" + b"a: b\r\n" * 300),
        *(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000, b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        *(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"HTTP/1.1 206 OK\r\nContent-Length: 1\r\n\r\nx"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_an_error_soon(answer: bytes) -> None:
    async def main(server: FakeS3, client: Bucket) -> None:
        def say(asked: Request) -> bytes:
            asyncio.get_running_loop().call_later(0.05, server.hang_up)
            return answer

        server.always = say
        with pytest.raises((OSError, EOFError, S3Error)):
            await client.get("one", 0, 5)

    alone(main)


def test_no_answer_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.05)
    monkeypatch.setattr(http, "SLOWEST", 10**9)

    async def main(server: FakeS3, client: Bucket) -> None:
        server.always = lambda asked: b""
        with pytest.raises(TimeoutError):
            await client.put("one", b"1")
        server.always, server.faults = None, [lambda asked: b""]
        await client.put("one", b"1")

    alone(main)


def test_an_answer_to_a_body_that_nobody_reads_is_read() -> None:
    """Some say no before they have read all, and close."""

    async def main() -> None:
        said = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"

        async def say_no(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply(403, said, Connection="close"))
            await reader.read(1_000_000)
            writer.close()

        server = await asyncio.start_server(say_no, "127.0.0.1", 0)
        fake = FakeS3()
        fake.port = server.sockets[0].getsockname()[1]
        client = Bucket(fake.place())
        with pytest.raises(S3Error, match="403 AccessDenied: no"):
            await client.put("one", bytes(3_000_000))
        await client.close()
        server.close()

    asyncio.run(main())


def test_documents_that_define_entities_are_not_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><ListBucketResult>&a;</ListBucketResult>'

    async def main(server: FakeS3, client: Bucket) -> None:
        for said in (bomb, b"not XML", b""):
            server.faults = [lambda asked, said=said: reply(200, said)]
            with pytest.raises(S3Error, match="NoDocument"):
                [page async for page in client.list("")]

    alone(main)


def test_tls_checks_who_the_server_is(certificate: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate["certfile"], certificate["keyfile"])
        async with FakeS3().serve(context) as server:
            with pytest.raises(ssl.SSLCertVerificationError):
                await Bucket(server.place(tls=True)).put("one", b"1")
            monkeypatch.setenv("SSL_CERT_FILE", certificate["certfile"])
            client = Bucket(server.place(tls=True))
            await client.put("one", b"1")
            assert await client.get("one", 0, 1) == b"1"
            await client.close()

    asyncio.run(main())


# Uploads and blobs


def test_a_large_file_comes_in_pieces_and_goes_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        id = await upload(store.blobs, BIG)
        assert await objects(store) == ["uploads"] * 5
        assert max(len(data) for data, _ in store.server.objects.values()) == PIECE
        blob = await store.blobs.finish(id)
        assert await store.bytes_there(blob) == BIG
        assert sum(one.startswith("PUT a/b/blobs") for one in store.server.asked) == 3
        await store.blobs.discard(id)
        assert await objects(store) == ["blobs"]
        assert store.server.begun == {}
        assert await read(store.blobs, blob, 100, 1_000_000) == BIG[100:1_000_000]

    in_bucket(main)


def test_an_upload_goes_on_at_any_node_and_ends_at_another(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        nodes = [store.node() for _ in range(3)]
        id = await nodes[0].begin(6)
        for number, at in enumerate(range(0, 6, 2)):
            assert [await node.size(id) for node in nodes] == [at] * 3
            await nodes[number].write(id, at, b"ab")
        blob, again = await asyncio.gather(nodes[1].finish(id), nodes[2].finish(id))
        assert blob == again
        assert await read(nodes[0], blob) == b"ababab"
        await nodes[2].discard(id)
        assert await objects(store) == ["blobs"]
        for node in nodes:
            await node.close()

    in_bucket(main)


def test_parts_that_cannot_be_sent_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        def fail(asked: Request) -> None:
            if asked.query.get("partNumber") == "2":
                raise Wrong(403, "AccessDenied", "not this one")

        store.server.always = fail
        assert await refused(store.blobs.put(BIG)) == "history-unavailable"
        assert (store.server.objects, store.server.begun) == ({}, {})

    in_bucket(main)


def test_parts_whose_end_was_not_answered_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        def lose_answer(asked: Request) -> None:
            if asked.method == "POST" and "uploadId" in asked.query and asked.query["uploadId"] in store.server.begun:
                store.server._end_parts(asked)
                raise Wrong(500, "InternalError")

        store.server.always = lose_answer
        blob = await store.blobs.put(BIG)
        assert await read(store.blobs, blob) == BIG

    in_bucket(main)


def test_what_the_bucket_says_is_refused_and_logged_once_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def main(store: S3Store) -> None:
        blob = await store.blobs.put(b"data")
        id = await upload(store.blobs, b"data")

        def fail(asked: Request) -> None:
            raise Wrong(403, "SignatureDoesNotMatch", "We calculated\n\u202eothers")

        store.server.always = fail
        for call in (
            store.blobs.put(b"new"),
            store.blobs.write(id, 4, b"more"),
            store.blobs.finish(id),
            read(store.blobs, blob),
        ):
            assert await refused(call) == "history-unavailable"
        store.server.always = None
        assert await store.blobs.write(id, 4, b"more") == 8
        assert await read(store.blobs, blob) == b"data"

    in_bucket(main)
    (said,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    place = r"s3://localhost:[0-9]+/chat/a/b"
    words = r"403 SignatureDoesNotMatch: We calculated\\n\\u202eothers"
    assert re.fullmatch(f"{place}: files cannot be kept or read: {words}", said)
    assert s3.SECRET not in caplog.text
    assert s3.KEY not in caplog.text


@pytest.mark.parametrize(("status", "code"), [(507, ""), (403, "QuotaExceeded"), (507, "XMinioStorageFull")])
def test_a_full_bucket_is_said(status: int, code: str) -> None:
    async def main(store: S3Store) -> None:
        def fail(asked: Request) -> None:
            raise Wrong(status, code)

        store.server.always = fail
        assert await refused(store.blobs.put(b"data")) == "no-space"
        assert await refused(upload(store.blobs, b"data")) == "no-space"

    in_bucket(main)


def test_a_bucket_that_is_away_is_refused_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        blob = await store.blobs.put(b"data")
        await store.blobs.close()
        store.server.port = 1
        away = store.node()
        for call in (away.put(b"new"), read(away, blob)):
            assert await refused(call) == "history-unavailable"
        assert [one async for one in away.names()] == [[blob.name]]
        assert await away.delete(blob.name, time.time() + 60), "what is left is tidied up"

    in_bucket(main)


def test_what_a_crash_leaves_in_the_bucket_is_tidied_up_unless_it_is_young() -> None:
    async def main(store: S3Store) -> None:
        blob, id = await store.blobs.put(b"data"), await upload(store.blobs, b"da", b"ta")
        known = set(store.server.objects)
        for age, name in ((7_200, "old"), (0, "young")):
            for prefix in ("uploads", "blobs"):
                store.server.objects[f"a/b/{prefix}/{name}"] = b"x", time.time() - age
            store.server.begun[name] = s3.Parts(f"a/b/blobs/{name}", time.time() - age)
        store.server.objects["a/other"] = b"not ours", 0.0
        for key in known:
            store.server.objects[key] = store.server.objects[key][0], 0.0
        assert await store.blobs.sweep(time.time() - 3_600) == []
        young = {"a/b/uploads/young", "a/b/blobs/young", "a/other"}
        assert set(store.server.objects) == known | young
        assert list(store.server.begun) == ["young"]
        store.server.objects["a/b/blobs/old"] = b"x", 0.0
        await store.blobs.sweep(time.time() - 3_600)
        assert "a/b/blobs/old" in store.server.objects, "the whole bucket is looked through once an hour"
        assert await read(store.blobs, blob) == await read(store.blobs, await store.blobs.finish(id)) == b"data"

    in_bucket(main)


def test_where_a_bucket_cannot_be_looked_through_uploads_are_forgotten_all_the_same() -> None:
    async def main(store: S3Store) -> None:
        def fail(asked: Request) -> None:
            if asked.method == "GET" and not asked.key:
                raise Wrong(501, "NotImplemented")

        id = await upload(store.blobs, b"data")
        await store.let_age(id)
        store.server.always = fail
        assert await store.blobs.sweep(time.time() - 60) == [id]
        assert store.server.objects == {}

    in_bucket(main)


def test_objects_that_cannot_be_deleted_now_are_deleted_later() -> None:
    async def main(store: S3Store) -> None:
        def fail(asked: Request) -> None:
            if asked.method == "DELETE":
                raise Wrong(403, "AccessDenied")

        blob, id = await store.blobs.put(b"data"), await upload(store.blobs, b"data")
        store.server.always = fail
        await store.blobs.discard(id)
        assert await store.blobs.delete(blob.name, time.time() + 60)
        assert await store.blobs.size(id) is None
        assert await refused(read(store.blobs, blob)) == "not-found"
        assert len(store.server.objects) == 2
        store.server.always = None
        await store.blobs.sweep(time.time() + 60)
        assert store.server.objects == {}

    in_bucket(main)


def test_a_reader_goes_on_in_a_blob_that_was_deleted_and_put_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "READ", 4)

    async def main(store: S3Store) -> None:
        blob = await store.blobs.put(b"0123456789")
        pieces = store.blobs.read(blob.name)
        found = [await anext(pieces)]
        assert await store.blobs.delete(blob.name, time.time() + 60)
        await store.blobs.put(b"0123456789")
        found += [piece async for piece in pieces]
        assert b"".join(found) == b"0123456789"
        pieces = store.blobs.read(blob.name)
        await anext(pieces)
        await store.blobs.delete(blob.name, time.time() + 60)
        assert await refused(anext(pieces)) == "not-found"

    in_bucket(main)


def test_an_upload_in_very_many_pieces_is_refused() -> None:
    async def main(store: S3Store) -> None:
        id = await store.blobs.begin(10)
        await store.engine.write(lambda c: c.execute("UPDATE object_uploads SET pieces = $1", MOST_PIECES))
        assert await refused(store.blobs.write(id, 0, b"x")) == "conflict"
        assert store.server.objects == {}

    in_bucket(main)


def test_where_the_database_is_away_nothing_that_it_may_know_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(store: S3Store) -> None:
        id = await store.blobs.begin(4)
        add = store.blobs._objects.add

        async def lose_answer(*about: Any) -> int:
            await add(*about)
            raise Refused("history is not available", "history-unavailable")

        with monkeypatch.context() as patched:
            patched.setattr(store.blobs._objects, "add", lose_answer)
            assert await refused(store.blobs.write(id, 0, b"data")) == "history-unavailable"
        assert await store.blobs.size(id) == 4
        assert await read(store.blobs, await store.blobs.finish(id)) == b"data"

    in_bucket(main)


def test_a_file_that_is_put_together_leaves_nothing_on_this_machine(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def main(store: S3Store) -> None:
        id = await upload(store.blobs, b"data")
        with contextlib.suppress(ZeroDivisionError):
            async with store.blobs.local(id) as path:
                assert path.is_relative_to(tmp_path)
                1 / 0  # noqa: B018
        assert list(tmp_path.iterdir()) == []
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
        assert await refused(store.blobs.finish(id)) == "history-unavailable"

    in_bucket(main)
