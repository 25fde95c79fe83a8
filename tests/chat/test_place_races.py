"""What becomes of places when several things happen at once: nobody stays who was removed, and a channel is owned."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.chat.test_places import house, settled, stored
from tests.helpers import Client, House, run, turns
from tornado_chat.chat import belonging, ranks, rate_limits
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.user_ids import guest_id
from tornado_chat.config.settings import Settings


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, of: Any, name: str, happens: Callable[[], Awaitable[object] | None]
) -> None:
    """Have something happen, once, while a method of something waits for the disk."""
    method, happened = getattr(of, name), False

    async def slow(*given: Any, **named: Any) -> Any:
        nonlocal happened
        result = await method(*given, **named)
        if not happened:
            happened = True
            if (done := happens()) is not None:
                await done
        await turns()
        return result

    monkeypatch.setattr(of, name, slow)


async def den(place: House, *names: str) -> list[Client]:
    clients = [place.client(name) for name in names]
    for client in clients:
        await place.call(client, "join-channel", target="den")
    await settled(place)
    return clients


@pytest.mark.parametrize("act", ["leave", "step down"])
def test_two_owners_who_go_at_once_leave_an_owner(act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob, cem = await den(place, "Ann", "Bob", "Cem")
        places = place.hub.places
        await places.set_role(ann.connection, "den", ["id-Bob"], "owner")
        await settled(place)
        meanwhile(monkeypatch, place.hub.memberships, "ranked", lambda: None)

        async def go(client: Client) -> None:
            if act == "leave":
                await places.leave(client.connection, "den")
            else:
                await places.set_role(client.connection, "den", [client.user.id], "member")

        done = await asyncio.gather(go(ann), go(bob), return_exceptions=True)
        await settled(place)
        owners = [
            name for name in ("Ann", "Bob", "Cem") if (await stored(place, f"id-{name}"))["den"].role == "owner"
        ]
        assert owners == (["Cem"] if act == "leave" else ["Bob"])
        assert [getattr(one, "rule", None) for one in done] == [None, None if act == "leave" else "last-owner"]
        assert cem.connection

    run(main)


@pytest.mark.parametrize("power", ["remove", "silence", "set_role"])
def test_who_comes_while_something_is_done_to_them_is_not_spared(power: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob = await den(place, "Ann", "Bob")
        place.hub.remove(bob.connection)
        await settled(place)
        back: list[Client] = []

        async def comes() -> None:
            back.append(place.client("Bob"))
            await place.call(back[0], "join-channel", target="den", since={"epoch": place.history.epoch, "seq": 0})

        meanwhile(monkeypatch, place.hub.moderation, "record", comes)
        last = "moderator" if power == "set_role" else 5
        await getattr(place.hub.places, power)(ann.connection, "den", ["id-Bob"], last)
        membership = (await place.hub.places.own(back[0].user))["den"]
        if power == "remove":
            assert membership.ended
            assert "den" not in back[0].connection.channels
        elif power == "silence":
            answer = await place.call(back[0], "send-message", target="den", message="hi")
            assert answer["rule"] == "silenced"
        else:
            assert membership.role == "moderator"
        await place.call(back[0], "read", target="den", seq=0)
        await settled(place)
        now = (await stored(place, "id-Bob"))["den"]
        assert (bool(now.ended), bool(now.silenced_until), now.role) == (
            power == "remove",
            power == "silence",
            "moderator" if power == "set_role" else "member",
        )

    run(main)


def test_who_leaves_while_given_a_role_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob = await den(place, "Ann", "Bob")
        places = place.hub.places
        meanwhile(monkeypatch, place.hub.moderation, "record", lambda: places.leave(bob.connection, "den"))
        with pytest.raises(Refused, match="Bob is no member"):
            await places.set_role(ann.connection, "den", ["id-Bob"], "owner")
        await settled(place)
        assert (await stored(place, "id-Bob"))["den"].role == "member"

    run(main)


@pytest.mark.parametrize("action", ["send-message", "edit-message"])
def test_who_is_removed_while_sending_has_said_nothing(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob = await den(place, "Ann", "Bob")
        await place.call(bob, "send-message", ref="1", target="den", message="first")
        places = place.hub.places
        meanwhile(
            monkeypatch, place.hub.memberships, "named", lambda: places.remove(ann.connection, "den", ["id-Bob"])
        )
        answer = await place.call(bob, action, ref="2", target="den", seq=1, message="hello @Ann")
        assert answer["code"] == "not-joined"
        messages, _ = await place.history.read("den", limit=9)
        assert [message.text for message in messages] == ["first"]

    run(main)


def test_who_leaves_while_another_device_wakes_up_is_not_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        (ann,) = await den(place, "Ann")
        bob, phone = place.client("Bob"), place.client("Bob")
        places = place.hub.places

        async def came_and_went() -> None:
            await places.join(phone.connection, "den")
            await places.leave(phone.connection, "den")

        meanwhile(monkeypatch, place.hub.history, "last", came_and_went)
        since = {"epoch": place.history.epoch, "seq": 0}
        assert (await place.call(bob, "join-channel", target="den", since=since))["code"] == "not-joined"
        assert ann.connection

    run(main)


def test_somebody_who_is_not_there_does_not_become_a_member_by_being_silenced() -> None:
    async def main() -> None:
        place = house()
        (ann,) = await den(place, "Ann")
        eve = place.client("Eve")
        record = await place.hub.places.create(ann.connection, "private", title="Plans")
        for name in ("den", record.name):
            await place.hub.places.silence(ann.connection, name, ["id-Eve"], 5)
        await settled(place)
        assert not await place.hub.places.entries(eve.user)
        assert not eve.of("channels")
        assert (await place.call(eve, "join-channel", target=record.name))["code"] == "not-found"
        await place.call(eve, "join-channel", target="den")
        assert (await place.call(eve, "send-message", target="den", message="hi"))["rule"] == "silenced"

    run(main)


def test_who_joins_and_leaves_stores_no_more_than_the_limits_let(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        monkeypatch.setattr(rate_limits, "KEEPS", ((0.001, 2), (0.001, 100)))
        place = house()
        ann = place.client("Ann")
        ann.connection.gate = rate_limits.Limits(Settings(), lambda: 1.0).enter("id-Ann", "192.0.2.1")
        for number in range(6):
            assert (await place.call(ann, "join-channel", target=f"c{number}"))["action"] == "ok"
            await place.call(ann, "read", target=f"c{number}", seq=0, back=True)
        await place.call(ann, "notify", target="c4", level="none")
        await place.call(ann, "leave-channel", target="c5")
        await settled(place)
        assert set(await stored(place, "id-Ann")) == {"c0", "c1"}
        assert [one["channel"] for one in await place.hub.places.entries(ann.user)] == [f"c{n}" for n in range(5)]
        assert "c5" not in await place.hub.places.own(ann.user)

    run(main)


def test_who_was_in_very_many_channels_holds_no_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        for module in (belonging, ranks):
            monkeypatch.setattr(module, "MOST_KEPT", 3)
        place = house()
        ann, eve = place.client("Ann"), place.client("Eve", id=guest_id())
        place.hub.places.connected(eve.connection, fresh=True)
        for client in (ann, eve):
            for number in range(9):
                await place.call(client, "join-channel", target=f"c{number}")
                await place.call(client, "leave-channel", target=f"c{number}")
            assert len(await place.hub.places.own(client.user)) == 3
        await settled(place)
        assert set(await stored(place, "id-Ann")) == {"c0", "c1", "c2"}
        assert (await place.call(ann, "join-channel", target="c1"))["action"] == "ok"

    run(main)


def test_who_joins_a_channel_while_it_is_made_is_its_member(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = house()
        ann, bob = place.client("Ann"), place.client("Bob")
        meanwhile(monkeypatch, place.hub.memberships, "create", lambda: place.hub.places.join(bob.connection, "den"))
        assert (await place.call(ann, "create-channel", kind="public", name="den"))["role"] == "owner"
        await settled(place)
        roles = [(await stored(place, f"id-{name}"))["den"].role for name in ("Ann", "Bob")]
        assert roles == ["owner", "member"]

    run(main)


@pytest.mark.parametrize(("waits", "asked"), [
    ("get", {"action": "history", "seqs": [1]}), ("pinned", {"action": "pins"}),
    ("changes", {"action": "changes", "since": 0}), ("floor", {"action": "join-channel"}),
    ("read", {"action": "history"}), ("get", {"action": "history", "thread": 3}),
])  # fmt: skip
def test_who_leaves_while_reading_sees_no_more_than_before(
    waits: str, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        place = house()
        [ann] = await den(place, "Ann")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        await place.call(ann, "send-message", target="den", message="secret", ref="first")
        await place.call(ann, "pin", target="den", seq=1)
        bob, tab = await den(place, "Bob", "Bob")
        await place.call(ann, "send-message", target="den", message="for Bob", ref="second")
        meanwhile(monkeypatch, place.history, waits, lambda: place.hub.places.leave(tab.connection, "den"))
        await place.call(bob, target="den", **asked)
        assert "den" not in bob.connection.channels
        assert "secret" not in str(bob.events)

    run(main)
