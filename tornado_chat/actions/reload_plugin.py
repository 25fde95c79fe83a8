"""Reloading a plugin: {"action": "reload-plugin", "plugin": "dice"}."""

from typing import Any

from tornado_chat import Context, Error, Refused, action


@action("reload-plugin", channel=False, power="reload")
async def reload_plugin(ctx: Context, plugin: str) -> dict[str, Any]:
    """Load a plugin again, and all others that have changed."""
    plugins = ctx.server.plugins
    if plugins is None or plugin not in {one["name"] for one in plugins.describe()}:
        raise Refused(f"there is no plugin {plugin[:64]!r}", Error.INVALID_FIELD)
    await ctx.use("reload", plugin=plugin)
    reloaded = await plugins.reload_everywhere(plugin)
    others = {"wrong": reloaded.wrong, "missing": reloaded.missing}
    return {"reloaded": reloaded.own, **{name: said for name, said in others.items() if said}}
