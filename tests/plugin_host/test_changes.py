"""What plugins do to messages, and hear of changes; and that no edit gets around the `message` listeners."""

import asyncio
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.helpers import Client, House, module, on_database, pass_time, run, turns
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.config.settings import find_folder
from tornado_chat.plugin_host.files import load
from tornado_chat.storage.sqlite.history import SqliteHistory

FILTER = """
seen = []

@on("message", fails="open")
async def clean(ctx: Context, message: Message) -> None:
    seen.append((message.seq, message.text, message.sender and message.sender.name, ctx.user and ctx.user.name))
    await asyncio.sleep(0.1 if "slow" in message.text else 0)
    if "spam" in message.text:
        raise Refused("no spam here")
    message.text = message.text.replace("heck", "h*ck")
"""
HEARS = """
heard = []

@on("changed")
def hear(ctx: Context, message: Message, change: Change) -> None:
    heard.append((change.what, ctx.user and ctx.user.name, ctx.channel.name, message.seq, message.text))
"""
ACTS = """
@action("do")
async def do(ctx: Context, seq: int, what: str) -> dict:
    [message], _ = await ctx.channel.read(after=seq - 1, limit=1)
    match what:
        case "edit": return {"number": await message.edit("edited")}
        case "as me": return {"number": await message.edit("as me", by=ctx.user)}
        case "spam": return {"number": await message.edit("spam")}
        case "delete": return {"number": await message.delete()}
        case "react": return {"number": await message.react("\\N{THUMBS UP SIGN}", by=ctx.user)}
        case "reply": return {"number": (await message.reply("a reply", sender=ctx.user)).extra["reply_to"]}
        case "pin": return {"number": await message.pin()}
        case "unpin": return {"number": await message.pin(False)}

@action("later")
def later(ctx: Context, seq: int) -> None:
    ctx.channel.edit(seq, "later")
"""


async def say(chat: House, client: Client, text: str) -> int:
    return int((await chat.call(client, "send-message", ref=text, target="den", message=text))["seq"])


async def edit(chat: House, client: Client, seq: int, text: str, **more: Any) -> dict[str, Any]:
    return await chat.call(client, "edit-message", target="den", seq=seq, message=text, **more)


async def present(chat: House, seq: int) -> Message:
    [message] = await chat.history.get("den", [seq])
    return message


# Filters


def test_an_edit_passes_the_message_listeners_with_the_seq_of_the_message() -> None:
    async def main() -> None:
        plugin = module(FILTER)
        chat = House(plugin)
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        seq = await say(chat, ann, "fine")
        refused = await edit(chat, ann, seq, "spam", ref="1")
        assert (refused["code"], refused["message"]) == ("refused", "no spam here")
        assert (await edit(chat, ann, seq, "spam", ref="2"))["code"] == "refused"
        await chat.say(ann, '{"action":"edit-message","target":"den","seq":1,"message":"spam"}')
        assert ann.of("error")[-1]["message"] == "no spam here"
        assert await chat.history.last("den") == 1
        assert (await edit(chat, ann, seq, "what the heck", ref="3"))["seq"] == 2
        await pass_time(1)
        assert bob.of("changed")[-1]["set"]["message"] == "what the h*ck"
        assert plugin.seen[0] == (0, "fine", "Ann", "Ann")
        assert plugin.seen[-1] == (1, "what the heck", "Ann", "Ann")
        assert chat.hooks._filters._turns == {}

    run(main)


def test_a_repeated_edit_is_answered_as_the_first_time_whatever_a_listener_says_today() -> None:
    async def main() -> None:
        plugin = module(FILTER)
        chat = House(plugin)
        ann = chat.client("Ann", "den")
        seq = await say(chat, ann, "fine")
        first = await edit(chat, ann, seq, "heck", ref="1")
        assert first["action"] == "ok"
        later = module(
            "@on('message', fails='open')\ndef no(ctx: Context, message: Message) -> None:\n    raise Refused('no')"
        )
        chat.registry.add(later, "later")
        chat.hooks.use(chat.registry.listeners)
        assert await edit(chat, ann, seq, "heck", ref="1") == first
        assert (await edit(chat, ann, seq, "heck", ref="2"))["code"] == "refused"
        assert (await edit(chat, ann, seq, "other", ref="1"))["code"] == "invalid-field"
        assert (await present(chat, seq)).text == "h*ck"

    run(main)


