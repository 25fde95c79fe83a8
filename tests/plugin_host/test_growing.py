"""Plugins whose messages grow: what is gathered, and how the task behind a message ends with it."""

from types import ModuleType
from typing import Any

import pytest

from tests.helpers import Client, House, module, pass_time, run, turns
from tornado_chat.chat.growth import SILENCE, STORE
from tornado_chat.chat.models import User

BOT = """
bot = User("plugin:bot", "Bot")
seen = []

@action("ask")
def ask(ctx: Context, words: list_of_words, pause: float = 0.0, fail: bool = False, after: float = 0.0) -> None:
    ctx.spawn(answer(ctx, words, pause, fail, after))

async def answer(ctx, words, pause, fail, after):
    try:
        async with ctx.channel.grow(sender=bot, reply_to=1) as message:
            for word in words:
                await message.add(word)
                seen.append((word, message.seq))
                await asyncio.sleep(pause)
            await asyncio.sleep(after)
            if fail:
                raise ValueError("the model broke")
        seen.append("done")
    except asyncio.CancelledError:
        seen.append(("cancelled", message.stopped))
        raise
""".replace("list_of_words", "tuple[str, ...]")


def texts(client: Client) -> list[tuple[str, bool]]:
    return [(one["message"], "growing" in one) for one in client.of("send-message")]


async def furnished() -> tuple[House, ModuleType, Client, Client]:
    plugin = module(BOT)
    house = House(plugin)
    house.hub.gather = 0.0
    ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
    await house.call(ann, "send-message", target="den", message="question")
    return house, plugin, ann, bob


async def messages(house: House) -> list[tuple[str, dict[str, Any]]]:
    found, _ = await house.history.read("den", after=1, limit=9)
    return [(one.text, one.extra or {}) for one in found]


def test_the_first_words_are_gathered_to_a_sentence() -> None:
    async def main() -> None:
        house, plugin, ann, bob = await furnished()
        answer = await house.call(ann, "ask", target="den", words=["One ", "two. ", "Three", " four"], pause=0.4)
        assert answer == {"action": "ok", "ref": "r"}
        await pass_time(0.1)
        assert texts(bob)[1:] == []
        await pass_time(0.4)
        assert texts(bob)[1:] == [("One two. ", True)]
        assert plugin.seen == [("One ", 0), ("two. ", 2)]
        await pass_time(0.8)
        assert [one["add"] for one in bob.of("growing")] == ["Three", " four"]
        await pass_time(1)
        assert plugin.seen[-1] == "done"
        assert await messages(house) == [("One two. Three four", {"reply_to": 1, "text_rev": 3})]

    run(main)


def test_the_first_words_go_out_after_a_second() -> None:
    async def main() -> None:
        house, _plugin, ann, bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One", " two"], pause=5.0)
        await pass_time(0.9)
        assert texts(bob)[1:] == []
        await pass_time(0.2)
        assert texts(bob)[1:] == [("One", True)]
        await pass_time(9)
        assert await messages(house) == [("One two", {"reply_to": 1, "text_rev": 3})]

    run(main)


def test_a_message_that_is_whole_within_that_time_is_a_plain_one_and_no_words_are_none() -> None:
    async def main() -> None:
        house, _plugin, ann, bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One", " two"])
        await house.call(ann, "ask", target="den", words=["", " "])
        await pass_time(9)
        assert texts(bob)[1:] == [("One two", False)]
        assert bob.of("changed") == []
        assert await messages(house) == [("One two", {"reply_to": 1})]

    run(main)


def test_stopping_the_message_cancels_its_task() -> None:
    async def main() -> None:
        house, plugin, ann, bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One.\n", "two"], after=3600.0)
        await pass_time(0.1)
        await house.call(bob, "stop", target="den", seq=2)
        assert plugin.seen[-1] == ("cancelled", True)
        [(text, extra)] = await messages(house)
        assert (text, extra["stopped"]) == ("One.\ntwo", True)
        assert bob.of("changed")[-1]["by"]["name"] == "Bob"

    run(main)


