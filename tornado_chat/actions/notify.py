"""Choosing of what one is notified: {"action": "notify", "target": "news", "level": "mentions"}."""

from typing import Any, Literal

from tornado_chat import Context, Name, action


@action("notify", channel=False, command=False)
async def notify(
    ctx: Context, target: Name, level: Literal["all", "mentions", "none"], minutes: float = 0.0
) -> dict[str, Any]:
    """Say what you want to hear of a channel, on all your devices; with `minutes`, for so long."""
    membership = await ctx.server.places.set_level(ctx.connection, target, level, minutes)
    ends = {"notify_until": membership.level_until} if membership.level_until else {}
    return {"channel": membership.record.name, "notify": membership.level, **ends}
