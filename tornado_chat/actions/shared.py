"""The channels that one shares with somebody: {"action": "shared", "user": "g:…"}."""

from typing import Any

from tornado_chat import Context, action


@action("shared", channel=False, command=False)
async def shared(ctx: Context, user: str) -> dict[str, Any]:
    """List the addresses of your channels to which somebody else belongs, too."""
    ctx.charge(1)
    return {"channels": await ctx.server.places.shared(ctx.connection, user)}
