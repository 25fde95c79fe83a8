"""How a node says to the others what it has committed: payloads of NOTIFY. Pure functions.

A payload begins with who says it, 16 characters, followed by a JSON array of entries: the number that was drawn, the
channel's own number, its name, and what has that number: `[3, 77, "den", …]`. One that would be too long has nothing
more: it is read from the log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as _quote
from typing import Any

from tornado_chat.chat.changes import Change, Changed, Replied
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message, User
from tornado_chat.config import speed
from tornado_chat.storage.postgres.feed import Entry
from tornado_chat.storage.postgres.rows import SHIFT

WRITER = 16  # characters that say who wrote a payload
LONGEST = 7_400  # bytes of a payload: PostgreSQL takes 7,999
_NUMBER = 16  # bytes that the number of an entry, its brackets and its comma take

_loads = speed.loads or json.loads


def tail(no: int, message: Message) -> str:
    """Return the entry of a new message from behind its number on, which it has not drawn yet."""
    who = "null" if message.sender is None else _user(message.sender)
    ref = "null" if message.ref is None else _quote(message.ref)
    extra = "" if message.extra is None else f",{json.dumps(message.extra)}"
    return f"{no},{_quote(message.channel)},{_quote(message.text)},{message.time},{who},{ref}{extra}]"


def _user(user: User) -> str:
    return f"[{_quote(user.id)},{_quote(user.name)},{_quote(user.role)}]"


def pieces(tails: Sequence[str], nos: Sequence[int], channels: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return these tails, short where one would be too long, and which payload each of them goes into."""
    shown, places = [], []
    place, size = 0, WRITER
    for at, one in enumerate(tails):
        length = _NUMBER + (len(one) if one.isascii() else len(one.encode()))
        if length > LONGEST - WRITER:
            one = f"{nos[at]},{_quote(channels[at])}]"
            length = _NUMBER + len(one.encode())
        if size + length > LONGEST:
            place, size = place + 1, WRITER
        size += length
        shown.append(one)
        places.append(place)
    return shown, places


def payloads(writer: str, entries: Iterable[str]) -> list[str]:
    """Return what is said of some entries, each of them no longer than LONGEST."""
    found: list[list[str]] = [[]]
    size = WRITER
    for one in entries:
        length = len(one.encode()) + 1
        if size + length > LONGEST and found[-1]:
            found.append([])
            size = WRITER
        found[-1].append(one)
        size += length
    return [f"{writer}[{','.join(some)}]" for some in found if some]


def entry(no: int, number: int, items: Sequence[Committed]) -> str:
    """Return the entry of changes, and of a reply, that have one number."""
    channel = items[0].channel
    reply = None
    changed = []
    for one in items:
        if isinstance(one, Changed):
            changed.append(one)
        elif isinstance(one, Replied):
            changed.append(one.changed)
            reply = _row(one.message)
    about = [number, no, channel, None, [_said(one) for one in changed], reply]
    said = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    return said if len(said.encode()) + WRITER + 2 <= LONGEST else f"[{number},{no},{_quote(channel)}]"


def _said(changed: Changed) -> list[Any]:
    change, by = changed.change, changed.by
    asked = [change.text, change.key, change.on, change.stopped, change.ref]
    about = [changed.after, changed.what, by and [by.id, by.name, by.role], changed.time, changed.set]
    return [*about, _row(changed.message), list(changed.mentions), asked]


def _row(message: Message) -> list[Any]:
    who = message.sender
    row = [message.seq, message.text, message.time, who and [who.id, who.name, who.role]]
    return [*row, message.ref, message.rev, message.extra]


def heard(payload: str) -> list[Entry]:
    """Return the entries of a payload."""
    users: dict[tuple[str, str, str], User] = {}  # one for all of their messages: it is encoded once
    return [_heard(one, users) for one in _loads(payload[WRITER:])]


def _heard(about: list[Any], users: dict[tuple[str, str, str], User]) -> Entry:
    number, no, channel = about[:3]
    if len(about) == 3:
        return Entry(channel, number, None)
    if about[3] is not None:
        _, _, _, text, time, who, ref, *extra = about
        id = str((no << SHIFT) + number)
        sender = who and _known(who, users)
        return Entry(channel, number, (Message(channel, text, sender, time, ref, number, id, 0, *extra),))
    _, _, _, _, changes, reply = about
    items: list[Committed] = [_changed(channel, no, number, one, users) for one in changes]
    if reply is not None and isinstance(items[0], Changed):
        items = [Replied(items[0], _message(channel, no, reply, users))]
    return Entry(channel, number, items)


def _changed(channel: str, no: int, number: int, said: list[Any], users: dict[Any, User]) -> Changed:
    after, what, who, time, fields, row, mentions, asked = said
    text, key, on, stopped, ref = asked
    by = who and _known(who, users)
    message = _message(channel, no, row, users)
    change = Change(channel, message.seq, what[0], by, time, ref, text, key=key, on=on, stopped=stopped, heard=False)
    return Changed(channel, message.seq, number, after, what, by, time, fields, message, change, mentions)


def _message(channel: str, no: int, row: list[Any], users: dict[Any, User]) -> Message:
    seq, text, time, who, ref, rev, extra = row
    return Message(channel, text, who and _known(who, users), time, ref, seq, str((no << SHIFT) + seq), rev, extra)


def _known(who: list[str], users: dict[Any, User]) -> User:
    key = tuple(who)
    user = users.get(key)
    if user is None:
        user = users[key] = User(*key)
    return user
