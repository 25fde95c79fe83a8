"""Who is here: {"action": "who", "target": "general"}, or without a target, who is online."""

from __future__ import annotations

from typing import Any

from tornado_chat import Context, Error, Limit, Name, Refused, action

PER_CALL = 200  # people who are looked through in the time that another call takes


@action("who", channel=False)
async def who(ctx: Context, target: Name | None = None, after: str = "", limit: Limit = 200) -> dict[str, Any]:
    """List the users of a channel, or all who are online, by id; the next page is after the last id."""
    if target is not None and not ctx.connection.may_enter(target):
        raise Refused(f"you may not enter {target}", Error.NOT_ALLOWED)
    present = ctx.server.present(target)
    ctx.charge(len(present) // PER_CALL)
    users = [user for user in present if user.id > after]
    count, more = len(present), len(users) > limit
    return {"users": await ctx.server.first(users, limit, lambda user: user.id), "count": count, "more": more}
