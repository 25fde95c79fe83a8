"""The chat without a network: what plugin authors' tests are written with."""

import asyncio
import gc
import random
import time
import warnings
import weakref
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import gen_test

from tests.helpers import module
from tornado_chat import Refused
from tornado_chat.chat.errors import Close
from tornado_chat.config.settings import SettingsError
from tornado_chat.routing.registry import RegistryError
from tornado_chat.testing import Chat, ChatTestCase, Person
from tornado_chat.testing.fixtures import chat_of

DICE = Path(__file__).parents[2] / "plugins" / "dice.py"
SLOW = """
@action("slow")
async def slow(ctx: Context, seconds: float) -> None:
    await asyncio.sleep(seconds)
    ctx.channel.post("at last")

@action("thread")
async def thread(ctx: Context) -> dict[str, object]:
    before = asyncio.get_running_loop().time()
    import time
    await asyncio.to_thread(time.sleep, 0.01)
    return {"took": asyncio.get_running_loop().time() - before}

@action("crash")
def crash(ctx: Context) -> None:
    1 / 0

@action("out")
def out(ctx: Context, user: User) -> None:
    ctx.server.end(ctx.server.connections_of(user.id), "out")

@action("ended")
async def ended(ctx: Context) -> dict[str, object]:
    return {"ended": await ctx.store.get("ended")}

@on("message", fails="closed")
async def think(ctx: Context, message: Message) -> None:
    await asyncio.sleep(len(message.text) / 10)

@on("connect")
def motto(ctx: Context) -> None:
    ctx.connection.send({"action": "motto"})

@on("shutdown")
async def end(ctx: Context) -> None:
    await ctx.store.set("ended", True)
"""
REMIND = """
import time
from time import time as now
from tornado_chat import Context, every, on, action
from dataclasses import dataclass

@dataclass
class Settings:
    word: str = "Now"

@action("remind")
async def remind(ctx: Context, minutes: int, text: str) -> None:
    assert now() == time.time()
    await ctx.store.set(text, [time.time() + 60 * minutes, ctx.channel.name])

@every(1)
async def look(ctx: Context) -> None:
    for text, (due, channel) in await ctx.store.items():
        if due <= time.time():
            await ctx.store.delete(text)
            ctx.server.channel(channel).post(f"{ctx.settings.word}: {text}")
"""

chat = chat_of(DICE, seed=7)


@pytest.fixture
def remind(tmp_path: Path) -> Path:
    path = tmp_path / "remind.py"
    path.write_text(REMIND)
    return path


def test_a_line_is_said_as_in_the_page_and_seen_by_everyone(chat: Chat) -> None:
    ann, bob = chat.connect("Ann"), chat.connect("Bob")
    assert ann.say("/roll 20")["seq"] == 1
    assert bob.texts[-1].startswith("Ann rolled ")
    assert bob.texts == ann.texts[1:]
    ann.say("//roll")
    assert bob.events[-1]["message"] == "/roll"
    assert bob.events[-1]["sender"]["name"] == "Ann"
    with pytest.raises(Refused, match="2 to 1000") as refused:
        ann.say("/roll 1")
    assert refused.value.code == "refused"
    with pytest.raises(ValueError, match="whole number"):
        ann.say("/roll x")
    ann.join("tea")
    ann.say("hi")
    ann.say("hello", channel="general")
    assert bob.texts[-1] == "hello"
    assert "hi" not in bob.texts
    bob.close()
    assert bob.closed == 1000
    assert ann.texts[-1] == "Bob left the channel"
    with pytest.raises(EOFError):
        bob.say("hi")


def test_the_seed_decides_what_is_random_and_leaves_the_tests_own_alone() -> None:
    def rolls(seed: int) -> list[str]:
        ann = Chat(DICE, seed=seed).connect("Ann")
        for _ in range(10):
            ann.say("/roll 1000")
            random.random()
        return ann.texts

    before = random.getstate()
    first = rolls(7)
    random.setstate(before)
    expected = [random.random() for _ in range(10)]
    random.setstate(before)
    assert rolls(7) == first != rolls(8)
    random.setstate(before)
    ann = Chat(DICE, seed=7).connect("Ann")
    said = []
    for _ in range(10):
        ann.say("/roll 1000")
        said.append(random.random())
    assert said == expected


