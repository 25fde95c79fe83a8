"""A message that grows: {"action": "grow", "target": "general", "seq": 7, "from": 120, "add": " and so on"}."""

from typing import Any

from tornado_chat import Context, Error, Piece, Refused, action


@action("grow", command=False)
async def grow(ctx: Context, seq: int, from_: int, add: Piece = "", done: bool = False) -> dict[str, Any]:
    """Add words to a message of yours that grows; `from` is how many characters it has, `done` ends it."""
    if ctx.connection.gate is not None:
        ctx.connection.gate.grow(len(add))
    ctx.need("edit")
    ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    growth = ctx.server.growths.find(ctx.channel.name, seq)
    if growth is None:
        return await _repeated(ctx, seq, from_ + len(add), add, done)
    if growth.user != ctx.user:
        raise _not_own()
    growth.expect(from_)
    if not growth.has_room(add):
        ctx.need("post")
    await growth.add(add)
    if done:
        await growth.finish()
    return {"seq": growth.seq, "length": len(growth.text)}


async def _repeated(ctx: Context, seq: int, length: int, add: str, done: bool) -> dict[str, Any]:
    """Answer a call again that ended a message; Refused if this one did not."""
    found = await ctx.server.history.get(ctx.channel.name, [seq])
    if not found or "deleted" in (found[0].extra or {}):
        raise Refused("there is no such message", Error.NOT_FOUND)
    [message] = found
    if message.sender != ctx.user:
        raise _not_own()
    if "stopped" in (message.extra or {}):
        raise Refused("the message was stopped", Error.CONFLICT)
    words = add.rstrip()
    if not done or len(message.text) != length - len(add) + len(words) or not message.text.endswith(words):
        raise Refused("the message grows no more", Error.CONFLICT)
    return {"seq": seq, "length": len(message.text)}


def _not_own() -> Refused:
    needs = "Only who sent a message can let it grow"
    return Refused("that message is someone else's", Error.NOT_ALLOWED, rule="own", needs=needs)


@action("stop", command=False)
async def stop(ctx: Context, seq: int) -> dict[str, Any]:
    """Stop a message that grows, whoever writes it."""
    ctx.server.places.need_sight(ctx.connection, ctx.channel, seq)
    return {"seq": await ctx.server.growths.stop(ctx.channel.name, seq, ctx.user)}
