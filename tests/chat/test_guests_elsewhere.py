"""Guests of whom nothing is stored, in a cluster: what memory holds of them is at their node alone."""

import asyncio
from typing import Any

import pytest

from tests.chat.test_elsewhere import in_town, settled
from tests.helpers import Client, House
from tests.town import Town
from tornado_chat.chat.user_ids import guest_id

Fields = dict[str, Any]


def guest(house: House, name: str = "Eve", id: str = "", *, fresh: bool = True) -> Client:
    """Connect a guest: with a bare name, or with the token of one who has come before."""
    client = house.client(name, id=id or guest_id())
    house.hub.places.connected(client.connection, fresh=fresh)
    return client


def moved(client: Client) -> list[tuple[str, str]]:
    """What somebody was told of members: who joined and left."""
    events = [event for event in client.of("members") if event["channel"] == "den"]
    return [(what, user["name"]) for event in events for what in ("joined", "left") for user in event[what]]


async def listed(house: House, client: Client) -> list[str]:
    answer = await house.call(client, "channels", own=True)
    return [one["channel"] for one in answer["channels"]]


@pytest.mark.parametrize(
    ("action", "fields"),
    [("silence", {"minutes": 5}), ("set-role", {"role": "moderator"}), ("remove-member", {"minutes": 5}),
     ("remove-member", {}), ("invite", {})],
    ids=["silenced", "ranked", "kept out", "removed", "invited"],
)  # fmt: skip
@pytest.mark.parametrize("node", [0, 1], ids=["same node", "other node"])
def test_who_is_acted_on_is_somebody_from_then_on(action: str, fields: Fields, node: int) -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, there = a.client("Ann"), (a, b)[node]
        await a.call(ann, "join-channel", target="den")
        eve = guest(there)
        await there.call(eve, "join-channel", target="den")
        await settled(a, b)
        answer = await a.call(ann, action, target="den", user=eve.user.id, **fields)
        assert [one["id"] for one in answer["users"]] == ([] if action == "invite" else [eve.user.id])
        await settled(a, b)
        stored = {one.record.name: one for one in await town.repositories.memberships.of_user(eve.user.id)}["den"]
        own = (await there.hub.places.own(eve.user))["den"]
        assert bool(stored.ended) == bool(own.ended) == (action == "remove-member")
        assert (stored.silenced_until > 0) == (own.silenced_until > 0) == (action == "silence")
        assert stored.role == own.role == fields.get("role", "member")
        assert stored.kept_out_until == own.kept_out_until
        again = await there.call(eve, "join-channel", target="den", since={"epoch": "", "seq": 0})
        assert (again["action"] == "error") == (action == "remove-member")
        told = [who for who in moved(ann) if who[1] == "Eve"]
        assert told in ([("joined", "Eve")], [("joined", "Eve"), ("left", "Eve")], [("left", "Eve")], [])
        assert ("joined", "Eve") in told or action == "remove-member"

    in_town(main)


def test_who_is_connected_to_two_nodes_belongs_to_the_same_channels_at_both() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann = b.client("Ann")
        await b.call(ann, "join-channel", target="den")
        eve = guest(a)
        await a.call(eve, "join-channel", target="den")
        again = guest(b, id=eve.user.id, fresh=False)
        assert await listed(b, again) == ["den"]
        assert (await b.call(again, "join-channel", target="den", since={"epoch": "", "seq": 0}))["role"] == "member"
        await b.call(again, "join-channel", target="hall")
        await settled(a, b)
        assert await listed(a, eve) == await listed(b, again) == ["den", "hall"]
        await a.call(eve, "leave-channel", target="den")
        await settled(a, b)
        assert await listed(a, eve) == await listed(b, again) == ["hall"]
        refused = await b.call(again, "join-channel", target="den", since={"epoch": "", "seq": 0})
        assert refused["code"] == "not-joined"
        assert [who for who in moved(ann) if who[1] == "Eve"] == [("joined", "Eve"), ("left", "Eve")]

    in_town(main)


def test_what_was_held_at_a_node_that_does_not_answer_keeps_nobody_waiting_twice() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        eve, kim = guest(a), guest(a, "Kim")
        await settled(a, b)
        town.nodes("a").dead = True  # it hears and says nothing, and nobody has noticed
        town.wires.nodes["a"]._hear = {}
        loop = asyncio.get_running_loop()
        began = loop.time()
        again = guest(b, id=eve.user.id, fresh=False)
        assert await listed(b, again) == []
        assert 0.9 < loop.time() - began < 1.1
        began = loop.time()
        assert await listed(b, guest(b, "Kim", kim.user.id, fresh=False)) == []
        assert loop.time() == began

    in_town(main)


def test_where_a_guest_belonged_who_has_come_back_to_another_node_already_is_known_there() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        eve = guest(a)
        await a.call(eve, "join-channel", target="den")
        await settled(a, b)
        a.hub.remove(eve.connection)  # others are told of it in the next turn of the loop
        again = guest(b, id=eve.user.id, fresh=False)
        await settled(a, b)
        assert await listed(b, again) == ["den"]

    in_town(main)


def test_who_was_removed_by_one_node_just_after_coming_to_another_is_told_of_as_they_are() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        for house in (a, b):
            house.hub.gather = 0.25
        ann, bob = a.client("Ann"), b.client("Bob")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        start = len(moved(ann))
        a.hub.places._news.ranked((await a.hub.places.own(ann.user))["den"])  # something is to be told in a moment
        await b.call(bob, "leave-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await a.call(ann, "remove-member", target="den", user="id-Bob")
        await settled(a, b)
        assert moved(ann)[start:] in ([("left", "Bob")], [("left", "Bob"), ("left", "Bob")])

    in_town(main)
