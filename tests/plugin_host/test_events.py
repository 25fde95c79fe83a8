"""What plugins listen to: who comes and goes, what is said; and what it costs others when a listener fails."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Client, House, module, pass_time, run, turns
from tests.routing.test_router import SlowDisk
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.routing.names import EVENTS
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database

SEEN = """
seen = []

@on("connect")
@on("disconnect")
async def here(ctx: Context) -> None:
    seen.append((ctx.hears, ctx.user.name, len(ctx.server.connections)))

@on("join")
@on("leave")
def there(ctx: Context) -> None:
    seen.append((ctx.hears, ctx.user.name, ctx.channel.name))

@on("posted")
def kept(ctx: Context, message: Message) -> None:
    seen.append(("posted", ctx.user and ctx.user.name, message.text, message.seq))
"""
FILTER = """
@on("message", fails="open")
def clean(ctx: Context, message: Message) -> None:
    if "spam" in message.text:
        raise Refused("no spam here")
    message.text = message.text.replace("heck", "h*ck")
"""
SLOW = """
waits = {"slow": 5, "slower": 9}

@on("message", fails="closed")
async def look(ctx: Context, message: Message) -> None:
    for _ in range(waits.get(message.text, 0)):
        await asyncio.sleep(0)
    if message.text == "no":
        raise Refused("no")
    message.text = message.text.upper()
"""
BROKEN = """
@on("message", fails="FAILS")
ASYNCdef check(ctx: Context, message: Message) -> None:
    message.text = "half"
    FAULT
