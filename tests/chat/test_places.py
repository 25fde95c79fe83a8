"""Places: who belongs where, in memory at once and stored; what is told; and what a stranger learns."""

import asyncio
import itertools
from types import ModuleType
from typing import Any

import pytest

from tests.helpers import Client, House, run, turns
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import guest_id


def house(*plugins: ModuleType) -> House:
    made = House(*plugins)
    made.hub.gather = 0.0
    return made


async def settled(place: House) -> None:
    await turns()
    await asyncio.sleep(0.3)
    await turns()
    await place.hub.places.writer.written()
    await turns()


def lists(client: Client) -> list[dict[str, Any]]:
    return client.of("channels")


async def stored(place: House, user: str) -> dict[str, Any]:
    return {one.record.name: one for one in await place.hub.memberships.of_user(user)}


def test_a_join_begins_a_membership_that_outlasts_the_connection_and_leaving_ends_it_on_all_devices() -> None:
    async def main() -> None:
        place = house()
        ann, tab = place.client("Ann"), place.client("Ann")
        for client in (ann, tab):
            answer = await place.call(client, "join-channel", target="den")
            assert (answer["role"], answer["channel"]) == ("owner", "den")
        await settled(place)
        assert (await stored(place, "id-Ann"))["den"].role == "owner"
        place.hub.remove(ann.connection)
        place.hub.remove(tab.connection)
        back = place.client("Ann")
        place.hub.places.connected(back.connection)
        await settled(place)
        assert [entry["channel"] for entry in lists(back)[0]["channels"]] == ["den"]
        phone = place.client("Ann")
        await place.call(phone, "join-channel", target="den", since={"epoch": "", "seq": 0})
        await place.call(back, "leave-channel", target="den")
        await settled(place)
        assert "den" not in phone.connection.channels
        assert lists(phone)[-1]["removed"] == [{"channel": "den"}]
        assert (await stored(place, "id-Ann"))["den"].ended
        answer = await place.call(phone, "join-channel", target="den", since={"epoch": "", "seq": 0})
        assert answer["code"] == "not-joined"
        assert (await place.call(phone, "join-channel", target="den"))["role"] == "owner"  # nobody has followed

    run(main)


def test_joining_with_since_stores_nothing_and_its_user_takes_part_all_the_same() -> None:
    async def main() -> None:
        place = house()
        ann = place.client("Ann")
        answer = await place.call(ann, "join-channel", target="den", since={"epoch": "", "seq": 0})
        assert "role" not in answer
        assert (await place.call(ann, "send-message", target="den", message="hi"))["action"] == "ok"
        await settled(place)
        assert not await stored(place, "id-Ann")
        bob = place.client("Bob", "den")
        await place.call(bob, "send-message", target="den", message="@Ann, are you here?")
        assert [one["mentions"] for one in ann.of("send-message") if "mentions" in one] == [["id-Ann"]]
        assert (await place.call(ann, "join-channel", target="den"))["role"] == "member"  # once it is loaded anew
        await settled(place)
        assert "den" in await stored(place, "id-Ann")

    run(main)


def test_a_guest_who_came_with_a_bare_name_leaves_nothing_behind_until_somebody_mentions_them() -> None:
    async def main() -> None:
        place = house()
        eve = place.client("Eve", id=guest_id())
        place.hub.places.connected(eve.connection, fresh=True)
        await settled(place)
        assert (await place.call(eve, "join-channel", target="den"))["role"] == "member"
        await settled(place)
        assert lists(eve)[0] == {"action": "channels", "all": True, "channels": [], "kept": False}
        assert not await stored(place, eve.user.id)
        assert await place.hub.memberships.record("den") is None
        ann = place.client("Ann")
        await place.call(ann, "join-channel", target="den")
        await place.call(ann, "send-message", target="den", message="hello @eve")
        await settled(place)
        assert (await place.hub.history.get("den", [1]))[0].extra == {"mentions": [eve.user.id]}
        assert (await stored(place, eve.user.id))["den"].role == "member"
        told = [event for event in ann.of("members") if event["count"] == 2]
        assert [one["joined"] for one in told] == [[{"id": eve.user.id, "name": "Eve"}]]
        people, _ = await place.hub.memberships.people(ids=[eve.user.id])
        assert [one.user.name for one in people] == ["Eve"]

    run(main)


