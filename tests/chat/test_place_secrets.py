"""What a token's channels, a hidden conversation and a position must not tell, or lose."""

import asyncio
from pathlib import Path

import pytest

from tests.chat.test_places import house, lists, settled, stored
from tests.helpers import run
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import Message
from tornado_chat.chat.orders import carry_out_orders
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.files import load


def test_a_token_knows_of_its_channels_alone() -> None:
    async def main() -> None:
        place = house()
        ann, bob, widget = place.client("Ann"), place.client("Bob"), place.client("Bob")
        widget.connection.allowed = frozenset({"help"})
        places = place.hub.places
        for name in ("help", "den"):
            await place.call(ann, "join-channel", target=name)
            await place.call(bob, "join-channel", target=name)
        record = await places.create(ann.connection, "private", title="Plans", users=["id-Bob"])
        places.connected(widget.connection)
        await settled(place)
        await place.call(ann, "set-channel", target="den", topic="secret")
        await place.call(ann, "set-channel", target="help", topic="open")
        await places.remove(ann.connection, record.name, ["id-Bob"])
        await settled(place)
        told = [
            one["channel"]
            for event in lists(widget)
            for key in ("channels", "changed", "removed")
            for one in event.get(key, ())
        ]
        assert set(told) == {"help"}
        assert [event["channel"] for event in widget.of("channel")] == ["help"]
        own = (await place.call(widget, "channels", own=True))["channels"]
        assert [one["channel"] for one in own] == ["help"]
        assert (await place.call(widget, "leave-channel", target="den"))["action"] == "error"
        assert not (await places.own(bob.user))["den"].ended

    run(main)


def test_a_direct_message_is_shown_though_the_server_ended_before_it_was() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        talk = await place.hub.places.open_direct(ann.connection, ["id-Bob"])
        await place.history.append(Message(talk.name, "hi", ann.user, 1))
        for own in (await place.hub.places.own(bob.user)).values():
            own.hidden = True  # as the tables have it
        (entry,) = await place.hub.places.entries(bob.user)
        assert (entry["channel"], entry["unread"]) == (talk.name, 1)
        await place.call(bob, "leave-channel", target=talk.name)
        assert not await place.hub.places.entries(bob.user)
        await place.call(ann, "join-channel", target=talk.name)
        await place.call(ann, "send-message", ref="2", target=talk.name, message="again")
        await asyncio.sleep(1.1)
        await settled(place)
        (entry,) = await place.hub.places.entries(bob.user)
        assert entry["unread"] == 1

    run(main)


def test_a_position_does_not_go_back_to_what_one_may_not_see() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        await place.call(ann, "join-channel", target="den")
        for number in range(3):
            await place.call(ann, "send-message", ref=str(number), target="den", message="closed")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        await place.call(bob, "join-channel", target="den")
        await place.call(bob, "read", target="den", seq=0, back=True)
        (entry,) = await place.hub.places.entries(bob.user)
        assert (entry["read"], entry["unread"]) == (3, 0)

    run(main)


def test_what_is_stored_of_somebody_just_after_they_were_removed_goes_too() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        places = place.hub.places
        record = await places.create(ann.connection, "private", title="Plans", users=["id-Bob"])
        await place.call(bob, "join-channel", target=record.name)
        await place.call(ann, "join-channel", target=record.name)
        await place.call(ann, "send-message", ref="1", target=record.name, message="hi")
        await settled(place)
        await place.hub.memberships.erase("id-Bob")
        await place.call(bob, "read", target=record.name, seq=1)  # the server does not know it yet
        await settled(place)
        place.hub.remove(bob.connection)
        await places.erased("id-Bob")
        assert not await stored(place, "id-Bob")
        other = place.client("Bob")
        assert (await place.call(other, "join-channel", target=record.name))["code"] == "not-found"
        await places.erased("id-Ann")  # nobody removed her
        assert record.name in await stored(place, "id-Ann")

    run(main)


def test_a_channel_whose_owner_was_removed_by_a_command_has_one_in_memory_too() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        for client in (ann, bob):
            await place.call(client, "join-channel", target="den")
        await place.call(ann, "send-message", ref="1", target="den", message="hi")
        await settled(place)
        for owner in await place.hub.memberships.erase("id-Ann"):
            await place.hub.memberships.order(owner.record.name, {})
        await place.call(bob, "read", target="den", seq=1)  # the server still knows a member
        await settled(place)
        await carry_out_orders(place.hub.places)
        await settled(place)
        assert (await place.call(bob, "set-channel", target="den", title="Mine"))["action"] == "ok"
        assert (await stored(place, "id-Bob"))["den"].role == "owner"
        assert not await place.hub.memberships.orders()

    run(main)