"""


def broken(fails: str, fault: str, is_async: bool = False) -> str:
    return BROKEN.replace("FAILS", fails).replace("FAULT", fault).replace("ASYNC", "async " if is_async else "")


async def say(chat: House, client: Client, text: str, **more: Any) -> dict[str, Any]:
    return await chat.call(client, "send-message", target="den", message=text, **more)


# Who comes and goes


def test_a_user_comes_and_goes_once_however_many_connections() -> None:
    async def main() -> list[Any]:
        plugin = module(SEEN)
        chat = House(plugin)
        ann, other = chat.client("Ann", "den"), chat.client("Ann", "den")
        bob = chat.client("Bob", "den", "attic")
        chat.hub.leave(bob.connection, "attic")
        await turns()
        for client in (ann, other, bob):
            chat.hub.remove(client.connection)
        await turns()
        return plugin.seen  # type: ignore[no-any-return]

    seen = run(main)
    assert seen == [
        ("join", "Ann", "den"), ("join", "Bob", "den"), ("join", "Bob", "attic"), ("leave", "Bob", "attic"),
        ("leave", "Ann", "den"), ("leave", "Bob", "den"),
        ("disconnect", "Ann", 0), ("disconnect", "Ann", 0), ("disconnect", "Bob", 0),
    ]  # fmt: skip


def test_a_join_listener_may_answer_the_one_who_came() -> None:
    async def main() -> list[str]:
        chat = House(module('@on("join")\ndef greet(ctx: Context) -> None:\n    ctx.reply(f"Hello {ctx.user.name}")'))
        ann, bob = chat.client("Ann"), chat.client("Bob", "den")
        await chat.call(ann, "join-channel", target="den")
        assert "Hello Ann" not in bob.texts
        return ann.texts

    assert run(main) == ["Hello Ann"]


# What is said


def test_a_message_listener_may_change_the_text_or_refuse_it_before_it_is_kept() -> None:
    async def main() -> None:
        chat = House(module(FILTER))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        assert (await say(chat, ann, "what the heck"))["action"] == "ok"
        refused = await say(chat, ann, "spam", ref="2")
        assert (refused["code"], refused["message"]) == ("refused", "no spam here")
        await chat.say(ann, '{"action":"send-message","target":"den","message":"more spam"}')
        assert ann.of("error")[-1]["message"] == "no spam here"
        assert bob.texts == ["what the h*ck"]
        assert await chat.history.last("den") == 1

    run(main)


def test_an_async_listener_is_waited_for_and_the_order_in_the_channel_holds() -> None:
    async def main() -> None:
        chat = House(module(SLOW))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        texts = ["slower", "a", "slow", "no", "b"]
        frame = "\n".join(
            f'{{"action":"send-message","target":"den","message":"{text}","ref":"{n}"}}'
            for n, text in enumerate(texts)
        )
        await chat.say(ann, frame)
        await say(chat, bob, "c")
        assert bob.texts == ["SLOWER", "A", "SLOW", "B", "C"]
        assert [answer["seq"] for answer in ann.of("ok")] == [1, 2, 3, 4]
        assert [answer["ref"] for answer in ann.of("error")] == ["3"]
        assert chat.hooks._filters._turns == {}

    run(main)


def test_a_server_that_waits_for_one_channels_listener_goes_on_with_the_others() -> None:
    async def main() -> None:
        chat = House(module(SLOW.replace('"slow": 5', '"slow": 500')))
        ann = chat.client("Ann", "den", "attic")
        chat.hub.channel("den").post("slow")
        chat.hub.channel("attic").post("quick")
        await turns()
        assert ann.texts == ["QUICK"]
        await turns(600)
        assert ann.texts == ["QUICK", "SLOW"]

    run(main)


def test_the_servers_own_posts_pass_the_listeners_with_nobody_as_their_user() -> None:
    async def main() -> None:
        plugin = module(
            'seen = []\n@on("message", fails="open")\ndef look(ctx: Context, message: Message) -> None:\n'
            "    seen.append((ctx.user, ctx.connection, ctx.channel.name))\n"
            '@action("own")\ndef own(ctx: Context) -> None:\n    ctx.channel.post("mine")'
        )
        chat = House(plugin)
        ann = chat.client("Ann", "den")
        await chat.call(ann, "own", target="den")
        chat.hub.channel("den").post("from a timer")
        await say(chat, ann, "hers")
        assert plugin.seen == [(None, None, "den"), (None, None, "den"), (ann.user, ann.connection, "den")]

    run(main)


@pytest.mark.parametrize("word", ["", "async "])
@pytest.mark.parametrize("event", ["message", "posted"])
def test_what_a_listener_posts_passes_no_listener_again(event: str, word: str) -> None:
    async def main() -> list[str]:
        fails = ', fails="open"' if event == "message" else ""
        chat = House(
            module(
                f'@on("{event}"{fails})\n{word}def echo(ctx: Context, message: Message) -> None:\n'
                '    ctx.channel.post("echo of " + message.text)'
            )
        )
        ann = chat.client("Ann", "den")
        await say(chat, ann, "a")
        return sorted(ann.texts)

    assert run(main) == ["a", "echo of a"]


def test_what_a_message_listener_says_is_told_to_those_who_listen_for_what_was_posted() -> None:
    async def main() -> None:
        plugin = module(SEEN)
        reply = (
            '@on("message", fails="open")\ndef r(ctx: Context, message: Message) -> None:\n    ctx.channel.post("r")'
        )
        chat = House(plugin, module(reply, "reply"))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "a")
        assert plugin.seen[1:] == [("posted", None, "r", 1), ("posted", "Ann", "a", 2)]

    run(main)


def test_posted_follows_the_commit_and_a_repeated_ref_is_told_once() -> None:
    async def main() -> None:
        plugin, disk = module(SEEN), SlowDisk()
        chat = House(plugin, history=disk)
        ann = chat.client("Ann", "den")
        said = '{"action":"send-message","target":"den","message":"a","ref":"1"}'
        await chat.say(ann, said + "\n" + said.replace('"a"', '"lost"').replace('"1"', '"2"'))
        assert plugin.seen[1:] == []
        await disk.commit(1)
        await chat.say(ann, said)
        await disk.commit()
        assert plugin.seen[1:] == [("posted", "Ann", "a", 1)]
        assert [answer["seq"] for answer in ann.of("ok")] == [1, 1]

    run(main)


def test_a_listener_cannot_change_what_is_kept_once_it_is() -> None:
    async def main() -> None:
        chat = House(module('@on("posted")\ndef spoil(ctx: Context, m: Message) -> None:\n    m.text = "spoilt"'))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "a")
        messages, _ = await chat.hub.channel("den").read()
        assert [message.text for message in messages] == ["a"]

    run(main)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_known_ref_is_answered_as_the_first_time_whatever_a_listener_makes_of_it_now(
    kind: str, tmp_path: Path
) -> None:
    plugin = module(
        'strict, count = [], [0]\n@on("message", fails="closed")\ndef look(ctx: Context, message: Message) -> None:\n'
        '    if strict:\n        raise Refused("not today")\n    count[0] += 1\n    message.text += f" {count[0]}"'
    )

    async def main() -> None:
        database = Database(tmp_path) if kind == "sqlite" else None
        chat = House(plugin, history=SqliteHistory(database) if database else None)  # type: ignore[arg-type]
        ann, channel = User("1", "Ann"), chat.hub.channel("den")
        first = await channel.post("hi", sender=ann, ref="r")
        assert (await channel.post("hi", sender=ann, ref="r")).seq == first.seq == 1
        with pytest.raises(Refused, match="another message"):
            await chat.hub.channel("attic").post("hi", sender=ann, ref="r")
        plugin.strict.append(1)
        assert (await channel.post("hi", sender=ann, ref="r")).text == "hi 1"
        with pytest.raises(Refused, match="not today"):
            await channel.post("hi", sender=ann, ref="new")
        if database is not None:
            await asyncio.to_thread(database.close)

    asyncio.run(main())


# When a listener fails


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    "fault", ["1 / 0", "message.text = 5", "message.text = 'x' * 4001", "message.text = ''", "raise SystemExit(1)"]
)
def test_a_message_listener_that_fails_lets_a_message_pass_as_it_was_or_not_as_it_says(
    fault: str, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def main(fails: str) -> tuple[list[str], list[dict[str, Any]]]:
        chat = House(module(broken(fails, fault, is_async), "guard"))
        ann = chat.client("Ann", "den")
        await say(chat, ann, "hello")
        return ann.texts, ann.of("error")

    assert run(lambda: main("open")) == (["hello"], [])
    texts, (error,) = run(lambda: main("closed"))
    assert (texts, error["code"]) == ([], "internal-error")
    assert "guard" in error["message"]
    assert [record.getMessage() for record in caplog.records] == ["plugin guard: message failed"] * 2


def test_a_message_listener_that_never_ends_is_cut_after_2_s_and_the_messages_behind_it_follow(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        plugin = broken("open", 'if ctx.channel.name == "den": await asyncio.sleep(1e6)', is_async=True)
        chat = House(module(plugin, "guard"))
        ann = chat.client("Ann", "den")
        before = asyncio.get_running_loop().time()
        await asyncio.gather(*(chat.hub.channel("den").post(text) for text in ("a", "b")))
        assert asyncio.get_running_loop().time() - before == 2
        await turns()
        assert ann.texts == ["a", "b"]
        assert len(asyncio.all_tasks()) == 1

    run(main)
    assert caplog.messages == ["plugin guard: message did not end within 2 s and was cut"] * 2


def test_a_listener_that_is_switched_off_is_passed_by_but_one_that_fails_closed_stays_closed() -> None:
    async def main(fails: str) -> list[str]:
        chat = House(module(broken(fails, "1 / 0"), "guard"))
        ann = chat.client("Ann", "den")
        for text in "abcd":
            await say(chat, ann, text, ref=text)
        assert chat.registry.plugins["guard"].off
        assert chat.registry.plugins["guard"].failures == 3
        return [event["code"] for event in ann.of("error")] or ann.texts

    assert run(lambda: main("open")) == ["a", "b", "c", "d"]
    assert run(lambda: main("closed")) == ["internal-error"] * 3 + ["plugin-off"]


@pytest.mark.parametrize("event", ["join", "posted"])
@pytest.mark.parametrize("fault", ["1 / 0", "await asyncio.sleep(1e6)", "raise SystemExit", 'raise Refused("")'])
def test_a_listener_for_which_nothing_waits_fails_for_itself(
    event: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        chat = House(module(f'@on("{event}")\nasync def odd(ctx: Context, *more: Any) -> None:\n    {fault}', "odd"))
        ann, bob = chat.client("Ann", "den"), chat.client("Bob")
        await chat.call(bob, "join-channel", target="den")
        await say(chat, bob, "a")
        assert ann.texts[-1] == "a"
        await pass_time(31)
        assert len(asyncio.all_tasks()) == 1

    run(main)
    messages = {"plugin odd: " + event + why for why in (" failed", " did not end within 30 s and was cut")}
    assert "Refused" in fault or set(caplog.messages) & messages


# Who someone is


AUTHENTICATE = """
@on("authenticate")
async def by_badge(request: Any) -> User | None:
    badge = request.get("badge")
    if badge == "stolen":
        raise Refused("that badge was stolen")
    if badge == "broken":
        return badge
    if badge == "hangs":
        await asyncio.sleep(1e6)
    return User(badge, badge.title()) if badge else None

