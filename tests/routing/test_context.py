"""What handlers can do: call other actions, and tell one person something."""

import json

import pytest

from tests.helpers import House, module, run

CALLS = """
import json

@action("do")
async def do(ctx: Context, name: str, fields: str = "{}") -> dict:
    return {"result": await ctx.perform(name, ctx.channel, **json.loads(fields))}

@action("add", internal=True)
def add(ctx: Context, user: User, first: int, second: int = 3) -> int:
    return first + second

@action("secret", power="ban")
def secret(ctx: Context) -> str:
    return "secret"

@action("say")
async def say(ctx: Context) -> None:
    await ctx.perform("send-message", ctx.channel, message="said")
"""
WHISPERS = """
@action("hint")
def hint(ctx: Context, user: User) -> None:
    ctx.whisper(user, "a hint", about=7)

@action("loud")
def loud(ctx: Context, user: User) -> None:
    ctx.channel.whisper(user, "still", private=False)

@action("wrong")
def wrong(ctx: Context, user: User) -> None:
    ctx.whisper(user, "x", seq=7)
"""


def test_performing_an_action_checks_its_fields_as_those_of_a_client() -> None:
    async def main() -> None:
        chat = House(module(CALLS))
        ann = chat.client("Ann", "den")

        async def do(name: str, **fields: object) -> dict[str, object]:
            return await chat.call(ann, "do", target="den", name=name, fields=json.dumps(fields))

        assert (await do("add", user="Ann", first=1))["result"] == 4
        assert (await do("add", user="Ann", first=1, second=1))["result"] == 2
        for fields, words in (
            ({"user": "Ann"}, "first is missing"),
            ({"user": "Ann", "first": "1"}, "first must be"),
            ({"user": "Bob", "first": 1}, "user: "),
        ):
            answer = await do("add", **fields)
            assert answer["action"] == "error"
            assert words in str(answer["message"])
        assert chat.registry.plugins["plugin"].failures == 0
        await do("nothing")
        assert chat.registry.plugins["plugin"].failures == 1

    run(main)


def test_what_is_performed_posts_for_the_caller_whose_answer_waits_for_it() -> None:
    async def main() -> None:
        chat = House(module(CALLS))
        ann = chat.client("Ann", "den")
        answer = await chat.call(ann, "say", target="den")
        assert (answer["seq"], ann.texts) == (1, ["said"])

    run(main)


@pytest.mark.parametrize(("role", "answer"), [("member", "not-allowed"), ("admin", "secret")])
def test_performing_an_action_needs_its_power(role: str, answer: str) -> None:
    async def main() -> None:
        chat = House(module(CALLS))
        ann = chat.client("Ann", "den", role=role)
        found = await chat.call(ann, "do", target="den", name="secret")
        assert found.get("code", found.get("result")) == answer

    run(main)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('await ctx.perform("nosuch", ctx.channel)', "there is no action 'nosuch' for ctx.perform; pass the name"),
        (
            'await ctx.perform("send-message", "general", message="x")',
            "ctx.perform takes a Channel, such as ctx.channel",
        ),
        ('ctx.whisper("Ann", "x")', "whisper takes a User, such as ctx.user or a parameter `user: User`, not 'Ann'"),
        ('ctx.channel.tell("Ann", "hint")', "tell takes a User"),
        ('await ctx.channel.react(1, "👍", by="Ann")', "by= takes a User"),
    ],
)
def test_what_a_plugin_passes_wrongly_is_said_in_the_log(
    call: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        chat = House(module(f'@action("do")\nasync def do(ctx: Context) -> None:\n    {call}\n'))
        ann = chat.client("Ann", "den")
        assert (await chat.call(ann, "do", target="den"))["code"] == "internal-error"

    run(main)
    assert words in caplog.text


def test_a_whisper_reaches_all_connections_of_one_user_in_the_channel_and_looks_so() -> None:
    async def main() -> None:
        chat = House(module(WHISPERS, "hints"))
        ann, bob, other = chat.client("Ann", "den"), chat.client("Bob", "den"), chat.client("Bob", "den")
        away = chat.client("Bob", "attic")
        await chat.call(ann, "hint", target="den", user="Bob")
        for client in (bob, other):
            [line] = client.of("send-message")
            assert (line["message"], line["private"], line["plugin"], line["about"]) == ("a hint", True, "hints", 7)
            assert line["sender"] is None
            assert "seq" not in line
        assert ann.of("send-message") == away.of("send-message") == []
        await chat.call(ann, "loud", target="den", user="Bob")
        assert bob.of("send-message")[-1]["private"] is True
        assert (await chat.call(ann, "wrong", target="den", user="Bob"))["code"] == "internal-error"
        assert await chat.history.last("den") == 0

    run(main)
