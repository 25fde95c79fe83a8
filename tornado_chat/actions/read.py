"""How far one has read: {"action": "read", "target": "general", "seq": 120}."""

from typing import Any

from tornado_chat import Context, Error, Refused, action


@action("read", command=False)
async def read(ctx: Context, seq: int, back: bool = False, thread: int | None = None) -> None:
    """Say how far one has read, in a channel or a thread. With `back` the position may go back."""
    newest = await ctx.server.history.last(ctx.channel.name)
    if not 0 <= seq <= newest:
        raise Refused(f"seq is 0 to {newest}", Error.INVALID_FIELD)
    more: dict[str, Any] = {"back": True} if back else {}
    if thread is None:
        position = await ctx.server.places.read(ctx.connection, ctx.channel, seq, back=back)
    else:
        position = await ctx.server.places.read_thread(ctx.connection, ctx.channel, thread, seq, back)
        more["thread"] = thread
    ctx.channel.tell(ctx.user, "read", skip=ctx.connection, user=ctx.user, seq=position, **more)
