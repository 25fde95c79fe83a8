"""Changing a channel's settings: {"action": "set-channel", "target": "news", "topic": "What is new"}."""

from typing import Any, Literal

from tornado_chat import Context, Name, action


@action("set-channel", channel=False, command=False)
async def set_channel(
    ctx: Context,
    target: Name,
    title: str | None = None,
    topic: str | None = None,
    description: str | None = None,
    posting: Literal["everyone", "moderators"] | None = None,
    slow: int | None = None,
    edit_window: int | None = None,
    newcomers: Literal["all", "from-joining"] | None = None,
    listed: bool | None = None,
    archived: bool | None = None,
    plugins: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Change settings of a channel: moderators those of what is said, owners all."""
    asked = {
        "title": title,
        "topic": topic,
        "description": description,
        "posting": posting,
        "slow": slow,
        "edit_window": edit_window,
        "newcomers": newcomers,
        "listed": listed,
        "archived": archived,
    }
    settings: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    places = ctx.server.places
    if plugins is not None:
        record, _ = await places.find(ctx.connection, target, own=True)
        places.need(ctx.connection, "set-channel", record)
        settings["plugins"] = {**record.plugins}
        for name, given in plugins.items():
            settings["plugins"][name] = ctx.server.check_channel(name, record.plugins.get(name, {}), given)
    record = await places.change_record(ctx.connection, target, **settings)
    return record.fields() if plugins is None else {**record.fields(), "plugins": record.plugins}
