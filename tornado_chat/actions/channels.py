"""The list of channels: {"action": "channels"}."""

from collections.abc import Awaitable
from itertools import islice
from typing import Any

from tornado_chat import Context, Limit, Part, action, fold

PER_CALL = 200  # names that are searched in the time of one call


@action("channels", channel=False)
def channels(
    ctx: Context, after: str = "", limit: Limit = 200, find: Part = ""
) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """List the channels you may enter; `after` continues the list, `find` searches."""
    if find:
        return _find(ctx, after, limit, find)
    return _answer(ctx, list(islice(ctx.server.names(ctx.connection, after), limit + 1)), limit)


async def _find(ctx: Context, after: str, limit: int, part: str) -> dict[str, Any]:
    names = list(ctx.server.names(ctx.connection, after))
    ctx.charge(len(names) // PER_CALL)
    found = await ctx.server.first(
        names,
        limit + 1,
        lambda name: (not fold(name).startswith(part), name),
        lambda name: part in fold(name),
    )
    return _answer(ctx, found, limit)


def _answer(ctx: Context, names: list[str], limit: int) -> dict[str, Any]:
    listed = [{"name": name, "count": len(ctx.server.present(name))} for name in names[:limit]]
    return {"channels": listed, "more": len(names) > limit}
