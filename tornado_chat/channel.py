"""A channel: its members, what is posted (kept) and published (passing), and one flush when it has come to rest."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from tornado_chat.connection import Connection
from tornado_chat.context import current
from tornado_chat.flusher import Outbox
from tornado_chat.frames import text_frames
from tornado_chat.messages import Message, User
from tornado_chat.names import MAX_PAGE, clean_text
from tornado_chat.post import Post
from tornado_chat.protocol import encode, fitting, notice

if TYPE_CHECKING:
    from tornado_chat.context import Context
    from tornado_chat.hub import Hub

PRESENCE_DELAY = 0.25  # seconds in which arrivals and departures gather
SLICE = 1_000  # members that are written to before the loop may read again


class Channel(Outbox):
    """A named place. `members`: its connections; `present`: its users, each with the number of theirs."""

    __slots__ = ("_hub", "_moved", "_passing", "_slices", "members", "name", "present")

    def __init__(self, name: str, hub: Hub) -> None:
        super().__init__(hub.flusher)
        self.name = name
        self.members: dict[Connection, None] = {}
        self.present: dict[User, int] = {}
        self._hub = hub
        self._moved: dict[User, bool] = {}
        self._passing = False
        self._slices: deque[tuple[bytes, bool, list[Connection]]] = deque()

    # For actions and plugins

    @staticmethod
    def of_field(ctx: Context, said: str) -> Channel:
        """Return the channel that a field of a call names, which the caller has joined."""
        return ctx.server.joined(ctx.connection, said)

    def post(self, text: str, *, sender: User | None = None, ref: str | None = None) -> Post:
        """Say something that is kept; without a sender it is the server's own.

        The order is settled now; what is returned can be awaited, but need not be. Refused (`invalid-field`) for
        a text that is empty or longer than 4,000 characters, and where a listener says no.
        """
        message = Message(self.name, clean_text(text), sender, int(time.time() * 1000), ref)
        on_post = self._hub.on_post
        post = self._hub.history.append(message) if on_post is None else on_post(self, message)
        call = current.get()
        if call is not None:
            call.posts.append(post)
        return post

    def publish(self, action: str, *, skip: User | None = None, **fields: Any) -> None:
        """Send an event that is kept nowhere to everyone here (but to `skip`)."""
        self._hub.publish(self.name, encode({"action": action, "channel": self.name, **fields}), skip)

    def notice(self, text: str, *, skip: User | None = None, **fields: Any) -> None:
        """Show a line of the server's own, kept nowhere, to everyone here (but to `skip`)."""
        self._hub.publish(self.name, notice(self.name, text, int(time.time() * 1000), fields), skip)

    def tell(self, user: User, action: str, /, *, skip: Connection | None = None, **fields: Any) -> None:
        """Send an event that is kept nowhere to one user's connections here (but to `skip`)."""
        if skip is not None and self.present.get(user) == 1:
            return  # the one who is skipped; a channel may have very many others
        line = encode({"action": action, "channel": self.name, **fields})
        for member in self.members:
            if member.user == user and member is not skip:
                member.gather(line)

    async def read(
        self, *, after: int | None = None, before: int | None = None, limit: int = MAX_PAGE
    ) -> tuple[list[Message], bool]:
        """Return kept messages, oldest first, and whether there are more that way; as much as one answer holds.

        Those after a `seq`, or the last before one, or the newest.
        """
        messages, more = await self._hub.history.read(self.name, after=after, before=before, limit=limit)
        count = fitting(messages if after is not None else messages[::-1])
        if count < len(messages):
            more = True
            messages = messages[:count] if after is not None else messages[-count:]
        return messages, more

    # Members: what came before goes to those who were there

    def add(self, connection: Connection) -> bool:
        """Take a connection in; return whether its user has just come."""
        self.flush()
        self.members[connection] = None
        count = self.present.get(connection.user, 0)
        self.present[connection.user] = count + 1
        if count == 0:
            self._note(connection.user, came=True)
        return count == 0

    def remove(self, connection: Connection) -> bool:
        """Let a connection go; return whether its user is gone with it."""
        self.flush()
        del self.members[connection]
        count = self.present.pop(connection.user) - 1
        if count:
            self.present[connection.user] = count
        else:
            self._note(connection.user, came=False)
        return count == 0

    def rename(self, old: User, new: User) -> None:
        """Know a user who is here under another name or role from now on; those who are here are told."""
        self.flush()
        self.present[new] = self.present.pop(old)
        if old in self._moved:
            self._moved[new] = self._moved.pop(old)
        small = len(self.present) <= self._hub.announce_limit
        if small:
            self.publish("presence", count=len(self.present), joined=[new], left=[])
        if small and old.name != new.name:
            self.notice(f"{old.name} is now {new.name}", event="rename", user=new)

    def _note(self, user: User, came: bool) -> None:
        if not self._moved:
            asyncio.get_running_loop().call_later(PRESENCE_DELAY, self._tell_presence)
        if self._moved.get(user, came) != came:
            del self._moved[user]  # came and went: nothing to tell
        else:
            self._moved[user] = came

    def _tell_presence(self) -> None:
        moved, self._moved = self._moved, {}
        if not moved or not self.members:
            return
        fields: dict[str, Any] = {"count": len(self.present)}
        if len(self.present) <= self._hub.announce_limit:
            fields["joined"] = [user for user, came in moved.items() if came]
            fields["left"] = [user for user, came in moved.items() if not came]
        self.publish("presence", **fields)

    # Delivery: encoded once, one frame built once, the same bytes to every member

    def deliver(self, line: bytes, passing: bool = False) -> None:
        """Add a line to the next flush. Kept and passing lines never share a frame (see Connection.pass_on)."""
        if passing is not self._passing:
            self.flush()
            self._passing = passing
        self.gather(line)

    def deliver_but(self, line: bytes, skip: User) -> None:
        """Send a passing line at once to all but one user's connections."""
        self.flush()
        for frame in text_frames([line]):
            self._write(frame, True, [member for member in self.members if member.user != skip])

    def flush(self) -> None:
        """Send what has gathered to everyone who is a member now."""
        lines, self.lines = self.lines, []
        self._hub.metrics.delivered += len(lines) * len(self.members)
        for frame in text_frames(lines):
            if self._slices or len(self.members) > SLICE:
                self._write(frame, self._passing, list(self.members))
            elif self._passing:
                for member in self.members:
                    member.pass_on(frame)
            else:
                for member in self.members:
                    member.write(frame)

    def _write(self, frame: bytes, passing: bool, members: list[Connection]) -> None:
        self._slices.append((frame, passing, members))
        if len(self._slices) == 1:
            self._write_slice()

    def _write_slice(self) -> None:
        frame, passing, members = self._slices[0]
        for member in members[:SLICE]:
            if member in self.members:  # it may have left since
                (member.pass_on if passing else member.write)(frame)
        del members[:SLICE]
        if not members:
            self._slices.popleft()
        if self._slices:
            asyncio.get_running_loop().call_soon(self._write_slice)
