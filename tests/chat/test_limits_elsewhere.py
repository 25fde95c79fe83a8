"""What one may do at a time, and how soon again, holds on several nodes together."""

import asyncio
from typing import Any

import pytest

from tests.helpers import Client, House, pass_time, run, turns
from tests.town import Town
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.config.settings import Settings
from tornado_chat.testing.transports import FakeTransport


def limited(house: House, **settings: Any) -> Limits:
    off = {"message_rate": (0,) * 3, "join_rate": (0,) * 3, "connect_rate": (0,) * 3}
    assert house.hub.elsewhere is not None
    return Limits(Settings(**{**off, **settings}), elsewhere=house.hub.elsewhere.count)


class Guest(Client):
    """A client under limits."""

    def __init__(self, house: House, limits: Limits, user: User, address: str) -> None:
        limits.admit(address)
        self.gate = limits.enter(user.id, address)
        self.transport, self.user = FakeTransport(), user
        self.connection = Connection(user, self.transport, house.hub.flusher, self.gate)
        self.connection.address = address
        house.hub.add(self.connection)


def test_connections_of_a_user_and_of_an_address_are_capped_on_all_nodes_together() -> None:
    async def main() -> None:
        town = Town("one", "two")
        one, two = town.houses
        here, there = (limited(house, max_connections=(3, 5, 0)) for house in town.houses)
        await turns()
        ann, bob = User("a:1", "Ann"), User("a:2", "Bob")
        anns = [Guest(one, here, ann, "2001:db8::1"), Guest(two, there, ann, "2001:db8::2")]
        await turns()
        anns.append(Guest(two, there, ann, "2001:db8::3"))
        await turns()
        for limits in (here, there):
            limits.admit("2001:db8::4")
            with pytest.raises(Refused, match="at most 3 connections at a time"):
                limits.enter(ann.id, "2001:db8::4")
        for house, limits in ((one, here), (two, there)):
            Guest(house, limits, bob, "2001:db8::5")
            await turns()
        for limits in (here, there):
            limits.admit("192.0.2.1")
            with pytest.raises(Refused, match="at most 5 connections of one address"):
                limits.admit("2001:db8::6")
        two.hub.remove(anns[1].connection)
        there.leave(anns[1].gate)
        await turns()
        Guest(one, here, ann, "2001:db8::7")
        town.wires.kill("two")
        await turns()
        assert one.hub.elsewhere is not None
        assert not one.hub.elsewhere._addresses
        Guest(one, here, bob, "2001:db8::8")

    run(main)


def test_channels_that_one_is_in_are_counted_right_whichever_device_leaves_first() -> None:
    async def main() -> None:
        town = Town("one", "two")
        one, two = town.houses
        await turns()
        ann = User("a:1", "Ann")
        first, second = (Guest(house, limited(house), ann, "192.0.2.1") for house in town.houses)
        for _ in range(3):
            for house, client in ((one, first), (two, second)):
                house.hub.join(client.connection, "den")
                await turns()
            again = Guest(one, one.hub.limits or limited(one), ann, "192.0.2.1")
            again.connection.gate = first.gate
            one.hub.join(again.connection, "den")
            assert (first.gate.user.channels, second.gate.user.channels) == (1, 1)
            one.hub.leave(first.connection, "den")
            assert first.gate.user.channels == 1
            one.hub.remove(again.connection)
            await turns()
            assert (first.gate.user.channels, second.gate.user.channels) == (0, 1)
            two.hub.leave(second.connection, "den")
            await turns()
            assert (first.gate.user.channels, second.gate.user.channels) == (0, 0)

    run(main)


def test_who_has_posted_in_a_slow_channel_waits_on_all_nodes_and_on_one_that_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        town = Town("one", "two")
        one, two = town.houses
        monkeypatch.setattr("time.monotonic", lambda: 1000 + asyncio.get_running_loop().time())
        await turns()
        boss = one.client("Boss", role="admin")
        ann, again, bob = one.client("Ann"), two.client("Ann"), two.client("Bob")
        for house, client in ((one, boss), (one, ann), (two, again), (two, bob)):
            await house.call(client, "join-channel", target="den")
        await one.call(boss, "set-channel", target="den", slow=60)
        await pass_time(2)

        async def says(house: House, client: Client, ref: str) -> str:
            answer = await house.call(client, "send-message", ref, target="den", message=ref)
            return str(answer.get("rule", answer["action"]))

        assert await says(one, ann, "one") == "ok"
        assert await says(two, again, "two") == "slow"
        assert await says(two, bob, "three") == "ok"
        three = town.house("three")
        await turns()
        late = three.client("Ann")
        await three.call(late, "join-channel", target="den")
        assert await says(three, late, "four") == "slow"
        await pass_time(61)
        assert await says(three, late, "five") == "ok"
        assert await says(one, ann, "six") == "slow"

    run(main)
