"""Posting a message: {"action": "send-message", "target": "general", "message": "Hello"}."""

from collections.abc import Awaitable, Sequence
from typing import Any

from tornado_chat import Attachment, Caption, Context, Error, File, Refused, action

AT_ONCE = 10  # messages that one user lets grow
MOST = 50  # users that a client may name in `mentions`


@action("send-message", channel=False, command=False)
def send(
    ctx: Context,
    target: str,
    message: Caption,
    reply_to: int | None = None,
    thread: int | None = None,
    also_in_channel: bool = False,
    mentions: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    growing: bool = False,
) -> Awaitable[dict[str, Any]] | None:
    """Say something in a channel, or in the thread under a message; `reply_to` is the seq of one it answers."""
    connection = ctx.connection
    channel = connection.channels.get(target)
    plain = reply_to is thread is None and not (also_in_channel or mentions or files or growing or "@" in message)
    if not plain or channel is None or channel.guarded or not message:
        return _checked(ctx, target, message, mentions, files, reply_to, thread, also_in_channel, growing)
    channel.say(message, connection.user, ctx.ref)
    return None


async def _checked(
    ctx: Context,
    target: str,
    text: str,
    mentions: tuple[str, ...],
    files: tuple[str, ...],
    reply_to: int | None = None,
    thread: int | None = None,
    also_in_channel: bool = False,
    growing: bool = False,
) -> dict[str, Any]:
    """Repeat the answer to a known `ref`, even if its sender has left the channel since; or post."""
    if not (text or files):
        raise Refused("message: text has 1 to 4000 characters, unless there are files", Error.INVALID_FIELD)
    if files and growing:
        raise Refused("a message that grows has no files", Error.INVALID_FIELD)
    channel, places = ctx.server.channel(target), ctx.server.places
    whom, answer = list[str](), dict[str, Any]()
    again = bool(ctx.ref and await ctx.server.history.find(ctx.user, ctx.ref))
    found = await _found(ctx, files, again) if files else ()
    if not again:
        channel = ctx.server.joined(ctx.connection, target)
        if len(mentions) > MOST:
            raise Refused(f"mentions are at most {MOST}", Error.INVALID_FIELD)
        await places.may_reply(ctx.connection, channel, thread, reply_to, also_in_channel)
        whom, unmentioned = await places.mentioned(ctx.connection, channel, text, mentions)
        if unmentioned:
            answer["unmentioned"] = unmentioned
        ctx.server.joined(ctx.connection, target)  # still: they may have been removed meanwhile
        if growing and ctx.server.growths.count(ctx.user) >= AT_ONCE:
            raise Refused(f"at most {AT_ONCE} messages of yours grow at a time; end one", Error.TOO_MANY)
        if channel.guarded:
            places.may_post(ctx.connection, channel)
    place: dict[str, Any] = {"reply_to": reply_to, "thread": thread, "also_in_channel": also_in_channel}
    if not growing:
        channel.post(text, sender=ctx.user, ref=ctx.ref, mentions=whom, files=found, **place)
        return answer

    async def named(text: str) -> list[str]:
        return (await places.mentioned(ctx.connection, ctx.server.channel(channel.name), text, mentions)).whom

    growth = ctx.server.growths.begin(channel.name, ctx.user, named=named, **place)
    growth.post(text, ctx.ref, whom)
    return answer


async def _found(ctx: Context, ids: tuple[str, ...], again: bool) -> Sequence[File | Attachment]:
    """Return files that the caller may attach; if the call is repeated their ids suffice, as they may be gone."""
    try:
        return await ctx.server.files.for_message(ctx.user, ids, ctx.connection.allowed)
    except Refused as refused:
        if not again:
            raise Refused(f"files: {refused.message}", refused.code) from None
        return [Attachment(id, "", "", 0) for id in ids]
