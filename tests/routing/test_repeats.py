"""A change that is repeated under its `ref` is answered as the first time, whatever its caller may do by now."""

import asyncio
from typing import Any

import pytest

from tests.helpers import Client, House, module, pass_time, run
from tornado_chat.chat.models import Message
from tornado_chat.chat.permissions import give_power
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.config.settings import Settings

CHANGES: dict[str, dict[str, Any]] = {
    "edit-message": {"message": "two"},
    "delete-message": {"reason": "a reason"},
    "react": {"key": "👍"},
    "pin": {},
}
OTHERS: dict[str, dict[str, Any]] = {
    "edit-message": {"message": "three"},
    "delete-message": {"seq": 2},
    "react": {"key": "🎉"},
    "pin": {"on": False},
}
every_change = pytest.mark.parametrize("action", CHANGES)


async def den() -> tuple[House, Client]:
    """Return a chat in whose den Ann, an administrator, has said two things."""
    house = House()
    ann = house.client("Ann", "den", role="admin")
    for number in (1, 2):
        await house.call(ann, "send-message", ref=f"m{number}", target="den", message="one")
    return house, ann


async def repeat(house: House, ann: Client, action: str, first: dict[str, Any], otherwise: str) -> None:
    """Check what a call is answered that was made under the ref `r` before; `otherwise`: one that was not."""
    newest = await house.history.last("den")
    fields = {"target": "den", "seq": 1, **CHANGES[action]}
    assert await house.call(ann, action, ref="r", **fields) == first
    assert await house.call(ann, action, ref="r", **{**fields, "target": "ＤＥＮ".lower() + " "}) == first
    assert (await house.call(ann, action, ref="new", **fields))["code"] == otherwise
    other = await house.call(ann, action, ref="r", **{**fields, **OTHERS[action]})
    assert (other["code"], "used for another" in other["message"]) == ("invalid-field", True)
    assert (await house.call(ann, action, ref="m1", **fields))["code"] == "invalid-field"
    assert await house.history.last("den") == newest


@every_change
def test_who_has_left_the_channel_is_answered_as_the_first_time(action: str) -> None:
    async def main() -> None:
        house, ann = await den()
        first = await house.call(ann, action, target="den", seq=1, **CHANGES[action])
        assert first["seq"] == 3
        house.hub.leave(ann.connection, "den")
        await repeat(house, ann, action, first, "not-joined")
        bob = house.client("Bob")
        assert (await house.call(bob, action, target="den", seq=1, **CHANGES[action]))["code"] == "not-joined"
        assert (await house.call(ann, action, ref=None, target="den", seq=1, **CHANGES[action]))[
            "code"
        ] == "not-joined"
        for target in ("", "\u202e", 7, None):
            answer = await house.call(ann, action, target=target, seq=1, **CHANGES[action])
            assert answer["code"] in ("invalid-field", "invalid-name")

    run(main)


@every_change
def test_who_calls_too_fast_is_answered_as_the_first_time(action: str) -> None:
    async def main() -> None:
        house, ann = await den()
        loop = asyncio.get_running_loop()
        house.router._clock = loop.time
        first = await house.call(ann, action, target="den", seq=1, **CHANGES[action])
        ann.connection.gate = Limits(Settings(message_rate=(1, 0, 0)), loop.time).enter("id-Ann", "192.0.2.1")
        ann.connection.gate.charge(50)
        await repeat(house, ann, action, first, "rate-limited")
        assert ann.connection.gate.call(loop.time()) > 30  # nothing was given back
        broken = await house.call(ann, action, target="den", seq="one")
        assert broken["code"] == "rate-limited"

    run(main)


def test_who_may_pin_no_more_is_answered_as_the_first_time() -> None:
    async def main() -> None:
        house, _ = await den()
        ben = house.client("Ben", "den")
        await house.call(ben, "send-message", ref="m1", target="den", message="Hi")
        first = await house.call(ben, "pin", target="den", seq=1)
        give_power("pin", ())
        await repeat(house, ben, "pin", first, "not-allowed")
        house.hub.leave(ben.connection, "den")
        await repeat(house, ben, "pin", first, "not-joined")

    run(main)


