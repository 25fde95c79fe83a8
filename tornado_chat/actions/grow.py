"""A message that grows: {"action": "grow", "target": "general", "seq": 7, "from": 120, "add": " and so on"}."""

from typing import Any

from tornado_chat import Context, Piece, action


@action("grow", command=False)
async def grow(ctx: Context, seq: int, from_: int, add: Piece = "", done: bool = False) -> dict[str, Any]:
    """Add words to a message of yours that grows; `from` is how many characters it has, `done` ends it."""
    if ctx.connection.gate is not None:
        ctx.connection.gate.grow(len(add))
    ctx.need("edit")
    ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    growths = ctx.server.growths
    return await growths.let_grow(ctx.channel.name, seq, ctx.user, from_, add, done, lambda: ctx.need("post"))


@action("stop", command=False)
async def stop(ctx: Context, seq: int) -> dict[str, Any]:
    """Stop a message that grows, whoever writes it."""
    ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    return {"seq": await ctx.server.growths.stop(ctx.channel.name, seq, ctx.user)}
