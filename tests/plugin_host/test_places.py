"""What plugins do with channels and those who belong to them."""

import asyncio
import json
from typing import Any

import pytest

from tests.helpers import Client, House, module, run, turns
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.permissions import add_power

HEARS = """
seen = []

@on("member")
def belong(ctx: Context, what: str) -> None:
    seen.append((ctx.user.name, ctx.channel.name, what))

@on("channel")
def noticed(ctx: Context, settings: dict) -> None:
    seen.append((ctx.channel.name, settings))
"""
SPEAKS = """
BOT = User("plugin:bot", "Bot")

@action("shout")
async def shout(ctx: Context, text: str) -> None:
    await ctx.channel.post(text, sender=ctx.user)

@action("roll")
def roll(ctx: Context) -> None:
    ctx.channel.post("rolled")

@action("name")
async def name(ctx: Context, text: str) -> None:
    ctx.channel.post(text, sender=BOT, mentions=await ctx.mentioned(text))

@action("ask")
def ask(ctx: Context) -> None:
    ctx.channel.post("I am a bot", sender=BOT)

@action("like")
async def like(ctx: Context, seq: int) -> None:
    await ctx.channel.react(seq, "👍", by=ctx.user)

@on("posted")
def answer(ctx: Context, message: Message) -> None:
    if message.text == "hello":
        ctx.channel.post("hello to you")

@action("tell", channel=False)
async def tell(ctx: Context, user: User) -> None:
    await (await ctx.server.direct(BOT, user)).post("psst", sender=BOT)

@action("secret", channel=False, hidden=True)
def secret(ctx: Context) -> dict[str, Any]:
    return {"known": True}
"""
RANKED = """
@action("stage", power="stage")
def stage(ctx: Context) -> dict[str, Any]:
    return {"may": ctx.may("stage")}

@action("ask-stage")
def asks(ctx: Context) -> dict[str, Any]:
    return {"may": ctx.may("stage")}

@action("over-stage")
async def over(ctx: Context) -> dict[str, Any]:
    return await ctx.perform("stage", ctx.channel)
"""


def texts(client: Client) -> list[str]:
    return [event["message"] for event in client.of("send-message") if "seq" in event]


def test_listeners_hear_of_members_roles_and_settings() -> None:
    async def main() -> None:
        plugin = module(HEARS)
        house = House(plugin)
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "create-channel", name="den")
        await house.call(ann, "invite", target="den", users=["id-Bob"])
        await house.call(ann, "set-role", target="den", user="id-Bob", role="moderator")
        await house.call(ann, "set-channel", target="den", topic="News")
        await house.call(bob, "leave-channel", target="den")
        await turns()
        assert plugin.seen == [
            ("Ann", "den", "joined"),
            ("Bob", "den", "joined"),
            ("Bob", "den", "moderator"),
            ("den", {"topic": "News"}),
            ("Bob", "den", "left"),
        ]

    run(main)


def test_what_a_plugin_does_for_somebody_heeds_the_rules_of_the_channel() -> None:
    async def main() -> None:
        house = House(module(SPEAKS))
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "create-channel", name="den", users=["id-Bob"])
        await house.call(bob, "join-channel", target="den")
        seq = (await house.call(ann, "send-message", target="den", message="hello"))["seq"]
        await house.call(ann, "silence", target="den", user="id-Bob", minutes=5)
        for call, fields in (("shout", {"text": "hm"}), ("roll", {}), ("like", {"seq": seq})):
            answer = await house.call(bob, call, target="den", **fields)
            assert (answer["code"], answer["rule"]) == ("not-allowed", "silenced"), call
        assert (await house.call(bob, "ask", target="den"))["action"] == "ok"
        await house.call(ann, "silence", target="den", user="id-Bob", minutes=0)
        await house.call(ann, "set-channel", target="den", slow=60)
        assert (await house.call(bob, "shout", target="den", text="once"))["action"] == "ok"
        answer = await house.call(bob, "roll", target="den")
        assert answer["rule"] == "slow"
        assert 0 < answer["retry_after_ms"] <= 60_000
        await house.call(ann, "set-channel", target="den", archived=True)
        assert (await house.call(ann, "roll", target="den"))["rule"] == "archived"
        await turns()
        assert texts(ann) == ["hello", "hello to you", "I am a bot", "once"]

    run(main)


