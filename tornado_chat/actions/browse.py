"""The channels that one may find: {"action": "browse", "find": "new"}."""

from typing import Any

from tornado_chat import Context, Limit, Part, action

PER_CALL = 1_000  # channels that are searched in the time of one call


@action("browse", channel=False, command=False)
async def browse(ctx: Context, find: Part = "", after: str = "", limit: Limit = 200) -> dict[str, Any]:
    """List the public channels that are listed, and your own; `find` searches."""
    if find:
        ctx.charge(1 + len(ctx.server.channels) // PER_CALL)
    channels, more = await ctx.server.places.browse(ctx.connection, find, after, limit)
    if not (find or more):  # all were looked at, those that are not listed, too
        ctx.charge(len(ctx.server.channels) // PER_CALL)
    return {"channels": channels, "more": more}