STRANGE = "p:AAAAAAAAAAAAAAAAAAAAAA"


def test_a_stranger_is_answered_about_a_private_channel_as_about_none() -> None:
    async def main() -> None:
        place = house()
        ann, eve = place.client("Ann"), place.client("Eve", "hall")
        record = await place.hub.places.create(ann.connection, "private", title="Plans")
        talk = await place.hub.places.open_direct(ann.connection, [place.client("Bob").user.id])
        await place.call(ann, "join-channel", target=record.name)
        await place.call(ann, "join-channel", target=talk.name)
        calls: list[tuple[str, dict[str, Any]]] = [
            ("join-channel", {}),
            ("join-channel", {"since": {"epoch": place.history.epoch, "seq": 0}}),
            ("leave-channel", {}),
            ("send-message", {"message": "hi"}),
            ("send-message", {"message": "hi @Ann", "reply_to": 1}),
            ("edit-message", {"seq": 1, "message": "hi"}),
            ("delete-message", {"seq": 1}),
            ("react", {"seq": 1, "key": "👍"}),
            ("pin", {"seq": 1}),
            ("pins", {}),
            ("history", {}),
            ("changes", {"since": 0}),
            ("read", {"seq": 0}),
            ("typing", {}),
            ("who", {}),
        ]
        for action, fields in calls:
            answers = []
            for name in (record.name, talk.name, STRANGE, "dm:" + STRANGE[2:]):
                answer = await place.call(eve, action, target=name, **fields)
                answers.append({**answer, "target": ""})
            assert answers == [answers[0]] * 4, action
            assert answers[0]["code"] == "not-found", answers[0]
        listed = await place.call(eve, "channels")
        assert [one["name"] for one in listed["channels"]] == ["hall"]

    run(main)


def test_a_private_channel_is_its_members_alone_and_who_is_removed_is_not_back_by_waking_up() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        places = place.hub.places
        record = await places.create(ann.connection, "private", title="Plans", users=["id-Bob"])
        await settled(place)
        assert lists(bob)[-1]["changed"][0]["title"] == "Plans"
        assert (await place.call(bob, "join-channel", target=record.name))["title"] == "Plans"
        with pytest.raises(Refused, match="Only moderators of Plans can remove people"):
            await places.remove(bob.connection, record.name, ["id-Ann"])
        await places.remove(ann.connection, record.name, ["id-Bob"], minutes=5, reason="enough")
        await settled(place)
        assert record.name not in bob.connection.channels
        since = {"epoch": place.history.epoch, "seq": 0}
        for fields in ({"since": since}, {}):
            answer = await place.call(bob, "join-channel", target=record.name, **fields)
            assert (answer["code"], answer["message"]) == ("not-found", "there is no such channel")
        assert [entry["power"] for entry in await place.hub.moderation.recorded()] == ["remove-member", "invite"]

    run(main)


def test_the_last_owner_is_followed_by_the_oldest_moderator_then_by_the_oldest_member() -> None:
    async def main() -> None:
        place = house()
        ann, bob, cem = (place.client(name) for name in ("Ann", "Bob", "Cem"))
        places = place.hub.places
        for client in (ann, bob, cem):
            await place.call(client, "join-channel", target="den")
        await places.set_role(ann.connection, "den", ["id-Cem"], "moderator")
        await place.call(ann, "leave-channel", target="den")
        assert places.membership(cem.user, "den").role == "owner"  # type: ignore[union-attr]
        await place.call(cem, "leave-channel", target="den")
        await settled(place)
        assert (await stored(place, "id-Bob"))["den"].role == "owner"
        with pytest.raises(Refused, match="needs an owner"):
            await places.set_role(bob.connection, "den", ["id-Bob"], "member")

    run(main)


