"""Joining a channel: {"action": "join-channel", "message": "general", "since": {"epoch": "…", "seq": 7}}."""

from dataclasses import dataclass
from typing import Any

from tornado_chat import Context, Error, Limit, Refused, action

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
    changes: bool = False,
    timeline: bool = False,
) -> dict[str, Any]:
    """Join a channel, or make a new one."""
    asked = message if message is not None else target
    if asked is None:
        raise Refused("target is missing", Error.INVALID_FIELD)
    try:
        joined = await ctx.server.places.join(ctx.connection, asked, again=since is not None)
    except Refused as refused:
        if ctx.ref is None and target is None:  # a client of the original, which shows only lines with this name
            ctx.connection.show(asked[:LONGEST], refused.message)
        raise
    channel = joined.channel
    if ctx.ref is None and asked != channel.name and len(asked) <= LONGEST:  # others read the name in the answer
        channel.answer_to(asked, ctx.connection)
        ctx.connection.show(asked, f"This channel is called {channel.name} here.")
    if joined.came and ctx.server.announces(channel, len(channel.present)):
        if joined.new:
            await ctx.perform("welcome", channel)
        else:
            channel.notice(f"{ctx.user.name} joined the channel", skip=ctx.user, event="join", user=ctx.user)
    place = None if since is None else (since.epoch, since.seq)
    return await ctx.server.places.arrival(ctx.connection, channel, place, history, changes, timeline)
