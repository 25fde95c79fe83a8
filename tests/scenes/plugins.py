"""Scenes with the actions of plugins that come with the server."""

import json

from tests.scenes.stage import Stage, scene


@scene
async def roll(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "roll", target=s.den, sides=1)
    answer = await s.call(s.ann, "roll", target=s.den)
    await s.call(s.bob, "delete-message", target=s.den, seq=answer["seq"])


@scene
async def poll(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "poll", target=s.den, text="Lunch? | Pizza | Salad")
    await s.settle()
    await s.call(s.bob, "polls", target=s.den)
    await s.call(s.ann, "poll", target=s.den, text="Lunch?")


async def ask(s: Stage) -> str:
    await s.meet()
    answer = await s.call(s.bob, "poll", target=s.den, text="Lunch? | Pizza | Salad")
    await s.settle()
    return str(answer["poll"]["id"])


@scene
async def polls(s: Stage) -> None:
    await ask(s)
    await s.call(s.ann, "polls", target=s.den)


@scene
async def show_poll(s: Stage) -> None:
    await ask(s)
    await s.call(s.bob, "vote", target=s.den, option=1)
    await s.settle()
    await s.call(s.ann, "show-poll", target=s.den)


@scene
async def vote(s: Stage) -> None:
    number = await ask(s)
    await s.call(s.ann, "vote", target=s.den, option=2)
    await s.call(s.ann, "vote", target=s.den, option=1, poll=number)
    await s.settle()
    await s.call(s.bob, "vote", target=s.den, option=1)
    await s.call(s.ann, "vote", target=s.den, option=9)
    await s.settle()
    await s.call(s.ann, "polls", target=s.den)


@scene
async def unvote(s: Stage) -> None:
    await ask(s)
    await s.call(s.ann, "vote", target=s.den, option=2)
    await s.settle()
    await s.call(s.ann, "unvote", target=s.den)
    await s.call(s.ann, "unvote", target=s.den)


@scene
async def close_poll(s: Stage) -> None:
    await ask(s)
    await s.call(s.ann, "close-poll", target=s.den)
    await s.call(s.bob, "leave-channel", target=s.den)
    await s.settle()
    await s.call(s.ann, "close-poll", target=s.den)
    await s.call(s.ann, "vote", target=s.den, option=1)


@scene
async def remind(s: Stage) -> None:
    await s.meet()
    await s.call(s.ann, "remind", target=s.den, after="1s", text="tea")
    while "tea" not in json.dumps(s.bob.events):
        await s.settle()
    await s.call(s.ann, "remind", target=s.den, after="soon", text="tea")


@scene
async def reminders(s: Stage) -> None:
    await s.meet()
    phone = await s.come("Ann", s.there)
    await phone.join(s.den)
    await s.call(phone, "remind", target=s.den, after="2d", text="tea")
    await s.settle()
    await s.call(s.ann, "reminders", target=s.den)


@scene
async def forget(s: Stage) -> None:
    await s.meet()
    phone = await s.come("Ann", s.there)
    await phone.join(s.den)
    await s.call(phone, "remind", target=s.den, after="2d", text="tea")
    await s.call(s.ann, "forget", target=s.den, number=1)
    await s.call(phone, "forget", target=s.den, number=1)