def test_timers_and_the_time_of_day_go_on_when_the_test_says_so(remind: Path) -> None:
    with Chat(remind, settings={"remind": {"word": "Ding"}}) as chat:
        ann = chat.connect("Ann")
        began, real = chat.now, time.time()
        assert abs(began - real) < 5
        ann.say("/remind 60 tea")
        chat.wait(3599)
        assert ann.texts == []
        chat.wait(1)
        assert ann.texts == ["Ding: tea"]
        assert ann.events[-1]["time"] == pytest.approx((began + 3600) * 1000, abs=10)
        assert chat.now == began + 3600
        assert time.time() - real < 60
        ann.say("/remind 1 cake")
        chat.restart()
        assert ann.closed == 1012
        bob = chat.connect("Bob")
        chat.wait(60)
        assert bob.texts == ["Ding: cake"]
        assert bob.call("history", target="general")["messages"][0]["message"] == "Ding: tea"


def test_a_call_that_takes_time_is_answered_when_it_has_gone_by() -> None:
    chat = Chat(module(SLOW, "slow"))
    ann = chat.connect("Ann")
    assert [event["action"] for event in ann.events[:2]] == ["hello", "motto"]
    began = chat.now
    ann.say("/slow 1.5")
    assert ann.texts == ["at last"]
    assert chat.now - began == pytest.approx(1.5 + 0.7)
    with pytest.raises(Refused) as refused:
        ann.say("/slow 3")
    assert refused.value.code == "plugin-timeout"
    assert ann.say("/thread")["took"] == 0
    with pytest.raises(Refused) as refused:
        ann.say("/crash")
    assert refused.value.code == "internal-error"
    chat.wait(60)
    ann.say("hi")
    chat.close()
    chat.close()


def test_who_is_put_out_is_told_with_which_code_and_leaves_as_from_a_socket() -> None:
    chat = Chat(module(SLOW, "slow"))
    ann, bob = chat.connect("Ann"), chat.connect("Bob")
    ann.say("/out Bob")
    assert bob.closed == Close.NOT_ALLOWED
    assert ann.texts[-1] == "Bob left the channel"
    with pytest.raises(EOFError, match="closed with 4403 before out was answered"):
        ann.say("/out Ann")
    assert not chat.hub.connections


def test_a_restart_and_the_end_call_the_listeners_and_a_role_has_its_powers() -> None:
    plugin = module(SLOW, "slow")
    with Chat(plugin) as chat:
        assert chat.connect("Ann").say("/ended")["ended"] is None
        chat.restart()
        root = chat.connect("Root", channel=None, role="admin")
        assert root.channel is None
        root.join("general")
        assert root.say("/ended")["ended"] is True
        assert root.call("audit")["action"] == "ok"
        with pytest.raises(Refused):
            chat.connect("Ann").call("audit")


def test_an_unknown_setting_and_a_taken_name_are_errors_of_the_test(remind: Path) -> None:
    with pytest.raises(SettingsError, match="wort"):
        Chat(remind, settings={"remind": {"wort": "x"}})
    with pytest.raises(RegistryError, match="typing"):
        Chat(module('@action("typing")\ndef typing(ctx: Context) -> None: ...\n', "mine"))


def test_a_chat_that_is_not_closed_is_forgotten_without_a_word(remind: Path) -> None:
    def use() -> "weakref.ref[Person]":
        ann = Chat(remind).connect("Ann")
        ann.say("/remind 1 tea")
        return weakref.ref(ann)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ann = use()
        gc.collect()
    assert ann() is None


