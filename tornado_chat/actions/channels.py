"""Which channels there are: {"action": "channels"}."""

from __future__ import annotations

from typing import Any

from tornado_chat import Context, Limit, action


@action("channels", channel=False)
async def channels(ctx: Context, after: str = "", limit: Limit = 200) -> dict[str, Any]:
    """List the channels that have members (and that one may enter), by name; the next page is after the last name."""
    names = [name for name in ctx.server.channels if name > after and ctx.connection.may_enter(name)]
    first = await ctx.server.first(names, limit, str)
    listed = [{"name": name, "count": len(ctx.server.present(name))} for name in first]
    return {"channels": listed, "more": len(names) > limit}
