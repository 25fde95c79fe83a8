"""Following a thread: {"action": "follow", "target": "general", "seq": 7}."""

from tornado_chat import Context, action


@action("follow", command=False)
async def follow(ctx: Context, seq: int, on: bool = True) -> None:
    """Follow the thread under a message, or not; that stays so whatever is written there."""
    await ctx.server.places.follow(ctx.connection, ctx.channel, seq, on)
