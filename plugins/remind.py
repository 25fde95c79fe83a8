"""Be reminded: /remind 10m Tea is ready; /reminders lists yours, /forget 1 takes one back"""

import re
import secrets
import time
from typing import Any

from tornado_chat import Context, Error, Refused, Text, action, every

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MAX_WAIT = 366 * UNITS["d"]
MAX_TEXT, MAX_MINE, MAX_ALL = 3_000, 20, 1_000  # a page of the store holds all


@action("remind")
async def remind(ctx: Context, after: str, text: Text) -> None:
    """Say something here after a time: 30s, 10m, 1h30m, 2d."""
    if not re.fullmatch(r"([0-9]{1,9}[smhd]){1,4}", after):
        raise Refused("after is a time like 30s, 10m, 1h30m or 2d", Error.INVALID_FIELD)
    wait = sum(int(count) * UNITS[unit] for count, unit in re.findall("([0-9]+)([smhd])", after))
    if not 1 <= wait <= MAX_WAIT:
        raise Refused("after is 1s to 366d", Error.INVALID_FIELD)
    text = " ".join(text.split())  # no second line that looks like the server's own
    if not 1 <= len(text) <= MAX_TEXT:
        raise Refused(f"text has 1 to {MAX_TEXT:,} characters", Error.INVALID_FIELD)
    known = await ctx.store.items()
    if len(known) >= MAX_ALL or len(mine(ctx, known)) >= MAX_MINE:
        raise Refused(f"{MAX_MINE} reminders of one user wait at most, and {MAX_ALL:,} of all")
    due = int(time.time() * 1000) + wait * 1000
    about = {"channel": ctx.channel.name, "user": ctx.user.id, "name": ctx.user.name, "text": text}
    await ctx.store.set(f"{due:015} {secrets.token_hex(4)}", about)
    ctx.reply(f"I will remind you in {after}.")


@action("reminders")
async def reminders(ctx: Context) -> dict[str, Any]:
    """List your reminders."""
    found = [
        {"text": about["text"], "channel": about["channel"], "time": int(key.split()[0])}
        for key, about in mine(ctx, await ctx.store.items())
    ]
    lines = [f"{number}. {left(one['time'])}: {one['text'][:100]}" for number, one in enumerate(found, 1)]
    ctx.reply("\n".join(lines) or "You have no reminders.")
    return {"reminders": found}


@action("forget")
async def forget(ctx: Context, number: int) -> None:
    """Take one of your reminders back, by its number in /reminders."""
    found = mine(ctx, await ctx.store.items())
    if not 1 <= number <= len(found):
        raise Refused("you have no such reminder; /reminders lists them", Error.INVALID_FIELD)
    await ctx.store.delete(found[number - 1][0])
    ctx.reply("Forgotten.")


@every(1)
async def tick(ctx: Context) -> None:
    """Say what is due. It is forgotten when it is on the disk: none is lost, whenever the server ends."""
    for key, about in await ctx.store.items(limit=50):
        if int(key.split()[0]) > time.time() * 1000:
            break
        try:
            await ctx.server.channel(about["channel"]).post(f"@{about['name']}, a reminder: {about['text']}")
        except Refused as refused:
            if refused.code == Error.HISTORY_UNAVAILABLE:
                break  # later
        await ctx.store.delete(key)


def mine(ctx: Context, known: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the caller's own of all reminders."""
    return [(key, about) for key, about in known if about["user"] == ctx.user.id]


def left(due: int) -> str:
    """Return when something is due, in words."""
    seconds = max(0, due // 1000 - int(time.time()))
    if seconds < 60:
        return f"in {seconds} s"
    minutes = seconds // 60
    return f"in {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"in {minutes} min"
