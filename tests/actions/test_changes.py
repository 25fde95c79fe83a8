"""Who may change which message, and what it costs."""

import time
from itertools import count
from typing import Any

import pytest

from tests.helpers import House, module, run
from tornado_chat.chat.permissions import give_power
from tornado_chat.storage.memory import MemoryHistory

_numbers = count(1)


async def call(house: House, client: Any, action: str, **fields: Any) -> dict[str, Any]:
    """Call an action in the channel `den`, with a ref of its own."""
    return await house.call(client, action, ref=f"r{next(_numbers)}", target="den", **fields)


async def house_with_a_message() -> tuple[House, Any, Any]:
    house = House()
    ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
    await call(house, ann, "send-message", message="one")
    return house, ann, bob


@pytest.mark.parametrize(("role", "roles", "code"), [
    ("member", ("admin",), "not-allowed"), ("member", ("admin", "member"), None), ("admin", ("admin",), None),
    ("guest", ("admin", "member"), "not-allowed"), ("guest", ("admin", "member", "guest"), None),
])  # fmt: skip
@pytest.mark.parametrize("power", ["delete", "pin"])
def test_the_settings_say_who_deletes_and_pins(
    role: str, roles: tuple[str, ...], code: str | None, power: str
) -> None:
    async def main() -> None:
        house, _, _ = await house_with_a_message()
        give_power(power, roles)
        eve = house.client("Eve", "den", role=role)
        action = "delete-message" if power == "delete" else "pin"
        answer = await call(house, eve, action, seq=1)
        assert answer.get("code") == code
        entries = (await call(house, house.client("Eva", role="admin"), "audit"))["entries"]
        recorded = [one["about"] for one in entries if one["power"] == "delete"]
        asked = {"channel": "den", "seq": 1, "of": "id-Ann", "reason": "deleted"}
        assert recorded == ([asked] if power == "delete" and code is None else [])

    run(main)


def test_an_edit_comes_too_late_and_a_deletion_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        house, ann, _ = await house_with_a_message()
        house.hub.edit_window = 60
        now = time.time()
        for later, code in ((59, None), (62, "not-allowed")):
            monkeypatch.setattr(time, "time", lambda later=later: now + later)
            answer = await call(house, ann, "edit-message", seq=1, message=f"after {later} s")
            assert answer.get("code") == code
        assert "code" not in await call(house, ann, "delete-message", seq=1)
        answer = await call(house, ann, "edit-message", seq=1, message="back")
        assert answer["code"] == "not-found"

    run(main)


def test_what_is_not_there_and_what_is_deleted_are_answered_alike() -> None:
    async def main() -> None:
        house, ann, bob = await house_with_a_message()
        await call(house, ann, "delete-message", seq=1)
        for action, fields in (
            ("edit-message", {"message": "two"}),
            ("react", {"key": "👍"}),
            ("pin", {}),
        ):
            answers = [await call(house, ann, action, seq=seq, **fields) for seq in (1, 7, 0, -1, 2**52)]
            assert {one["code"] for one in answers} == {"not-found"}, action
        answer = await call(house, bob, "send-message", message="hm", reply_to=1)
        assert answer["code"] == "not-found"

    run(main)


def test_many_changes_of_a_moment_are_one_event_and_come_before_the_next_message() -> None:
    async def main() -> None:
        house, ann, bob = await house_with_a_message()
        await call(house, ann, "send-message", message="two")
        for number in range(20):
            await call(house, ann, "edit-message", seq=1, message=f"edit {number}")
        await call(house, bob, "react", seq=2, key="🎉")
        await call(house, ann, "react", seq=1, key="👍")
        await call(house, ann, "send-message", message="three")
        told = [one for one in bob.events if one["action"] == "changed" or one.get("message") == "three"]
        assert [(one.get("about"), one["seq"], one.get("after")) for one in told] == [
            (2, 23, 2), (1, 24, 1), (None, 25, None),
        ]  # fmt: skip
        assert told[1]["what"] == ["edited", "reacted"]
        assert told[1]["set"]["message"] == "edit 19"

    run(main)


@pytest.mark.interpreted
def test_a_reaction_costs_half_a_call() -> None:
    charged: list[float] = []

    class Gate:
        def call(self, now: float) -> float:
            return 0.0

        def charge(self, calls: float) -> None:
            charged.append(calls)

    async def main() -> None:
        house, ann, _ = await house_with_a_message()
        ann.connection.gate = Gate()
        await call(house, ann, "react", seq=1, key="👍")
        assert charged == [-0.5]

    run(main)


def test_a_change_that_alters_nothing_draws_no_number_and_is_told_to_nobody() -> None:
    async def main() -> None:
        house, ann, bob = await house_with_a_message()
        for action, fields in (
            ("edit-message", {"message": "one"}),
            ("react", {"key": "👍", "on": False}),
            ("pin", {"on": False}),
        ):
            assert (await call(house, ann, action, seq=1, **fields))["seq"] == 1
        assert (await call(house, ann, "send-message", message="two"))["seq"] == 2
        assert not [one for one in bob.events if one["action"] == "changed"]

    run(main)


def test_a_plugin_cannot_send_the_servers_event() -> None:
    plugin = module(
        '@action("fake")\nasync def fake(ctx: Context) -> None:\n    ctx.channel.publish("changed", about=1)\n'
    )

    async def main() -> None:
        house = House(plugin, history=MemoryHistory())
        assert (await call(house, house.client("Ann", "den"), "fake"))["code"] == "internal-error"

    run(main)
