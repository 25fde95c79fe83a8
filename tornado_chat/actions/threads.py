"""The threads that one follows: {"action": "threads", "limit": 20}."""

from typing import Any

from tornado_chat import Context, Limit, action


@action("threads", channel=False, command=False)
async def threads(ctx: Context, before: str = "", limit: Limit = 50) -> dict[str, Any]:
    """List the threads you follow, newest activity first; `before` of an answer continues the list."""
    return await ctx.server.places.threads(ctx.connection, before, limit)