class SocketTest(ChatTestCase):
    @gen_test
    async def test_the_same_is_said_over_a_real_socket(self) -> None:
        ann, bob = await self.join("Ann", "general"), await self.join("Bob", "general")
        await ann.say("/roll 20")
        await ann.say("//roll")
        await bob.until_text("/roll")
        assert bob.texts[-2].startswith("Ann rolled ")
        with pytest.raises(Refused, match="2 to 1000"):
            await ann.say("/roll 1")
        with pytest.raises(ValueError, match="whole number"):
            await ann.say("/roll x")

    @gen_test
    async def test_calls_at_once_are_each_answered_while_someone_waits_for_a_line(self) -> None:
        ann = await self.join("Ann", "general")
        waiting = [asyncio.ensure_future(ann.until_text(text)) for text in ("two", "one")]
        first, refused, second = await asyncio.gather(
            ann.say("one"), ann.say("/roll 1"), ann.say("two"), return_exceptions=True
        )
        assert (first["seq"], second["seq"]) == (1, 2)  # type: ignore[index]
        assert isinstance(refused, Refused)
        assert [(await line)["seq"] for line in waiting] == [2, 1]

    @gen_test
    async def test_who_waits_no_longer_takes_nothing_from_who_does(self) -> None:
        ann = await self.join("Ann", "general")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await ann.until("never")
        assert (await ann.say("one"))["seq"] == 1
        self.chat.hub.close()
        for _ in range(2):
            with pytest.raises(EOFError, match="1012"):
                await ann.until("never")


def test_people_change_messages_and_see_them_as_they_are_now() -> None:
    with Chat() as chat:
        ann, bob = chat.connect("Ann"), chat.connect("Bob")
        seq = ann.say("Helo")["seq"]
        assert ann.edit(seq, "Hello")["seq"] == seq + 1
        bob.react(seq, "👍")
        ann.react(seq, "👍")
        bob.react(seq, "👍", on=False)
        answer = bob.reply(seq, "Hi")["seq"]
        ann.pin(seq)
        cat = chat.connect("Cat")
        cat.pin(seq, on=False)
        for person in (ann, bob, cat):
            first, second = person.messages()
            assert (first["message"], first["reactions"][0]["users"]) == ("Hello", ["id-Ann"])
            assert "pinned" not in first
            assert (second["seq"], second["reply_to"]) == (answer, seq)
        with pytest.raises(Refused) as refused:
            ann.edit(answer, "no")
        assert refused.value.code == "not-allowed"
        bob.delete(answer)
        assert [(one["message"], "deleted" in one) for one in cat.messages()] == [("Hello", False), ("", True)]
        bob.join("attic")
        bob.say("up here")
        assert [one["message"] for one in bob.messages()] == ["up here"]
        assert len(bob.messages("general")) == 2
        assert bob.messages() == bob.messages("attic")
        bob.call("leave-channel", target="attic")
        again = bob.call("join-channel", target="general", since={"epoch": chat.hub.history.epoch, "seq": 1})
        assert again["recovered"]
        assert bob.messages("general") == cat.messages()


