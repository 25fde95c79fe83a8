"""Messages that mention one: {"action": "mentions", "limit": 20}."""

from typing import Any

from tornado_chat import Context, Limit, action


@action("mentions", channel=False, command=False)
async def mentions(ctx: Context, before: str = "", limit: Limit = 50) -> dict[str, Any]:
    """List the messages that mention you, the newest first; `before` continues the list."""
    messages, more, before = await ctx.server.places.mentions(ctx.connection, before, limit)
    return {"messages": messages, "more": more, "before": before}
