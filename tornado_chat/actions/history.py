"""Older and newer messages: {"action": "history", "target": "general", "before": 120, "limit": 50}."""

from functools import partial
from typing import Any

from tornado_chat import Context, Error, Limit, Refused, action

MOST = 50  # single messages of one call


@action("history", command=False)
async def history(
    ctx: Context,
    before: int | None = None,
    after: int | None = None,
    limit: Limit = 50,
    around: int | None = None,
    seqs: tuple[int, ...] | None = None,
    thread: int | None = None,
    timeline: bool = False,
) -> dict[str, Any]:
    """Read messages before or after a seq, around one, single ones, or the newest; or the replies of a `thread`."""
    if sum(one is not None for one in (before, after, around, seqs)) > 1:
        raise Refused("before, after, around and seqs exclude each other", Error.INVALID_FIELD)
    places = ctx.server.places
    if thread is not None:
        if around is not None or seqs is not None or timeline:
            raise Refused("thread excludes around, seqs and timeline", Error.INVALID_FIELD)
        return await places.thread(ctx.connection, ctx.channel, thread, after, before, limit)
    if seqs is not None:
        if len(seqs) > MOST:
            raise Refused(f"seqs are at most {MOST}", Error.INVALID_FIELD)
        messages, more = await places.messages(ctx.connection, ctx.channel, seqs)
        return {"messages": messages, "more": more}
    read = partial(places.history, ctx.connection, ctx.channel, timeline=timeline)
    if around is not None:
        older, more_before = await read(before=around + 1, limit=min(limit, limit // 2 + 1))
        newer, more_after = await read(after=around, limit=limit - len(older))
        return {"messages": older + newer, "more_before": more_before, "more_after": more_after}
    messages, more = await read(after=after, before=before, limit=limit)
    return {"messages": messages, "more": more}
