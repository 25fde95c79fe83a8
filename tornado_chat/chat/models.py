"""Who says something, and what was said: `User` and `Message`, each of which knows its JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from json.encoder import encode_basestring as _quote

from tornado_chat.chat.permissions import may

GUEST = "g:"  # what the id of a guest begins with where there are other users too


@dataclass(slots=True, unsafe_hash=True)
class User:
    """A user: `id`, `name` and `role` (`member`, `admin` or `guest`). Users with the same id are equal."""

    id: str
    name: str = field(compare=False)
    role: str = field(default="member", compare=False)
    _json: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Know a guest by its id: kept messages have no role."""
        if self.id.startswith(GUEST):
            self.role = "guest"

    def may(self, power: str) -> bool:
        """Return whether this user's role has a power: one of the server's, or one that a plugin added."""
        return may(self, power)

    def json(self) -> str:
        """Return `{"id":…,"name":…}`, with a `role` that is not `member`; encoded once for all its messages."""
        if not self._json:
            role = "" if self.role == "member" else f',"role":{_quote(self.role)}'
            self._json = f'{{"id":{_quote(self.id)},"name":{_quote(self.name)}{role}}}'
        return self._json


@dataclass(slots=True)
class Message:
    """A message: `channel`, `text`, `sender`, `time`, `ref`, `seq` and `id`.

    `seq` (from 1, without gaps in its channel) and `id` are set when it is stored. `time` is in milliseconds since
    1970 (UTC). `sender` is None for the server's own messages. `ref` is the sender's name for the call, or None.
    """

    channel: str
    text: str
    sender: User | None
    time: int
    ref: str | None = None
    seq: int = 0
    id: str = ""

    def line(self) -> bytes:
        """Return the `send-message` line of this message."""
        sender = "null" if self.sender is None else self.sender.json()
        ref = "" if self.ref is None else f',"ref":{_quote(self.ref)}'
        return (
            f'{{"action":"send-message","target":{_quote(self.channel)},"message":{_quote(self.text)},'
            f'"sender":{sender},"id":"{self.id}","seq":{self.seq},"time":{self.time}{ref}}}'
        ).encode()
