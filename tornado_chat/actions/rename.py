"""Changing one's name: {"action": "rename", "name": "Ann"}."""

from typing import Any

from tornado_chat import Context, Name, Refused, action


@action("rename", channel=False)
async def rename(ctx: Context, name: Name) -> dict[str, Any]:
    """Change your name. The people in your channels are told."""
    gate = ctx.connection.gate
    if gate is not None:
        gate.rename()
    try:
        user, token = await ctx.server.identity.rename(ctx.user, name)
    except Refused:
        if gate is not None:
            gate.give_rename_back()
        raise
    ctx.server.become(user)
    ctx.server.places.meet([user])
    ctx.server.tell_renamed(user)  # this one too: several tabs may share it
    return {"user": user} if token is None else {"user": user, "token": token}