class ChangingTest(ChatTestCase):
    @gen_test
    async def test_clients_on_sockets_have_the_same_methods(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        seq = (await ann.say("Helo"))["seq"]
        await ann.edit(seq, "Hello")
        await bob.react(seq, "👍")
        await bob.pin(seq)
        await bob.until(lambda event: event["action"] == "changed" and "pinned" in event["what"])
        [message] = bob.messages()
        assert message["message"] == "Hello"
        assert {"reactions", "pinned"} <= message.keys()
        await bob.reply(seq, "Hi")
        await ann.delete(seq)
        await bob.until(lambda event: event["action"] == "changed" and "deleted" in event["what"])
        assert [one["message"] for one in bob.messages()] == ["", "Hi"]


def test_people_have_channels_of_their_own_and_direct_conversations() -> None:
    with Chat() as chat:
        ann, bob = chat.connect("Ann"), chat.connect("Bob")
        den = ann.create("Plans", bob)["channel"]
        ann.say("hi")
        assert bob.channels()[den]["title"] == "Plans"
        bob.join(den)
        talk = bob.direct(ann)["channel"]
        bob.say("psst")
        chat.wait(2)
        assert ann.channels()[talk]["unread"] == 1
        assert ann.channels()[talk]["with"] == [{"id": bob.id, "name": "Bob"}]
        ann.call("remove-member", target=den, user=bob.id)
        chat.wait(1)
        assert set(bob.channels()) == {"general", talk}


def test_owners_set_a_plugins_settings_in_their_channel() -> None:
    plugin = module(
        """
from dataclasses import dataclass, field

@dataclass
class Settings:
    greeting: str = field(default="Hello", metadata={"channel": True})
    times: int = field(default=1, metadata={"channel": True})
    secret: str = "secret"

    def __post_init__(self):
        if self.times > 3:
            raise ValueError("times is 3 at most")

@action("greet")
def greet(ctx: Context) -> dict[str, Any]:
    return {"says": " ".join([ctx.settings.greeting] * ctx.settings.times)}
""",
        "greet",
    )
    with Chat(plugin, settings={"greet": {"greeting": "Servus"}}) as chat:
        ann, bob = chat.connect("Ann", None), chat.connect("Bob", None)
        ann.create("den", bob, kind="public")
        bob.join("den")

        def put(**values: Any) -> dict[str, Any]:
            return ann.call("set-channel", target="den", plugins={"greet": values})

        assert bob.say("/greet")["says"] == "Servus"
        assert put(greeting="Moin", times=2)["plugins"] == {"greet": {"greeting": "Moin", "times": 2}}
        assert bob.say("/greet")["says"] == "Moin Moin"
        (listed,) = ann.call("plugin-settings", target="den")["plugins"]
        assert listed["plugin"] == "greet"
        assert listed["settings"] == [  # nothing of what the server's settings say
            {"name": "greeting", "type": "str", "value": "Moin"},
            {"name": "times", "type": "int", "value": 2},
        ]
        with pytest.raises(Refused, match="Only owners of #den"):
            bob.call("plugin-settings", target="den")
        bob.join("general")
        assert bob.say("/greet")["says"] == "Servus"
        assert put(greeting=None)["plugins"] == {"greet": {"times": 2}}
        assert bob.say("/greet", "den")["says"] == "Servus Servus"
        for values, words in (
            ({"times": 4}, "plugins.greet: times is 3 at most"),
            ({"times": "x"}, "plugins.greet: times must be a whole number"),
            ({"secret": "x"}, "plugins.greet has no setting 'secret' of channels; there are greeting, times"),
            ({"greeting": "x" * 5_000}, "plugins.greet is too long"),
        ):
            with pytest.raises(Refused, match=words):
                put(**values)
        with pytest.raises(Refused, match="there is no plugin 'other'"):
            ann.call("set-channel", target="den", plugins={"other": {}})
        with pytest.raises(Refused, match="must be an object"):
            ann.call("set-channel", target="den", plugins={"greet": 1})
        with pytest.raises(Refused, match="Only owners of #den") as denied:
            bob.call("set-channel", target="den", plugins={"greet": {}})
        assert denied.value.rule == "channel-role"
        assert denied.value.needs == "Only owners of #den can change these settings"
        chat.restart()
        ann = chat.connect("Ann", "den")
        assert ann.say("/greet")["says"] == "Servus Servus"


def test_a_message_that_grew_when_the_server_ended_is_stopped(tmp_path: Path) -> None:
    plugin = tmp_path / "slow.py"
    plugin.write_text("""
import asyncio

from tornado_chat import Context, action

async def write(ctx: Context) -> None:
    async with ctx.channel.grow() as message:
        await message.add("One. Two")
        await asyncio.sleep(3600)

@action("write")
def begin(ctx: Context) -> None:
    ctx.spawn(write(ctx))
""")
    with Chat(plugin) as chat:
        ann = chat.connect("Ann")
        ann.call("write", target="general")
        ann.call("send-message", target="general", message="First", growing=True)
        ann.grow(2, 5, " and more")
        chat.restart()
        bot, own = chat.connect("Ann").messages()
        assert (bot["message"], bot["stopped"]) == ("One. Two", True)
        assert (own["message"], own["stopped"]) == ("First and more", True)
