"""Posting a message: {"action": "send-message", "target": "general", "message": "Hello"}."""

from collections.abc import Awaitable
from typing import Any

from tornado_chat import Context, Error, Refused, Text, action


@action("send-message", channel=False, command=False)
def send(ctx: Context, target: str, message: Text) -> Awaitable[dict[str, Any]] | None:
    """Say something to everyone in a channel."""
    channel = ctx.connection.channels.get(target)
    if channel is None:
        return _said_before(ctx, target, message)
    channel.post(message, sender=ctx.user, ref=ctx.ref)
    return None


async def _said_before(ctx: Context, target: str, text: str) -> dict[str, Any]:
    """Repeat the answer to a known `ref`, even if its sender has left the channel since."""
    target = ctx.server.channel(target).name  # in its one spelling
    known = ctx.ref and await ctx.server.history.find(ctx.user, ctx.ref)
    if not known:
        channel = ctx.server.joined(ctx.connection, target)
        channel.post(text, sender=ctx.user, ref=ctx.ref)
        return {}
    if (known.channel, known.text) != (target, text):
        raise Refused("ref was used for another message; take a new one", Error.INVALID_FIELD)
    return {"id": known.id, "seq": known.seq, "time": known.time}
