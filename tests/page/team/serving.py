"""A chat with a lived-in team: private and direct conversations, unread and silent channels, long names."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from tornado_chat.client import Client
from tornado_chat.config.settings import Settings
from tornado_chat.web.app import make_app

NO_NAME = "the-very-long-discussion-about-names-of-things-in-the-warehouse"
PASSWORD = "a long walk home"
PEOPLE = (
    *(
        "Lena Vogt",
        "Ann Becker",
        "Jonas Lindqvist",
        "Priya Raman",
        "陈晓明",
        "ليلى حداد",
        "Sofía Álvarez",
        "Tom Hale",
    ),
    *("Miguel Ortiz", "Ida Brandt", "Ina Keller", "Ivo Novak", "Maximiliane Freifrau von Hohenstein-Wittelsbach"),
)
HERE = PEOPLE[:8]  # the others are away
DAYS = 86_400.0
TOPICS = {
    **{
        "general": "Releases, questions, lunch. Incidents go to #deploys.",
        "design": "",
        "deploys": "One line a deploy",
    },
    **{"support": "Answers within a day", "空间": "设计与前端", "random": "Anything else", "reading-room": ""},
    **{"garden": "What grows on the roof", "القراءة": "كتب ومقالات", "workshop": "", "workshop-2025": ""},
    NO_NAME: "A topic that goes on and on. " * 7,
}
OTHERS = ("garden", "workshop-2025", "announcements")  # to which Lena does not belong
TALK = (
    ("Priya Raman", "The export ran out of memory again, this time at 1.2 million rows. We should stream it."),
    ("陈晓明", "我刚刚试了一下，用流式就没问题了。要不要今天下午一起看？"),
    ("Tom Hale", "This is how they do it: https://docs.fernhill.example/streaming"),
    ("ليلى حداد", "صباح الخير! العملاء سألوا عن التصدير مرة أخرى، هل يمكن أن نجيبهم قبل الاجتماع؟"),
    ("Ann Becker", "Fine with me, 15:00 it is. @Jonas Lindqvist, does that work for you?"),
    ("Jonas Lindqvist", "Works 👍"),
    (
        "Sofía Álvarez",
        "Three things:\n\n1. **Release**: who signs off?\n2. **Exports**: stream?\n3. The workshop in March.",
    ),
    ("Lena Vogt", "I'll sign off the notes."),
)


class Clock:
    """Time that is moved back while the past is told."""

    def __init__(self) -> None:
        self.real = time.time
        self.back = 0.0
        time.time = lambda: self.real() - self.back


@asynccontextmanager
async def team(port: int) -> AsyncIterator[str]:
    """Serve the chat of a team; yield its address."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(data_dir=folder, limits="off", auth=("password",), server_name="Fernhill", plugins={})
        chat = make_app(settings)
        listening = chat.listen(port, "127.0.0.1")
        base = f"http://127.0.0.1:{port}"
        clock.back = 3 * DAYS
        users = [await chat.accounts.register(name, PASSWORD) for name in PEOPLE]
        ids = {one.name: one.id for one in users}
        by = {name: await stack.enter_async_context(Client(base, name, password=PASSWORD)) for name in PEOPLE}
        for one in by.values():
            stack.push_async_callback(_drain(one))
        await _channels(by, ids)
        await _history(by, ids, clock)
        for name in PEOPLE[len(HERE) :]:
            await by[name].__aexit__(None, None, None)
        clock.back = 0
        yield base
        listening.stop()
    time.time = clock.real


def _drain(client: Client) -> Callable[[], Any]:
    async def read() -> None:
        async for _ in client:
            pass

    task = asyncio.ensure_future(read())

    async def end() -> None:
        task.cancel()

    return end


async def _channels(by: dict[str, Client], ids: dict[str, str]) -> None:
    ann, lena = by["Ann Becker"], by["Lena Vogt"]
    everybody = [ids[name] for name in PEOPLE if name not in ("Ann Becker", "Lena Vogt")]
    for name, topic in TOPICS.items():
        some = everybody if name in ("general", "garden") else everybody[: 3 + len(name) % 5]
        await ann.create(name, topic=topic.strip()[:250], users=some + ([] if name in OTHERS else [ids["Lena Vogt"]]))
    await ann.create("announcements", topic="", users=[*everybody, ids["Lena Vogt"]])
    await ann.call("set-channel", target="announcements", posting="moderators")
    await ann.call("set-channel", target="workshop-2025", archived=True)
    for name, role in (("Jonas Lindqvist", "moderator"), ("Priya Raman", "moderator")):
        await ann.call("set-role", target="general", user=ids[name], role=role)
    await lena.create("hiring", private=True, topic="Only for us", users=[ids[name] for name in PEOPLE[1:4]])
    await lena.create("tea", users=everybody[:3])
    await lena.call("notify", target="random", level="none")
    for number in range(1, 25):
        await ann.create(f"project-{number:02}", users=[ids["Lena Vogt"], ids["Tom Hale"]])


async def _history(by: dict[str, Client], ids: dict[str, str], clock: Clock) -> None:
    lena, ann = by["Lena Vogt"], by["Ann Becker"]
    for at, (who, text) in enumerate(TALK):
        clock.back = (1.1 if at < 3 else 0.1) * DAYS - at * 200
        sent = await _say(by[who], "general", text)
        if at == 1:
            for name, key in (
                ("Ann Becker", "👍"),
                ("Tom Hale", "👍"),
                ("Lena Vogt", "👍"),
                ("Jonas Lindqvist", "🌊"),
            ):
                await by[name].join("general")
                await by[name].react("general", sent["seq"], key)
        if at == 4:
            await ann.pin("general", sent["seq"])
    for name in (
        "support",
        "空间",
        "garden",
        "القراءة",
        "random",
        "announcements",
        NO_NAME,
    ):
        clock.back -= 60
        await _say(ann, name, "Who has seen the key of the store room?")
    pairs = {name: await lena.direct(ids[name]) for name in ("Ann Becker", "Miguel Ortiz", "ليلى حداد", "Tom Hale")}
    pairs["many"] = await lena.direct(ids["Priya Raman"], ids["陈晓明"])
    await _say(lena, pairs["many"]["channel"], "Shall we meet on Monday?")
    for who, text in (("Miguel Ortiz", "Back on Thursday."), ("Tom Hale", "Thanks!")):
        await _say(by[who], pairs[who]["channel"], text)
    for who, text in (
        ("Ann Becker", "Did the two from the workshop write back?"),
        ("Lena Vogt", "One did. She would like the second week of March, the other has not answered yet."),
        ("Ann Becker", "👌"),
        (
            "Ann Becker",
            "I have put the draft where you can edit it. Change whatever you like, I trust your ear more than mine.",
        ),
    ):
        await _say(by[who], pairs["Ann Becker"]["channel"], text)
    for place in list(lena.channels.values()):
        joined = await lena.join(place["channel"])
        await lena.read(place["channel"], joined["seq"])
    clock.back = 300
    await _say(ann, "design", "@Lena Vogt the icons are there")
    await _say(by["Tom Hale"], "design", "@Lena Vogt and the colours")
    for number in range(7):
        await _say(by["Jonas Lindqvist"], "deploys", f"deployed 4.2.{number}")
    await _say(by["ليلى حداد"], pairs["ليلى حداد"]["channel"], "هل لديك دقيقة؟")


async def _say(client: Client, channel: str, text: str) -> Any:
    await client.join(channel)
    return await client.send(channel, text)
