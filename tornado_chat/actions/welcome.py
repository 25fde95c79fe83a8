"""Announcing who joined. `join` performs this action; a plugin may override it."""

from tornado_chat import Context, action


@action("welcome", internal=True)
def welcome(ctx: Context) -> None:
    """Tell those who are here that someone joined."""
    ctx.channel.notice(f"{ctx.user.name} joined the channel", skip=ctx.user, event="join", user=ctx.user)
