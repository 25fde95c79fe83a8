"""The settings of plugins in a channel: {"action": "plugin-settings", "target": "news"}."""

from typing import Any

from tornado_chat import Context, Name, action


@action("plugin-settings", channel=False, command=False)
async def plugin_settings(ctx: Context, target: Name) -> dict[str, Any]:
    """List what can be set of plugins in a channel, and what is; for those who may set it with `set-channel`."""
    places = ctx.server.places
    record, _ = await places.find(ctx.connection, target, own=True)
    places.need(ctx.connection, "set-channel", record)
    return {"channel": record.name, "plugins": ctx.server.describe_channel(record.plugins)}
