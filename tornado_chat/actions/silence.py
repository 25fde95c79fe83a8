"""Silencing people in a channel: {"action": "silence", "target": "news", "user": "a:bob", "minutes": 10}."""

from typing import Any

from tornado_chat import Context, Name, action


@action("silence", channel=False, command=False)
async def silence(
    ctx: Context,
    target: Name,
    minutes: float,
    user: str | None = None,
    users: tuple[str, ...] = (),
    reason: Name = "silenced",
) -> dict[str, Any]:
    """Let people say nothing in a channel for some minutes, by id; 0 ends it."""
    places = ctx.server.places
    whom = places.whom(user, users)
    ctx.charge(len(whom) - 1)
    return {"users": await places.silence(ctx.connection, target, whom, minutes, reason=reason)}
