"""Which channels there are: {"action": "channels"}."""

from __future__ import annotations

from itertools import islice
from typing import Any

from tornado_chat import Context, Limit, action


@action("channels", channel=False)
def channels(ctx: Context, after: str = "", limit: Limit = 200) -> dict[str, Any]:
    """List the channels that have members (and that one may enter), by name; the next page is after the last name."""
    names = list(islice(ctx.server.names(ctx.connection, after), limit + 1))
    listed = [{"name": name, "count": len(ctx.server.present(name))} for name in names[:limit]]
    return {"channels": listed, "more": len(names) > limit}
