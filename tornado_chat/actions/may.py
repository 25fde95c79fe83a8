"""Asking beforehand what one may: {"action": "may", "call": "invite", "target": "news"}."""

from math import ceil
from typing import Any

from tornado_chat import Context, action


@action("may", channel=False, command=False)
async def may(
    ctx: Context,
    call: str,
    target: str | None = None,
    seq: int | None = None,
    user: str | None = None,
    users: tuple[str, ...] = (),
    settings: tuple[str, ...] = (),
    mentions: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Ask whether you may call an action, in a channel and about a message, people and more if you name them."""
    places, power = ctx.server.places, ctx.server.find_action(call).power
    whom = places.whom(user, users) if user is not None or users else ()
    ctx.charge(len(whom) // 4)
    denied = await places.why_not(
        ctx.connection, call, target, power, seq=seq, users=whom, settings=settings, mentions=mentions
    )
    if denied is None:
        return {"allowed": True}
    wait = {"retry_after_ms": ceil(denied.retry_after * 1000)} if denied.retry_after else {}
    return {"allowed": False, "rule": denied.rule, "needs": denied.needs, **wait}
