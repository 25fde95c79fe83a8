"""Streams of server-sent events: how they are cut into pieces, how they break, and that leaving closes them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest

from tests.endpoint import Endpoint, cut, endless, hang, status, stream
from tornado_chat.client import StreamError, stream_events, streaming

WHOLE = "data: één\r\n\r\n: keep-alive\n\ndata:两\n\nevent: x\nid: 7\ndata: last 🎉\n\n".encode()


def run(test: Callable[[Endpoint], Awaitable[None]]) -> None:
    async def main() -> None:
        server = Endpoint()
        await server.start()
        await asyncio.wait_for(test(server), 30)
        while server.open:
            await asyncio.sleep(0.01)
        server.close()

    asyncio.run(main())


async def read(server: Endpoint, **limits: Any) -> list[str]:
    async with aclosing(stream_events(server.url, b"{}", {"X-Key": "k"}, **limits)) as events:
        return [data.decode() async for data in events]


async def fails(server: Endpoint, **limits: Any) -> tuple[int, float | None]:
    with pytest.raises(StreamError) as caught:
        await read(server, **limits)
    return caught.value.code, caught.value.wait


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_a_stream_is_read_wherever_it_is_cut_into_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pieces(*request: object) -> AsyncGenerator[bytes, None]:
        for at in range(0, len(WHOLE), size):
            yield WHOLE[at : at + size]

    async def test(server: Endpoint) -> None:
        assert await read(server) == ["één", "两", "last 🎉"]

    monkeypatch.setattr(streaming, "_received", pieces)
    run(test)


def test_a_request_has_a_body_and_headers() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [stream(WHOLE), without_length]
        assert await read(server) == await read(server) == ["één", "两", "last 🎉"]
        assert "X-Key: k" in server.requests[0]["head"]
        assert "Content-Type: application/json" in server.requests[0]["head"]

    async def without_length(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + WHOLE)

    run(test)


def test_events_come_before_the_stream_ends_and_leaving_closes_the_connection() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [stream(b"data: one\n\n", then=hang)]
        async with aclosing(stream_events(server.url, b"{}")) as events:
            assert await anext(events) == b"one"
            assert server.open == 1
        while server.open:
            await asyncio.sleep(0.01)

    run(test)


def test_cancelling_closes_the_connection_of_a_server_that_says_nothing() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [hang]
        reading = asyncio.create_task(read(server))
        while not server.requests:
            await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        while server.open:
            await asyncio.sleep(0.01)

    run(test)


def test_a_status_says_how_long_to_wait() -> None:
    async def test(server: Endpoint) -> None:
        for answer, error in [
            (status(401, '{"error": "no"}'), (401, None)),
            (status(429, Retry_After="7"), (429, 7.0)),
            (status(503, retry_after="soon"), (503, None)),
            (status(204), (204, None)),
            (status(500, "x" * 100_000), (500, None)),
        ]:
            server.answers = [answer]
            assert await fails(server) == error

    run(test)


def test_a_redirect_is_not_followed() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [status(307, Location=server.url), stream(b"data: led astray\n\n")]
        assert await fails(server) == (307, None)
        assert len(server.requests) == 1

    run(test)


def test_nobody_listening_and_a_broken_connection_are_told_apart() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [cut, stream(b"data: one\n\n", then=cut)]  # what came just before may be lost
        assert await fails(server) == (0, None)
        assert await fails(server) == (200, None)
        server.close()
        assert await fails(server) == (0, None)

    run(test)


def test_silence_ends_it_before_and_in_the_middle() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [hang, stream(b"data: one\n\n", then=hang)]
        assert await fails(server, first=0.1) == (200, None)
        assert await fails(server, silence=0.1) == (200, None)

    run(test)


@pytest.mark.parametrize("piece", [b"x" * 60_000, b": comment\n" * 6_000], ids=["line", "answer"])
def test_what_never_ends_is_cut(piece: bytes) -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [stream(then=endless(piece))]
        assert await fails(server) == (200, None)

    run(test)


def test_what_floods_a_slow_reader_is_cut() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [stream(then=endless(b"data: x\n\n" * 5_000))]
        async with aclosing(stream_events(server.url, b"{}")) as events:
            await anext(events)
            while server.open:
                await asyncio.sleep(0.01)
            with pytest.raises(StreamError, match="too large"):
                async for _ in events:
                    pass

    run(test)


def test_what_was_sent_before_the_end_is_read_by_a_slow_reader() -> None:
    async def test(server: Endpoint) -> None:
        server.answers = [stream(*[b"data: x\n\n"] * 1_000)]
        count = 0
        async with aclosing(stream_events(server.url, b"{}")) as events:
            async for _ in events:
                count += 1
                await asyncio.sleep(0)
        assert count == 1_000

    run(test)
