"""Pings the quiet and drops the dead: hours of it, without waiting."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.testing import bind_unused_port

from tests.helpers import FakeTransport, run
from tests.web.socket.test_frames import PING, PONG, masked
from tests.web.socket.test_upgrade import Raw
from tornado_chat.chat.batching import Batcher
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.models import User
from tornado_chat.config.settings import Settings
from tornado_chat.server.loop import MonotonicLoop, new_loop
from tornado_chat.testing import connect
from tornado_chat.web.app import make_app
from tornado_chat.web.socket.frames import text_frames
from tornado_chat.web.socket.keepalive import Keepalive


class Line(FakeTransport):
    """A wire with a clock: it notes when it is pinged and answers, if its client still lives."""

    def __init__(self, alive: bool = True) -> None:
        super().__init__()
        self.alive = alive
        self.now = 0.0
        self.pinged: list[float] = []
        self.gone: list[tuple[float, int]] = []
        self.connection = Connection(User("1", "Ann"), self, Batcher(text_frames))

    def ping(self) -> None:
        self.pinged.append(self.now)
        if self.alive:
            self.last_heard = self.now

    def abort(self, code: int) -> None:
        self.gone.append((self.now, code))
        self.connection.ended = True


def watch(
    lines: list[Line], until: float, interval: float = 25, timeout: float = 60,
    meanwhile: Callable[[float, Keepalive], None] = lambda now, keepalive: None,
) -> None:  # fmt: skip
    """Sweep every second of `until` for connections that were all made at second 0."""

    async def main() -> None:
        keepalive = Keepalive(interval, timeout)
        for line in lines:
            keepalive.add(line.connection, 0)
        keepalive.stop()
        now = 0.0
        while now < until:
            now += min(interval / 25, 1)
            for line in lines:
                line.now = now
            meanwhile(now, keepalive)
            keepalive.sweep(now)

    run(main)


def test_the_quiet_are_pinged_after_the_interval_and_stay() -> None:
    lines = [Line() for _ in range(20)]
    watch(lines, 3600)
    for line in lines:
        moments = [0.0, *line.pinged, 3600.0]
        assert max(b - a for a, b in zip(moments, moments[1:], strict=False)) <= 1.5 * 25
        assert len(line.pinged) <= 3600 / 25 + 2
        assert line.gone == []


def test_an_hour_of_a_thousand_connections_takes_about_a_second() -> None:
    lines = [Line() for _ in range(1000)]

    async def main() -> float:
        keepalive = Keepalive(25, 60)
        for line in lines:
            keepalive.add(line.connection, 0)
        keepalive.stop()
        before = time.process_time()
        for now in range(3600):
            for line in lines[now % 25 :: 25]:
                line.now = line.last_heard = now
            keepalive.sweep(now)
        return time.process_time() - before

    assert run(main) < 3  # of a slow machine that measures its coverage, too
    assert [line.gone for line in lines] == [[]] * 1000


def test_who_is_heard_of_is_not_pinged() -> None:
    talker, quiet = Line(), Line()

    def talk(now: float, keepalive: Keepalive) -> None:
        if now % 10 == 0:
            talker.last_heard = now

    watch([talker, quiet], 600, meanwhile=talk)
    assert talker.pinged == []
    assert quiet.pinged


def test_those_who_came_together_are_not_pinged_together() -> None:
    lines = [Line() for _ in range(1000)]
    watch(lines, 600)
    at_once = Counter(moment for line in lines for moment in line.pinged if moment > 100)
    assert sum(at_once.values()) >= 1000 * (600 - 100) / 37.5
    assert max(at_once.values()) < 1000 / 5


@pytest.mark.parametrize(("interval", "timeout"), [(25.0, 60.0), (25.0, 26.0), (0.1, 0.25)])
def test_the_dead_are_pinged_first_and_dropped_once_with_4000_at_the_timeout(interval: float, timeout: float) -> None:
    lines = [Line(alive=False) for _ in range(20)]
    watch(lines, 10 * interval, interval, timeout)
    for line in lines:
        ((moment, code),) = line.gone
        assert code == 4000
        assert timeout <= moment <= timeout + 3 * min(interval / 25, 1)
        assert 0 < line.pinged[0] < moment
        assert line.pinged[0] <= 1.5 * interval


def test_a_living_client_is_never_dropped_however_short_the_timeout_is() -> None:
    lines = [Line() for _ in range(50)]
    watch(lines, 600, 25, 25.5)
    assert [line.gone for line in lines] == [[]] * 50


def test_who_has_ended_is_looked_at_no_more() -> None:
    line = Line(alive=False)
    line.connection.ended = True
    watch([line], 600)
    assert (line.pinged, line.gone) == ([], [])


def test_who_is_let_go_is_held_no_longer() -> None:
    async def main() -> None:
        keepalive = Keepalive(25, 60)
        lines = [Line() for _ in range(20)]
        for line in lines:
            keepalive.add(line.connection, 0)
            keepalive.behind.add(line.connection)
        for line in lines:
            keepalive.remove(line.connection)
            keepalive.remove(line.connection)
        keepalive.stop()
        assert not keepalive.behind
        assert not any(keepalive._due.values())

    run(main)


def test_a_reader_that_takes_nothing_is_gone_within_10_seconds_with_1013_and_a_slow_one_stays() -> None:
    stalled, slow = Line(), Line()

    def read(now: float, keepalive: Keepalive) -> None:
        for line in (stalled, slow):
            if now == 4:
                line.unread = 5000
                line.connection.fell_behind()
                keepalive.behind.add(line.connection)
            if line.connection.ended:
                keepalive.behind.discard(line.connection)
        if now % 4 == 0:
            slow.unread = max(slow.unread - 10, 1)

    watch([stalled, slow], 120, meanwhile=read)
    ((moment, code),) = stalled.gone
    assert code == 1013
    assert moment - 4 <= 10
    assert slow.gone == []


@pytest.mark.parametrize("step", [-3600, 3600])
def test_a_step_of_the_wall_clock_delays_no_ping(step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = MonotonicLoop(make_current=False)
    wall_clock = time.time

    async def main() -> None:
        ticks = asyncio.Event()
        line = Line()
        keepalive = Keepalive(0.05, 5)
        keepalive.add(line.connection, asyncio.get_running_loop().time())
        line.last_heard = asyncio.get_running_loop().time()
        line.ping = ticks.set  # type: ignore[method-assign]
        monkeypatch.setattr(time, "time", lambda: wall_clock() + step)
        await asyncio.wait_for(ticks.wait(), 4)
        keepalive.stop()
        assert isinstance(keepalive._callback, PeriodicCallback)
        assert not keepalive._callback.is_running()

    loop.run_sync(main)
    loop.close()


def test_over_sockets_pings_come_in_time_and_messages_in_order_whatever_the_wall_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall_clock = time.time

    async def main() -> None:
        chat = make_app(Settings(data_dir=tmp_path, history="memory", ping_interval=0.1, ping_timeout=10.0))
        server = HTTPServer(chat)
        sock, port = bind_unused_port()
        server.add_socket(sock)
        ann = await connect(f"http://127.0.0.1:{port}", "Ann")
        await ann.call("join-channel", target="den")
        quiet = await Raw.open(port, path="/ws?name=Quiet")
        for number, step in enumerate((0, -3600, 3600, 0)):
            monkeypatch.setattr(time, "time", lambda step=step: wall_clock() + step)
            assert (await ann.call("send-message", target="den", message="now"))["seq"] == number + 1
            for _ in range(2):
                asked = time.monotonic()
                while (await quiet.frame())[0] != PING:
                    pass
                assert time.monotonic() - asked < 1.5 * 0.1 + 1  # on a busy machine
                quiet.writer.write(masked(b"", PONG))
        said = [event for event in ann.events if event.get("sender")]
        assert [event["seq"] for event in said] == [1, 2, 3, 4]
        assert said[1]["time"] < said[0]["time"] < said[2]["time"]
        await quiet.leave()
        await ann.close()
        server.stop()
        chat.keepalive.stop()

    loop = new_loop()
    loop.run_sync(main, timeout=30)
    loop.close()