@on("authenticate")
def the_rest(request: Any) -> User | None:
    return User("2", "Rest") if "rest" in request else None
"""


def test_the_first_authenticate_listener_that_knows_someone_says_who_it_is() -> None:
    async def main() -> None:
        hooks = House(module(AUTHENTICATE, "badges")).hooks
        assert await hooks.authenticate({"badge": "ann", "rest": 1}) == User("ann", "Ann")
        assert await hooks.authenticate({"rest": 1}) == User("2", "Rest")
        assert await hooks.authenticate({}) is None
        for badge, words in (
            ("stolen", "stolen"),
            ("broken", "later"),
            ("hangs", "longer than 2 s"),
            ("broken", "later"),
        ):
            with pytest.raises(Refused, match=words):
                await hooks.authenticate({"badge": badge})
        with pytest.raises(Refused, match="switched off"):  # the door is not opened by breaking its guard
            await hooks.authenticate({})

    run(main)


# What it costs


def test_where_nobody_listens_the_hub_knows_of_no_listener() -> None:
    async def main() -> None:
        chat = House()
        assert chat.hub.on_post is chat.hub.on_move is None
        chat.hooks.use(House(module(SEEN)).registry.listeners)
        assert None not in (chat.hub.on_post, chat.hub.on_move)
        chat.hooks.use(House().registry.listeners)
        assert chat.hub.on_post is chat.hub.on_move is None

    run(main)


def test_every_event_has_a_test_that_names_it() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    for event in EVENTS:
        assert f'@on("{event}"' in tests, event
