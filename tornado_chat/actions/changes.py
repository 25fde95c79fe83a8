"""What one has missed: {"action": "changes", "target": "general", "since": 120}."""

from typing import Any

from tornado_chat import Context, Limit, action


@action("changes", command=False)
async def changes(ctx: Context, since: int, limit: Limit = 200) -> dict[str, Any]:
    """Read the messages that are new or changed since a number, in their present state."""
    messages, upto, more = await ctx.server.places.changes(ctx.connection, ctx.channel, since, limit)
    return {"messages": messages, "seq": upto, "more": more}