def test_who_was_there_before_the_upgrade_sees_all() -> None:
    async def main() -> None:
        place = house()
        record = ChannelRecord("den")
        await place.hub.memberships.put([Membership(record, "id-Bob", since=0, began=0)])  # as the migration made it
        ann = place.client("Ann", role="admin")
        await place.call(ann, "join-channel", target="den")
        for number, newcomers in enumerate(("all", "from-joining", "all")):
            await place.call(ann, "set-channel", target="den", newcomers=newcomers)
            await place.call(ann, "send-message", ref=str(number), target="den", message=newcomers)
        bob = place.client("Bob")
        joined = await place.call(bob, "join-channel", target="den")
        assert [message["seq"] for message in joined["messages"]] == [1, 2, 3]
        cem = place.client("Cem")
        joined = await place.call(cem, "join-channel", target="den")
        assert ([message["seq"] for message in joined["messages"]], joined["more"]) == ([3], True)

    run(main)


def test_newcomers_do_not_learn_from_a_poll_what_was_asked_before_them() -> None:
    async def main() -> None:
        place = house(load(Path(find_folder("plugins")) / "poll.py"))
        ann, bob = place.client("Ann"), place.client("Bob")
        await place.call(ann, "join-channel", target="den")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        await place.call(ann, "poll", target="den", text="Secret? | Yes | No")
        await place.call(bob, "join-channel", target="den")
        assert (await place.call(bob, "polls", target="den"))["polls"] == []
        assert (await place.call(bob, "show-poll", target="den"))["poll"] is None
        for fields in ({"action": "vote", "option": 1}, {"action": "unvote"}, {"action": "close-poll"}):
            assert "there is no such poll" in (await place.call(bob, target="den", **fields))["message"]
        await place.call(ann, "vote", target="den", option=1)
        await settled(place)
        assert not bob.of("poll")
        assert ann.of("poll")[-1]["options"][0]["votes"] == 1
        assert "Secret" not in str(bob.events)

    run(main)


@pytest.mark.parametrize("present", [True, False])
def test_an_edit_mentions_nobody_who_may_not_see_the_message(present: bool) -> None:
    async def main() -> None:
        place = house()
        ann, bob, dan = [place.client(name) for name in ("Ann", "Bob", "Dan")]
        for client in (ann, bob):
            await place.call(client, "join-channel", target="den")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        await place.call(ann, "send-message", ref="1", target="den", message="old")
        await place.call(dan, "join-channel", target="den")
        await settled(place)
        if not present:
            place.hub.remove(dan.connection)
        await place.call(ann, "edit-message", target="den", seq=1, message="old @Dan @Bob", mentions=["id-Dan"])
        (message,) = await place.history.get("den", [1])
        assert (message.extra or {})["mentions"] == ["id-Bob"]
        await place.call(ann, "send-message", ref="2", target="den", message="new")
        await place.call(ann, "edit-message", ref="3", target="den", seq=3, message="new @Dan")
        (entry,) = await place.hub.places.entries(dan.user)
        assert (entry["unread"], entry["mentions"]) == (1, 1)

    run(main)


def test_an_administrator_by_a_token_ranks_above_a_channels_moderators_while_away_too() -> None:
    async def main() -> None:
        place = house()
        ann, root = place.client("Ann"), place.client("Root", id="t:root", role="admin")
        for client in (ann, root):
            place.hub.places.connected(client.connection)
            await place.call(client, "join-channel", target="den")
        await settled(place)
        place.hub.remove(root.connection)
        barred: list[tuple[str, dict[str, object]]] = [("silence", {"minutes": 5}), ("remove-member", {})]
        for action, fields in barred:
            answer = await place.call(ann, action, target="den", user="t:root", **fields)
            assert (answer["code"], answer["rule"]) == ("not-allowed", "rank")
        (listed,) = (await place.call(ann, "users", find="root"))["users"]
        assert listed["user"] == {"id": "t:root", "name": "Root", "role": "admin"}
        root = place.client("Root", id="t:root")  # with another token
        place.hub.places.connected(root.connection)
        await settled(place)
        place.hub.remove(root.connection)
        assert (await place.call(ann, "silence", target="den", user="t:root", minutes=5))["action"] == "ok"
        await place.hub.memberships.erase("t:root")
        assert not (await place.call(ann, "users", find="root"))["users"]

    run(main)


def test_members_of_a_channel_that_is_deleted_are_told_so_and_who_had_left_nothing() -> None:
    async def main() -> None:
        place = house()
        ann, bob, eve = [place.client(name) for name in ("Ann", "Bob", "Eve")]
        for client in (ann, bob, eve):
            place.hub.places.connected(client.connection)
            await place.call(client, "join-channel", target="den")
        await place.call(eve, "leave-channel", target="den")
        await settled(place)
        before = len(lists(eve))
        await place.hub.places.delete("den")
        await settled(place)
        for client in (ann, bob):
            assert lists(client)[-1]["removed"] == [{"channel": "den", "deleted": True}]
        assert len(lists(eve)) == before

    run(main)
