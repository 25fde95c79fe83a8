"""Joining a channel: {"action": "join-channel", "message": "general", "since": {"epoch": "…", "seq": 7}}."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from tornado_chat import Context, Error, Limit, Refused, action

MAX_USERS = 200
LONGEST = 256  # characters of a requested name


@dataclass
class Since:
    """How far a returning client has read."""

    epoch: str
    seq: int


@action("join-channel", "join-communication-channel", channel=False)
async def join(
    ctx: Context,
    target: str | None = None,
    message: str | None = None,
    since: Since | None = None,
    history: Limit = 50,
) -> dict[str, Any]:
    """Join a channel, or make a new one."""
    asked = message if message is not None else target
    if asked is None:
        raise Refused("target is missing", Error.INVALID_FIELD)
    try:
        came = ctx.server.join(ctx.connection, asked)
    except Refused as refused:
        if ctx.ref is None and target is None:  # a client of the original, which shows only lines with this name
            ctx.connection.show(asked[:LONGEST], refused.message)
        raise
    channel = ctx.server.joined(ctx.connection, asked)
    name = channel.name
    if ctx.ref is None and asked != name and len(asked) <= LONGEST:  # other clients read the name in the answer
        channel.answer_to(asked, ctx.connection)
        ctx.connection.show(asked, f"This channel is called {name} here.")
    if came and ctx.server.announces(channel, len(channel.present)):
        await ctx.perform("welcome", channel)

    log = ctx.server.history
    recovered = False
    last = await log.last(name)
    if since is not None and since.epoch == log.epoch and 0 <= since.seq <= last:
        messages, more = await channel.read(after=since.seq)
        recovered = messages[0].seq == since.seq + 1 if messages else since.seq == last
    if not recovered:
        messages, more = await channel.read(limit=history)
    return {
        "channel": name,
        "epoch": log.epoch,
        "seq": last,
        "users": list(islice(channel.present, MAX_USERS)),
        "count": len(channel.present),
        "messages": messages,
        "recovered": recovered,
        "more": more,
        "read": await ctx.server.reading.position(ctx.user, name),
    }
