"""Memberships on their way to the disk: nothing is lost, whatever fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.chat.test_places import house, settled, stored
from tests.helpers import House, run, turns
from tornado_chat.chat import membership_writer
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.chat.models import User


def test_a_membership_waits_while_the_disk_fails_and_is_laid_over_what_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        place = house()
        put, fails = place.hub.memberships.put, True

        async def failing(memberships: Any) -> None:
            if fails:
                raise Refused("the disk fails", "history-unavailable")
            await put(memberships)

        monkeypatch.setattr(place.hub.memberships, "put", failing)
        ann = place.client("Ann")
        assert (await place.call(ann, "join-channel", target="den"))["action"] == "ok"
        await turns()
        place.hub.remove(ann.connection)
        assert not await stored(place, "id-Ann")
        assert "den" in await place.hub.places.own(ann.user)
        assert "den" in await place.hub.places.own(place.client("Ann").user)
        fails = False
        await asyncio.sleep(2)
        assert "den" in await stored(place, "id-Ann")

    run(main)


def breaking(monkeypatch: pytest.MonkeyPatch, place: House, is_bad: Callable[[Any], bool]) -> None:
    """Let what is bad raise an unexpected exception where it is stored."""

    def broken(method: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
        async def store(many: Any) -> None:
            if any(map(is_bad, many)):
                raise OverflowError("a fault of ours")
            await method(many)

        return store

    for name in ("put", "met"):
        monkeypatch.setattr(place.hub.memberships, name, broken(getattr(place.hub.memberships, name)))


def user_of(one: Any) -> str:
    return str(one.user.id if isinstance(one, Person) else one.user)


def test_what_cannot_be_stored_holds_up_nothing_else_is_seen_and_stored_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = {"id-Ann", "id-Eve"}

    async def main() -> None:
        place = house()
        writer = place.hub.places.writer
        breaking(monkeypatch, place, lambda one: user_of(one) in bad)
        clients = [place.client(name) for name in ("Ann", "Bob", "Cleo")]
        for client in clients:
            await place.call(client, "join-channel", target="den")
        for name in ("Eve", "Bob"):
            writer.met(Person(User(f"id-{name}", name), 7))
        await settled(place)
        assert [len(await stored(place, client.user.id)) for client in clients] == [0, 1, 1]
        assert "den" in await writer.of_user("id-Ann")
        place.hub.remove(clients[0].connection)
        assert (await place.call(place.client("Ann"), "join-channel", target="den"))["role"] == "owner"
        assert "what id-Ann belongs to could not be stored; it is tried again in 60 s" in caplog.text
        bad.clear()
        await asyncio.sleep(membership_writer.LATER + 1)
        await settled(place)
        assert (await stored(place, "id-Ann"))["den"].role == "owner"
        assert [one.user.name for one in (await place.hub.memberships.people(ids=["id-Eve"]))[0]] == ["Eve"]

    with caplog.at_level(logging.ERROR):
        run(main)


def test_what_failed_is_not_stored_over_what_came_later_or_after_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"den", "attic", "hall"}

    async def main() -> None:
        place = house()
        places, writer = place.hub.places, place.hub.places.writer
        breaking(monkeypatch, place, lambda one: not isinstance(one, Person) and one.record.name in bad)
        ann = place.client("Ann")
        for name in sorted(bad):
            await place.call(ann, "join-channel", target=name)
        await settled(place)
        assert not await stored(place, "id-Ann")
        bad.clear()
        await place.call(ann, "join-channel", target="den")
        (await places.own(ann.user))["den"].read = 0
        writer.put((await places.own(ann.user))["den"])
        await settled(place)
        assert list(await stored(place, "id-Ann")) == ["den"]
        await places.delete("attic")
        await asyncio.sleep(membership_writer.LATER + 1)
        await settled(place)
        assert sorted(await stored(place, "id-Ann")) == ["den", "hall"]

    run(main)


def test_a_disk_that_fails_while_each_is_stored_by_itself_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        puts: list[int] = []
        put = place.hub.memberships.put

        async def failing(many: Any) -> None:
            puts.append(len(many))
            if len(puts) == 1:
                raise OverflowError("a fault of ours")
            if len(puts) == 3:
                raise Refused("the disk fails", "history-unavailable")
            await put(many)

        clients = [place.client(name) for name in ("Ann", "Bob", "Cleo")]
        record = ChannelRecord("den")
        monkeypatch.setattr(place.hub.memberships, "put", failing)
        for client in clients:
            place.hub.places.writer.put(Membership(record, client.user.id, read=1))
        await asyncio.sleep(2 * membership_writer.RETRY)
        await settled(place)
        assert [len(await stored(place, client.user.id)) for client in clients] == [1, 1, 1]
        assert puts == [3, 1, 1, 2]

    run(main)