def test_who_may_delete_no_more_or_has_left_writes_nothing_into_the_audit() -> None:
    async def main() -> None:
        house, ann = await den()
        bob = house.client("Bob", "den", role="admin")
        about = {"target": "den", "seq": 1}
        first = await house.call(bob, "delete-message", **about)
        give_power("delete", ())
        assert await house.call(bob, "delete-message", **about) == first
        give_power("delete", ("admin",))
        house.hub.leave(bob.connection, "den")
        assert await house.call(bob, "delete-message", **about) == first
        assert (await house.call(bob, "delete-message", ref="s", target="den", seq=2))["code"] == "not-joined"
        entries = (await house.call(ann, "audit"))["entries"]
        assert [entry["about"]["seq"] for entry in entries] == [1]

    run(main)


def test_a_message_that_was_edited_since_is_repeated_though_its_sender_is_too_fast() -> None:
    async def main() -> None:
        house, ann = await den()
        loop = asyncio.get_running_loop()
        house.router._clock = loop.time
        say = {"target": "den", "message": "hm", "reply_to": 1}
        first = await house.call(ann, "send-message", ref="s", **say)
        await house.call(ann, "edit-message", target="den", seq=first["seq"], message="later")
        ann.connection.gate = Limits(Settings(message_rate=(1, 0, 0)), loop.time).enter("id-Ann", "192.0.2.1")
        ann.connection.gate.charge(50)
        assert await house.call(ann, "send-message", ref="s", **say) == first
        for other in ({"message": "later"}, {"reply_to": None}, {"reply_to": 2}, {"target": "hall"}, {"message": 7}):
            answer = await house.call(ann, "send-message", ref="s", **{**say, **other})
            assert answer["code"] == "rate-limited", other
        about = {"target": "den", "seq": 1, "message": "hm"}
        assert (await house.call(ann, "edit-message", ref="s", **about))["code"] == "invalid-field"
        assert await house.history.last("den") == 4

    run(main)


@pytest.mark.parametrize("leaves", [True, False])
def test_a_reply_that_a_filter_has_changed_is_repeated(leaves: bool) -> None:
    tones = '@on("message", fails="open")\ndef soft(ctx: Context, message: Message) -> None:\n'
    tones += '    message.text = message.text.replace("heck", "h*ck")'

    async def main() -> None:
        house = House(module(tones))
        ann = house.client("Ann", "den")
        await house.call(ann, "send-message", ref="m", target="den", message="one")
        say = {"target": "den", "message": "what the heck", "reply_to": 1}
        first = await house.call(ann, "send-message", **say)
        if leaves:
            house.hub.leave(ann.connection, "den")
        assert await house.call(ann, "send-message", **say) == first
        [reply] = await house.history.get("den", [2])
        assert (reply.text, await house.history.last("den")) == ("what the h*ck", 2)

    run(main)


# What one call performs


def test_a_call_may_perform_several_changes_each_of_which_is_made_once() -> None:
    source = '@action("all")\nasync def do(ctx: Context) -> dict:\n'
    source += '    await ctx.perform("send-message", ctx.channel, target="den", message="one")\n'
    source += '    done = [await ctx.perform("react", ctx.channel, seq=1, key=key) for key in ("👍", "🎉")]\n'
    source += '    done += [await ctx.perform("pin", ctx.channel, seq=1)]\n    return {"done": done}'

    async def main() -> None:
        house = House(module(source))
        ann = house.client("Ann", "den")
        first = await house.call(ann, "all", target="den")
        assert [one["seq"] for one in first["done"]] == [2, 3, 4]
        assert await house.call(ann, "all", target="den") == first
        assert await house.history.last("den") == 4
        [message] = await house.history.get("den", [1])
        assert message.ref == "r"  # by which clients know what they have sent

    run(main)


def test_what_is_performed_gives_nothing_back_of_what_a_call_costs() -> None:
    source = '@action("many")\nasync def do(ctx: Context) -> None:\n    for on in (True, False) * 20:\n'
    source += '        await ctx.perform("react", ctx.channel, seq=1, key="👍", on=on)'

    async def main() -> None:
        house = House(module(source))
        loop = asyncio.get_running_loop()
        house.router._clock = loop.time
        ann = house.client("Ann", "den")
        await house.history.append(Message("den", "one", ann.user, 0))
        await pass_time(1_000)
        ann.connection.gate = Limits(Settings(message_rate=(1, 0, 0)), loop.time).enter("id-Ann", "192.0.2.1")
        for number in range(12):
            answer = await house.call(ann, "many", ref=f"n{number}", target="den")
            if answer["action"] == "error":
                break
        assert answer["code"] == "rate-limited"

    run(main)
