"""Reacting to a message: {"action": "react", "target": "general", "seq": 7, "key": "👍"}."""

from typing import Any

from tornado_chat import Context, Emoji, action


@action("react", command=False)
async def react(ctx: Context, seq: int, key: Emoji, on: bool = True) -> dict[str, Any]:
    """React to a message with an emoji, or take that back."""
    ctx.charge(-0.5)  # it costs less than a message
    if ctx.refused is None:
        ctx.need("react")
        ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    return {"seq": await ctx.channel.react(seq, key, on, by=ctx.user, ref=ctx.ref)}