def test_a_bot_writes_to_a_user_in_a_conversation_of_their_own() -> None:
    async def main() -> None:
        house = House(module(SPEAKS))
        ann, bob = house.client("Ann"), house.client("Bob")
        for _ in range(2):
            answer = await house.call(ann, "tell", user="Bob")
            assert answer == {"action": "ok", "ref": "r"}  # no number of a conversation that is not hers
        await asyncio.sleep(2)
        (mine,) = (await house.call(bob, "channels", own=True))["channels"]
        assert (mine["kind"], mine["with"], mine["unread"]) == ("direct", [{"id": "plugin:bot", "name": "Bot"}], 2)
        with pytest.raises(Refused, match="2 to 9 people"):
            await house.hub.direct(bob.user)

    run(main)


def test_a_plugin_asks_whether_somebody_may_do_something_later() -> None:
    async def main() -> None:
        house = House()
        ann, bob, boss = house.client("Ann"), house.client("Bob"), house.client("Boss", role="admin")
        den = (await house.call(ann, "create-channel", kind="private", title="Den"))["channel"]
        channel = house.hub.channels[den]
        assert (channel.kind, channel.title, house.hub.channel("hall").title) == ("private", "Den", "hall")
        assert house.hub.channel("dm:" + "A" * 22).kind == "direct"

        async def may(power: str, name: str = den) -> list[bool]:
            return [await house.hub.may(client.user, power, name) for client in (ann, bob, boss)]

        assert await may("post") == [True, False, False]
        assert await may("post", "hall") == [True, True, True]
        assert await may("post", "p:" + "A" * 22) == [False, False, False]
        await house.call(ann, "invite", target=den, users=["id-Bob", "id-Boss"])
        assert await may("post") == [True, True, True]
        assert await may("invite") == [True, False, True]
        await house.call(ann, "silence", target=den, user="id-Bob", minutes=5)
        house.hub.remove(bob.connection)
        await turns()
        assert await may("post") == [True, False, True]

    run(main)


def test_a_hidden_action_is_called_but_not_listed() -> None:
    async def main() -> None:
        house = House(module(SPEAKS))
        ann = house.client("Ann")
        assert (await house.call(ann, "secret"))["known"]
        assert "secret" not in {one["name"] for one in house.registry.describe()}
        assert "tell" in {one["name"] for one in house.registry.describe()}

    run(main)


def test_a_plugins_power_may_come_with_a_role_in_the_channel() -> None:
    async def main() -> None:
        add_power("stage", channel="moderator")
        house = House(module(RANKED))
        assert "stage" in {one["name"] for one in house.registry.describe(lambda power: False)}
        ann, bob, boss = house.client("Ann"), house.client("Bob"), house.client("Boss", role="admin")
        await house.call(ann, "create-channel", name="den", users=["id-Bob"])
        for client in (bob, boss):
            await house.call(client, "join-channel", target="den")

        async def may(client: Client) -> Any:
            asked = await house.call(client, "may", call="stage", target="den")
            own = await house.call(client, "ask-stage", target="den")
            for call in ("stage", "over-stage"):
                answer = await house.call(client, call, target="den")
                assert (answer["action"] == "ok") is asked["allowed"] is own["may"]
            return answer.get("needs", "yes")

        assert await may(ann) == await may(boss) == "yes"
        assert await may(bob) == "Only administrators and moderators of #den can use the power stage"
        await house.call(ann, "set-role", target="den", user="id-Bob", role="moderator")
        assert await may(bob) == "yes"
        with pytest.raises(ValueError, match="there is no role 'admin' in a channel"):
            add_power("stage", channel="admin")  # type: ignore[arg-type]
        assert json.dumps(house.registry.describe())

    run(main)


def test_a_plugin_mentions_members_by_their_names() -> None:
    async def main() -> None:
        house = House(module(SPEAKS))
        ann, bob = house.client("Ann"), house.client("Bob")
        for client in (ann, bob):
            await house.call(client, "join-channel", target="den")
        house.hub.remove(bob.connection)
        await house.call(ann, "name", target="den", text="@Bob and @Eve and `@Ann`")
        (message,) = await house.history.get("den", [1])
        assert (message.extra or {})["mentions"] == ["id-Bob"]

    run(main)
