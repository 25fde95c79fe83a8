"""The audit: page by page, and what is found in it."""

import time

import pytest

from tests.helpers import House, run


def test_entries_are_found_by_a_name_and_a_power_page_by_page() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        other = house.client("Änne", role="admin")
        for number in range(3):
            house.client(f"Guest {number}")
            await house.call(boss, "kick", user=f"Guest {number}")
        await house.call(other, "ban", user="g:11111111-1111-4111-8111-111111111111", reason="shouting")
        told = await house.call(boss, "audit", limit=3)
        assert [entry["power"] for entry in told["entries"]] == ["ban", "kick", "kick"]
        told = await house.call(boss, "audit", limit=3, after=told["more"])
        assert ([entry["about"]["name"] for entry in told["entries"]], told["more"]) == (["Guest 0"], "")
        told = await house.call(boss, "audit", power="kick", limit=2)
        assert [entry["about"]["name"] for entry in told["entries"]] == ["Guest 2", "Guest 1"]
        told = await house.call(boss, "audit", power="kick", limit=2, after=told["more"])
        assert ([entry["about"]["name"] for entry in told["entries"]], told["more"]) == (["Guest 0"], "")
        for find, number in (("GUEST 1", 1), ("änne", 1), ("11111111", 1), ("boss", 3), ("nobody", 0)):
            told = await house.call(boss, "audit", find=find)
            assert (len(told["entries"]), told["more"]) == (number, ""), find

    run(main)


def test_one_call_looks_through_so_many_entries_and_says_where_to_go_on() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for number in range(2_100):
            await house.hub.moderation.record(boss.user, "kick", {"name": f"Guest {number}"})
        newest = (await house.call(boss, "audit", find="Guest", limit=1))["entries"][0]
        assert newest["about"]["name"] == "Guest 2099"
        told = await house.call(boss, "audit", power="ban")
        assert (told["entries"], bool(told["more"])) == ([], True)
        assert (await house.call(boss, "audit", power="ban", after=told["more"]))["more"] == ""

    run(main)


def test_entries_of_one_millisecond_are_told_newest_first_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)

    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for number in range(20):
            await house.hub.moderation.record(boss.user, "kick", {"name": f"Guest {number}"})
        told = await house.call(boss, "audit", limit=15)
        assert [entry["about"]["name"] for entry in told["entries"]] == [f"Guest {n}" for n in range(19, 4, -1)]
        told = await house.call(boss, "audit", after=told["more"])
        assert [entry["about"]["name"] for entry in told["entries"]] == [f"Guest {n}" for n in range(4, -1, -1)]

    run(main)
