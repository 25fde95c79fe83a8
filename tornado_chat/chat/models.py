"""Who says something, and what was said: `User` and `Message`, each of which knows its JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any, Final

from tornado_chat.chat.attachments import Attachment, attachments
from tornado_chat.chat.calls import Place, place_of
from tornado_chat.chat.permissions import may

_quote: Final = encode_basestring

GUEST = "g:"  # what the id of a guest begins with where there are other users too

_pictures: Mapping[str, str] = {}  # by the id of a user: the file that is their picture; replaced, never altered


def show_pictures(pictures: Mapping[str, str]) -> None:
    """Have users' JSON name these files from now on; the mapping must not be altered any more."""
    global _pictures
    _pictures = pictures


@dataclass(slots=True, unsafe_hash=True)
class User:
    """A user: `id`, `name` and `role` (`member`, `admin` or `guest`). Users with the same id are equal.

    `picture`: the id of the file that is their picture now, "" if they have none.
    """

    id: str
    name: str = field(compare=False)
    role: str = field(default="member", compare=False)
    _json: str = field(default="", init=False, repr=False, compare=False)
    _as_of: Mapping[str, str] | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Know a guest by its id: kept messages have no role."""
        if self.id.startswith(GUEST):
            self.role = "guest"

    def may(self, power: str) -> bool:
        """Return whether this user's role has a power: one of the server's, or one that a plugin added."""
        return may(self, power)

    @property
    def picture(self) -> str:
        return _pictures.get(self.id, "")

    def shown(self) -> dict[str, str]:
        """Return what clients see: `id` and `name`, a `role` that is not `member`, a `picture` if there is one."""
        shown = {"id": self.id, "name": self.name}
        if self.role != "member":
            shown["role"] = self.role
        if self.id in _pictures:
            shown["picture"] = _pictures[self.id]
        return shown

    def json(self) -> str:
        """Return `shown` as JSON; encoded once for all its messages, until somebody's picture changes."""
        if self._as_of is not _pictures:
            self._json = ",".join([f'"{name}":{_quote(value)}' for name, value in self.shown().items()])
            self._json, self._as_of = f"{{{self._json}}}", _pictures
        return self._json


def need_user(user: object, what: str) -> None:
    """Raise TypeError for what is no User where a plugin must pass one."""
    if not isinstance(user, User):
        raise TypeError(f"{what} takes a User, such as ctx.user or a parameter `user: User`, not {user!r}")


@dataclass(slots=True, init=False)
class Message:
    """A message: `channel`, `text`, `sender`, `time`, `ref`, `seq` and `id`; once it was changed, `rev` and `extra`.

    `seq`, the number that it drew in its channel, and `id` are set when it is stored. `time` is in milliseconds since
    1970 (UTC). `sender` is None for the server's own messages. `ref` is the sender's name for the call, or None.
    `rev` is the number of its last change, 0 if there was none. `extra` has the further fields of its line, such as
    `reactions`; None while there are none.
    """

    channel: str
    text: str
    sender: User | None
    time: int
    ref: str | None = None
    seq: int = 0
    id: str = ""
    rev: int = 0
    extra: dict[str, Any] | None = None
    _ok: str = field(default="", init=False, repr=False, compare=False)  # to its call, made with its line; "" then

    def __init__(  # written out, as that of a dataclass is not compiled
        self,
        channel: str,
        text: str,
        sender: User | None,
        time: int,
        ref: str | None = None,
        seq: int = 0,
        id: str = "",
        rev: int = 0,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.channel = channel
        self.text = text
        self.sender = sender
        self.time = time
        self.ref = ref
        self.seq = seq
        self.id = id
        self.rev = rev
        self.extra = extra
        self._ok = ""

    @property
    def number(self) -> int:
        """The number of its last change, or of the message itself."""
        return self.rev or self.seq

    @property
    def thread(self) -> int | None:
        """The `seq` of the message in whose thread it is a reply, None for any other message."""
        return self.extra.get("thread") if self.extra else None

    @property
    def files(self) -> tuple[Attachment, ...]:
        """The files that it has."""
        return attachments(self.extra)

    def line(self) -> bytes:
        """Return the `send-message` line of this message."""
        line = self.line_after(line_beginning(self.channel))
        self._ok = ""
        return line

    def line_after(self, beginning: str) -> bytes:
        """Return its line, of which a channel keeps the beginning; keep the `ok` to its call, which says the same."""
        sender = self.sender
        who = "null" if sender is None else sender._json if sender._as_of is _pictures else sender.json()
        more = _more(self) if self.rev or self.extra else ""
        if self.ref is None:  # as below, in one piece
            return (
                f'{beginning}{_quote(self.text)},"sender":{who},'
                f'"id":"{self.id}","seq":{self.seq},"time":{self.time}{more}}}'.encode()
            )
        stored = f'"id":"{self.id}","seq":{self.seq},"time":{self.time}'
        ref = _quote(self.ref)
        self._ok = f'{{"action":"ok","ref":{ref},{stored}}}'
        return f'{beginning}{_quote(self.text)},"sender":{who},{stored},"ref":{ref}{more}}}'.encode()

    # For plugins

    def edit(self, text: str, *, by: User | None = None) -> Awaitable[int]:
        """Give the message another text; see Channel.edit."""
        return self._place("edit").edit(self.seq, text, by=by)

    def delete(self, *, by: User | None = None) -> Awaitable[int]:
        """Delete the message for everyone; see Channel.delete."""
        return self._place("delete").delete(self.seq, by=by)

    def react(self, key: str, on: bool = True, *, by: User) -> Awaitable[int]:
        """React to the message with an emoji as a user, or take that back; see Channel.react."""
        return self._place("react").react(self.seq, key, on, by=by)

    def reply(
        self, text: str = "", *, sender: User | None = None, thread: bool = False, files: Sequence[Any] = ()
    ) -> Awaitable[Message]:
        """Post an answer to the message; see Channel.post.

        thread: in the thread under it. Answers to replies in a thread stand there in any case.
        """
        place = self._place("reply")
        if self.thread is not None:
            return place.post(text, sender=sender, files=files, reply_to=self.seq, thread=self.thread)
        about = {"thread" if thread else "reply_to": self.seq}
        return place.post(text, sender=sender, files=files, **about)

    def pin(self, on: bool = True, *, by: User | None = None) -> Awaitable[int]:
        """Pin the message to its channel, or unpin it; see Channel.pin."""
        return self._place("pin").pin(self.seq, on, by=by)

    def _place(self, what: str) -> Place:
        place = place_of(self.channel, what)
        if not self.seq:
            raise ValueError(f"message.{what} is for stored messages; this one is not stored yet")
        return place


def line_beginning(channel: str) -> str:
    """Return how the lines of a channel's messages begin."""
    return f'{{"action":"send-message","target":{_quote(channel)},"message":'


def _more(message: Message) -> str:
    fields = {"rev": message.rev, **(message.extra or {})} if message.rev else message.extra
    return "," + json.dumps(fields, ensure_ascii=False, separators=(",", ":"))[1:-1]
