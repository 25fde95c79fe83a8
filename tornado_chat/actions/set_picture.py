"""A picture of oneself: {"action": "set-picture", "file": "kq3vT0mJ8u9Xb2cLw5nZ1A"}."""

from typing import Any

from tornado_chat import Context, action


@action("set-picture", channel=False, command=False)
async def set_picture(ctx: Context, file: str, server: bool = False) -> dict[str, Any]:
    """Show an image that you have uploaded beside your name; with `server` as the server's picture. "" for none."""
    files, gate = ctx.server.files, ctx.connection.gate
    if server:
        await ctx.use("server-picture", file=file)
    if gate is not None:
        gate.rename()
    source = await files.get(ctx.user, file, ctx.connection.allowed) if file else None
    ctx.server.places.keep(ctx.user.id)
    return {"picture": await files.pictures.set(ctx.user, source, server)}
