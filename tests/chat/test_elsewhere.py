"""People at two nodes of a cluster see, hear and may do what they would at one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.helpers import Client, House, module, run, turns
from tests.town import Town
from tornado_chat.chat.errors import Close
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import guest_id

Main = Callable[[Town, House, House], Coroutine[Any, Any, None]]


def in_town(main: Main) -> None:
    async def whole() -> None:
        town = Town("a", "b")
        await turns()
        for house in town.houses:
            house.hub.gather = 0.0
        await main(town, *town.houses)

    run(whole)


async def settled(*houses: House) -> None:
    for _ in range(2):
        await turns()
        await asyncio.sleep(0.3)
        await turns()
        for house in houses:
            await house.hub.places.writer.written()
        await turns()


def words(client: Client) -> list[str]:
    """What is shown in the channels of somebody, by people and by the server."""
    return [one["message"] for one in client.of("send-message")]


def present(house: House, channel: str | None = None) -> list[str]:
    return sorted(user.name for user in house.hub.present(channel))


def test_messages_and_who_is_there_are_the_same_at_both() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        await a.call(ann, "join-channel", target="den")
        joined = await b.call(bob, "join-channel", target="den")
        assert (joined["count"], sorted(one["name"] for one in joined["users"])) == (2, ["Ann", "Bob"])
        await settled(a, b)
        assert present(a, "den") == present(b, "den") == ["Ann", "Bob"]
        await a.call(ann, "send-message", target="den", message="hello")
        await b.call(bob, "send-message", target="den", message="hi")
        await turns()
        assert [one["seq"] for one in ann.of("send-message") if one["sender"]] == [1, 2]
        assert [one["seq"] for one in bob.of("send-message") if one["sender"]] == [1, 2]
        assert [one["name"] for event in ann.of("presence") for one in event["joined"]] == ["Ann", "Bob"]

    in_town(main)


def test_a_user_at_both_comes_once_and_goes_with_the_last_connection() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        eve = a.client("Eve", "den")
        here, there = a.client("Ann", "den"), b.client("Ann", "den")
        await settled(a, b)
        assert present(a, "den") == ["Ann", "Eve"]
        before = len(eve.events)
        a.hub.remove(here.connection)
        await settled(a, b)
        assert present(a, "den") == present(b, "den") == ["Ann", "Eve"]
        assert not [one for one in eve.events[before:] if one["action"] in ("presence", "send-message")]
        b.hub.remove(there.connection)
        await settled(a, b)
        assert present(a, "den") == ["Eve"]
        assert [one["left"][0]["name"] for one in eve.of("presence") if one["left"]] == ["Ann"]
        assert words(eve).count("Ann left the channel") == 1

    in_town(main)


def test_what_is_published_reaches_both_but_who_may_not_see_it() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        boss = a.client("Boss", role="admin")
        await a.call(boss, "join-channel", target="den")
        await a.call(boss, "send-message", target="den", message="old")
        await a.call(boss, "set-channel", target="den", newcomers="from-joining")
        await settled(a, b)
        late = b.client("Late")
        await b.call(late, "join-channel", target="den")
        await settled(a, b)
        channel = a.hub.channel("den")
        channel.publish("news", text="for all")
        channel.publish("words", for_seq=1, add="secret")
        channel.publish("words", for_seq=5, add="open")
        channel.publish("news", skip=late.user, text="not for Late")
        channel.whisper(late.user, "psst")
        channel.tell(late.user, "hint", text="here")
        await settled(a, b)
        assert [one["text"] for one in boss.of("news")] == ["for all", "not for Late"]
        assert [one["text"] for one in late.of("news")] == ["for all"]
        assert [one["add"] for one in late.of("words")] == ["open"]
        assert [one["add"] for one in boss.of("words")] == ["secret", "open"]
        assert [one["text"] for one in late.of("hint")] == ["here"]
        assert "psst" in words(late)
        assert "psst" not in words(boss)

    in_town(main)


def test_a_name_is_changed_for_all_connections_and_told_once_at_each_node() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        here, there, bob = a.client("Ann", "den"), b.client("Ann", "den"), b.client("Bob", "den")
        await settled(a, b)
        a.hub.become(User("id-Ann", "Anna"))
        await settled(a, b)
        assert there.connection.user.name == here.connection.user.name == "Anna"
        assert present(a, "den") == present(b, "den") == ["Anna", "Bob"]
        assert words(bob).count("Ann is now Anna") == 1
        assert words(here).count("Ann is now Anna") == 1
        assert b.hub.find_user("Anna").id == a.hub.find_user("Anna").id == "id-Ann"

    in_town(main)


def test_somebody_at_the_other_node_is_sent_away() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        boss, ann = a.client("Boss", role="admin"), b.client("Ann", address="192.0.2.7")
        await turns()
        told = await a.call(boss, "kick", user="Ann", reason="spam")
        assert (told["ended"], told["addresses"]) == (1, ["192.0.2.7"])
        await turns()
        assert ann.transport.closed == [Close.NOT_ALLOWED]

    in_town(main)


def test_a_node_that_dies_takes_its_people_with_it_and_one_that_comes_learns_who_is_there() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, _bob, both = a.client("Ann", "den"), b.client("Bob", "den", "attic"), a.client("Both", "den")
        b.client("Both", "den")
        await settled(a, b)
        c = town.house("c")
        await settled(a, b, c)
        assert present(c, "den") == ["Ann", "Bob", "Both"]
        assert present(c, "attic") == ["Bob"]
        await town.kill("b")
        await settled(a, c)
        for house in (a, c):
            assert present(house) == present(house, "den") == ["Ann", "Both"]
            assert "attic" not in house.hub.channels
        assert words(ann).count("Bob left the channel") == words(both).count("Bob left the channel") == 1
        assert [one["left"][0]["name"] for one in ann.of("presence") if one["left"]] == ["Bob"]

    in_town(main)


def test_a_node_that_has_missed_something_asks_who_is_there() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann", "den"), b.client("Bob", "den")
        eve = a.client("Eve", "den")
        await settled(a, b)
        there = b.hub.nodes
        assert hasattr(there, "back")
        quiet, town.wires.nodes["b"] = town.wires.nodes["b"], town.house("nobody").hub.nodes  # type: ignore[assignment]
        a.hub.remove(eve.connection)
        a.client("Zoe", "den")
        await turns()
        town.wires.nodes["b"] = quiet
        assert present(b, "den") == ["Ann", "Bob", "Eve"]
        before = len(bob.events)
        for back in quiet.back:
            await back()
        await settled(a, b)
        assert present(b, "den") == ["Ann", "Bob", "Zoe"]
        told = [one for one in bob.events[before:] if one["action"] == "presence"]
        assert [one["name"] for event in told for one in event["joined"]] == ["Zoe"]
        assert [one["name"] for event in told for one in event["left"]] == ["Eve"]
        assert ann.connection in a.hub.connections

    in_town(main)


# Places


def test_memberships_are_the_same_at_both_whoever_changes_them() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann = a.client("Ann")
        bob, tab = b.client("Bob"), a.client("Bob")
        for house, client in ((a, ann), (b, bob), (a, tab)):
            house.hub.places.connected(client.connection)
        await settled(a, b)
        made = await a.call(ann, "create-channel", kind="private", title="Plans", users=["id-Bob"])
        name = made["channel"]
        await settled(a, b)
        for client in (bob, tab):
            told = [one for event in client.of("channels") for one in event.get("changed", ())]
            assert [(one["title"], one["role"]) for one in told][-1] == ("Plans", "member")
        assert (await b.call(bob, "join-channel", target=name))["role"] == "member"
        await a.call(ann, "set-role", target=name, user="id-Bob", role="moderator")
        await settled(a, b)
        assert b.hub.places.membership(bob.user, name).role == "moderator"  # type: ignore[union-attr]
        await a.call(ann, "set-channel", target=name, topic="Soon", slow=5)
        await settled(a, b)
        assert [one["topic"] for one in bob.of("channel")] == ["Soon"]
        assert b.hub.channels[name].record.slow == 5  # type: ignore[union-attr]
        assert b.hub.channels[name].guarded
        await a.call(ann, "remove-member", target=name, user="id-Bob", reason="done")
        await settled(a, b)
        assert name not in bob.connection.channels
        for client in (bob, tab):
            removed = [one for event in client.of("channels") for one in event.get("removed", ())]
            assert removed[-1]["channel"] == name
        answer = await b.call(bob, "join-channel", target=name)
        assert answer["code"] == "not-found"

    in_town(main)


def test_what_somebody_has_read_and_wants_to_hear_of_is_the_same_on_all_their_devices() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        laptop, phone, eve = a.client("Ann"), b.client("Ann"), a.client("Eve")
        await a.call(eve, "join-channel", target="den")
        for house, client in ((a, laptop), (b, phone)):
            house.hub.places.connected(client.connection)
            await house.call(client, "join-channel", target="den")
        for text in "123":
            await a.call(eve, "send-message", ref=text, target="den", message=text)
        await settled(a, b)
        await a.call(laptop, "read", target="den", seq=2)
        await settled(a, b)
        await b.call(phone, "notify", target="den", level="mentions")
        await settled(a, b)
        for house, client in ((a, laptop), (b, phone)):
            known = house.hub.places.membership(client.user, "den")
            assert known is not None
            assert (known.read, known.level) == (2, "mentions")
            told = [one for event in client.of("channels") for one in event.get("changed", ())][-1]
            assert (told["read"], told["unread"], told["notify"]) == (2, 1, "mentions")

    in_town(main)


def test_a_channel_that_is_deleted_is_gone_at_both() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        await a.hub.places.delete("den")
        await settled(a, b)
        assert "den" not in a.hub.channels
        assert "den" not in b.hub.channels
        assert [one for event in bob.of("channels") for one in event.get("removed", ())][-1]["deleted"] is True

    in_town(main)


def test_one_of_two_who_make_a_channel_at_once_owns_it() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        first, second = await asyncio.gather(
            a.call(ann, "join-channel", target="den"), b.call(bob, "join-channel", target="den")
        )
        assert sorted([first["role"], second["role"]]) == ["member", "owner"]

    in_town(main)


@pytest.mark.parametrize("action", ["channels", "browse"])
def test_a_channel_that_is_not_listed_is_found_at_no_node(action: str) -> None:
    async def main(town: Town, a: House, b: House) -> None:
        boss, eve = a.client("Boss", role="admin"), b.client("Eve")
        for name in ("den", "open"):
            await a.call(boss, "join-channel", target=name)
        await a.call(boss, "set-channel", target="den", listed=False)
        await settled(a, b)
        c = town.house("c")
        ned = c.client("Ned")
        await settled(a, b, c)
        for house, client in ((b, eve), (c, ned)):
            found = [one.get("name", one.get("channel")) for one in (await house.call(client, action))["channels"]]
            assert found == ["open"]

    in_town(main)


def test_a_direct_conversation_is_shown_to_somebody_at_another_node_with_its_first_message() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        for house, client in ((a, ann), (b, bob)):
            house.hub.places.connected(client.connection)
        await settled(a, b)
        name = (await a.call(ann, "open-direct", users=["id-Bob"]))["channel"]
        await settled(a, b)
        assert not [one for event in bob.of("channels") for one in event.get("changed", ())]
        await a.call(ann, "join-channel", target=name)
        await a.call(ann, "send-message", target=name, message="psst")
        await settled(a, b)
        await asyncio.sleep(2)
        await settled(a, b)
        told = [one for event in bob.of("channels") for one in event.get("changed", ())]
        assert [(one["channel"], one["unread"]) for one in told][-1] == (name, 1)

    in_town(main)


def test_the_last_owner_of_two_nodes_keeps_the_channel() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        await a.call(ann, "set-role", target="den", user="id-Bob", role="owner")
        await settled(a, b)
        await asyncio.gather(
            a.call(ann, "set-role", target="den", user="id-Ann", role="member"),
            b.call(bob, "set-role", target="den", user="id-Bob", role="member"),
        )
        await settled(a, b)
        owners = [one.user for one in await a.hub.memberships.ranked("den") if one.role == "owner"]
        assert len(owners) == 1

    in_town(main)


def test_a_guest_of_whom_nothing_is_stored_finds_their_channels_at_the_other_node_too() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann = a.client("Ann", "den")
        gast = guest_id()
        eve = a.client("Eve", id=gast)
        a.hub.places.connected(eve.connection, fresh=True)
        await a.call(eve, "join-channel", target="den")
        await a.call(ann, "send-message", target="den", message="hello")
        await settled(a, b)
        a.hub.remove(eve.connection)
        await settled(a, b)
        assert not await a.hub.memberships.of_user(gast)
        back = b.client("Eve", id=gast)
        b.hub.places.connected(back.connection)
        await settled(a, b)
        (told,) = (one["channels"] for one in back.of("channels") if "all" in one)
        assert [(one["channel"], one["unread"]) for one in told] == [("den", 1)]

    in_town(main)


HEARS = """
from tornado_chat import on
heard = []

