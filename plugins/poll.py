"""Ask the channel: /poll Lunch? | Pizza | Salad, then /vote 2, and /close-poll"""

import secrets
from typing import Any

from tornado_chat import Context, Error, Refused, Text, action, fold

MAX_PART, MAX_OPTIONS, MAX_VOTERS = 200, 10, 1_000  # each vote writes the poll anew


@action("poll")
async def poll(ctx: Context, text: Text) -> dict[str, Any]:
    """Ask a question: the question and 2 to 10 answers, with | between them."""
    question, *options = (" ".join(part.split()) for part in text.split("|"))
    if not 2 <= len(options) <= MAX_OPTIONS or len(set(options)) < len(options):
        raise Refused(f"2 to {MAX_OPTIONS} different answers, as in: Lunch? | Pizza | Salad", Error.INVALID_FIELD)
    if not all(fold(part).strip() and len(part) <= MAX_PART for part in (question, *options)):
        raise Refused(f"the question and each answer have 1 to {MAX_PART} characters", Error.INVALID_FIELD)
    new = {"id": secrets.token_hex(8), "by": ctx.user.id, "question": question, "options": options, "votes": {}}

    def begin(known: Any) -> Any:
        if known is not None and known["open"]:
            raise Refused("there is a poll here already; /close-poll ends it")
        return {**new, "open": True}

    asked = await ctx.store.update(ctx.channel.name, begin)
    lines = [f"{number}. {option}" for number, option in enumerate(options, 1)]
    try:
        await ctx.channel.post("\n".join([question, *lines, "", "Vote with `/vote NUMBER`"]), sender=ctx.user)
    except Refused:  # by a listener, say: then it was never asked
        await ctx.store.delete(ctx.channel.name)
        raise
    return {"poll": show(ctx, asked)}


@action("vote")
async def vote(ctx: Context, option: int, poll: str = "") -> dict[str, Any]:
    """Vote for an answer of the poll, by its number; a second vote replaces the first."""

    def count(known: Any) -> Any:
        check(known, poll)
        if not 1 <= option <= len(known["options"]):
            raise Refused(f"option is 1 to {len(known['options'])}", Error.INVALID_FIELD)
        if len(known["votes"]) >= MAX_VOTERS and ctx.user.id not in known["votes"]:
            raise Refused(f"{MAX_VOTERS:,} have voted, and a poll has room for no more")
        return {**known, "votes": {**known["votes"], ctx.user.id: option}}

    shown = show(ctx, await ctx.store.update(ctx.channel.name, count))
    ctx.reply(f"Your vote: {shown['options'][option - 1]['text']}")
    return {"poll": shown}


@action("close-poll")
async def close_poll(ctx: Context, poll: str = "") -> dict[str, Any]:
    """End the poll and show what came of it (who asked, or an administrator)."""

    def close(known: Any) -> Any:
        check(known, poll)
        if known["by"] != ctx.user.id and not ctx.user.may("kick"):
            raise Refused("who asked closes it, or an administrator", Error.NOT_ALLOWED)
        return {**known, "open": False}

    shown = show(ctx, await ctx.store.update(ctx.channel.name, close))
    result = [f"* {option['text']}: {option['votes']}" for option in shown["options"]]
    ctx.channel.post("\n".join([f"The poll is closed: {shown['question']}", "", *result]), sender=ctx.user)
    return {"poll": shown}


@action("show-poll")
async def show_poll(ctx: Context) -> dict[str, Any]:
    """Show how the poll stands; its face asks so for whoever comes in."""
    known = await ctx.store.get(ctx.channel.name)
    if known is None:
        return {"poll": None}
    shown = stand(known)
    ctx.connection.send({"action": "poll", "channel": ctx.channel.name, **shown})
    return {"poll": shown}


def check(known: Any, wanted: str) -> None:
    if known is None or not known["open"] or wanted not in ("", known["id"]):
        raise Refused("there is no such poll here; /poll asks one")


def show(ctx: Context, poll: dict[str, Any]) -> dict[str, Any]:
    shown = stand(poll)
    ctx.channel.publish("poll", **shown)
    return shown


def stand(poll: dict[str, Any]) -> dict[str, Any]:
    given = list(poll["votes"].values())
    options = [{"text": text, "votes": given.count(number)} for number, text in enumerate(poll["options"], 1)]
    return {"id": poll["id"], "question": poll["question"], "options": options, "open": poll["open"]}