def test_edits_and_posts_of_a_channel_keep_their_order_while_a_listener_waits() -> None:
    async def main() -> None:
        chat = House(module(FILTER))
        ann = chat.client("Ann", "den")
        seq = await say(chat, ann, "fine")
        for client, text in ((ann, "slow one"), (chat.client("Ann", "den"), "quick one")):
            line = {"action": "edit-message", "target": "den", "seq": seq, "message": text, "ref": text}
            chat.router.dispatch(client.connection, json.dumps(line))
        await turns()
        posted = chat.hub.channel("den").post("new")
        await pass_time(1)
        assert [one["seq"] for one in ann.of("ok")[1:]] == [2]
        assert (await posted).seq == 4
        assert (await present(chat, seq)).text == "quick one"

    run(main)


@pytest.mark.parametrize("ref", [None, "spam"])
def test_an_edit_that_is_refused_lets_nobody_pass_who_came_later(ref: str | None) -> None:
    async def main() -> None:
        chat = House(module(FILTER))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        await say(chat, ann, "fine")
        lines = [
            (ann, {"action": "send-message", "message": "slow one"}),
            (bob, {"action": "edit-message", "seq": 1, "message": "spam", "ref": ref}),
            (ann, {"action": "send-message", "message": "quick one"}),
        ]
        for client, line in lines:
            chat.router.dispatch(client.connection, json.dumps({"target": "den", **line}))
            await turns()
        await pass_time(1)
        assert [one.text for one in (await chat.hub.channel("den").read())[0]] == ["fine", "slow one", "quick one"]
        assert chat.hooks._filters._turns == {}

    run(main)


@pytest.mark.parametrize("fails", ["open", "closed"])
def test_a_listener_that_fails_lets_an_edit_pass_or_not_as_it_says(fails: str) -> None:
    async def main() -> None:
        source = f'@on("message", fails="{fails}")\ndef fail(ctx: Context, message: Message) -> None:\n'
        chat = House(module(source + '    message.text = "half"\n    if message.seq:\n        1 / 0'))
        ann = chat.client("Ann", "den")
        await chat.call(ann, "send-message", target="den", message="old")
        answer = await edit(chat, ann, 1, "new", ref="1")
        assert answer.get("code") == {"open": None, "closed": "internal-error"}[fails]
        assert (await present(chat, 1)).text == {"open": "new", "closed": "half"}[fails]

    run(main)


def test_a_listener_that_takes_too_long_is_cut_at_an_edit_too() -> None:
    async def main() -> None:
        source = '@on("message", fails="closed")\nasync def hang(ctx: Context, message: Message) -> None:\n'
        chat = House(module(source + "    if message.seq:\n        await asyncio.sleep(99)"))
        ann = chat.client("Ann", "den")
        await chat.call(ann, "send-message", target="den", message="old")
        answer = asyncio.ensure_future(edit(chat, ann, 1, "new", ref="1"))
        await pass_time(3)
        await asyncio.wait([answer], timeout=1)
        assert ann.of("error")[-1]["code"] == "internal-error"
        assert (await present(chat, 1)).text == "old"
        answer.cancel()

    run(main)


def test_an_edit_of_a_message_that_comes_in_this_moment_passes_no_filter_unseen() -> None:
    async def main() -> None:
        chat = House(module(FILTER))
        ann = chat.client("Ann", "den")
        get = chat.history.get

        async def slow(channel: str, seqs: Any) -> list[Message]:
            found = await get(channel, seqs)
            chat.hub.channel("den").post("fine", sender=ann.user)
            await turns()
            return found

        chat.history.get = slow  # type: ignore[method-assign]
        answer = await edit(chat, ann, 1, "spam", ref="1")
        chat.history.get = get  # type: ignore[method-assign]
        assert answer["code"] == "not-found"
        assert (await present(chat, 1)).text == "fine"

    run(main)


def shipped(**settings: Any) -> tuple[ModuleType, Any]:
    plugin = load(find_folder("plugins") / "filter.py")
    return plugin, plugin.Settings(**settings)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_nobody_gets_around_the_shipped_filter_by_editing(kind: str, tmp_path: Path) -> None:
    async def main(history: Any) -> None:
        plugin, settings = shipped(words=("darn",), links=1)
        chat = House(plugin, module(ACTS), history=history)
        chat.registry.listeners["message"][0].plugin.settings = settings
        ann = chat.client("Ann", "den")
        for number in range(30):
            chat.hub.channel("den").post(f"old {number}", sender=ann.user, ref=f"p{number}")
        await chat.hub.channel("den").post("last", sender=ann.user)
        for text in ("darn", "d*ar*n", "http://a.test http://b.test"):
            for seq in (1, 31):  # an old message, and the newest
                for ref in ("x" + text, "p3", None):  # a new ref, and that of a post
                    if ref is None:
                        with pytest.raises(Refused):
                            await chat.hub.channel("den").edit(seq, text, by=ann.user)
                    else:
                        answer = asyncio.ensure_future(edit(chat, ann, seq, text, ref=f"{ref}{seq}"))
                        assert (await answer)["action"] == "error"
        first = await edit(chat, ann, 2, "clean", ref="twice")
        assert first["action"] == "ok"
        assert (await edit(chat, ann, 2, "darn", ref="twice"))["action"] == "error"
        texts = [one.text for one in (await chat.hub.channel("den").read())[0]]
        assert not [text for text in texts if "darn" in text or "http" in text]

    if kind == "memory":
        run(lambda: main(None))
    else:
        on_database(tmp_path, lambda database: main(SqliteHistory(database)))


