"""Changes to messages: what is asked for, what becomes of the message, and what the members are told.

Pure functions of a message's present state. Where the state is kept, and under which number, is the history's affair.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.validation import no_words

KEYS = 20  # different reactions on a message
SHOWN = 20  # users that a reaction names; the others are counted
PINS = 100  # pinned messages of a channel
_OF_A_DELETED = ("reply_to", "thread", "also_in_channel", "replies")  # what stays of one


@dataclass(slots=True)
class Change:
    """A change to a message: `what` (`edited`, `deleted`, `reacted`, `pinned`, `grown`) by `user` (None: the server).

    `replied`, of the root of a thread, comes with its replies: nobody asks for it.

    `channel` and `seq` name the message; `time` is in milliseconds since 1970 (UTC). `text`: of an edit, or all that
    has grown. `key`: the emoji of a reaction. `on`: False if a reaction is taken back, the message unpinned, or its
    growth ended. `stopped`: whether that was before its writer was done. `ref`: as of a message, and in one namespace
    with these.

    For the server alone: `of`, the `text_rev` that an edit is based on, None for any; `mentions`, whom the new text
    mentions (ids), None to leave that as it is; `any`, whether the message may be someone else's; `window`, seconds
    after which an edit comes too late, 0 for never; `sent`, the text as it was sent, where a plugin has changed it;
    `refused`, what a plugin said of it; `connection`, the caller's; `heard`, whether `changed` listeners are told.
    """

    channel: str
    seq: int
    what: str
    user: User | None
    time: int
    ref: str | None = None
    text: str = ""
    of: int | None = None
    mentions: tuple[str, ...] | None = None
    key: str = ""
    on: bool = True
    stopped: bool = False
    any: bool = False
    window: float = 0
    sent: str = ""
    refused: Refused | None = None
    connection: Any = None
    heard: bool = True

    def digest(self) -> str:
        """Return what tells this change from another one with the same `ref`; `of` does not count."""
        return digest(self.channel, self.seq, self.what, self.sent or self.text, self.key, self.on)


@dataclass(slots=True)
class Changed:
    """A change that was made. `number`: the one that it drew; `after`: the `rev` before it; `set`: the new fields.

    `message`: as it is now; it must not be changed. `change`: what was asked for. `mentions`: whom it newly mentions.
    """

    channel: str
    seq: int
    number: int
    after: int
    what: list[str]
    by: User | None
    time: int
    set: dict[str, Any]
    message: Message
    change: Change
    mentions: Sequence[str] = ()

    def event(self) -> dict[str, Any]:
        """Return it as the members see it."""
        return {
            "action": "changed",
            "channel": self.channel,
            "about": self.seq,
            "seq": self.number,
            "after": self.after,
            "what": self.what,
            "by": self.by,
            "time": self.time,
            "set": self.set,
        }

    def absorb(self, later: Changed) -> None:
        """Become the one event for this and a later change of the same message."""
        self.number, self.by, self.time = later.number, later.by, later.time
        self.what += [one for one in later.what if one not in self.what]
        self.set.update(later.set)


@dataclass(slots=True)
class Replied:
    """A reply in a thread that was stored (`message`), and what became of its root by that (`changed`)."""

    changed: Changed
    message: Message

    @property
    def channel(self) -> str:
        """The channel of both."""
        return self.message.channel

    @property
    def seq(self) -> int:
        """The number that both drew."""
        return self.message.seq


def fields_of(change: Change, message: Message | None, reacted: bool, others: Sequence[str]) -> dict[str, Any]:
    """Return the new fields of a message, None for one that goes; empty if the change alters nothing.

    message: None if there is none with that `seq`. reacted: whether the user has reacted with this key; others: the
    ids of others who have, oldest first. Raises Refused if the change cannot be made.
    """
    if change.refused is not None:
        raise change.refused
    if message is None:
        raise no_message()
    extra = message.extra or {}
    who = change.user.id if change.user else ""
    own = message.sender is not None and message.sender.id == who
    if change.what in ("edited", "deleted") and not own and not change.any:
        needs = "Only who sent a message can edit it" if change.what == "edited" else "The message is someone else's"
        raise Refused("that message is someone else's", Error.NOT_ALLOWED, rule="own", needs=needs)
    if "deleted" in extra:
        if change.what == "deleted":
            return {}
        raise Refused("the message was deleted", Error.NOT_FOUND)
    if change.what == "edited":
        return _edited(change, message, extra)
    if change.what == "deleted":
        kept = {name: extra[name] for name in _OF_A_DELETED if name in extra}
        gone = dict.fromkeys(name for name in extra if name not in kept)
        return {**gone, "message": "", "deleted": {"by": who or None, "time": change.time}}
    if change.what == "grown":
        return _grown(change, message, extra)
    if change.what == "reacted":
        if change.user is None:
            raise Refused("the server does not react; a user does", Error.NOT_ALLOWED)
        return _reacted(change, who, extra, reacted, others)
    if ("pinned" in extra) == change.on:
        return {}
    return {"pinned": {"by": who or None, "time": change.time} if change.on else None}


def _edited(change: Change, message: Message, extra: dict[str, Any]) -> dict[str, Any]:
    if "growing" in extra:
        raise Refused("the message is still growing; stop it first", Error.CONFLICT)
    if change.window and change.time - message.time > change.window * 1_000:
        needs = f"A message can be edited for {change.window:g} s"
        raise Refused("it is too late to edit this message", Error.NOT_ALLOWED, rule="edit-window", needs=needs)
    text_rev = extra.get("text_rev", message.seq)
    if change.of is not None and change.of != text_rev:
        raise Refused("the message was edited meanwhile", Error.CONFLICT)
    if not change.text and "files" not in extra:
        raise no_words()
    if change.text == message.text:
        return {}
    return {"message": change.text, "edited": change.time, **_mentions(change, extra)}


def _grown(change: Change, message: Message, extra: dict[str, Any]) -> dict[str, Any]:
    if "growing" not in extra:
        if change.text:
            raise Refused("the message grows no more", Error.CONFLICT)
        return {}
    if change.on:
        return {"message": change.text} if change.text != message.text else {}
    # The text also where it is the stored one: those who are there have seen more, which may not stay.
    fields = {"message": change.text or message.text, "growing": None, **_mentions(change, extra)}
    return {**fields, "stopped": True} if change.stopped else fields


def _mentions(change: Change, extra: dict[str, Any]) -> dict[str, Any]:
    if change.mentions is None or list(change.mentions) == extra.get("mentions", []):
        return {}
    return {"mentions": list(change.mentions) or None}


def _reacted(change: Change, who: str, extra: dict[str, Any], reacted: bool, others: Sequence[str]) -> dict[str, Any]:
    if reacted == change.on:
        return {}
    reactions = [dict(one) for one in extra.get("reactions", ())]
    one = next((one for one in reactions if one["key"] == change.key), None)
    if one is None:
        if len(reactions) >= KEYS:
            raise Refused(f"a message has at most {KEYS} different reactions", Error.TOO_MANY)
        reactions.append(one := {"key": change.key, "count": 0, "users": []})
    one["count"] += 1 if change.on else -1
    one["users"] = [*others, who][:SHOWN] if change.on else list(others[:SHOWN])
    return {"reactions": [one for one in reactions if one["count"]] or None}


def refuse_pin(count: int) -> None:
    """Raise Refused if a channel that has so many pinned messages can have no more."""
    if count >= PINS:
        raise Refused(f"a channel has at most {PINS} pinned messages; unpin one", Error.TOO_MANY)


def apply(change: Change, message: Message, number: int, fields: dict[str, Any]) -> Changed:
    """Give a message its new fields; return what the members are told."""
    after = message.number
    if change.what in ("edited", "grown") and fields.get("message", message.text) != message.text:
        fields = {**fields, "text_rev": number}
    extra = dict(message.extra or {})
    mentioned = [one for one in fields.get("mentions") or () if one not in extra.get("mentions", ())]
    for name, value in fields.items():
        if name == "message":
            message.text = value
        elif value is None:
            extra.pop(name, None)
        else:
            extra[name] = value
    message.rev, message.extra = number, extra or None
    what, by, time = [change.what], change.user, change.time
    return Changed(change.channel, change.seq, number, after, what, by, time, fields, message, change, mentioned)


# Refs


def digest(*parts: object) -> str:
    """Return a short digest of what was asked for."""
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


def first_digest(message: Message) -> str:
    """Return what is remembered of a message as it was first sent, once its text is changed."""
    extra = message.extra or {}
    sent = [message.channel, message.text, extra.get("reply_to")]
    if "thread" in extra:
        sent += [extra["thread"], "also_in_channel" in extra]
    if "files" in extra:
        sent.append([one["id"] for one in extra["files"]])
    return digest(*sent)


def is_repeated(message: Message, known: Message, first: str | None) -> bool:
    """Return whether a message says what the known one with its `ref` said when it was first sent.

    first: the digest of the known one as it was first sent, None if its text is still that.
    """
    return (first or first_digest(known)) == first_digest(message)


def no_message() -> Refused:
    """Return what a call is answered that names a message that is not there."""
    return Refused("there is no such message", Error.NOT_FOUND)


def ref_was_used() -> Refused:
    """Return what a call is answered whose `ref` stands for another one."""
    return Refused("ref was used for another message; take a new one", Error.INVALID_FIELD)
