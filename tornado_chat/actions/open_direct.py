"""Opening a direct conversation: {"action": "open-direct", "users": ["a:bob"]}."""

from typing import Any

from tornado_chat import Context, Error, Limit, Refused, action

MOST = 8  # others


@action("open-direct", channel=False, command=False)
async def open_direct(ctx: Context, users: tuple[str, ...], history: Limit = 50) -> dict[str, Any]:
    """Open your conversation with these people, by id. They see it with the first message."""
    if len(users) > MOST + 1:  # they may name the caller, too
        raise Refused(f"users are 1 to {MOST} others", Error.INVALID_FIELD)
    places = ctx.server.places
    record = await places.open_direct(ctx.connection, users)
    joined = await places.join(ctx.connection, record.name)
    return await places.arrival(ctx.connection, joined.channel, history=history)
