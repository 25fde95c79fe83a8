"""The overview: who is here from where, the fullest channels, and what has been counted."""

import asyncio
import json

import pytest

from tests.helpers import House, run, turns
from tests.town import Town


def test_it_tells_of_people_channels_and_counts() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin", address="192.0.2.1")
        for address in ("192.0.2.7", "192.0.2.8"):
            ann = house.client("Ann", "den", address=address)
        house.client("Bob", "den", "attic")
        before = (await house.call(boss, "overview"))["totals"]
        await house.call(ann, "send-message", target="den", message="hello")
        await house.call(ann, "send-message", target="elsewhere", message="hello")
        told = await house.call(boss, "overview")
        assert [(one["user"]["name"], one["connections"], one["addresses"]) for one in told["people"]] == [
            ("Ann", 2, ["192.0.2.7", "192.0.2.8"]),
            ("Bob", 1, [""]),
            ("Boss", 1, ["192.0.2.1"]),
        ]
        assert told["channels"] == [{"name": "den", "count": 2}, {"name": "attic", "count": 1}]
        assert told["now"] == {"connections": 4, "users": 3, "channels": 2, "peak": 3}
        grown = {name: told["totals"][name] - before[name] for name in ("messages", "calls", "refused", "delivered")}
        assert grown == {"messages": 1, "calls": 3, "refused": 1, "delivered": 3}  # the first overview is a call, too
        assert told["totals"]["at"] > before["at"]
        assert told["totals"]["memory"] > 1_000_000
        house.hub.metrics.look_at_the_clock(3)
        assert "past" not in told
        assert [point["users"] for point in (await house.call(boss, "overview", past=True))["past"]] == [3]

    run(main)


def test_people_are_found_by_a_part_of_their_names_and_no_more_than_asked_for_are_told() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for name in ("anna", "Hannah", "Bob"):
            house.client(name)
        told = await house.call(boss, "overview", find="ANN", limit=1)
        assert ([one["user"]["name"] for one in told["people"]], told["found"]) == (["anna"], 2)
        assert (await house.call(boss, "overview", find="x" * 101))["code"] == "invalid-field"

    run(main)


def test_an_administrator_who_may_enter_some_channels_is_told_of_no_others() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", "den", role="admin")
        house.client("Ann", "den", "secret")
        boss.connection.allowed = frozenset({"den"})
        assert [one["name"] for one in (await house.call(boss, "overview"))["channels"]] == ["den"]

    run(main)


@pytest.mark.parametrize("action", ["overview", "who"])
def test_others_are_served_while_thousands_are_looked_through(action: str) -> None:
    async def main() -> None:
        house = House(announce_limit=0)
        boss = house.client("Boss", role="admin")
        for number in range(3_000):
            house.client(f"Guest {number}", f"channel {number}")
        pending = house.router.dispatch(boss.connection, json.dumps({"action": action, "ref": "r", "limit": 2}))
        assert pending is not None
        handled, between = asyncio.ensure_future(pending), 0
        while not handled.done():
            between += 1
            await asyncio.sleep(0)
        assert between > 3
        await turns()
        told = boss.events[-1]
        listed = told["people" if action == "overview" else "users"]
        assert [(one.get("user") or one)["name"] for one in listed] == ["Boss", "Guest 0"]

    run(main)


def test_people_and_channels_are_found_by_a_part_of_a_name_those_that_begin_with_it_first() -> None:
    async def main() -> None:
        house = House(announce_limit=0)
        ann = house.client("Ann", "den")
        for number in range(1_500):
            house.client(f"Guest {number:04}", f"channel {number:04}", "den")
        house.client("Zoe 149", "149 & co", "den")
        house.client("Ｚoe Straße", "Straße")

        found = await house.call(ann, "channels", find="149", limit=3)
        assert [one["name"] for one in found["channels"]] == ["149 & co", "channel 0149", "channel 1149"]
        assert found["more"]
        found = await house.call(ann, "channels", find="STRASSE")
        assert ([one["name"] for one in found["channels"]], found["more"]) == (["Straße"], False)
        found = await house.call(ann, "who", target="den", find="149")
        assert [user["name"] for user in found["users"]][:2] == ["Guest 0149", "Guest 1149"]
        assert (found["users"][-1]["name"], found["count"], found["more"]) == ("Zoe 149", 1_502, False)
        found = await house.call(ann, "who", find="zoe s")
        assert [user["name"] for user in found["users"]] == ["Ｚoe Straße"]

    run(main)


def test_on_several_nodes_it_tells_of_all_what_they_have_to_do_and_of_whom_is_where() -> None:
    async def main() -> None:
        town = Town("one", "two", "three")
        one, two, three = town.houses
        await turns()
        boss = one.client("Boss", "den", role="admin", address="192.0.2.1")
        two.client("Ann", "den", address="192.0.2.7")
        two.client("Ann", address="192.0.2.8")
        three.client("Ann", "attic", address="192.0.2.9")
        for house, version in zip(town.houses, ("1.0", "1.0", "1.1"), strict=True):
            house.hub.loads.version = version
        two.hub.metrics.late = 0.0123
        three.hub.loads.clock = lambda: -3.14
        await turns()
        told = await one.call(boss, "overview")
        shown = [(node["name"], node["connections"], node["users"], node["version"]) for node in told["nodes"]]
        assert shown == [("one", 1, 1, "1.0"), ("three", 1, 1, "1.1"), ("two", 2, 1, "1.0")]
        assert [node["late"] for node in told["nodes"]] == [0, 0, 12.3]
        assert [node.get("clock") for node in told["nodes"]] == [None, -3.1, None]
        assert told["now"]["connections"] == 4
        assert told["now"]["users"] == 2
        assert told["people"][0]["addresses"] == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]
        assert told["channels"][0] == {"name": "den", "count": 2}
        two.hub.metrics.ok["send-message"] = 7
        town.nodes("three")._hear["question"] = lambda by, about: None  # it is stuck
        told = await one.call(boss, "overview")
        assert told["nodes"][1] == {"name": "three", "missing": True}
        assert told["nodes"][2]["totals"]["messages"] == 7
        assert told["now"]["connections"] == 3
        town.wires.kill("three")
        assert [node["name"] for node in (await one.call(boss, "overview"))["nodes"]] == ["one", "two"]

    run(main)


def test_the_past_of_several_nodes_has_the_totals_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        one, two = Town("one", "two").houses
        boss = one.client("Boss", role="admin")
        await turns()
        moment = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: moment)
        for at in range(3):
            moment += 2
            one.hub.metrics.look_at_the_clock(5 + at)
            if at:
                two.hub.metrics.look_at_the_clock(5 + at)
        told = await one.call(boss, "overview", past=True)
        assert [point["users"] for point in told["past"]] == [5, 6, 7]
        assert [[node["name"] for node in point["nodes"]] for point in told["past"]] == [
            ["one"],
            ["one", "two"],
            ["one", "two"],
        ]
        assert {"at", "messages", "calls"} <= told["past"][-1]["nodes"][1]["totals"].keys()
        assert "past" not in told["nodes"][0]

    run(main)
