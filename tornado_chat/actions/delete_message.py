"""Deleting a message: {"action": "delete-message", "target": "general", "seq": 7}."""

from typing import Any

from tornado_chat import Context, Name, action


@action("delete-message", command=False)
async def delete_message(ctx: Context, seq: int, reason: Name = "deleted") -> dict[str, Any]:
    """Delete one of your messages for everyone; with the power `delete`, someone else's too."""
    if ctx.refused is None:
        ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    others = False
    if ctx.refused is None and ctx.may("delete"):
        for message in await ctx.server.history.get(ctx.channel.name, [seq]):
            others = message.sender != ctx.user
            if others and "deleted" not in (message.extra or {}):
                whose = message.sender.id if message.sender else None
                await ctx.use("delete", channel=ctx.channel.name, seq=seq, of=whose, reason=reason)
    return {"seq": await ctx.channel.delete(seq, by=ctx.user, any=others, ref=ctx.ref)}
