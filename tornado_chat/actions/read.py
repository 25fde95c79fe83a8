"""How far one has read: {"action": "read", "target": "general", "seq": 120}."""

from tornado_chat import Context, Error, Refused, action


@action("read", command=False)
async def read(ctx: Context, seq: int) -> None:
    """Say how far one has read; one's other connections are told."""
    newest = await ctx.server.history.last(ctx.channel.name)
    if not 0 <= seq <= newest:
        raise Refused(f"seq is 0 to {newest}", Error.INVALID_FIELD)
    position = await ctx.server.reading.move(ctx.user, ctx.channel.name, seq, ctx.connection.gate)
    ctx.channel.tell(ctx.user, "read", skip=ctx.connection, user=ctx.user, seq=position)
