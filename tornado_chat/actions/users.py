"""The people to whom one may write: {"action": "users", "find": "an"}."""

from typing import Any

from tornado_chat import Context, Error, Limit, Part, Refused, action

MOST = 200  # ids in one call
PER_CALL = 1_000  # people who are here that are looked through in the time of one call


@action("users", channel=False, command=False)
async def users(
    ctx: Context, find: Part = "", ids: tuple[str, ...] = (), after: str = "", limit: Limit = 200
) -> dict[str, Any]:
    """Find people, whether they are here or not: by a part of their name, or by id."""
    if len(ids) > MOST:
        raise Refused(f"ids are at most {MOST}", Error.INVALID_FIELD)
    if not ids:
        ctx.charge(bool(find) + len(ctx.server.present()) // PER_CALL)
    found, more = await ctx.server.places.people(ctx.connection, find, ids, after, limit)
    return {"users": found, "more": more}
