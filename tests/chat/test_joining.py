"""Joining: who may make a channel, who is welcomed, who is kept out, and how much one person and address may do."""

import asyncio
import itertools
import time
from typing import Any

import pytest

from tests.chat.test_places import house, settled, stored
from tests.helpers import module, run
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import MOST
from tornado_chat.chat.permissions import give_power
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.chat.usage import DAILY
from tornado_chat.chat.user_ids import guest_id, is_new_guest
from tornado_chat.config.settings import Settings


def test_who_may_make_no_channels_joins_those_that_there_are() -> None:
    give_power("create-channel", ("admin",))

    async def main() -> None:
        place = house()
        ann, boss = place.client("Ann"), place.client("Boss", role="admin")
        since = {"epoch": "", "seq": 0}
        for fields in ({}, {"since": since}):
            refused = await place.call(ann, "join-channel", target="den", **fields)
            assert (refused["code"], refused["rule"]) == ("not-allowed", "role")
        assert (await place.call(boss, "join-channel", target="den"))["action"] == "ok"
        assert (await place.call(ann, "join-channel", target="den"))["role"] == "member"

    run(main)


def test_a_new_person_belongs_to_the_default_channels_and_who_has_left_them_does_not_come_back() -> None:
    async def main() -> None:
        place = house()
        place.hub.places.default_channels = ("general", "help")
        ann = place.client("Ann")
        place.hub.places.connected(ann.connection)
        await settled(place)
        assert [one["channel"] for one in ann.of("channels")[0]["channels"]] == ["general", "help"]
        assert not ann.connection.channels
        for name in ("general", "help"):
            await place.call(ann, "leave-channel", target=name)
        await settled(place)
        place.hub.remove(ann.connection)
        again = place.client("Ann")
        place.hub.places.connected(again.connection)
        await settled(place)
        assert again.of("channels")[0]["channels"] == []

    run(main)


def test_welcome_runs_at_a_new_membership_and_for_a_bare_guest_at_each_visit() -> None:
    plugin = module(
        '@action("welcome", internal=True, override=True)\n'
        "def welcome(ctx: Context) -> None:\n"
        '    ctx.channel.notice(f"Hello, {ctx.user.name}")\n'
    )

    async def main() -> None:
        place = house(plugin)
        bob = place.client("Bob")
        await place.call(bob, "join-channel", target="den")
        for _ in range(2):
            ann = place.client("Ann")
            await place.call(ann, "join-channel", target="den")
            place.hub.remove(ann.connection)
        eve_id = guest_id()
        for _ in range(2):
            eve = place.client("Eve", id=eve_id)
            place.hub.places.connected(eve.connection, fresh=True)
            await place.call(eve, "join-channel", target="den")
            place.hub.remove(eve.connection)
        await settled(place)
        heard = [text for text in bob.texts if "left" not in text]
        assert heard == ["Hello, Bob", "Hello, Ann", "Ann joined the channel", "Hello, Eve", "Hello, Eve"]

    run(main)


def test_who_is_removed_while_joining_is_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        await place.call(ann, "join-channel", target="den")
        last = place.history.last

        async def removed_meanwhile(channel: str) -> int:
            monkeypatch.setattr(place.history, "last", last)
            await place.hub.places.remove(ann.connection, "den", ["id-Bob"], minutes=5)
            return await last(channel)

        monkeypatch.setattr(place.history, "last", removed_meanwhile)
        answer = await place.call(bob, "join-channel", target="den")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "removed")
        assert not bob.connection.channels
        await place.hub.places.invite(ann.connection, "den", ["id-Bob"])  # by who may remove
        assert (await place.call(bob, "join-channel", target="den"))["role"] == "member"

    run(main)


def test_an_administrator_joins_a_private_channel_openly_and_no_direct_conversation() -> None:
    async def main() -> None:
        place = house()
        ann, bob, boss = place.client("Ann"), place.client("Bob"), place.client("Boss", role="admin")
        places = place.hub.places
        record = await places.create(ann.connection, "private", title="Plans")
        talk = await places.open_direct(ann.connection, [bob.user.id])
        await place.call(ann, "join-channel", target=record.name)
        assert (await place.call(boss, "join-channel", target=talk.name))["code"] == "not-found"
        await places.change_record(boss.connection, record.name, topic="Managed")
        assert (await place.call(boss, "history", target=record.name))["code"] == "not-found"
        assert (await place.call(boss, "join-channel", target=record.name))["action"] == "ok"
        await settled(place)
        assert ann.of("members")[-1]["joined"] == [{"id": "id-Boss", "name": "Boss", "role": "admin"}]
        used = [(entry["power"], entry["by"]["id"]) for entry in await place.hub.moderation.recorded()]
        assert sorted(used) == [("join", "id-Boss"), ("set-channel", "id-Boss")]

    run(main)


