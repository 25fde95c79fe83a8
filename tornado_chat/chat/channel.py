"""A channel: its members, what is posted (kept) and published (passing), and one flush when it has come to rest."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from threading import get_ident
from typing import Any

from tornado_chat.chat.batching import Batch
from tornado_chat.chat.broker import Broker, Member
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage, current
from tornado_chat.chat.protocol import encode, event_line, fitting, notice
from tornado_chat.chat.rate_limits import Usage
from tornado_chat.chat.validation import MAX_PAGE, clean_text

PER_CALL = 24_000  # characters that a call reads of the history; more count as further calls
ROW = 300  # of those, that a message counts as beside its text
SLICE = 1_000  # members that are written to before the loop may read again


class Channel(Batch):
    """A channel: `name`, `members` (connections) and `present` (users, each with the number of their connections)."""

    __slots__ = (
        *("_asked", "_broker", "_moved", "_passing", "_planned_presence", "_renamed", "_skips", "_slices"),
        *("maker", "members", "name", "present"),
    )

    def __init__(self, name: str, broker: Broker) -> None:
        super().__init__(broker.flusher)
        self.name = name
        self.members: dict[Member, None] = {}
        self.present: dict[User, int] = {}
        self._broker = broker
        self.maker: Usage | None = None  # of the address that made it
        self._moved: dict[User, bool] = {}
        self._renamed: dict[User, str] = {}  # what they were called when their name was last told
        self._planned_presence = False
        self._skips: list[tuple[int, User]] = []  # of the lines that wait: who does not get them
        self._passing = False
        self._asked: dict[Member, bytes] = {}  # how lines begin for who calls it otherwise
        self._slices: deque[tuple[bytes, bool, list[Member]]] = deque()

    # For actions and plugins

    def post(self, text: str, *, sender: User | None = None, ref: str | None = None) -> PendingMessage:
        """Post a message, which is stored. Without a sender it is the server's own.

        The order of messages is settled when this is called. To know that the message is stored, await what is
        returned. Repeating a sender's `ref` posts nothing again.

        Raises Refused: `invalid-field` for a text that is empty or longer than 4,000 characters, or whatever a
        `message` listener says.
        """
        if get_ident() != self._flusher.thread:  # asked here, as a call would cost as much again
            self._flusher.require_loop()
        message = Message(self.name, clean_text(text), sender, int(time.time() * 1000), ref)
        on_post = self._broker.on_post
        post = self._broker.history.append(message) if on_post is None else on_post(self, message)
        call = current.get()
        if call is not None:
            call.posts.append(post)
        return post

    def publish(self, action: str, *, skip: User | None = None, **fields: Any) -> None:
        """Send an event to everyone in the channel, except `skip`. It is not stored.

        Raises ValueError for the action of one of the server's own events.
        """
        self._broker.publish(self.name, event_line({"action": action, "channel": self.name, **fields}), skip)

    def notice(self, text: str, *, skip: User | None = None, **fields: Any) -> None:
        """Show a line to everyone in the channel, except `skip`. It is not stored and has no sender."""
        self._broker.publish(self.name, notice(self.name, text, int(time.time() * 1000), fields), skip)

    def tell(self, user: User, action: str, /, *, skip: Member | None = None, **fields: Any) -> None:
        """Send an event to one user's connections in the channel, except `skip`. It is not stored."""
        self._flusher.require_loop()
        if skip is not None and self.present.get(user) == 1:
            return  # the one who is skipped
        self._broker.tell(user, self.name, event_line({"action": action, "channel": self.name, **fields}), skip)

    async def read(
        self, *, after: int | None = None, before: int | None = None, limit: int = MAX_PAGE
    ) -> tuple[list[Message], bool]:
        """Return stored messages, oldest first, and whether there are more in that direction.

        The first messages after a `seq`, the last before one, or the newest. At most 200, and 256 KiB.
        """
        messages, more = await self._broker.history.read(self.name, after=after, before=before, limit=limit)
        count = fitting(messages if after is not None else messages[::-1])
        if count < len(messages):
            more = True
            messages = messages[:count] if after is not None else messages[-count:]
        size = sum(ROW + len(message.text) for message in messages)
        call = current.get()
        if call is not None and size > PER_CALL:
            call.charge(size / PER_CALL - 1)
        return messages, more

    # Members: what came before goes to those who were there

    def add(self, connection: Member) -> bool:
        """Take a connection in; return whether its user has just come."""
        self.flush()
        self.members[connection] = None
        count = self.present.get(connection.user, 0)
        self.present[connection.user] = count + 1
        if count == 0:
            self._note(connection.user, came=True)
        return count == 0

    def remove(self, connection: Member) -> bool:
        """Let a connection go; return whether its user is gone with it."""
        self.flush()
        del self.members[connection]
        self._asked.pop(connection, None)
        count = self.present.pop(connection.user) - 1
        if count:
            self.present[connection.user] = count
        else:
            self._note(connection.user, came=False)
        return count == 0

    def answer_to(self, asked: str, connection: Member) -> None:
        """Show a member what is shown here under the name that it asked for, too: it knows no other one."""
        self.flush()
        self._asked[connection] = _beginning(asked)

    def rename(self, old: User, new: User) -> None:
        """Know a user who is here under another name or role from now on; those who are here will be told."""
        self.present[new] = self.present.pop(old)
        if old in self._moved:
            self._moved[new] = self._moved.pop(old)
        self._renamed[new] = self._renamed.pop(old, old.name)
        self._plan_presence()

    def _note(self, user: User, came: bool) -> None:
        if self._moved.get(user, came) != came:
            del self._moved[user]  # came and went: nothing to tell
        else:
            self._moved[user] = came
        self._plan_presence()

    def _plan_presence(self) -> None:
        if not self._planned_presence:
            self._planned_presence = True
            self._broker.announce(self)

    def tell_presence(self) -> None:
        """Tell those who are here who came, went and was renamed since the last time; see Announcements."""
        self._planned_presence = False
        moved, self._moved = self._moved, {}
        renamed = {user: name for user, name in self._renamed.items() if user in self.present}
        self._renamed = {}
        if not (moved or renamed) or not self.members:
            return
        fields: dict[str, Any] = {"count": len(self.present)}
        small = len(self.present) <= self._broker.announce_limit
        if small:
            came = [user for user, came in moved.items() if came]
            fields["joined"] = came + [user for user in renamed if user not in moved]
            fields["left"] = [user for user, came in moved.items() if not came]
        if small or moved:
            line = encode({"action": "presence", "channel": self.name, **fields})
            self._broker.publish(self.name, line)
        for user, name in renamed.items():
            if small and user.name != name:
                self.notice(f"{name} is now {user.name}", event="rename", user=user)

    # Delivery: encoded once, one frame built once, the same bytes to every member

    def deliver(self, line: bytes, passing: bool = False) -> None:
        """Add a line to the next flush. Kept and passing lines never share a frame (see Connection.pass_on)."""
        if passing is not self._passing:
            self.flush()
            self._passing = passing
        self.gather(line)

    def deliver_but(self, line: bytes, skip: User) -> None:
        """Add a passing line to the next flush for all but one user's connections."""
        if not self._passing:
            self.flush()
            self._passing = True
        self._skips.append((len(self.lines), skip))
        self.gather(line)

    def flush(self) -> None:
        """Send what has gathered to everyone who is a member now."""
        lines, self.lines = self.lines, []
        self._broker.metrics.delivered += len(lines) * len(self.members)
        if self._asked:
            self._show_as_asked(lines)
        if self._skips:
            self._flush_but(lines)
            return
        for frame in self._flusher.frames(lines):
            if self._slices or len(self.members) > SLICE:
                self._write(frame, self._passing, list(self.members))
            elif self._passing:
                for member in self.members:
                    member.pass_on(frame)
            else:
                for member in self.members:
                    member.write(frame)

    def _show_as_asked(self, lines: list[bytes]) -> None:
        known = _beginning(self.name)
        for at, line in enumerate(lines):
            for member, asked in self._asked.items() if line.startswith(known) else ():
                if (at, member.user) not in self._skips:
                    member.gather(asked + line[len(known) :])

    def _flush_but(self, lines: list[bytes]) -> None:
        """Send lines of which some are not for everyone: one frame for most, one of their own for the others."""
        without: dict[User, set[int]] = {}
        for at, user in self._skips:
            without.setdefault(user, set()).add(at)
        self._skips = []
        groups: dict[User | None, list[Member]] = {}
        for member in self.members:
            groups.setdefault(member.user if member.user in without else None, []).append(member)
        for user_or_most, members in groups.items():
            left_out = without[user_or_most] if user_or_most else ()
            for frame in self._flusher.frames([line for at, line in enumerate(lines) if at not in left_out]):
                self._write(frame, True, list(members))

    def _write(self, frame: bytes, passing: bool, members: list[Member]) -> None:
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


def _beginning(target: str) -> bytes:
    """Return how a line begins that is shown in a channel."""
    return encode({"action": "send-message", "target": target})[:-1] + b","
