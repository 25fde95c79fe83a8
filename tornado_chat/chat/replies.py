"""Replies in threads: what becomes of their root, and who follows the thread by them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tornado_chat.chat.changes import Change, Changed, apply
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.history import mentioned
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.user_ids import PLUGIN

USERS = 5  # that a root names as those who wrote last
LOOKED_AT = 500  # the newest replies that are looked at for that, after one was deleted


def is_in_timeline(message: Message) -> bool:
    """Return whether a message stands in its channel, not in a thread alone."""
    extra = message.extra
    return extra is None or "thread" not in extra or "also_in_channel" in extra


def not_a_root(root: Message | None) -> Refused | None:
    """Return why there can be no reply in the thread of this message, None if there can."""
    if root is None:
        return no_thread()
    if root.thread is not None:
        return Refused("thread is a reply in a thread itself; name the root of that", Error.INVALID_FIELD)
    return None


def no_thread() -> Refused:
    """Return what a call is answered that names a thread that is not there."""
    return Refused("thread: there is no such message", Error.NOT_FOUND)


def with_reply(root: Message, reply: Message) -> dict[str, Any]:
    """Return the `replies` of a root once there is one more."""
    known = (root.extra or {}).get("replies", {})
    users = known.get("users", ())
    if reply.sender is not None:
        users = [reply.sender.id, *(one for one in users if one != reply.sender.id)]
    return {"count": known.get("count", 0) + 1, "last": reply.time, "users": list(users)[:USERS]}


def without_reply(root: Message, left: Sequence[tuple[str | None, int]]) -> dict[str, Any] | None:
    """Return the `replies` of a root once one of them is deleted, None if none are left.

    left: who wrote the newest of the others and when (ms), newest first, without the deleted of LOOKED_AT.
    """
    known = (root.extra or {}).get("replies", {})
    if known.get("count", 0) <= 1:
        return None
    users = list(dict.fromkeys(user for user, _ in left if user is not None))[:USERS]
    return {"count": known["count"] - 1, "last": left[0][1] if left else known["last"], "users": users}


def replied(root: Message, replies: dict[str, Any] | None, number: int, by: User | None, time: int) -> Changed:
    """Give a root its new `replies` under the number of a reply, or of its deletion."""
    change = Change(root.channel, root.seq, "replied", by, time, heard=False)
    return apply(change, root, number, {"replies": replies})


def readers(root: Message, reply: Message) -> dict[str, int]:
    """Return who follows a thread by a reply (ids), and up to where they have read it; root: as it was before.

    Whoever has a position keeps it, but the sender, who has read all of it.
    """
    found = dict.fromkeys(mentioned(reply), reply.seq - 1)
    if root.sender is not None and "replies" not in (root.extra or {}):
        found[root.sender.id] = reply.seq - 1
    if reply.sender is not None:
        found[reply.sender.id] = reply.seq
    return {user: read for user, read in found.items() if not user.startswith(PLUGIN)}
