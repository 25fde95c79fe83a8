"""Removing people from a channel: {"action": "remove-member", "target": "news", "user": "a:bob", "minutes": 60}."""

from typing import Any

from tornado_chat import Context, Name, action


@action("remove-member", channel=False, command=False)
async def remove_member(
    ctx: Context,
    target: Name,
    user: str | None = None,
    users: tuple[str, ...] = (),
    minutes: float = 0.0,
    reason: Name = "removed",
) -> dict[str, Any]:
    """Remove people from a channel, by id; with `minutes` they cannot come back so long."""
    places = ctx.server.places
    whom = places.whom(user, users)
    ctx.charge(len(whom) - 1)
    return {"users": await places.remove(ctx.connection, target, whom, minutes=minutes, reason=reason)}