# What plugins do


def test_a_plugin_changes_any_message_as_the_server_or_for_a_user() -> None:
    async def main() -> None:
        chat = House(module(ACTS), module(FILTER, "filter"))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        await say(chat, ann, "hers")
        numbers = [(await chat.call(bob, "do", target="den", seq=1, what="edit"))["number"]]
        await pass_time(1)
        assert bob.of("changed")[-1]["by"] is None
        assert (await chat.call(bob, "do", target="den", seq=1, what="as me"))["code"] == "not-allowed"
        assert (await chat.call(bob, "do", target="den", seq=1, what="spam"))["message"] == "no spam here"
        for what in ("react", "pin", "unpin"):
            numbers.append((await chat.call(bob, "do", target="den", seq=1, what=what))["number"])
        assert (await chat.call(ann, "do", target="den", seq=1, what="as me"))["number"] == 6
        assert (await chat.call(bob, "do", target="den", seq=1, what="reply"))["number"] == 1
        assert numbers == [2, 3, 4, 5]
        message = await present(chat, 1)
        assert message.text == "as me"
        assert message.extra is not None
        assert message.extra["reactions"][0]["users"] == [bob.user.id]
        await chat.call(bob, "do", target="den", seq=1, what="delete")
        assert (await present(chat, 1)).extra == {"deleted": {"by": None, "time": pytest.approx(0, abs=1e15)}}
        assert (await chat.call(bob, "do", target="den", seq=1, what="edit"))["code"] == "not-found"
        assert chat.registry.plugins["plugin"].failures == 0

    run(main)


def test_the_ok_of_a_call_waits_for_the_changes_that_it_began_and_fails_with_them() -> None:
    async def main() -> None:
        chat = House(module(ACTS))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "hers")
        change, go = chat.history.change, asyncio.Event()

        async def slow(asked: Any) -> int:
            await go.wait()
            return await change(asked)

        chat.history.change = slow  # type: ignore[method-assign]
        await chat.say(ann, '{"action":"later","target":"den","seq":1,"ref":"l"}')
        assert "l" not in [one["ref"] for one in ann.of("ok")]
        go.set()
        await turns()
        assert ann.of("ok")[-1] == {"action": "ok", "ref": "l"}
        await chat.say(ann, '{"action":"later","target":"den","seq":7,"ref":"m"}')
        await turns()
        assert (ann.of("error")[-1]["ref"], ann.of("error")[-1]["code"]) == ("m", "not-found")

    run(main)


def test_a_call_whose_change_waits_for_the_disk_is_not_cut() -> None:
    async def main() -> None:
        chat = House(module(ACTS))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "hers")
        change = chat.history.change

        async def slow(asked: Any) -> int:
            await asyncio.sleep(20)
            return await change(asked)

        chat.history.change = slow  # type: ignore[method-assign]
        answer = asyncio.ensure_future(chat.call(ann, "do", target="den", seq=1, what="edit"))
        await pass_time(30)
        assert (await answer)["number"] == 2

    run(main)


def test_a_plugin_may_live_with_a_change_that_is_refused() -> None:
    async def main() -> None:
        source = '@action("try")\nasync def attempt(ctx: Context) -> dict:\n    try:\n'
        source += '        await ctx.channel.edit(7, "x")\n    except Refused as refused:\n'
        source += '        return {"why": refused.code}'
        chat = House(module(source))
        ann = chat.client("Ann", "den")
        assert (await chat.call(ann, "try", target="den"))["why"] == "not-found"

    run(main)


def test_a_message_says_that_it_cannot_be_changed_where_no_server_runs() -> None:
    message = Message("den", "a", None, 0, seq=1)
    for call in (lambda: message.edit("b"), message.delete, message.pin, lambda: message.reply("b")):
        with pytest.raises(RuntimeError, match="works in what a server calls"):
            call()


