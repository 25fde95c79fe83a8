"""Invitations: recorded, and limited so that nobody can fill what somebody else belongs to."""

from typing import Any

import pytest

from tests.helpers import Client, House, run
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import MOST, MOST_INVITED, MOST_KEPT, Membership
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.chat.usage import DAILY
from tornado_chat.config.settings import Settings

A_DAY = DAILY["invited"][0]


def with_limits(place: House, *clients: Client) -> Limits:
    none = 0, 0, 0
    settings = Settings(max_connections=none, connect_rate=none, message_rate=none, join_rate=none)
    limits = Limits(settings, lambda: place.now)
    for client in clients:
        client.connection.gate = limits.enter(client.user.id, "192.0.2.1")
    return limits


async def audit(place: House) -> list[tuple[str, str, dict[str, Any]]]:
    return [(one["by"]["name"], one["power"], one["about"]) for one in await place.hub.moderation.recorded()]


async def belongs_to(place: House, client: Client, count: int, kind: str = "public", **about: Any) -> None:
    own = await place.hub.places.own(client.user)
    for number in range(count):
        record = ChannelRecord(f"{kind} {number}", kind, creator="id-Eve")
        own[record.name] = Membership(record, client.user.id, **about)


def test_each_invitation_is_in_the_audit_also_those_into_a_new_channel() -> None:
    async def main() -> None:
        place = House()
        ann, bob, root = place.client("Ann"), place.client("Bob"), place.client("Root", role="admin")
        made = await place.call(ann, "create-channel", kind="private", title="Plans", users=["id-Bob", "id-Ann"])
        name = made["channel"]
        about_bob = {"channel": name, "user": "id-Bob", "name": "Bob"}
        assert await audit(place) == [("Ann", "invite", about_bob)]
        await place.call(root, "invite", target=name, users=["id-Root", "id-Bob"])
        about_root = {"channel": name, "user": "id-Root", "name": "Root"}
        both = sorted(await audit(place), key=lambda one: str(one[0]))  # they may be of the same millisecond
        assert both == [("Ann", "invite", about_bob), ("Root", "invite", about_root)]
        found = await place.call(root, "audit", find="bob")
        assert [one["about"] for one in found["entries"]] == [about_bob]
        assert bob.connection.user.id == "id-Bob"

    run(main)


def test_what_cannot_be_recorded_invites_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = House()
        ann, bob = place.client("Ann"), place.client("Bob")
        record = await place.hub.places.create(ann.connection, "private", title="Plans")

        async def failing(*_: Any) -> None:
            raise Refused("the disk fails", "history-unavailable")

        monkeypatch.setattr(place.hub.moderation, "record", failing)
        answer = await place.call(ann, "invite", target=record.name, user="id-Bob")
        assert answer["code"] == "history-unavailable"
        assert not await place.hub.places.own(bob.user)

    run(main)


def test_many_who_invite_the_same_person_are_stopped_together() -> None:
    async def main() -> None:
        place = House()
        crowd = [place.client(f"Eve {number}") for number in range(5)]
        bob, root = place.client("Bob"), place.client("Root", role="admin")
        with_limits(place, *crowd, root)
        refused = []
        for eve in crowd:
            for number in range(2 * A_DAY // len(crowd)):
                answer = await place.call(eve, "create-channel", name=f"{eve.user.name} {number}", users=["id-Bob"])
                if answer["action"] == "error":
                    refused.append(answer)
                    assert f"{eve.user.name} {number}" not in place.hub.channels
        assert len(await place.hub.places.own(bob.user)) == A_DAY
        assert {(one["code"], one["message"]) for one in refused} == {
            ("rate-limited", "Bob was invited too often today")
        }
        assert all(one["retry_after_ms"] > 0 for one in refused)
        answer = await place.call(crowd[0], "invite", target="Eve 0 0", users=["id-Eve 1", "id-Bob", "id-Root"])
        assert [one["id"] for one in answer["users"]] == ["id-Eve 1", "id-Root"]  # Bob is there already
        await place.call(root, "create-channel", name="town hall")
        answer = await place.call(root, "invite", target="town hall", user="id-Bob")
        assert [one["id"] for one in answer["users"]] == ["id-Bob"]

    run(main)


def test_invitations_leave_room_for_what_one_joins_by_oneself() -> None:
    async def main() -> None:
        place = House()
        ann, bob = place.client("Ann", "den"), place.client("Bob")
        await place.call(ann, "join-channel", target="den")
        await belongs_to(place, bob, MOST_INVITED - 1)
        await belongs_to(place, bob, 5, "private", ended=1)
        assert len((await place.call(ann, "invite", target="den", user="id-Bob"))["users"]) == 1
        await place.call(ann, "create-channel", name="attic")
        for action, fields in (
            ("invite", {"target": "attic", "user": "id-Bob"}),
            ("create-channel", {"kind": "private", "title": "x", "users": ["id-Bob"]}),
        ):
            answer = await place.call(ann, action, **fields)
            words = f"Bob is in {MOST_INVITED} channels already, and joins others by themselves"
            assert (answer["code"], answer["message"]) == ("too-many", words)
        assert [one["channel"] for one in await place.hub.places.entries(ann.user)] == ["den", "attic"]
        assert (await place.call(bob, "join-channel", target="attic"))["role"] == "member"

    run(main)


def test_direct_conversations_that_others_begin_use_up_nothing() -> None:
    async def main() -> None:
        place = House()
        bob = place.client("Bob")
        limits = with_limits(place, bob)
        await belongs_to(place, bob, MOST_KEPT, "direct")
        assert (await place.call(bob, "join-channel", target="den"))["role"] == "owner"
        assert (await place.hub.places.own(bob.user))["den"].kept
        await belongs_to(place, bob, MOST)
        answer = await place.call(bob, "join-channel", target="attic")
        assert answer["code"] == "too-many"
        assert limits.of_user("id-Bob").connections == 1

    run(main)