def test_a_token_for_some_channels_makes_no_others_and_tells_nothing_of_them() -> None:
    async def main() -> None:
        place = house()
        ann = place.client("Ann")
        record = await place.hub.places.create(ann.connection, "private", title="Plans")
        ann.connection.allowed = frozenset({"den"})
        assert (await place.call(ann, "join-channel", target="den"))["action"] == "ok"
        assert (await place.call(ann, "join-channel", target="hall"))["rule"] == "token"
        assert (await place.call(ann, "join-channel", target=record.name))["code"] == "not-found"
        for make in (
            place.hub.places.create(ann.connection, "private", title="More"),
            place.hub.places.create(ann.connection, "public", name="hall"),
            place.hub.places.open_direct(ann.connection, [place.client("Bob").user.id]),
        ):
            with pytest.raises(Refused, match="token"):
                await make

    run(main)


def test_a_person_and_an_address_make_so_many_channels_a_day_and_belong_to_so_many() -> None:
    async def main() -> None:
        place = house()
        limits = Limits(Settings(max_connections=(0, 0, 0), connect_rate=(0, 0, 0)), lambda: 1_000.0)
        ann, places = place.client("Ann"), place.hub.places
        ann.connection.gate = limits.enter(ann.user.id, "192.0.2.1")
        most = DAILY["creations"][0]
        for number in range(most):
            await places.create(ann.connection, "private", title=f"{number}")
        with pytest.raises(Refused, match="too many creations today") as refused:
            await places.create(ann.connection, "private", title="more")
        assert refused.value.retry_after > 0
        assert len(await stored(place, ann.user.id)) == most
        ann.connection.gate = None
        for number in itertools.count(most):
            if number == MOST:
                break
            await places.create(ann.connection, "private", title=f"{number}")
        answer = await place.call(ann, "join-channel", target="den")
        assert answer["code"] == "too-many"

    run(main)


def test_a_guests_id_says_when_they_came_and_an_older_id_is_nobody_new(monkeypatch: pytest.MonkeyPatch) -> None:
    new = guest_id()
    assert is_new_guest(new)
    assert is_new_guest(f"g:{new}")
    for known in ("id-Ann", "a:ann", "5cda90e2-631d-4e91-bfdb-72346cdda911", "0" * 36):
        assert not is_new_guest(known)
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 601)
    assert not is_new_guest(new)


def test_a_guest_who_returns_is_stored_with_what_they_belong_to_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        eve_id = guest_id()
        eve = place.client("Eve", id=eve_id)
        place.hub.places.connected(eve.connection, fresh=True)
        await place.call(eve, "join-channel", target="den")
        await place.call(eve, "send-message", target="den", message="hi")
        await place.call(eve, "read", target="den", seq=1)
        place.hub.remove(eve.connection)
        eve = place.client("Eve", id=eve_id)  # a page that was loaded anew
        assert (await place.call(eve, "join-channel", target="den"))["read"] == 1
        assert not await stored(place, eve_id)
        place.hub.remove(eve.connection)
        ann = place.client("Ann", role="admin")
        await place.call(ann, "join-channel", target="den")
        await settled(place)
        ann.transport.frames.clear()
        now = time.time()
        monkeypatch.setattr("time.time", lambda: now + 601)
        eve = place.client("Eve", id=eve_id)
        place.hub.places.connected(eve.connection)
        await settled(place)
        assert set(await stored(place, eve_id)) == {"den"}  # what memory held
        assert [(one["count"], len(one["joined"])) for one in ann.of("members")] == [(2, 1)]

    run(main)


def test_nobody_owns_a_channel_in_which_guests_of_whom_nothing_is_stored_have_talked() -> None:
    async def main() -> None:
        place = house()
        eve = place.client("Eve", id=guest_id())
        place.hub.places.connected(eve.connection, fresh=True)
        await place.call(eve, "join-channel", target="den")
        await place.call(eve, "send-message", target="den", message="hi")
        place.hub.remove(eve.connection)
        place.hub.places._gone.clear()
        ann = place.client("Ann")
        with pytest.raises(Refused, match="there is a channel #den already"):
            await place.hub.places.create(ann.connection, "public", name="den")
        assert (await place.call(ann, "join-channel", target="den"))["role"] == "member"

    run(main)


async def gathered(*calls: Any) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


def test_two_who_make_a_channel_at_once_are_in_one_channel_with_one_owner() -> None:
    async def main() -> None:
        place = house()
        clients = [place.client(name) for name in ("Ann", "Bob", "Cem")]
        await gathered(*(place.hub.places.join(client.connection, "den") for client in clients))
        assert len({id(place.hub.places.membership(client.user, "den").record) for client in clients}) == 1  # type: ignore[union-attr]
        await settled(place)
        roles = [(await stored(place, client.user.id))["den"].role for client in clients]
        assert sorted(roles) == ["member", "member", "owner"]

    run(main)
