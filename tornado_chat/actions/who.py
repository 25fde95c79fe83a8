"""Who is here: {"action": "who", "target": "general"}, or without a target, who is online."""

from typing import Any

from tornado_chat import Context, Error, Limit, Name, Part, Refused, action, fold

PER_CALL = 200  # people who are looked through in the time that another call takes


@action("who", channel=False)
async def who(
    ctx: Context, target: Name | None = None, find: Part = "", after: str = "", limit: Limit = 200
) -> dict[str, Any]:
    """See who is here, or find someone."""
    if target is not None and not ctx.connection.may_enter(target):
        raise Refused(f"you may not enter {target}", Error.NOT_ALLOWED)
    if target is not None:
        await ctx.server.places.need_knowledge(ctx.connection, target)
    present = list(ctx.server.present(target))
    ctx.charge(len(present) // PER_CALL)
    if find:
        users = await ctx.server.first(
            present,
            limit + 1,
            lambda user: (not fold(user.name).startswith(find), user.name, user.id),
            lambda user: find in fold(user.name),
        )
    else:
        users = await ctx.server.first(present, limit + 1, lambda user: user.id, lambda user: user.id > after)
    return {"users": users[:limit], "count": len(present), "more": len(users) > limit}
