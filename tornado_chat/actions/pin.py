"""Pinning a message: {"action": "pin", "target": "general", "seq": 7}."""

from typing import Any

from tornado_chat import Context, action


@action("pin", command=False)
async def pin(ctx: Context, seq: int, on: bool = True) -> dict[str, Any]:
    """Pin a message to its channel, or unpin it."""
    if ctx.refused is None:
        ctx.need("pin")
        ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    return {"seq": await ctx.channel.pin(seq, on, by=ctx.user, ref=ctx.ref)}


@action("pins", command=False)
async def pins(ctx: Context, after: int = 0) -> dict[str, Any]:
    """List the pinned messages of a channel; `after` (a seq) continues the list."""
    messages, more = await ctx.server.places.pinned(ctx.connection, ctx.channel, after)
    return {"messages": messages, "more": more}
