"""The record of what administrators did: {"action": "audit", "limit": 50}."""

from __future__ import annotations

from typing import Annotated, Any

from tornado_chat import Context, Limit, action


def _key(value: str) -> str:
    if len(value) > 100:
        raise ValueError("the key of an entry")
    return value


@action("audit", channel=False, power="audit", command=False)
async def audit(ctx: Context, after: Annotated[str, _key] = "", limit: Limit = 50) -> dict[str, Any]:
    """List the uses of an administrator's powers, newest first; the next page is after the last key."""
    return {"entries": await ctx.server.moderation.recorded(after, limit)}
