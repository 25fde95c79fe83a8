"""Limits: the buckets by themselves, and what a client over a limit meets on a running server."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tests.helpers import House, run
from tests.raw import Raw
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.rate_limits import Limits, network
from tornado_chat.chat.usage import Bucket
from tornado_chat.client import Client as Bot
from tornado_chat.config import types
from tornado_chat.config.settings import Settings
from tornado_chat.testing import ChatTestCase


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock, **given: Any) -> Limits:
    off = {"message_rate": (0,) * 3, "join_rate": (0,) * 3, "connect_rate": (0,) * 3, "max_connections": (0,) * 3}
    return Limits(Settings(**{**off, "max_channels": (0, 0, 0), **given}), clock)


def refusal(call: Any, *arguments: Any) -> tuple[str, float]:
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code, refused.value.retry_after


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(10, 5)
    assert [bucket.take(100.0) for _ in range(5)] == [0.0] * 5
    assert bucket.take(100.0) == pytest.approx(0.1)
    assert bucket.take(100.05) == pytest.approx(0.05)
    assert bucket.take(100.101) == 0.0
    assert bucket.take(100.101) > 0
    assert not bucket.is_full(100.3)
    assert bucket.is_full(101.0)
    assert [bucket.take(200.0) for _ in range(6)].count(0.0) == 5


def test_a_bucket_is_full_however_short_the_clock_has_run() -> None:
    bucket = Bucket(50 / 86_400, 50)
    for _ in range(50):
        assert bucket.wait(1.0) == 0
        bucket.charge(1.0, 1)
    assert bucket.wait(1.0) > 0


def test_a_bucket_whose_rate_is_0_never_ends() -> None:
    bucket = Bucket(0, 0)
    assert not any(bucket.take(1.0) for _ in range(1000))


def test_calls_are_limited_per_user_per_address_and_altogether() -> None:
    allowed = {}
    for place, rate in (("user", (1, 0, 0)), ("address", (0, 1, 0)), ("all", (0, 0, 1))):
        all_limits = limits(Clock(), message_rate=rate)
        gates = [all_limits.enter(user, at) for user, at in (("a", "1.1.1.1"), ("b", "1.1.1.1"), ("c", "2.2.2.2"))]
        for gate in gates:
            while not gate.call(1000.0):
                allowed[place] = allowed.get(place, 0) + 1
                if allowed[place] > 100:
                    break
    assert allowed == {"user": 30, "address": 20, "all": 10}


def test_a_user_has_one_share_whatever_connection_it_uses_and_keeps_it_when_it_comes_back() -> None:
    clock = Clock()
    all_limits = limits(clock, message_rate=(1, 0, 0))
    first = all_limits.enter("a", "1.1.1.1")
    for _ in range(10):
        assert not first.call(clock.now)
    all_limits.leave(first)
    again = all_limits.enter("a", "2.2.2.2")
    assert again.call(clock.now)


def test_connections_are_capped_per_user_per_address_and_altogether_and_an_end_makes_room() -> None:
    all_limits = limits(Clock(), max_connections=(2, 3, 4))
    gates = [all_limits.enter("a", "1.1.1.1") for _ in range(2)]
    assert refusal(all_limits.enter, "a", "1.1.1.1") == (Error.TOO_MANY, 10.0)
    gates.append(all_limits.enter("b", "1.1.1.1"))
    assert refusal(all_limits.admit, "1.1.1.1") == (Error.TOO_MANY, 10.0)
    all_limits.admit("2.2.2.2")
    gates.append(all_limits.enter("c", "2.2.2.2"))
    assert refusal(all_limits.admit, "3.3.3.3") == (Error.TOO_MANY, 10.0)
    all_limits.leave(gates.pop())
    all_limits.admit("3.3.3.3")


def test_new_connections_have_a_rate_per_user_per_address_and_altogether() -> None:
    for rate, admitted in (((0, 1, 0), 10), ((0, 0, 2), 20)):
        all_limits = limits(Clock(), connect_rate=rate)
        for _ in range(admitted):
            all_limits.admit("1.1.1.1")
        code, wait = refusal(all_limits.admit, "1.1.1.1")
        assert code == Error.RATE_LIMITED
        assert 0 < wait <= 1
    all_limits = limits(Clock(), connect_rate=(1, 0, 0))
    for _ in range(10):
        all_limits.enter("a", "1.1.1.1")
    assert refusal(all_limits.enter, "a", "1.1.1.1")[0] == Error.RATE_LIMITED


def test_who_has_gone_and_used_nothing_of_late_is_forgotten() -> None:
    clock = Clock()
    all_limits = limits(clock, message_rate=(1, 1, 1))
    for number in range(5_000):
        all_limits.leave(all_limits.enter(f"user {number}", f"10.0.{number // 256}.{number % 256}"))
    assert len(all_limits._users) + len(all_limits._addresses) <= 1_002


def test_one_who_was_told_to_wait_and_never_does_is_a_flood_after_10_seconds_and_one_who_waits_is_none() -> None:
    gate = limits(Clock()).enter("a", "1.1.1.1")
    assert not any(gate.is_flood(1000 + tick * 0.02, 0.1) for tick in range(500))
    assert gate.is_flood(1010.05, 0.1)
    gate = limits(Clock()).enter("a", "1.1.1.1")
    assert not any(gate.is_flood(1000 + tick * 0.11, 0.1) for tick in range(500))
    gate = limits(Clock()).enter("a", "1.1.1.1")
    bursts = [1000 + burst * 2 + tick * 0.01 for burst in range(20) for tick in range(50)]
    assert not any(gate.is_flood(moment, 0.1) for moment in bursts)


def test_one_address_makes_a_share_of_the_channels_whoever_its_users_are_and_however_they_come_back() -> None:
    clock = Clock()
    all_limits = limits(clock, max_channels=(2, 3, 5))

    async def main() -> None:
        house = House()

        def come(name: str, address: str) -> Any:
            client = house.client(name)
            client.connection.gate = all_limits.enter(name, address)
            return client

        eves = [come(f"Eve {number}", "198.51.100.1") for number in range(3)]
        for number in range(3):
            assert (await house.call(eves[number // 2], "join-channel", target=f"e{number}"))["action"] == "ok"
        answer = await house.call(eves[2], "join-channel", target="e3")
        assert (answer["code"], "one address" in answer["message"]) == ("too-many", True)
        assert (await house.call(eves[2], "join-channel", target="e0"))["action"] == "ok"
        bob = come("Bob", "192.0.2.1")
        for name in ("b0", "e2"):
            assert (await house.call(bob, "join-channel", target=name))["action"] == "ok"
        for eve in eves:  # e2 is there still
            all_limits.leave(eve.connection.gate)
            house.hub.remove(eve.connection)
        all_limits._forget_idle()
        eve = come("Eve", "198.51.100.1")
        for name in ("f0", "f1"):
            assert (await house.call(eve, "join-channel", target=name))["action"] == "ok"
        eve = come("Eve too", "198.51.100.1")
        assert (await house.call(eve, "join-channel", target="f2"))["code"] == "too-many"
        house.hub.leave(bob.connection, "e2")
        assert (await house.call(eve, "join-channel", target="f2"))["action"] == "ok"

    run(main)


@pytest.mark.parametrize(
    ("written", "limit"),
    [((200, 50_000), (200, 2_500, 50_000)), ((0, 0), (0, 0, 0)), ((200, 0), (200, 0, 0)), ((0, 400), (0, 20, 400))],
)
def test_a_limit_of_channels_in_two_numbers_as_it_once_was_gets_a_share_for_each_address(
    written: tuple[int, ...], limit: tuple[int, ...]
) -> None:
    assert Limits(Settings(max_channels=written)).max_channels == limit
    assert types.numbers(3, 2)("/".join(map(str, written))) == written


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


@both_ways
class OverTheLimitTest(ChatTestCase):
    settings = {
        "message_rate": (1, 0, 0),
        "join_rate": (2, 0, 0),
        "max_channels": (15, 0, 25),
        "max_connections": (2, 4, 0),
    }

    @gen_test
    async def test_a_message_flood_is_rate_limited_and_told_when_to_come_again(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for number in range(20):
            ann.send("send-message", target="den", message=str(number), ref=str(number))
        limited = await ann.until("error")
        assert limited["code"] == "rate-limited"
        assert limited["target"] == "den"
        assert 0 < limited["retry_after_ms"] <= 1000
        await bob.call("send-message", target="den", message="not me")
        await ann.until_text("not me")
        assert ann.closed is None

    @gen_test
    async def test_a_message_that_is_stored_is_answered_again_whatever_the_limits_say(self) -> None:
        ann = await self.join("Ann", "den")
        first = await ann.call("send-message", target="den", message="once", ref="r")
        while True:
            try:
                await ann.call("who")
            except Refused as refused:
                assert refused.code == "rate-limited"
                break
        again = await ann.call("send-message", target="den", message="once", ref="r")
        assert (again["id"], again["seq"]) == (first["id"], first["seq"])
        with self.assertRaisesRegex(Refused, "too fast"):
            await ann.call("send-message", target="den", message="twice", ref="r")

    @gen_test
    async def test_channels_are_capped_per_user_and_altogether_and_leaving_makes_room(self) -> None:
        ann = await self.connect("Ann")
        self.chat.hub.limits._rates[0] = (0, 0, 0)  # type: ignore[union-attr]
        bob = await self.connect("Bob")
        gate = next(iter(self.chat.hub.connections)).gate
        assert gate is not None
        hub = self.chat.hub
        for number in range(10):
            await bob.call("join-channel", target=f"b{number}")
        for number in range(5):
            await bob.call("join-channel", target=f"c{number}")
        with self.assertRaisesRegex(Refused, "15 channels") as refused:
            await bob.call("join-channel", target="one more")
        assert refused.exception.code == "too-many"
        await bob.call("leave-channel", target="b0")
        await bob.call("join-channel", target="one more")
        await bob.call("join-channel", target="one more")
        assert len(hub.channels) == 15
        cat = await self.connect("Cat")
        for number in range(10):
            await cat.call("join-channel", target=f"d{number}")
        with self.assertRaisesRegex(Refused, "as many channels"):
            await cat.call("join-channel", target="yet another")
        await cat.call("join-channel", target="one more")
        await ann.close()

    @gen_test
    async def test_a_second_connection_joins_the_same_channels_at_no_cost(self) -> None:
        self.chat.hub.limits._rates[0] = (0, 0, 0)  # type: ignore[union-attr]
        ann = await self.connect("Ann")
        for number in range(15):
            await ann.call("join-channel", target=str(number))
        again = await self.connect(token=ann.hello["token"])
        await again.call("join-channel", target="7")
        with self.assertRaisesRegex(Refused, "15 channels"):
            await again.call("join-channel", target="15")
        await ann.close()
        await again.call("join-channel", target="15")

    @gen_test
    async def test_a_join_flood_is_rate_limited(self) -> None:
        self.chat.hub.limits._rates[0] = (0, 2, 0)  # type: ignore[union-attr]
        ann = await self.connect("Ann")
        for number in range(25):
            ann.send("join-channel", target="den", ref=f"j{number}")
            ann.send("leave-channel", target="den", ref=f"l{number}")
        limited = await ann.until("error")
        assert limited["code"] == "rate-limited"
        assert 0 < limited["retry_after_ms"] <= 500

    @gen_test
    async def test_too_many_of_one_user_is_1013_and_of_one_address_503_with_retry_after(self) -> None:
        ann = await self.connect("Ann")
        await self.connect(token=ann.hello["token"])
        with self.assertRaisesRegex(EOFError, "1013"):
            await self.connect(token=ann.hello["token"])
        await self.connect("Bob")
        await self.connect("Cat")
        with self.assertRaises(HTTPClientError) as refused:
            await self.connect("Dan")
        assert refused.exception.code == 503
        assert refused.exception.response is not None
        assert refused.exception.response.headers["Retry-After"] == "10"


class FloodTest(ChatTestCase):
    settings = {"message_rate": (5, 0, 0)}

    @gen_test
    async def test_a_flood_that_goes_on_for_10_seconds_is_closed_with_1008(self) -> None:
        from tornado_chat.chat import rate_limits

        patience, rate_limits.FLOOD = rate_limits.FLOOD, 1.0
        try:
            ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
            for _ in range(2000):
                ann.send("typing", target="den")
            assert await ann.until_closed() == 1008
            while len(self.chat.hub.connections) > 1:  # it still reads what was sent before the goodbye
                await asyncio.sleep(0.01)
            await bob.call("who")
        finally:
            rate_limits.FLOOD = patience

    @gen_test
    async def test_pings_pongs_and_blank_frames_are_limited_as_calls_are(self) -> None:
        from tornado_chat.chat import rate_limits

        patience, rate_limits.FLOOD = rate_limits.FLOOD, 0.5
        try:
            for first, payload in ((0x89, b""), (0x8A, b"x"), (0x81, b" "), (0x81, b""), (0x81, b"\n" * 999)):
                eve = await Raw.connect(self.get_http_port())
                for _ in range(1000):
                    eve.frame(payload, first)
                codes = set()
                while (frame := await eve.read()) is not None and frame[0] != 0x88:
                    if b'"error"' in frame[1]:  # beside others
                        codes |= {line["code"] for line in map(json.loads, frame[1].split(b"\n")) if "code" in line}
                assert codes == {"rate-limited"}
                assert frame is not None
                assert int.from_bytes(frame[1][:2], "big") == 1008
                eve.writer.close()
            while self.chat.hub.connections:
                await asyncio.sleep(0.01)
        finally:
            rate_limits.FLOOD = patience

    @gen_test
    async def test_a_flood_behind_a_goodbye_is_not_read(self) -> None:
        eve = await Raw.connect(self.get_http_port())
        (connection,) = self.chat.hub.connections
        for _ in range(12):
            eve.send({"action": "nothing"})
        for _ in range(300):
            eve.frame(b" " * 60_000)
        with contextlib.suppress(ConnectionError):
            while await eve.read() is not None:
                pass
        behind = connection.transport._goodbye.behind
        assert 0 < behind < 10 * 2**20  # of 17 MiB; what uvloop has begun to read comes as well
        eve.writer.close()
        while self.chat.hub.connections:
            await asyncio.sleep(0.01)


class OffTest(ChatTestCase):
    settings = {"limits": "off", "message_rate": (1, 1, 1), "max_connections": (1, 1, 1), "connect_rate": (1, 1, 1)}

    @gen_test
    async def test_without_limits_nothing_is_limited_and_mistakes_are_answered_without_end(self) -> None:
        ann = await self.join("Ann", "den")
        for _ in range(30):
            await self.connect(token=ann.hello["token"])
            ann.send_text("{")
        for _ in range(30):
            assert (await ann.until("error"))["code"] == "invalid-json"
        for number in range(100):
            await ann.call("send-message", target="den", message=str(number))


@both_ways
class ConnectRateTest(ChatTestCase):
    settings = {"connect_rate": (0, 1, 0)}

    @gen_test
    async def test_a_connection_flood_is_503_with_retry_after(self) -> None:
        for _ in range(10):
            await self.connect("Ann")
        with self.assertRaises(HTTPClientError) as refused:
            await self.connect("Ann")
        assert refused.exception.code == 503
        assert refused.exception.response is not None
        assert refused.exception.response.headers["Retry-After"] == "1"


class BotTest(ChatTestCase):
    settings = {"message_rate": (20, 0, 0)}

    @gen_test
    async def test_a_bot_that_is_too_fast_waits_and_all_it_says_arrives_once(self) -> None:
        ann = await self.join("Ann", "den")
        async with Bot(f"http://127.0.0.1:{self.get_http_port()}", name="Bot") as bot:
            await bot.join("den")
            await asyncio.gather(*(bot.send("den", str(number)) for number in range(220)))
            assert bot.code is None
        heard = set()
        while len(heard) < 220:
            heard.add((await ann.until(lambda event: "seq" in event))["message"])