def test_another_thread_is_told_that_it_changes_nothing() -> None:
    async def main() -> None:
        source = '@action("t")\nasync def t(ctx: Context) -> None:\n    [one], _ = await ctx.channel.read()\n'
        chat = House(module(source + '    await ctx.in_thread(one.edit, "b")'))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "a")
        await chat.say(ann, '{"action":"t","target":"den","ref":"t"}')
        for _ in range(500):
            await asyncio.sleep(0.01)
            if ann.of("error"):
                break
        assert ann.of("error")[-1]["code"] == "internal-error"
        assert (await present(chat, 1)).text == "a"

    asyncio.run(main())


# What plugins hear


def test_each_change_is_told_to_those_who_listen_with_the_state_of_the_message() -> None:
    async def main() -> None:
        plugin = module(HEARS)
        chat = House(plugin, module(ACTS, "acts"))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        await say(chat, ann, "one")
        await edit(chat, ann, 1, "two", ref="1")
        await edit(chat, ann, 1, "two", ref="1")  # repeated: nothing changes
        await chat.call(bob, "react", ref="2", target="den", seq=1, key="👍")
        await chat.call(bob, "do", target="den", seq=1, what="edit")
        await chat.call(ann, "delete-message", ref="3", target="den", seq=1)
        assert plugin.heard == [
            ("edited", "Ann", "den", 1, "two"),
            ("reacted", "Bob", "den", 1, "two"),
            ("edited", None, "den", 1, "edited"),
            ("deleted", "Ann", "den", 1, ""),
        ]

    run(main)


@pytest.mark.parametrize("word", ["", "async "])
def test_what_a_changed_listener_changes_or_posts_is_told_to_no_such_listener_again(word: str) -> None:
    async def main() -> list[Any]:
        source = f'@on("changed")\n{word}def again(ctx: Context, message: Message, change: Change) -> None:\n'
        source += "    ctx.channel.edit(message.seq, message.text + '!')\n    ctx.channel.post('seen')\n"
        source += (
            f'@on("posted")\n{word}def also(ctx: Context, message: Message) -> None:\n    message.edit("posted")'
        )
        plugin = module(HEARS)
        chat = House(module(source, "again"), plugin)
        ann = chat.client("Ann", "den")
        await say(chat, ann, "one")
        await pass_time(5)
        assert [one.text for one in (await chat.hub.channel("den").read())[0]] == ["posted!", "seen"]
        return list(plugin.heard)

    assert run(main) == [("edited", None, "den", 1, "posted")]


def test_a_changed_listener_answers_the_caller_and_its_failures_count() -> None:
    async def main() -> None:
        source = '@on("changed")\ndef tell(ctx: Context, message: Message, change: Change) -> None:\n'
        plugin = module(source + '    ctx.reply(f"you {change.what} {change.key}")\n    1 / 0')
        chat = House(plugin)
        ann = chat.client("Ann", "den")
        await say(chat, ann, "one")
        await chat.call(ann, "react", ref="2", target="den", seq=1, key="👍")
        assert ann.texts[-1] == "you reacted 👍"
        assert chat.registry.plugins["plugin"].failures == 1

    run(main)


def test_a_listener_may_do_as_it_likes_with_the_reactions_that_it_is_given() -> None:
    async def main() -> None:
        source = '@on("changed")\ndef see(ctx: Context, message: Message, change: Change) -> None:\n'
        plugin = module(source + '    message.extra["reactions"][0]["users"].clear()')
        chat = House(plugin)
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        await say(chat, ann, "one")
        for client in (ann, bob):
            await chat.call(client, "react", target="den", seq=1, key="👍")
        users = [ann.user.id, bob.user.id]
        assert (await present(chat, 1)).extra == {"reactions": [{"key": "👍", "count": 2, "users": users}]}

    run(main)


def test_listeners_are_told_of_replies_and_get_copies() -> None:
    async def main() -> None:
        source = 'seen = []\n@on("posted")\ndef see(ctx: Context, message: Message) -> None:\n'
        plugin = module(source + "    seen.append(message.extra)\n    message.extra and message.extra.clear()")
        chat = House(plugin)
        ann = chat.client("Ann", "den")
        await say(chat, ann, "one")
        await chat.call(ann, "send-message", ref="2", target="den", message="two", reply_to=1)
        assert plugin.seen == [None, {}]
        assert (await present(chat, 2)).extra == {"reply_to": 1}

    run(main)
