"""Inviting people: {"action": "invite", "target": "news", "users": ["a:bob"]}."""

from typing import Any

from tornado_chat import Context, Name, action


@action("invite", channel=False, command=False)
async def invite(ctx: Context, target: Name, user: str | None = None, users: tuple[str, ...] = ()) -> dict[str, Any]:
    """Make people members of a channel, by id; it is in their list at once."""
    places = ctx.server.places
    whom = places.whom(user, users)
    ctx.charge(len(whom) - 1)
    return {"users": await places.invite(ctx.connection, target, whom)}
