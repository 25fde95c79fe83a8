"""What is forgotten once an hour."""

import pytest

from tests.helpers import House, run
from tests.storage.histories import message
from tornado_chat.chat import forgetting
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.forgetting import DAY, forget
from tornado_chat.chat.memberships import Membership, Person
from tornado_chat.chat.models import User

NOW = 100 * DAY


def test_a_channel_goes_that_has_had_neither_members_nor_messages_for_7_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "REST", 0)

    async def main() -> None:
        house = House()
        hub, kept = house.hub, house.hub.memberships
        house.client("Guest", "present")
        for name, made in (("old", 1), ("new", NOW - 6 * DAY), ("talk", 1), ("present", 1), ("member", 1)):
            await kept.create(ChannelRecord(name, made=made), [])
        await kept.put([Membership(ChannelRecord("member"), "a:1")])
        await hub.history.append(message(channel="talk"))
        for number in range(500):
            await kept.create(ChannelRecord(f"z{number:04}", made=1), [])
        assert await forget(hub, kept, NOW, 30) == []
        names = ("old", "new", "talk", "present", "member", "z0000", "z0499")
        assert [name for name in names if await kept.record(name)] == ["new", "talk", "present", "member"]

    run(main)


def test_a_guest_is_forgotten_who_is_not_here_and_an_owner_is_followed() -> None:
    async def main() -> None:
        house = House()
        hub, kept = house.hub, house.hub.memberships
        client = house.client("Eve", id="g:3")
        ids = {"g:1": 8, "a:2": 99, "g:3": 8}
        await kept.met([Person(User(user, "x"), NOW - days * DAY) for user, days in ids.items()])
        den = ChannelRecord("den")
        await kept.put([Membership(den, "g:1", "owner"), Membership(den, "a:2"), Membership(den, "g:3", began=5)])
        assert await forget(hub, kept, NOW, 9) == []
        assert [(one.user, one.role) for one in await forget(hub, kept, NOW, 7)] == [("a:2", "owner")]
        assert await kept.of_user("g:1") == []
        assert await kept.count("den") == 2
        hub.remove(client.connection)
        await forget(hub, kept, NOW + 6 * DAY, 7)
        assert await kept.count("den") == 2
        await forget(hub, kept, NOW + 8 * DAY, 7)
        assert await kept.count("den") == 1

    run(main)
