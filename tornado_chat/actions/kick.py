"""Disconnecting a user: {"action": "kick", "user": "…"}. They may reconnect; see ban.py."""

from typing import Any

from tornado_chat import Context, Name, Refused, action


@action("kick", channel=False, power="kick")
async def kick(ctx: Context, user: str, reason: Name = "sent away") -> dict[str, Any]:
    """Disconnect someone, by name or id. They can come back."""
    found = ctx.server.find_user(user)
    if found.id == ctx.user.id:
        raise Refused("that would send you away too")
    await ctx.use("kick", user=found.id, name=found.name, reason=reason)
    connections = ctx.server.connections_of(found.id)
    addresses = sorted({connection.address for connection in connections})
    ended, missing = await ctx.server.banning.kick(found.id, reason)
    told = {"ended": ended, "addresses": addresses}
    return {**told, "missing": missing} if missing else told
