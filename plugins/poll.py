"""Ask the channel: /poll Lunch? | Pizza | Salad, then /vote 2 or /unvote, and /close-poll"""

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from tornado_chat import Channel, Context, Error, Refused, Text, TimerContext, User, action, every, fold, on

DAY = 86_400  # seconds after which a poll ends by itself
MAX_PART, MAX_OPTIONS, MAX_VOTERS = 200, 10, 1_000  # each vote rewrites the poll
MAX_MINE, MAX_OF_ADDRESS = 20, 500  # open polls; and votes in one poll from one address
NUMBER, POLL = "The number of the answer, from 1", "The id of the poll; without one, the open poll"
EARLIER = 5  # closed polls of a channel that are kept, so that the page still draws them
BACK = 0  # the option of who took a vote back: the voter's place stays taken, or votes without end could follow


@action("poll")
async def poll(ctx: Context, text: Annotated[Text, "Lunch? | Pizza | Salad"]) -> dict[str, Any]:
    """Ask a question with 2 to 10 answers; put | between them."""
    question, *options = (" ".join(part.split()) for part in text.split("|"))
    if not 2 <= len(options) <= MAX_OPTIONS or len(set(options)) < len(options):
        raise Refused(f"2 to {MAX_OPTIONS} different answers, as in: Lunch? | Pizza | Salad", Error.INVALID_FIELD)
    if not all(fold(part).strip() and len(part) <= MAX_PART for part in (question, *options)):
        raise Refused(f"the question and each answer have 1 to {MAX_PART} characters", Error.INVALID_FIELD)
    place, now = ctx.channel.name, int(time.time())
    for index, most in ((f" of {ctx.user.id}\n", MAX_MINE), (f" at {ctx.address}\n", MAX_OF_ADDRESS)):
        if len(await ctx.store.items(index, limit=most)) >= most:
            raise Refused(f"{MAX_MINE} polls of one user are open at most, and {MAX_OF_ADDRESS} from one address")
    new = {"id": secrets.token_hex(8), "by": ctx.user.id, "share": ctx.address, "until": now + DAY, "open": True}
    before = None

    def begin(known: Any) -> Any:
        nonlocal before
        if known is not None and known["open"] and known.get("until", now) >= now:
            raise Refused("there is a poll here already; /close-poll ends it")
        before = known
        return {**new, "question": question, "options": options, "votes": {}, "from": {}}

    asked = await ctx.store.update(place, begin)
    for key in keys(asked):
        await ctx.store.set(key, place)
    lines = [f"{number}. {option}" for number, option in enumerate(options, 1)]
    try:
        said = await ctx.channel.post("\n".join([question, *lines, "", "Vote with `/vote NUMBER`"]), sender=ctx.user)
    except Refused:  # by a listener, say: then there is no poll
        for key in (place, *reversed(keys(asked))):
            await ctx.store.delete(key)
        if before is not None:
            await ctx.store.set(place, before)
        raise
    if before is not None:
        kept = {**before, "open": False, "from": {}, "share": ""}
        await ctx.store.update(f" was {place}", lambda known: [*(known or []), kept][-EARLIER:])
    about = {"message": said.id, "seq": said.seq}
    known = await ctx.store.update(place, lambda known: {**known, **about} if known["id"] == asked["id"] else known)
    return {"poll": show(ctx.channel, known)}


@action("vote")
async def vote(ctx: Context, option: Annotated[int, NUMBER], poll: Annotated[str, POLL] = "") -> dict[str, Any]:
    """Vote for an answer by its number. Your last vote counts."""

    def count(known: Any) -> Any:
        check(poll, known, ctx)
        if not 1 <= option <= len(known["options"]):
            raise Refused(f"option is 1 to {len(known['options'])}", Error.INVALID_FIELD)
        come, new = known.get("from", {}), ctx.user.id not in known["votes"]
        if new and (len(known["votes"]) >= MAX_VOTERS or come.get(address, 0) >= MAX_OF_ADDRESS):
            raise Refused(f"{MAX_VOTERS:,} have voted, or {MAX_OF_ADDRESS} from one address; there is no more room")
        come = {**come, address: come.get(address, 0) + new} if address else come
        return {**known, "from": come, "votes": {**known["votes"], ctx.user.id: option}}

    address = ctx.address
    shown = await cast(ctx, count)
    if not poll:  # who pressed a button sees it there
        ctx.reply(f"Your vote: {shown['options'][option - 1]['text']}")
    return {"poll": shown}


@action("unvote")
async def unvote(ctx: Context, poll: Annotated[str, POLL] = "") -> dict[str, Any]:
    """Take your vote back."""

    def forget(known: Any) -> Any:
        known = check(poll, known, ctx)
        if known["votes"].get(ctx.user.id, BACK) == BACK:
            raise Refused("you have not voted")
        return {**known, "votes": {**known["votes"], ctx.user.id: BACK}}

    return {"poll": await cast(ctx, forget)}


@action("close-poll")
async def close_poll(ctx: Context, poll: Annotated[str, POLL] = "") -> dict[str, Any]:
    """Close the poll and post the result."""

    def may(known: Any) -> Any:
        known = check(poll, known, ctx)
        if ctx.user.id != known["by"] and User(known["by"], "") in ctx.channel.present and not ctx.user.may("kick"):
            raise Refused("who asked closes it while they are here, or an administrator", Error.NOT_ALLOWED)
        return known

    return {"poll": await close(ctx, ctx.channel, may, ctx.user)}


