"""The members of a channel: {"action": "members", "target": "news", "find": "an"}."""

from typing import Any

from tornado_chat import Context, Limit, Name, Part, action


@action("members", channel=False, command=False)
async def members(ctx: Context, target: Name, find: Part = "", after: str = "", limit: Limit = 200) -> dict[str, Any]:
    """List who belongs to a channel, whether they are here or not; `find` searches."""
    if find:
        ctx.charge(1)  # a search looks at all of them
    return await ctx.server.places.members(ctx.connection, target, find, after, limit)
