"""What a writer's calls do to a message that grows, and how they are answered again."""

from __future__ import annotations

from typing import Any

from tornado_chat.chat.changes import no_message
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.growth import Growth, no_more
from tornado_chat.chat.history import History
from tornado_chat.chat.models import User


async def let_grow(growth: Growth, by: User, length: int, words: str, done: bool) -> dict[str, Any]:
    """Add words, which are its last ones if it is done; return the answer.

    Refused unless it is the caller's, and has so many characters.
    """
    if growth.user != by:
        raise not_own()
    growth.expect(length)
    await growth.add(words)
    if done:
        await growth.finish()
    return {"seq": growth.seq, "length": len(growth.text)}


async def repeated(
    history: History, channel: str, seq: int, by: User, length: int, words: str, done: bool
) -> dict[str, Any]:
    """Answer a call again that ended a message; Refused if this one did not."""
    found = await history.get(channel, [seq])
    if not found or "deleted" in (found[0].extra or {}):
        raise no_message()
    [message] = found
    if message.sender != by:
        raise not_own()
    if "stopped" in (message.extra or {}):
        raise no_more(stopped=True)
    last = words.rstrip()
    if not done or len(message.text) != length + len(last) or not message.text.endswith(last):
        raise no_more(stopped=False)
    return {"seq": seq, "length": len(message.text)}


def not_own() -> Refused:
    """Return what a call is answered that adds to somebody else's message."""
    needs = "Only who sent a message can let it grow"
    return Refused("that message is someone else's", Error.NOT_ALLOWED, rule="own", needs=needs)
