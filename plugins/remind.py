"""Be reminded: /remind 10m Tea is ready; /reminders lists yours, /forget 1 takes one back"""

import asyncio
import re
import secrets
import time
from typing import Annotated, Any

from tornado_chat import Context, Error, Refused, Text, TimerContext, User, action, every, on

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MAX_WAIT = 366 * UNITS["d"]
MAX_TEXT, MAX_MINE, MAX_OF_ADDRESS = 3_000, 20, 2_000
AT_ONCE = 500  # are said in a second, where the disk is fast enough

# The store has each reminder under when it is due, and that key under its user and address, so that nobody's costs
# more than their own: "0001764201600000 5f0c8d1a", "of USER\n0001764201600000 …", "at ADDRESS\n0001764201600000 …".
adding = asyncio.Lock()  # or several connections of one user could pass its limit together, to this node


@action("remind")
async def remind(ctx: Context, after: Annotated[str, "30s, 10m, 1h30m or 2d"], text: Text) -> None:
    """Say something here later: after 30s, 10m, 1h30m or 2d."""
    ctx.need("post")
    if not re.fullmatch(r"([0-9]{1,9}[smhd]){1,4}", after):
        raise Refused("after is a time like 30s, 10m, 1h30m or 2d", Error.INVALID_FIELD)
    wait = sum(int(count) * UNITS[unit] for count, unit in re.findall("([0-9]+)([smhd])", after))
    if not 1 <= wait <= MAX_WAIT:
        raise Refused("after is 1s to 366d", Error.INVALID_FIELD)
    text = " ".join(text.split())  # no second line that looks like the server's own
    if not 1 <= len(text) <= MAX_TEXT:
        raise Refused(f"text has 1 to {MAX_TEXT:,} characters", Error.INVALID_FIELD)
    key = f"{int(time.time() * 1000) + wait * 1000:015} {secrets.token_hex(4)}"
    about = {"channel": ctx.channel.name, "user": ctx.user.id, "name": ctx.user.name, "text": text}
    about["address"], about["share"] = ctx.connection.address, ctx.address
    async with adding:
        others = len(await waiting(ctx, f"of {ctx.user.id}\n"))
        if others >= MAX_MINE:
            raise too_many()
        if ctx.address and len(await waiting(ctx, f"at {ctx.address}\n")) >= MAX_OF_ADDRESS:
            raise Refused(f"{MAX_OF_ADDRESS} reminders from one address wait at most; try again later")
        await ctx.store.set(key, about)  # first, and forgotten last: whenever the server ends, it will be said
        for index in indices(about):
            await ctx.store.set(index + key, True)
        if len(await waiting(ctx, f"of {ctx.user.id}\n")) > MAX_MINE:  # at another node one was added meanwhile
            await drop(ctx, key, about)
            raise too_many()
    more = f" You have {others + 1}; /reminders lists them." if others else ""
    short = text if len(text) <= 100 else f"{text[:99]}…"
    ctx.reply(f"I will remind you {left(due(key))}: “{short}”.{more}")


@action("reminders")
async def reminders(ctx: Context) -> dict[str, Any]:
    """List your reminders."""
    found = []
    for key in await waiting(ctx, f"of {ctx.user.id}\n"):
        about = await ctx.store.get(key)
        if about is not None:  # it may just have been said
            found.append({"text": about["text"], "channel": about["channel"], "time": due(key)})
    lines = [f"{number}. {left(one['time'])}: {one['text'][:100]}" for number, one in enumerate(found, 1)]
    ctx.reply("\n".join(lines) or "You have no reminders.")
    return {"reminders": found}


@action("forget")
async def forget(ctx: Context, number: Annotated[int, "Its number in /reminders"]) -> None:
    """Cancel a reminder by its number in /reminders."""
    found = await waiting(ctx, f"of {ctx.user.id}\n")
    if not 1 <= number <= len(found):
        raise Refused("you have no such reminder; /reminders lists them", Error.INVALID_FIELD)
    key = found[number - 1]
    about = await ctx.store.get(key)
    if about is not None:  # it may just have been said
        await drop(ctx, key, about)
    ctx.reply("Forgotten.")


@on("startup")
async def index(ctx: TimerContext) -> None:
    """Index the reminders of earlier versions by user."""
    after = ""
    while not await ctx.store.get("indexed"):
        page = await ctx.store.items(after=after)
        for after, about in page:
            if after[0].isdigit() and is_reminder(about):
                await ctx.store.set(f"of {about['user']}\n{after}", True)
        if not page:
            await ctx.store.set("indexed", True)


@every(1)
async def tick(ctx: TimerContext) -> None:
    """Post what is due. A reminder is deleted once its message is stored, so that none is lost."""
    for _ in range(AT_ONCE):
        first = await ctx.store.items(limit=1)
        if not first or not first[0][0][0].isdigit() or due(first[0][0]) > time.time() * 1000:
            break
        [(key, about)] = first
        if not is_reminder(about):  # it was damaged
            await ctx.store.delete(key)
            continue
        if await may_still(ctx, about):
            try:
                text = f"@{about['name']}, a reminder: {about['text']}"
                await ctx.server.channel(about["channel"]).post(text, mentions=[about["user"]])
            except Refused as refused:
                if refused.code == Error.HISTORY_UNAVAILABLE:
                    break  # later
        await drop(ctx, key, about)


async def may_still(ctx: TimerContext, about: dict[str, str]) -> bool:
    """Return whether someone may still say something where they wanted to be reminded."""
    user = User(about["user"], about["name"])
    may = await ctx.server.may(user, "post", about["channel"])
    return may and not await ctx.server.is_banned(user.id, about.get("address", ""))


def too_many() -> Refused:
    return Refused(f"{MAX_MINE} reminders of one user wait at most; /forget takes one back")


async def waiting(ctx: TimerContext, index: str) -> list[str]:
    """Return the keys of the reminders under a user or an address."""
    return [key.removeprefix(index) for key, _ in await ctx.store.items(index, limit=MAX_OF_ADDRESS)]


async def drop(ctx: TimerContext, key: str, about: dict[str, str]) -> None:
    for index in indices(about):
        await ctx.store.delete(index + key)
    await ctx.store.delete(key)


def indices(about: dict[str, str]) -> list[str]:
    share = about.get("share")  # not known of earlier versions' reminders, nor in tests without a network
    return [f"of {about['user']}\n", f"at {share}\n"] if share else [f"of {about['user']}\n"]


def is_reminder(about: Any) -> bool:
    return isinstance(about, dict) and {"channel", "user", "name", "text"} <= about.keys()


def due(key: str) -> int:
    return int(key[:15])


def left(due: int) -> str:
    """Return in words when something is due."""
    seconds = max(0, due // 1000 - int(time.time()))
    if seconds < 60:
        return f"in {seconds} s"
    minutes = seconds // 60
    parts = ((minutes // 1_440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return "in " + " ".join(f"{count} {unit}" for count, unit in parts if count)
