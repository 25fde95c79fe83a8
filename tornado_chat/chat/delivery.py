"""How the lines of a channel reach its members: one flush when it has come to rest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from tornado_chat.chat.batching import Batch
from tornado_chat.chat.broker import Broker, Member
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User, line_beginning
from tornado_chat.chat.protocol import encode
from tornado_chat.config.compiled import mypyc_attr

SLICE: Final = 1_000  # members that are written to before the loop may read again


class Apart(NamedTuple):
    """A line about the message with a `seq`, and the stub of it for those who may not see that message."""

    seq: int
    line: bytes
    stub: bytes


@mypyc_attr(allow_interpreted_subclasses=True)
class Delivery(Batch):
    """The lines of a channel: encoded once, one frame built once, the same bytes to every one of its `members`.

    `limited`: the memberships of users who may not see all of its messages. `beginning`: of each message's line.
    """

    __slots__ = ("_asked", "_broker", "_passing", "_skips", "_slices", "beginning", "limited", "members", "name")

    def __init__(self, name: str, broker: Broker) -> None:
        super().__init__(broker.flusher)
        self.name = name
        self.beginning = line_beginning(name)
        self.members: dict[Member, None] = {}
        self.limited: dict[User, Membership] = {}
        self._broker = broker
        self._skips: list[tuple[int, User]] = []  # of the lines that wait: who does not get them
        self._passing = False
        self._asked: dict[Member, bytes] = {}  # how lines begin for who calls it otherwise
        self._slices: deque[tuple[bytes, bool, list[Member]]] = deque()

    def answer_to(self, asked: str, connection: Member) -> None:
        """Show a member what is shown here under the name that it asked for, too: it knows no other one."""
        self.flush()
        self._asked[connection] = _beginning(asked)

    def deliver(self, line: bytes, passing: bool = False) -> None:
        """Add a line to the next flush. Kept and passing lines never share a frame (see Connection.pass_on)."""
        if passing is not self._passing:
            self.flush()
            self._passing = passing
        self.lines.append(line)  # as `gather` does, which costs each message a call
        if not self._planned:
            self._flusher.plan(self)
            self._planned = True

    def deliver_but(self, line: bytes, skip: User) -> None:
        """Add a passing line to the next flush for all but one user's connections."""
        if not self._passing:
            self.flush()
            self._passing = True
        self._skips.append((len(self.lines), skip))
        self.gather(line)

    def publish_here(self, line: bytes, skip: User | None = None, for_seq: int | None = None) -> None:
        """Send a passing line to the members but `skip`, and those who may not see the message with a `seq`."""
        if for_seq is not None and self.limited:
            for member in self.members:
                limits = self.limited.get(member.user)
                if member.user != skip and (limits is None or limits.may_see(for_seq)):
                    member.gather(line)
        elif skip is None:
            self.deliver(line, passing=True)
        else:
            self.deliver_but(line, skip)

    def deliver_apart(self, told: Sequence[Apart], *lines: bytes) -> None:
        """Send in one frame now what each may know about some messages, and lines for everyone behind that."""
        self.flush()
        sights = {
            user: tuple(membership.may_see(one.seq) for one in told) for user, membership in self.limited.items()
        }
        groups: dict[tuple[bool, ...], list[Member]] = {}
        everything = (True,) * len(told)
        for member in self.members:
            groups.setdefault(sights.get(member.user, everything), []).append(member)
        for sees, members in groups.items():
            said = [one.line if may_see else one.stub for one, may_see in zip(told, sees, strict=True)]
            for frame in self._flusher.frames([b"\n".join([*said, *lines])]):
                self._write(frame, False, members)
        self._show_as_asked(lines)

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

    def _show_as_asked(self, lines: Sequence[bytes]) -> None:
        known = _beginning(self.name)
        for at, line in enumerate(lines):
            line = line.rpartition(b"\n")[2]  # a reply comes after what is told of its root
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
