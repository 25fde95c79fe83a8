"""Editing a message: {"action": "edit-message", "target": "general", "seq": 7, "message": "Hello again"}."""

from typing import Any

from tornado_chat import Caption, Context, action


@action("edit-message", command=False)
async def edit_message(
    ctx: Context, seq: int, message: Caption, of: int | None = None, mentions: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Give one of your messages another text; `of` is the text_rev that you have seen."""
    places = ctx.server.places
    whom, unmentioned = list[str](), list[str]()
    if ctx.refused is None:
        whom, unmentioned = await places.mentioned(ctx.connection, ctx.channel, message, mentions, seq)
        ctx.server.joined(ctx.connection, ctx.channel.name)  # still: they may have been removed meanwhile
        ctx.need("edit")
        places.need_sight(ctx.connection, ctx.channel, seq)
    number = await ctx.channel.edit(seq, message, by=ctx.user, of=of, ref=ctx.ref, mentions=tuple(whom))
    return {"seq": number, **({"unmentioned": unmentioned} if unmentioned else {})}