@pytest.mark.parametrize("how", ["delete", "silence"])
def test_what_else_ends_the_message_cancels_its_task_too(how: str) -> None:
    async def main() -> None:
        house, plugin, ann, _bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One.\n", "two"], after=3600.0)
        await pass_time(0.1)
        if how == "delete":
            await house.hub.channel("den").delete(2)
            await turns()
        else:
            await pass_time(SILENCE + 1)
        assert plugin.seen[-1] == ("cancelled", True)

    run(main)


def test_an_exception_inside_ends_the_message_with_what_it_has() -> None:
    async def main() -> None:
        house, _plugin, ann, _bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One.\n", "two"], fail=True)
        await house.call(ann, "ask", target="den", words=["One"], fail=True)
        await turns()
        assert [(text, "stopped" in extra) for text, extra in await messages(house)] == [
            ("One.\ntwo", True),
            ("One", True),
        ]

    run(main)


def test_a_plugin_that_is_reloaded_leaves_its_message_stopped() -> None:
    async def main() -> None:
        house, plugin, ann, _bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One.\n", "two"], after=3600.0)
        house.registry.plugins["plugin"].stop()
        await turns()
        assert plugin.seen[-1] == ("cancelled", True)
        assert [(text, "stopped" in extra) for text, extra in await messages(house)] == [("One.\ntwo", True)]

    run(main)


def test_a_long_answer_goes_on_in_a_second_message() -> None:
    async def main() -> None:
        house, plugin, ann, _bob = await furnished()
        await house.call(ann, "ask", target="den", words=["One.\n", *["word " * 100] * 17])
        await pass_time(STORE)
        first, second, third = await messages(house)
        assert [len(text) for text, _ in (first, second, third)] == [3_999, 3_999, 504]
        assert first[0].split() + second[0].split() + third[0].split() == ["One.", *["word"] * 1_700]
        assert [extra.get("reply_to") for _, extra in (first, second, third)] == [1, 1, 1]
        assert not any({"growing", "stopped"} & extra.keys() for _, extra in (first, second, third))
        assert plugin.seen[-2][1] > 2

    run(main)


def test_what_a_filter_refuses_is_raised_where_the_words_come_from() -> None:
    async def main() -> None:
        plugin = module(
            """
errors = []

@on("message", fails="open")
def clean(ctx: Context, message: Message) -> None:
    if "spam" in message.text:
        raise Refused("no spam here")

async def write(ctx, words, seconds):
    try:
        async with ctx.channel.grow() as message:
            for word in words:
                await message.add(word)
            await asyncio.sleep(seconds)
    except Refused as refused:
        errors.append((words[0], refused.message))

@action("ask")
def ask(ctx: Context, words: tuple[str, ...], seconds: float) -> None:
    ctx.spawn(write(ctx, words, seconds))
"""
        )
        house = House(plugin)
        ann = house.client("Ann", "den")
        for first, words in enumerate((["spam. ", "x"], ["spam"], ["x. ", "spam"])):
            await house.call(ann, "ask", target="den", words=words, seconds=0.0)
            await pass_time(1)
            assert len(plugin.errors) == first + 1
        assert {why for _, why in plugin.errors} == {"no spam here"}
        await house.call(ann, "ask", target="den", words=["spam"], seconds=5.0)
        await pass_time(6)
        assert len(plugin.errors) == 4
        found, _ = await house.history.read("den", limit=9)
        assert [(one.text, "stopped" in (one.extra or {})) for one in found] == [("x. ", True)]

    run(main)


def test_listeners_hear_the_first_words_as_a_message_and_what_follows_as_changes() -> None:
    async def main() -> None:
        plugin = module(
            """
heard = []

@on("posted")
def posted(ctx: Context, message: Message) -> None:
    heard.append(("posted", message.text))

@on("changed")
def changed(ctx: Context, message: Message, change: Change) -> None:
    heard.append((change.what, message.text, change.on, change.stopped))
"""
        )
        house = House(plugin)
        sender = User("plugin:bot", "Bot")
        async with house.hub.channel("den").grow(sender=sender) as message:
            await message.add("One. ")
            await message.add("Two.")
            await pass_time(STORE)
            await message.add(" Three.")
        await turns()
        assert plugin.heard == [
            ("posted", "One. "),
            ("grown", "One. Two.", True, False),
            ("grown", "One. Two. Three.", False, False),
        ]
        with pytest.raises(TypeError, match="add takes text, not int"):
            await message.add(5)  # type: ignore[arg-type]

    run(main)
