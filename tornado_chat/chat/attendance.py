"""Who is in a channel: connections, users, and what is told of who comes and goes."""

from __future__ import annotations

import time
from typing import Any

from tornado_chat.chat.broker import Broker, Member
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import encode, notice
from tornado_chat.chat.saying import Saying


class Attendance(Saying):
    """`present`: the users in a channel, each with the number of their connections. See Channel.

    `elsewhere`: how many connections to other nodes are in it.
    """

    __slots__ = ("_moved", "_planned_presence", "_renamed", "elsewhere", "present")

    def __init__(self, name: str, broker: Broker) -> None:
        super().__init__(name, broker)
        self.present: dict[User, int] = {}
        self.elsewhere = 0
        self._moved: dict[User, bool] = {}
        self._renamed: dict[User, str] = {}  # what they were called when their name was last told
        self._planned_presence = False

    def notice(self, text: str, *, skip: User | None = None, **fields: Any) -> None:
        """Show a line to everyone in the channel, except `skip`. It is not stored and has no sender."""
        line = notice(self.name, text, int(time.time() * 1000), fields)
        self._broker.publish(self.name, line, skip)

    def notice_here(self, text: str, **fields: Any) -> None:
        """Show a line to those in the channel who are connected to this node: the others find out by themselves."""
        self.deliver(notice(self.name, text, int(time.time() * 1000), fields), passing=True)

    # Members: what came before goes to those who were there

    def add(self, connection: Member) -> bool:
        """Take a connection in; return whether its user has just come."""
        self.flush()
        self.members[connection] = None
        return self.come(connection.user)

    def come(self, user: User) -> bool:
        """Count a connection of a user, here or at another node; return whether they have just come."""
        count = self.present.get(user, 0)
        self.present[user] = count + 1
        if count == 0:
            self._note(user, came=True)
        return count == 0

    def remove(self, connection: Member) -> bool:
        """Let a connection go; return whether its user is gone with it."""
        self.flush()
        del self.members[connection]
        self._asked.pop(connection, None)
        return self.go(connection.user)

    def go(self, user: User) -> bool:
        """Count a connection of a user no more, here or at another node; return whether they are gone with it."""
        count = self.present.pop(user) - 1
        if count:
            self.present[user] = count
        else:
            self.limited.pop(user, None)
            self._note(user, came=False)
        return count == 0

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
        if not (moved or renamed) or not self.members:  # each node tells its own connections
            return
        fields: dict[str, Any] = {"count": len(self.present)}
        small = len(self.present) <= self._broker.announce_limit
        if small:
            came = [user for user, came in moved.items() if came]
            fields["joined"] = came + [user for user in renamed if user not in moved]
            fields["left"] = [user for user, came in moved.items() if not came]
        if small or moved:
            line = encode({"action": "presence", "channel": self.name, **fields})
            self.deliver(line, passing=True)
        for user, name in renamed.items():
            if small and user.name != name:
                self.notice_here(f"{name} is now {user.name}", event="rename", user=user)
