"""What is told of memberships: each user's own list of channels, and to a channel who belongs to it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Unread
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.membership_writer import MembershipWriter
from tornado_chat.chat.memberships import Membership, Memberships
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import encode

AGAIN = 5.0  # seconds after which a list that could not be read is read again
NOTHING = Unread(0, 0, 0)
NO_CHANNELS = encode({"action": "channels", "all": True, "channels": [], "kept": False})


class MembershipNews:
    """Tells it in a moment (`hub.gather`), together with what else there is to tell.

    own: gives a user's memberships, as Places.own does.
    """

    def __init__(
        self,
        hub: Hub,
        storage: Memberships,
        writer: MembershipWriter,
        own: Callable[[User], Awaitable[dict[str, Membership]]],
    ) -> None:
        self._hub = hub
        self._storage = storage
        self._writer = writer
        self._own = own
        self._moved: dict[str, dict[str, dict[str, Any]]] = {}  # by channel: joined, left and roles, each by id
        self._tasks: set[asyncio.Task[None]] = set()

    # What happened

    def began(self, user: User, membership: Membership) -> None:
        """A membership has begun."""
        self.tell(user.id, membership.record.name)
        self._move(user, membership, "joined", "left")

    def kept(self, user: User, membership: Membership) -> None:
        """A membership that memory alone held is stored from now on: it counts, and its channel hears of it."""
        if not membership.ended:
            self._move(user, membership, "joined", "left")

    def ended(self, user: User, membership: Membership, about: Mapping[str, object]) -> None:
        """A membership has ended. about: `by` whom and for which `reason`, where its holder did not end it."""
        self.tell(user.id, membership.record.name, about=about)
        self._move(user, membership, "left", "joined")

    def ranked(self, membership: Membership) -> None:
        """A member has another role."""
        self.tell(membership.user, membership.record.name)
        self._plan(membership)["roles"][membership.user] = membership.role
        if self._hub.on_member is not None:
            user = self._hub.known(membership.user) or User(membership.user, membership.user)
            self._hub.on_member(user, membership.record.name, membership.role)

    def _move(self, user: User, membership: Membership, now: str, before: str) -> None:
        online = self._hub.here(user)
        if online is not None and not online.kept:
            return  # guests of whom nothing is stored are present, and that is told
        if self._hub.on_member is not None:
            self._hub.on_member(self._hub.known(user.id) or user, membership.record.name, now)
        moved = self._plan(membership)
        if moved[before].pop(user.id, None) is None:
            moved[now][user.id] = self._hub.known(user.id) or user

    def _plan(self, membership: Membership) -> dict[str, dict[str, Any]]:
        name = membership.record.name
        moved = self._moved.get(name)
        if moved is None:
            moved = self._moved[name] = {"joined": {}, "left": {}, "roles": {}}
            self._later(self._hub.gather, self._tell_members, name)
        return moved

    async def _tell_members(self, name: str) -> None:
        """Tell those in a channel who became a member, who is none any more, and who has another role."""
        moved = self._moved.pop(name)
        if name not in self._hub.channels or not any(moved.values()):
            return
        await self._writer.written()
        count = await self._storage.count(name)
        event: dict[str, Any] = {"action": "members", "channel": name, "count": count}
        if count <= self._hub.announce_limit:
            if self._hub.elsewhere is not None:
                await self._forget_outdated(name, moved)
                if not any(moved.values()):
                    return
            event |= {"joined": list(moved["joined"].values()), "left": list(moved["left"].values())}
            event["roles"] = moved["roles"]
        self._hub.publish(name, encode(event))

    async def _forget_outdated(self, name: str, moved: dict[str, dict[str, Any]]) -> None:
        """Leave out who is no member any more, or is one again: another node may have told of that already."""
        joined, left = moved["joined"], moved["left"]
        lasting = await self._storage.lasting(name, [*joined, *left])
        for users, is_outdated in ((joined, False), (left, True)):
            for user_id in [one for one in users if (one in lasting) is is_outdated]:
                del users[user_id]

    # A user's own list

    def tell(self, user_id: str, name: str, about: Mapping[str, object] | None = None) -> None:
        """Tell all connections of a user in a moment how a channel of theirs is now."""
        self.tell_here(user_id, name, about=about)
        if self._hub.elsewhere is not None:
            self._hub.elsewhere.tell_list(user_id, name, about or {})

    def tell_here(
        self, user_id: str, name: str, delay: float | None = None, about: Mapping[str, object] | None = None
    ) -> None:
        """Do what `tell` does for a user's connections to this node. delay: how long the moment is, in seconds."""
        online = self._hub.online(user_id)
        if online is None:
            return
        delay = self._hub.gather if delay is None else delay
        due = asyncio.get_running_loop().time() + delay
        if online.news is None or due < online.due:
            online.due = due
            self._later(delay, self._tell_list, user_id)
        online.news = {**(online.news or {}), name: dict(about or {})}

    async def _tell_list(self, user_id: str) -> None:
        online = self._hub.online(user_id)
        if online is None or online.news is None:
            return
        names, online.news = online.news, None
        changed = await self.entries(online[0].user, sorted(names))
        kept = {one["channel"] for one in changed}
        removed = [{"channel": name, **names[name]} for name in sorted(names) if name not in kept]
        event: dict[str, Any] = {"action": "channels"}
        event |= {key: value for key, value in (("changed", changed), ("removed", removed)) if value}
        self._hub.control_here(user_id, news=event)

    def introduce(self, connection: Connection) -> None:
        """Send a connection the whole list, once it is read."""
        online = self._hub.here(connection.user)
        if online is not None and online.has_nothing:
            connection.gather(NO_CHANNELS)
        else:
            self._later(0, self._tell_all, connection)

    async def _tell_all(self, connection: Connection) -> None:
        try:
            channels = await self.entries(connection.user)
        except Refused:  # the disk fails
            if not connection.ended:
                self._later(AGAIN, self._tell_all, connection)
            return
        if not connection.ended:
            self._tell_whole(connection, channels)

    def _tell_whole(self, connection: Connection, channels: list[dict[str, Any]]) -> None:
        online = self._hub.here(connection.user)
        kept = {} if online is None or online.kept else {"kept": False}
        connection.tell_list({"action": "channels", "all": True, "channels": channels, **kept})

    async def entries(self, user: User, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return channels of a user's own list as the event `channels` has them; names: only these."""
        online = self._hub.here(user)
        if online is not None and online.has_nothing:
            return []
        own = await self._own(user)
        wanted = [own[name] for name in (own if names is None else names) if name in own]
        wanted = [one for one in wanted if not one.ended]
        if not wanted:
            return []
        read, sees = {one.record.name: one.read for one in wanted}, {one.record.name: one.sees for one in wanted}
        unread = await self._hub.history.unread(user.id, read, sees)
        threads = await self._hub.history.unread_threads(user.id, sees)
        for one in wanted:
            if one.hidden and unread.get(one.record.name, NOTHING).messages:  # the server ended before it was shown
                one.hidden = False
                self._writer.put(one)
        wanted = [one for one in wanted if not one.hidden]
        people = await self.people({other for one in wanted for other in one.record.people})
        entries = [_entry(one, unread.get(one.record.name, NOTHING), people) for one in wanted]
        return [one | {"threads": threads[one["channel"]]} if one["channel"] in threads else one for one in entries]

    async def others(self, user: User, record: ChannelRecord) -> list[User]:
        """Return the others of a direct conversation."""
        return _others(user.id, record, await self.people(record.people))

    async def people(self, ids: Collection[str]) -> dict[str, User]:
        """Return people by id, as they are called now; whoever has no name is missing."""
        stored = (await self._storage.people(ids=sorted(ids)))[0] if ids else []
        here = {one: user for one in ids if (user := self._hub.known(one))}
        return {person.user.id: person.user for person in stored} | here

    def _later(self, delay: float, tell: Callable[..., Any], about: object) -> None:
        asyncio.get_running_loop().call_later(delay, self._begin, tell, about)

    def _begin(self, tell: Callable[..., Any], about: object) -> None:
        task = asyncio.ensure_future(self._tell(tell, about))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, tell: Callable[..., Any], about: object) -> None:
        with contextlib.suppress(Refused):  # the disk fails; the list comes with the next connection
            await tell(about)


def _others(user_id: str, record: ChannelRecord, people: Mapping[str, User]) -> list[User]:
    return [people.get(one) or User(one, one) for one in record.people if one != user_id]


def _entry(membership: Membership, unread: Unread, people: Mapping[str, User]) -> dict[str, Any]:
    record = membership.record
    temporary = membership.level_until > 0
    level = "all" if temporary and membership.level_until <= time.time() * 1000 else membership.level
    entry: dict[str, Any] = {"channel": record.name, "kind": record.kind}
    if record.kind == "direct":
        entry["with"] = _others(membership.user, record, people)
    else:
        entry["title"] = record.title or record.name
    entry |= {"topic": record.topic, "role": membership.role, "seq": unread.last, "read": membership.read}
    entry |= {"unread": unread.messages, "mentions": unread.mentions, "notify": level}
    if record.archived:
        entry["archived"] = True
    if membership.silenced_until:
        entry["silenced_until"] = membership.silenced_until
    if level != "all" and temporary:
        entry["notify_until"] = membership.level_until
    return entry
