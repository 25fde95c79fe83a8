"""Messages that somebody looks for: {"action": "search", "text": "export from:ann has:link"}."""

from typing import Any

from tornado_chat import Context, action

COST = 1.0  # calls that a search counts as, beside the time that it takes


@action("search", channel=False, command=False)
async def search(ctx: Context, text: str, before: str = "", limit: int = 20) -> dict[str, Any]:
    """Search the messages you may read, the newest first; `before` of an answer continues the list."""
    ctx.charge(COST)
    return await ctx.server.searching.search(ctx.connection, text, before, limit)
