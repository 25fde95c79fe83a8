"""Leaving a channel: {"action": "leave-channel", "target": "general"}."""

from tornado_chat import Context, Error, Name, Refused, action


@action("leave-channel", "leave-communication-channel", channel=False)
async def leave(ctx: Context, target: Name | None = None, message: Name | None = None) -> dict[str, str]:
    """Leave this channel, or the one you name, on all your devices."""
    name = message or target
    if name is None:
        raise Refused("target is missing", Error.INVALID_FIELD)
    return {"channel": await ctx.server.places.leave(ctx.connection, name)}
