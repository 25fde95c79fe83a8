"""How a node says to the others what it has committed: payloads of NOTIFY. Pure functions.

A payload begins with who says it, 16 characters, followed by a JSON array of entries. Each has the number that was
drawn, the channel's own number, and its name; then

- of a plain message: text, time, `ref`, further fields, and the id, the name and the role of its sender;
- of changes, and of a reply with what became of its root by it: the changes, and the reply or null;
- nothing, where it would be too long: it is read from the log.
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
_PLAIN = 10  # fields of the entry of a plain message
_NUMBER = 16  # bytes that the number of an entry, its brackets and its comma take

_loads = speed.loads or json.loads


def tails(messages: Sequence[Message], nos: Sequence[int]) -> list[str]:
    """Return the entries of new messages from behind their numbers on, which they have not drawn yet."""
    places: dict[str, str] = {}
    users: dict[int, str] = {id(None): "null,null,null"}  # by the `id()` of each: equal ones may have other names
    found = []
    for one, no in zip(messages, nos, strict=True):
        place = places.get(one.channel)
        if place is None:
            place = places[one.channel] = f"{no},{_quote(one.channel)}"
        user = one.sender
        who = users.get(id(user))
        if who is None and user is not None:
            who = users[id(user)] = f"{_quote(user.id)},{_quote(user.name)},{_quote(user.role)}"
        ref = "null" if one.ref is None else _quote(one.ref)
        extra = "null" if one.extra is None else json.dumps(one.extra)
        tail = f"{place},{_quote(one.text)},{one.time},{ref},{extra},{who}]"
        if len(tail) > LONGEST // 4 and len(tail.encode()) > LONGEST - WRITER - _NUMBER:
            tail = f"{place}]"
        found.append(tail)
    return found


def pieces(tails: Sequence[str]) -> list[int]:
    """Return which payload each of these goes into."""
    places = []
    place, size = 0, WRITER
    for one in tails:
        length = _NUMBER + (len(one) if one.isascii() else len(one.encode()))
        if size + length > LONGEST:
            place, size = place + 1, WRITER
        size += length
        places.append(place)
    return places


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
    about = [number, no, channel, [_said(one) for one in changed], reply]
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
    users: dict[Any, User] = {}  # one for all of their messages: it is encoded once
    entries: list[Entry] = []
    for one in _loads(payload[WRITER:]):
        if len(one) == _PLAIN:
            number, no, channel, text, time, ref, extra, id, name, role = one
            sender = None if id is None else users.get((id, name, role)) or _known((id, name, role), users)
            message = Message(channel, text, sender, time, ref, number, str((no << SHIFT) + number), 0, extra)
            entries.append((channel, number, (message,)))
        else:
            number, no, channel, *told = one
            entries.append((channel, number, _items(number, no, channel, told, users) if told else None))
    return entries


def _items(number: int, no: int, channel: str, told: list[Any], users: dict[Any, User]) -> Sequence[Committed]:
    changes, reply = told
    items = [_changed(channel, no, number, one, users) for one in changes]
    return items if reply is None else [Replied(items[0], _message(channel, no, reply, users))]


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


def _known(who: Sequence[str], users: dict[Any, User]) -> User:
    key = tuple(who)
    user = users.get(key)
    if user is None:
        user = users[key] = User(*key)
    return user
