"""The list of channels: {"action": "channels"}."""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any

from tornado_chat import Context, Limit, Part, action, fold

PER_CALL = 200  # names that are searched in the time of one call
LOOKED_AT = 1_000  # names that are looked at in that time, without a search


@action("channels", channel=False, command=False)
async def channels(
    ctx: Context, after: str = "", limit: Limit = 200, find: Part = "", own: bool = False
) -> dict[str, Any]:
    """List the channels you may enter; `after` continues the list, `find` searches. own: your own list."""
    if own:
        entries = await ctx.server.places.entries(ctx.user)
        return {"channels": [one for one in entries if ctx.connection.may_enter(one["channel"])]}
    mine = await ctx.server.places.own(ctx.user)
    names = filter(partial(_is_findable, ctx, mine), ctx.server.names(ctx.connection, after))
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
        if len(found) <= limit:  # all were looked at, those that are not listed, too
            ctx.charge(len(ctx.server.channels) // LOOKED_AT)
    listed = [{"name": name, "count": len(ctx.server.present(name))} for name in found[:limit]]
    return {"channels": listed, "more": len(found) > limit}


def _is_findable(ctx: Context, mine: Mapping[str, Any], name: str) -> bool:
    record = ctx.server.channels[name].record
    return record is None or record.listed or name in ctx.connection.channels or name in mine
