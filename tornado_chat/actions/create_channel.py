"""Making a channel: {"action": "create-channel", "kind": "private", "title": "Plans", "users": ["a:ann"]}."""

from typing import Any, Literal

from tornado_chat import Context, Error, Refused, action

MOST = 50  # people who are invited at once


@action("create-channel", channel=False, command=False)
async def create_channel(
    ctx: Context,
    kind: Literal["public", "private"] = "public",
    name: str = "",
    title: str = "",
    topic: str = "",
    users: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Make a channel, which you own: a public one has a name, a private one a title. `users` are invited."""
    if kind == "public" and not name:
        raise Refused("name is missing", Error.INVALID_FIELD)
    if len(users) > MOST:
        raise Refused(f"users are at most {MOST}; invite the others", Error.INVALID_FIELD)
    places = ctx.server.places
    record = await places.create(ctx.connection, kind, name=name, title=title, topic=topic, users=users)
    try:
        joined = await places.join(ctx.connection, record.name)
    except Refused:  # they are in too many channels, say: a channel that nobody has heard of is of no use
        await places.delete(record.name, messages=False)
        raise
    return await places.arrival(ctx.connection, joined.channel)
