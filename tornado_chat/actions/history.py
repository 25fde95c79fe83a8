"""Older and newer messages: {"action": "history", "target": "general", "before": 120, "limit": 50}."""

from typing import Any

from tornado_chat import Context, Error, Limit, Refused, action


@action("history", command=False)
async def history(
    ctx: Context,
    before: int | None = None,
    after: int | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Read messages before or after a seq, or the newest."""
    if before is not None and after is not None:
        raise Refused("before and after exclude each other", Error.INVALID_FIELD)
    messages, more = await ctx.channel.read(after=after, before=before, limit=limit)
    return {"messages": messages, "more": more}
