"""Bans of users and addresses: {"action": "ban", "user": "…", "hours": 24}, or an "address": "192.0.2.0/24"."""

import time
from typing import Annotated, Any

from tornado_chat import Context, Name, Refused, action

LONGEST = 10 * 366 * 24


def _hours(value: float) -> float:
    if not 0 < value <= LONGEST:
        raise ValueError(f"a number above 0, at most {LONGEST}")
    return value


@action("ban", channel=False, power="ban")
async def ban(
    ctx: Context,
    user: str | None = None,
    address: str | None = None,
    hours: Annotated[float, _hours] = 24.0,
    reason: Name = "banned",
) -> dict[str, Any]:
    """Keep someone (by name or id) or an address out for some hours."""
    moderation = ctx.server.moderation
    if user is not None:
        user = ctx.server.find_id(user)
    whom = await moderation.whom(user, address)
    if moderation.hits(whom, ctx.user.id, ctx.connection.address):
        raise Refused("that would keep you out too")
    until = time.time() + 3600 * hours
    name = next((one.user.name for one in ctx.server.connections_of(whom)), "")
    await ctx.use("ban", whom=whom, name=name, until=until, reason=reason)
    ended, missing = await ctx.server.banning.ban(whom, until, reason, ctx.user, name)
    told = {"whom": whom, "until": until, "name": name, "ended": ended}
    return {**told, "missing": missing} if missing else told


@action("unban", channel=False, power="ban")
async def unban(ctx: Context, whom: str) -> dict[str, Any]:
    """Lift the ban of an id or an address."""
    found = await ctx.server.moderation.find(whom)
    if found is None:
        raise Refused("there is no such ban")
    await ctx.use("ban", lifted=found["whom"], name=found["name"])
    missing = await ctx.server.banning.lift(found["whom"])
    return {"missing": missing} if missing else {}


@action("bans", channel=False, power="ban", command=False)
async def bans(ctx: Context) -> dict[str, Any]:
    """List the bans that stand."""
    return {"bans": await ctx.server.moderation.bans()}