@on("join")
async def join(ctx):
    heard.append(("join", ctx.user.name, ctx.channel.name))

@on("leave")
async def leave(ctx):
    heard.append(("leave", ctx.user.name, ctx.channel.name))

@on("disconnect")
async def gone(ctx):
    heard.append(("disconnect", ctx.user.name))
"""


def test_listeners_hear_once_of_who_comes_and_goes_wherever_and_of_those_whose_node_died() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        plugins = {}
        for house in (a, b):
            plugins[house] = module(HEARS)
            house.registry.add(plugins[house], "hears")
            house.hooks.use(house.registry.listeners)
        a.client("Ann", "den")
        both = a.client("Both", "den")
        await settled(a, b)
        b.client("Both", "den")
        b.client("Bob", "den")
        await settled(a, b)
        assert plugins[a].heard == [("join", "Ann", "den"), ("join", "Both", "den")]
        assert plugins[b].heard == [("join", "Bob", "den")]
        a.hub.remove(both.connection)
        await settled(a, b)
        assert plugins[a].heard[2:] == [("disconnect", "Both")]
        await town.kill("b")
        await settled(a)
        assert sorted(plugins[a].heard[3:]) == [
            *(("disconnect", "Bob"), ("disconnect", "Both"), ("leave", "Bob", "den"), ("leave", "Both", "den"))
        ]
        assert len(plugins[b].heard) == 1

    in_town(main)


def test_settings_that_two_nodes_change_at_once_all_hold_at_both() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann", role="admin"), b.client("Bob", role="admin")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        for number in range(10):
            await asyncio.gather(
                a.call(ann, "set-channel", target="den", topic=f"topic {number}"),
                b.call(bob, "set-channel", target="den", title=f"title {number}"),
            )
            await turns()
            stored = await town.repositories.memberships.record("den")
            assert stored is not None
            assert (stored.topic, stored.title) == (f"topic {number}", f"title {number}")
            await settled(a, b)
            assert await a.hub.places.record("den") == stored == await b.hub.places.record("den")

    in_town(main)


@pytest.mark.parametrize("race", ["both leave", "one leaves, one steps down", "the heir leaves"])
def test_a_channel_keeps_an_owner_whatever_its_owners_do_at_once_at_two_nodes(race: str) -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob, cid = a.client("Ann"), b.client("Bob"), a.client("Cid")
        for house, client in ((a, ann), (b, bob), (a, cid)):
            await house.call(client, "join-channel", target="den")
            await settled(a, b)
        leaves = a.call(ann, "leave-channel", target="den")
        if race == "the heir leaves":
            await asyncio.gather(leaves, b.call(bob, "leave-channel", target="den"))
        else:
            await a.call(ann, "set-role", target="den", user="id-Bob", role="owner")
            both = b.call(bob, "leave-channel", target="den")
            if race != "both leave":
                both.close()
                both = b.call(bob, "set-role", target="den", user="id-Bob", role="member")
            await asyncio.gather(leaves, both)
        await settled(a, b)
        owners = [one.user for one in await a.hub.memberships.ranked("den") if one.role == "owner"]
        assert len(owners) == 1

    in_town(main)


def test_what_is_set_holds_at_the_other_node_as_soon_as_it_is_answered() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob, late = a.client("Ann"), b.client("Bob"), b.client("Late")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        await a.call(ann, "send-message", target="den", message="before")
        await a.call(ann, "set-channel", target="den", newcomers="from-joining")
        assert (await b.call(late, "join-channel", target="den"))["messages"] == []
        await a.call(ann, "silence", target="den", users=["id-Bob"], minutes=60)
        assert (await b.call(bob, "send-message", target="den", message="one more"))["code"] == "not-allowed"
        await a.call(ann, "set-role", target="den", user="id-Late", role="moderator")
        assert (await b.call(late, "set-channel", target="den", topic="mine"))["action"] == "ok"
        await a.call(ann, "set-role", target="den", user="id-Late", role="member")
        assert (await b.call(late, "set-channel", target="den", topic="still"))["code"] == "not-allowed"
        await a.call(ann, "set-channel", target="den", posting="moderators")
        assert (await b.call(late, "send-message", target="den", message="and I?"))["code"] == "not-allowed"

    in_town(main)


def test_a_new_name_is_told_all_connections_of_its_user_by_one_word_to_each_node() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann = a.client("Ann")
        others = [b.client("Ann") for _ in range(5)]
        await turns()
        told: list[Any] = []
        tell = a.hub.nodes.tell
        for house in (a, b):
            house.hub.new_token = lambda user: f"the token of {user.name}"

        def note(kind: str, about: Any, to: str = "") -> None:
            told.append([kind, about])
            tell(kind, about, to)

        a.hub.nodes.tell = note  # type: ignore[method-assign]
        a.hub.tell_renamed(User("id-Ann", "Zoe"))
        await turns()
        assert told == [["renamed", ["id-Ann", "Zoe", "member"]]]  # no token
        for client in (ann, *others):
            assert [one["user"]["name"] for one in client.of("renamed")] == ["Zoe"]
            assert [one["token"] for one in client.of("renamed")] == ["the token of Zoe"]

    in_town(main)


def test_a_new_name_that_a_node_has_not_heard_of_is_known_there_when_it_hears_again() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        ann, bob = a.client("Ann"), b.client("Bob")
        await a.call(ann, "join-channel", target="den")
        await b.call(bob, "join-channel", target="den")
        await settled(a, b)
        hears, town.nodes("b")._hear = town.nodes("b")._hear, {}
        a.hub.become(User("id-Ann", "Zoe", "admin"))
        await settled(a, b)
        town.nodes("b")._hear = hears
        for back in town.nodes("b").back:
            await back()
        await settled(a, b)
        assert present(b, "den") == ["Bob", "Zoe"]
        assert [user.role for user in b.hub.present("den") if user.name == "Zoe"] == ["admin"]

    in_town(main)
