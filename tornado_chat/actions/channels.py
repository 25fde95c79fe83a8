"""The list of channels: {"action": "channels"}."""

from itertools import islice
from typing import Any

from tornado_chat import Context, Limit, Part, action, fold

PER_CALL = 200  # names that are searched in the time of one call


@action("channels", channel=False, command=False)
async def channels(ctx: Context, after: str = "", limit: Limit = 200, find: Part = "") -> dict[str, Any]:
    """List the channels you may enter; `after` continues the list, `find` searches."""
    names = ctx.server.names(ctx.connection, after)
    if find:
        searched = list(names)
        ctx.charge(len(searched) // PER_CALL)
        found = await ctx.server.first(
            searched,
            limit + 1,
            lambda name: (not fold(name).startswith(find), name),
            lambda name: find in fold(name),
        )
    else:
        found = list(islice(names, limit + 1))
    listed = [{"name": name, "count": len(ctx.server.present(name))} for name in found[:limit]]
    return {"channels": listed, "more": len(found) > limit}
