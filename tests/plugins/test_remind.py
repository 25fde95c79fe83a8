"""The plugin `remind`, on a clock that waits for nothing."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tornado_chat import Error, Refused
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.config.settings import find_folder
from tornado_chat.testing import Chat, Person

PLUGINS = find_folder("plugins")


@pytest.fixture
def chat() -> Iterator[Chat]:
    settings = {"filter": {"words": ["worm"]}}
    with Chat(PLUGINS / "remind.py", PLUGINS / "filter.py", settings=settings) as chat:
        yield chat


def _keys(chat: Chat) -> list[str]:
    return [key for key, _ in asyncio.run(chat.store.items("plugin:remind"))]


def reminders(person: Person) -> list[str]:
    return [one["text"] for one in person.call("reminders", target="den")["reminders"]]


def test_what_is_due_is_said_once_and_forgotten(chat: Chat) -> None:
    ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
    ann.call("remind", target="den", after="1h30m", text="Tea is ready")
    ann.call("remind", target="den", after="10s", text="Now\n\n and  here")
    assert reminders(ann) == ["Now and here", "Tea is ready"]
    ann.call("remind", target="den", after="20m", text="Later")
    assert re.fullmatch(r"I will remind you in (19|20) min: “Later”\. You have 3; /reminders .*", ann.texts[-1])
    assert ann.of("send-message")[-1]["plugin"] == "remind"
    ann.call("reminders", target="den")
    assert re.search(r"1\. in (9|10) s: Now.*\n2\. in (19|20) min: Later\n3\. in 1 h (29|30) min: Tea", ann.texts[-1])
    ann.call("forget", target="den", number=2)
    chat.wait(8)
    assert bob.texts == []
    chat.wait(4)
    assert bob.texts == ["@Ann, a reminder: Now and here"]
    assert bob.of("send-message")[0]["sender"] is None
    assert reminders(ann) == ["Tea is ready"]
    assert reminders(bob) == []
    chat.wait(5_400)
    assert [text for text in bob.texts if "reminder:" in text][1:] == ["@Ann, a reminder: Tea is ready"]


def test_one_takes_back_ones_own_alone(chat: Chat) -> None:
    ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
    for after, text in (("1d", "one"), ("2d", "two")):
        ann.call("remind", target="den", after=after, text=text)
    for person, number in ((bob, 1), (ann, 0), (ann, 3)):
        with pytest.raises(Refused, match="no such reminder"):
            person.call("forget", target="den", number=number)
    ann.call("forget", target="den", number=1)
    assert reminders(ann) == ["two"]


def test_a_time_that_is_none_a_text_too_long_and_too_many_are_refused(chat: Chat) -> None:
    ann = chat.connect("Ann", "den")
    for after in ("", "10", "m", "-1m", "1.5h", "0s", "367d", "١m", "1m" * 5, "1m\n", "9999999999s"):
        with pytest.raises(Refused, match="after is"):
            ann.call("remind", target="den", after=after, text="x")
    for text in ("x" * 3_001, " \t"):
        with pytest.raises(Refused, match=r"3,000 characters|can be seen"):
            ann.call("remind", target="den", after="1m", text=text)
    for _ in range(20):
        ann.call("remind", target="den", after="366d", text="x")
    with pytest.raises(Refused, match="20 reminders"):
        ann.call("remind", target="den", after="1m", text="x")


def test_what_cannot_be_kept_is_tried_again_and_what_is_refused_is_dropped(chat: Chat) -> None:
    ann = chat.connect("Ann", "den")
    for text in ("a worm", "Tea"):
        ann.call("remind", target="den", after="1s", text=text)
    append = chat.hub.history.append
    tries: list[str] = []

    def fail_once(message: Any) -> PendingMessage:
        tries.append(message.text)
        if len(tries) > 1:
            return append(message)
        post = PendingMessage()
        post.fail(Refused("the disk is full", Error.HISTORY_UNAVAILABLE))
        return post

    with mock.patch.object(chat.hub.history, "append", fail_once):
        chat.wait(4)
    assert tries == ["@Ann, a reminder: Tea"] * 2
    assert ann.texts[-1] == "@Ann, a reminder: Tea"
    assert reminders(ann) == []


def test_a_reminder_outlives_the_server(chat: Chat) -> None:
    chat.connect("Ann", "den").call("remind", target="den", after="10s", text="Tea")
    chat.restart()
    bob = chat.connect("Bob", "den")
    chat.wait(12)
    assert bob.texts == ["@Ann, a reminder: Tea"]


def come(chat: Chat, name: str, address: str) -> Person:
    person = chat.connect(name, "den")
    person._connection.address = address
    return person


def test_one_address_fills_its_share_and_everyone_elses_reminders_go_on(chat: Chat) -> None:
    remind = vars(chat.registry.plugins["remind"].module)
    with mock.patch.dict(remind, MAX_OF_ADDRESS=40):
        for number in range(2):
            eve = come(chat, f"Eve {number}", f"2001:db8::{number}")
            for _ in range(20):
                eve.call("remind", target="den", after="1h", text="x" * 3_000)
        with pytest.raises(Refused, match="40 reminders from one address"):
            come(chat, "Eve", "2001:db8::9").call("remind", target="den", after="1m", text="x")
        ann = come(chat, "Ann", "192.0.2.1")
        ann.call("remind", target="den", after="1m", text="Tea")
        assert reminders(ann) == ["Tea"]
        chat.wait(70)
        assert "@Ann, a reminder: Tea" in ann.texts
        chat.wait(3_600)
        come(chat, "Eve", "2001:db8::9").call("remind", target="den", after="1m", text="x")
    chat.wait(70)
    assert _keys(chat) == ["indexed"]


def test_a_list_reads_ones_own_reminders_alone(chat: Chat) -> None:
    for number in range(10):
        eve = chat.connect(f"Eve {number}", "den")
        for _ in range(20):
            eve.call("remind", target="den", after="1h", text="x" * 3_000)
    ann = chat.connect("Ann", "den")
    ann.call("remind", target="den", after="2h", text="Tea")
    decoded = 0
    loads = json.loads

    def counted(text: str) -> Any:
        nonlocal decoded
        decoded += len(text)
        return loads(text)

    with mock.patch("tornado_chat.chat.store.json.loads", counted):
        assert reminders(ann) == ["Tea"]
    assert decoded < 1_000


def test_what_someone_who_is_banned_by_now_has_asked_for_is_not_said(chat: Chat) -> None:
    boss = chat.connect("Boss", "den", role="admin")
    ann, bob, cat = (come(chat, name, f"192.0.2.{at}") for at, name in enumerate(("Ann", "Bob", "Cat"), 1))
    for one in (ann, bob, cat):
        one.call("remind", target="den", after="1h", text="Tea")
    boss.call("ban", user="id-Ann")
    boss.call("ban", address="192.0.2.2")
    chat.restart()
    boss = chat.connect("Boss", "den", role="admin")
    chat.wait(3_700)
    assert boss.texts == ["@Cat, a reminder: Tea"]


def test_what_someone_may_not_say_any_more_is_not_said_for_them(chat: Chat) -> None:
    ann, bob, cat, dan = (chat.connect(name) for name in ("Ann", "Bob", "Cat", "Dan"))
    den = ann.create("Den", bob, cat, dan)["channel"]
    for one in (bob, cat, dan):
        one.join(den)
        one.call("remind", target=den, after="1h", text="Tea")
    ann.call("remove-member", target=den, user=bob.id)
    ann.call("silence", target=den, user=cat.id, minutes=120)
    with pytest.raises(Refused, match="You are silenced"):
        cat.call("remind", target=den, after="1h", text="Tea")
    chat.wait(3_700)
    assert [text for text in ann.texts if "Tea" in text] == ["@Dan, a reminder: Tea"]
    own = {one["channel"]: one for one in dan.call("channels", own=True)["channels"]}
    assert own[den]["mentions"] == 1
    assert bob.say("/reminders", "general")["reminders"] == []


def test_reminders_of_an_earlier_version_are_listed_and_said_and_a_damaged_one_is_passed_over(chat: Chat) -> None:
    due = int(chat.now * 1000) + 60_000
    about = {"channel": "den", "user": "id-Ann", "name": "Ann", "text": "Tea"}

    async def replace() -> None:
        for key in [key for key, _ in await chat.store.items("plugin:remind")]:
            await chat.store.delete("plugin:remind", key)
        for key, value in ((f"{due - 1000:015} 1", [1]), (f"{due:015} 2", about)):
            await chat.store.set("plugin:remind", key, value)

    asyncio.run(replace())
    chat.restart()
    ann = chat.connect("Ann", "den")
    assert reminders(ann) == ["Tea"]
    chat.wait(65)
    assert ann.texts[-1] == "@Ann, a reminder: Tea"
    assert _keys(chat) == ["indexed"]


def test_reminders_of_a_moment_ago_that_are_still_to_be_said_count_too(chat: Chat) -> None:
    eve = chat.connect("Eve", "den")
    with mock.patch.dict(vars(chat.registry.plugins["remind"].module), AT_ONCE=0):  # the disk is slow
        for _ in range(20):
            eve.call("remind", target="den", after="1s", text="x")
        chat.wait(5)
        with pytest.raises(Refused, match="20 reminders"):
            eve.call("remind", target="den", after="1s", text="x")
    chat.wait(2)
    eve.call("remind", target="den", after="1s", text="x")