def test_the_last_owner_of_an_empty_channel_owns_it_again_unless_somebody_does_by_then() -> None:
    async def main() -> None:
        place = house()
        ann, bob, root = place.client("Ann"), place.client("Bob"), place.client("Root", role="admin")

        async def role(client: Client, action: str = "join-channel", **fields: Any) -> str:
            answer = await place.call(client, action, target="den", **fields)
            return str((await stored(place, client.user.id))["den"].role if "role" not in answer else answer["role"])

        assert await role(ann) == "owner"
        await place.call(ann, "leave-channel", target="den")
        await settled(place)
        assert await role(bob) == "member"  # a stranger does not take it over
        place.hub.remove(ann.connection)
        ann = place.client("Ann")
        assert await role(ann) == "owner"
        await place.call(ann, "leave-channel", target="den")  # Bob follows
        await settled(place)
        assert await role(ann) == "member"
        for client in (ann, bob):  # Ann follows, and is the last one
            await place.call(client, "leave-channel", target="den")
            await settled(place)
        for client in (ann, bob):
            await place.call(client, "leave-channel", target="den")
        assert await role(root) == "member"
        await place.call(root, "set-role", target="den", user="id-Root", role="owner")
        await place.call(root, "invite", target="den", user="id-Ann")
        assert (await place.hub.places.own(ann.user))["den"].role == "member"

    run(main)


def test_an_owner_who_was_removed_is_none_when_they_come_back() -> None:
    async def main() -> None:
        place = house()
        ann, root = place.client("Ann"), place.client("Root", role="admin")
        await place.call(ann, "join-channel", target="den")
        await place.call(root, "remove-member", target="den", user="id-Ann")
        assert (await place.call(ann, "join-channel", target="den"))["role"] == "member"
        await place.call(root, "set-role", target="den", user="id-Ann", role="owner")
        await place.call(ann, "leave-channel", target="den")
        await place.call(root, "remove-member", target="den", user="id-Ann", minutes=1)
        (await place.hub.places.own(ann.user))["den"].kept_out_until = 1  # that time is over
        assert (await place.call(ann, "join-channel", target="den"))["role"] == "member"

    run(main)


def test_the_rules_of_a_channel_refuse_with_their_name_and_what_they_need() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        places = place.hub.places
        for client in (ann, bob):
            await place.call(client, "join-channel", target="den")
        refs = map(str, itertools.count())
        allowed = {"action": "ok", "ref": "r", "allowed": True}

        async def rule(client: Client) -> str:
            answer = await place.call(client, "send-message", ref=next(refs), target="den", message="hi")
            assert answer.get("code", "not-allowed") == "not-allowed"
            return str(answer.get("rule", "ok"))

        await places.change_record(ann.connection, "den", posting="moderators", topic="News")
        assert [await rule(client) for client in (ann, bob)] == ["ok", "posting"]
        assert bob.of("channel") == [
            {"action": "channel", "channel": "den", "topic": "News", "posting": "moderators"}
        ]
        await places.change_record(ann.connection, "den", posting="everyone", slow=60)
        assert await place.call(bob, "may", call="send-message", target="den") == allowed
        assert [await rule(client) for client in (ann, bob, ann, bob)] == ["ok", "ok", "ok", "slow"]
        assert await place.call(ann, "may", call="send-message", target="den") == allowed
        asked = await place.call(bob, "may", call="send-message", target="den")
        assert (asked["rule"], asked["needs"]) == ("slow", "One message in 60 s here")
        assert 0 < asked["retry_after_ms"] <= 60_000
        await places.change_record(ann.connection, "den", slow=0)
        await places.silence(ann.connection, "den", ["id-Bob"], 5)
        assert [await rule(client) for client in (ann, bob)] == ["ok", "silenced"]
        assert (await place.call(bob, "react", target="den", seq=1, key="👍"))["rule"] == "silenced"
        await places.silence(ann.connection, "den", ["id-Bob"], 0)
        await places.change_record(ann.connection, "den", archived=True)
        assert [await rule(client) for client in (ann, bob)] == ["archived", "archived"]
        await places.change_record(ann.connection, "den", archived=False)
        assert [await rule(client) for client in (ann, bob)] == ["ok", "ok"]
        with pytest.raises(Refused) as refused:
            await places.change_record(bob.connection, "den", title="Mine")
        assert (refused.value.rule, refused.value.needs) == (
            "channel-role",
            "Only owners of #den can change these settings",
        )

    run(main)


