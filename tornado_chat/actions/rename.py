"""Another name for oneself: {"action": "rename", "name": "Ann"}."""

from __future__ import annotations

from typing import Any

from tornado_chat import Context, Name, action


@action("rename", channel=False)
async def rename(ctx: Context, name: Name) -> dict[str, Any]:
    """Take another name; the others are told, and one's other connections too."""
    user, token = await ctx.server.identity.rename(ctx.user, name)
    ctx.server.become(user)
    renamed = {"user": user} if token is None else {"user": user, "token": token}
    for connection in ctx.server.connections_of(user.id):  # this one, too: several tabs may share it
        connection.send({"action": "renamed", **renamed})
    return renamed
