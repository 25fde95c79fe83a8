"""Giving a role in a channel: {"action": "set-role", "target": "news", "user": "a:bob", "role": "moderator"}."""

from typing import Any, Literal

from tornado_chat import Context, Name, action


@action("set-role", channel=False, command=False)
async def set_role(
    ctx: Context,
    target: Name,
    role: Literal["member", "moderator", "owner"],
    user: str | None = None,
    users: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Give members of a channel a role there, by id. Owners do."""
    places = ctx.server.places
    whom = places.whom(user, users)
    ctx.charge(len(whom) - 1)
    return {"users": await places.set_role(ctx.connection, target, whom, role)}