def test_new_members_see_what_was_open_when_they_joined_everywhere() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        places = place.hub.places
        await place.call(ann, "join-channel", target="den")
        for number in (1, 2):
            await place.call(ann, "send-message", ref=f"m{number}", target="den", message=f"open {number}")
        await places.change_record(ann.connection, "den", newcomers="from-joining")
        for number in (3, 4):
            await place.call(ann, "send-message", ref=f"m{number}", target="den", message=f"closed {number}")
        await place.call(ann, "pin", ref="p", target="den", seq=4)
        joined = await place.call(bob, "join-channel", target="den")
        assert joined["messages"] == []
        await place.call(ann, "send-message", ref="m5", target="den", message="for both")
        own = [message["seq"] for message in (await place.call(bob, "history", target="den"))["messages"]]
        assert own == [6]
        assert (await place.call(bob, "history", target="den", seqs=[4, 6]))["messages"][0]["seq"] == 6
        around = await place.call(bob, "history", target="den", around=4)
        assert [message["seq"] for message in around["messages"]] == [6]
        assert (await place.call(bob, "pins", target="den"))["messages"] == []
        assert (await place.call(bob, "changes", target="den", since=0))["messages"][0]["seq"] == 6
        for action in ("react", "pin", "delete-message", "edit-message"):
            unseen = await place.call(bob, action, target="den", seq=4, key="👍", message="x")
            missing = await place.call(bob, action, target="den", seq=99, key="👍", message="x")
            assert unseen == missing
        quoted = await place.call(bob, "send-message", target="den", message="?", reply_to=4)
        assert quoted["code"] == "not-found"
        await place.call(ann, "react", ref="x", target="den", seq=4, key="👍")
        await settled(place)
        stub = bob.of("changed")[-1]
        assert set(stub) == {"action", "channel", "seq"}
        assert ann.of("changed")[-1]["about"] == 4
        cem = place.client("Cem")
        await places.change_record(ann.connection, "den", newcomers="all")
        page = (await place.call(cem, "join-channel", target="den"))["messages"]
        assert [message["seq"] for message in page] == [1, 2]  # what was open, and nothing since it is open again
        await place.call(ann, "send-message", ref="m6", target="den", message="open again")
        back = await place.call(cem, "history", target="den", before=6)
        assert [message["seq"] for message in back["messages"]] == [1, 2]

    run(main)


def test_a_direct_conversation_is_seen_by_the_others_with_the_first_message_and_hidden_by_leaving() -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        places = place.hub.places
        talk = await places.open_direct(ann.connection, ["id-Bob"])
        assert await places.open_direct(bob.connection, ["id-Ann", "id-Bob"]) is talk
        await place.call(bob, "leave-channel", target=talk.name)
        await settled(place)
        assert not await places.entries(bob.user)
        joined = await place.call(ann, "join-channel", target=talk.name)
        assert (joined["kind"], joined["with"]) == ("direct", [{"id": "id-Bob", "name": "Bob"}])
        await place.call(ann, "send-message", target=talk.name, message="hi")
        await asyncio.sleep(1.1)
        await settled(place)
        (entry,) = lists(bob)[-1]["changed"]
        assert (entry["channel"], entry["unread"], entry["with"]) == (talk.name, 1, [{"id": "id-Ann", "name": "Ann"}])
        for act in (places.invite, places.remove):
            with pytest.raises(Refused, match="direct conversation"):
                await act(ann.connection, talk.name, ["id-Bob"])

    run(main)


def test_two_devices_agree_on_unread_and_a_position_can_go_back() -> None:
    async def main() -> None:
        place = house()
        ann, bob, phone = place.client("Ann"), place.client("Bob"), place.client("Bob")
        for client in (ann, bob):
            await place.call(client, "join-channel", target="den")
        for number in range(3):
            await place.call(ann, "send-message", ref=f"{number}", target="den", message=f"@Bob {number}")
        entry = (await place.call(bob, "channels", own=True))["channels"][0]
        assert (entry["unread"], entry["mentions"], entry["read"], entry["seq"]) == (3, 3, 0, 3)
        await place.call(bob, "read", target="den", seq=3)
        await settled(place)
        assert lists(phone)[-1]["changed"][0]["unread"] == 0
        await place.call(bob, "read", target="den", seq=1)
        assert await place.hub.places.position(User("id-Bob", ""), "den") == 3
        await place.call(bob, "read", target="den", seq=1, back=True)
        await settled(place)
        assert lists(phone)[-1]["changed"][0]["unread"] == 2
        assert (await stored(place, "id-Bob"))["den"].read == 1

    run(main)
