"""All channels, as the administration page lists them: used or not, private ones by title, no conversations."""

from typing import Any

from tests.helpers import House, run
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership


async def listed(house: House, boss: Any, **how: Any) -> list[str]:
    return [one["channel"] for one in (await house.call(boss, "all-channels", **how))["channels"]]


def test_channels_are_listed_that_nobody_is_in_and_private_ones_but_no_conversations() -> None:
    async def main() -> None:
        house = House()
        boss, ann = house.client("Boss", role="admin"), house.client("Ann")
        await house.call(ann, "join-channel", target="den")
        await house.call(ann, "send-message", target="den", message="hello")
        plans = ChannelRecord("p:1", "private", "Plans", archived=True)
        pair = ChannelRecord("dm:1", "direct", people=("a", "b"))
        for record, users in ((plans, "ab"), (pair, "ab"), (ChannelRecord("attic", listed=False), "a")):
            await house.hub.memberships.create(record, [Membership(record, user) for user in users])
        found = {one["channel"]: one for one in (await house.call(boss, "all-channels"))["channels"]}
        assert list(found) == ["attic", "den", "p:1"]
        assert (found["attic"]["listed"], found["attic"]["members"], found["attic"]["count"]) == (False, 1, 0)
        assert "last" not in found["attic"]
        assert (found["den"]["count"], found["den"]["listed"]) == (1, True)
        assert found["den"]["last"] > 0
        assert (found["p:1"]["title"], found["p:1"]["members"], found["p:1"]["archived"]) == ("Plans", 2, True)
        assert await listed(house, boss, find="PLA") == ["p:1"]
        page = await house.call(boss, "all-channels", limit=2)
        assert page["after"] == "den"
        assert await listed(house, boss, after=page["after"]) == ["p:1"]
        assert (await house.call(ann, "all-channels"))["code"] == "not-allowed"

    run(main)


def test_the_overview_has_titles_and_no_conversations() -> None:
    async def main() -> None:
        house = House()
        boss, ann = house.client("Boss", role="admin"), house.client("Ann")
        bob = house.client("Bob")
        places = house.hub.places
        plans = await places.create(ann.connection, "private", title="Plans")
        pair = await places.open_direct(ann.connection, [bob.user.id])
        for record in (plans, pair):
            await house.call(ann, "join-channel", target=record.name)
        shown = (await house.call(boss, "overview"))["channels"]
        assert [(one["name"], one["title"]) for one in shown] == [(plans.name, "Plans")]

    run(main)
