"""Telling others that one is typing: {"action": "typing", "target": "general"}."""

from tornado_chat import Context, action


@action("typing", command=False)
def typing(ctx: Context) -> None:
    """Tell the others that one is writing; not in a channel with more people than are announced in words."""
    if len(ctx.channel.present) <= ctx.server.announce_limit:
        ctx.channel.publish("typing", skip=ctx.user, user=ctx.user)