@action("show-poll")
async def show_poll(ctx: Context) -> dict[str, Any]:
    """Show how the poll stands."""
    known = await ctx.store.get(ctx.channel.name)
    if known is None or not is_seen(ctx, known):
        ctx.reply("There is no poll here; /poll asks one.")
        return {"poll": None}
    ctx.charge(len(known["votes"]) / 100)
    shown = stand(known)
    ctx.connection.send({"action": "poll", "channel": ctx.channel.name, **shown})
    ctx.reply("\n".join([known["question"], "", *result(shown)]))
    return {"poll": shown}


@action("polls", command=False)
async def polls(ctx: Context) -> dict[str, Any]:
    """Return the last polls of the channel, each with the caller's own vote. The UI of polls calls this."""
    known = await ctx.store.get(ctx.channel.name)
    kept = [*(await ctx.store.get(f" was {ctx.channel.name}") or []), *([known] if known else [])]
    ctx.charge(sum(len(poll["votes"]) for poll in kept) / 100)
    return {"polls": [{**stand(poll), "vote": own_vote(poll, ctx.user)} for poll in kept if is_seen(ctx, poll)]}


@every(60)
async def tick(ctx: TimerContext) -> None:
    """Close the polls that are a day old."""
    for key, place in await ctx.store.items(prefix=" 0", limit=50):
        until, poll = key.split()
        if int(until) > time.time():
            break
        try:
            await close(ctx, ctx.server.channel(place), partial(check, poll))
        except Refused as refused:  # it is closed already
            if refused.code == Error.HISTORY_UNAVAILABLE:
                break  # later
        await ctx.store.delete(key)


@on("changed")
def hear(ctx: Context, message: Any, change: Any) -> None:
    """Delete a poll with the message that asks."""
    if change.what == "deleted":
        ctx.spawn(drop(ctx, message.id))


async def drop(ctx: Context, message: str) -> None:
    place, earlier = ctx.channel.name, f" was {ctx.channel.name}"
    known = await ctx.store.get(place)
    if known is not None and known.get("message") == message:
        for key in (place, *keys(known)):
            await ctx.store.delete(key)
    elif any(poll.get("message") == message for poll in await ctx.store.get(earlier, [])):
        await ctx.store.update(earlier, lambda kept: [poll for poll in kept if poll.get("message") != message])


async def cast(ctx: Context, change: Callable[[Any], Any]) -> dict[str, Any]:
    """Change the caller's vote. Everyone sees how the poll stands then; only the caller's pages see whose it was."""
    known = await ctx.store.update(ctx.channel.name, change)
    ctx.charge(len(known["votes"]) / 100)
    shown = show(ctx.channel, known)
    ctx.channel.tell(ctx.user, "vote", poll=known["id"], option=own_vote(known, ctx.user))
    return shown


async def close(ctx: TimerContext, channel: Channel, may: Callable[[Any], Any], sender: User | None = None) -> Any:
    ended = {"open": False, "from": {}, "ended": int(time.time())}
    closed = await ctx.store.update(channel.name, lambda known: {**may(known), **ended})
    for key in reversed(keys(closed)):
        await ctx.store.delete(key)
    shown = show(channel, closed)
    channel.post("\n".join([f"The poll is closed: {shown['question']}", "", *result(shown)]), sender=sender)
    return shown


def result(shown: dict[str, Any]) -> list[str]:
    return [f"* {option['text']}: {option['votes']}" for option in shown["options"]]


def keys(poll: dict[str, Any]) -> list[str]:
    """Return the further keys of an open poll. They begin with a space, as no name of a channel does."""
    key = f"{poll.get('until', 0):012} {poll['id']}"
    return [f" {key}", f" of {poll['by']}\n{key}"] + [f" at {poll['share']}\n{key}"] * bool(poll.get("share"))


def is_seen(ctx: Context, poll: dict[str, Any]) -> bool:
    """Return whether the caller may see the message that asks. Polls of earlier versions lack its `seq`."""
    return ctx.sees(poll.get("seq", 0))


def check(wanted: str, known: Any, ctx: Context | None = None) -> dict[str, Any]:
    if known is None or not known["open"] or wanted not in ("", known["id"]) or (ctx and not is_seen(ctx, known)):
        raise Refused("there is no such poll here; /poll asks one")
    return dict(known)


def show(channel: Channel, poll: dict[str, Any]) -> dict[str, Any]:
    shown = stand(poll)
    channel.publish("poll", for_seq=poll.get("seq", 0), **shown)
    return shown


def stand(poll: dict[str, Any]) -> dict[str, Any]:
    """Return what everyone may see of a poll. Those of earlier versions lack `ends` and `message`."""
    given = list(poll["votes"].values())
    options = [{"text": text, "votes": given.count(number)} for number, text in enumerate(poll["options"], 1)]
    ends = poll.get("ended", poll.get("until"))
    more = {"ends": ends and ends * 1000, "message": poll.get("message")}
    shown = {"id": poll["id"], "question": poll["question"], "options": options, "open": poll["open"]}
    return shown | {key: value for key, value in more.items() if value}


def own_vote(poll: dict[str, Any], user: User) -> int | None:
    return poll["votes"].get(user.id) or None
