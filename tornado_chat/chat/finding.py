"""Lists of places and people: a channel's members, the channels that one may find, the people one may write to."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nsmallest
from typing import Any

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.members import Members
from tornado_chat.chat.memberships import Browsed, Member
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import MODERATOR, RANKS
from tornado_chat.chat.slices import SLICE, slices
from tornado_chat.chat.validation import MAX_PAGE, name_key


class Finding(Members):
    """See Places."""

    @staticmethod
    def whom(user: str | None, users: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of the people whom a call names, in `user` or in `users`; Refused if it names nobody."""
        named = tuple(dict.fromkeys((*users, *(() if user is None else (user,)))))
        if not 1 <= len(named) <= MAX_PAGE:
            raise Refused(f"users are 1 to {MAX_PAGE} ids", Error.INVALID_FIELD)
        return named

    async def members(
        self, by: Connection, name: str, find: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> dict[str, Any]:
        """Return a page of the members of a channel, as the action `members` does. find: folded.

        It is ordered by id; the first page begins with owners and moderators. Silences are for moderators to know.
        """
        record, _ = await self.find(by, name, own=True)
        await self.writer.written()
        found, more = await self.storage.members(record.name, find, after, limit)
        last = found[-1].user.id if found and more else ""
        if not find and not after:
            found = await self._ranked_first(record, found)
        channel = self._hub.channels.get(record.name)
        present = channel.present if channel is not None else {}
        manages = self._rank_of(by, record) >= MODERATOR
        listed = []
        for member in found:
            user = self._now_called(member.user)
            entry = {"user": user, "role": member.role, "present": user in present}
            if member.silenced_until > self._now() and (manages or user == by.user):
                entry["silenced_until"] = member.silenced_until
            listed.append(entry)
        return {"members": listed, "count": await self.storage.count(record.name), "more": more, "after": last}

    async def _ranked_first(self, record: ChannelRecord, page: Sequence[Member]) -> list[Member]:
        ranked = [one for one in await self.storage.ranked(record.name) if one.role != "member"][:MAX_PAGE]
        people = await self._news.people([one.user for one in ranked])
        first = [
            Member(people.get(one.user) or User(one.user, one.user), one.role, one.silenced_until) for one in ranked
        ]
        first.sort(key=lambda one: (-RANKS[one.role], name_key(one.user.name), one.user.id))
        ids = {one.user.id for one in first}
        return [*first, *(one for one in page if one.user.id not in ids)]

    def _now_called(self, user: User) -> User:
        return self._hub.known(user.id) or user

    async def browse(
        self, by: Connection, find: str = "", after: str = "", limit: int = MAX_PAGE
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return a page of the listed public channels and of the caller's own, by address. find: folded."""
        await self.writer.written()
        own = await self.own(by.user)
        if by.allowed is None:
            stored, more = await self.storage.browse(by.user.id, find, after, limit)
        else:
            stored, more = await self._allowed(by, find, after), False
        found = {one.record.name: one for one in stored}
        last = stored[-1].record.name if more and stored else None
        for channel in await self._findable(by, find, after, last, limit + 1):
            record = channel.record or ChannelRecord(channel.name)
            found.setdefault(channel.name, Browsed(record, len(channel.present)))
        names = sorted(found)
        page = [found[name] for name in names[:limit]]
        times = await self._hub.history.times([one.record.name for one in page])
        people = await self._news.people({user for one in page for user in one.record.people})
        return [self._browsed(one, by, own, times, people) for one in page], more or len(names) > limit

    async def _findable(self, by: Connection, find: str, after: str, last: str | None, most: int) -> list[Channel]:
        """Return channels in which somebody is, by name: those of guests alone are in no table."""
        own, find, found = await self.own(by.user), name_key(find), list[Channel]()
        channels, mine = self._hub.channels, by.channels
        async for names in slices(list(self._hub.names(by, after))):
            for name in names:
                if len(found) == most or (last is not None and name > last):
                    return found
                channel = channels.get(name)
                if channel is None:
                    continue
                record = channel.record
                if record is not None and not record.listed and name not in mine and name not in own:
                    continue
                if not find or find in channel.key:
                    found.append(channel)
        return found

    async def _allowed(self, by: Connection, find: str, after: str) -> list[Browsed]:
        """Return what the caller finds of the channels that their token includes."""
        found, own, find = [], await self.own(by.user), name_key(find)
        for name in sorted(one for one in by.allowed or () if one > after):
            membership, record = own.get(name), await self.record(name)
            lasts = membership is not None and not membership.ended and not membership.hidden
            if record is None or not (lasts or (record.kind == "public" and record.listed)):
                continue
            if find in name_key(record.title) or find in name_key(name):
                found.append(Browsed(record, await self.storage.count(name)))
        return found

    def _browsed(self, one: Browsed, by: Connection, own: Any, times: Any, people: Any) -> dict[str, Any]:
        record, members = one
        membership = own.get(record.name)
        entry: dict[str, Any] = {"channel": record.name, "kind": record.kind}
        if record.kind == "direct":
            entry["with"] = [people.get(user) or User(user, user) for user in record.people if user != by.user.id]
        else:
            entry["title"] = record.title or record.name
        entry |= {"topic": record.topic, "members": members, "last": times.get(record.name)}
        entry["joined"] = membership is not None and not membership.ended
        if record.posting != "everyone":
            entry["posting"] = record.posting
        if record.archived:
            entry["archived"] = True
        return entry

    async def people(
        self, by: Connection, find: str = "", ids: Sequence[str] = (), after: str = "", limit: int = MAX_PAGE
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return the people to whom the caller may write, by id; with `find` (folded) those who fit best.

        Who may open no direct conversation finds only those who are here.
        """
        find, more, found = name_key(find), False, dict[str, User]()
        if self.denied(by, "open-direct") is None:
            await self.writer.written()
            most = MAX_PAGE if find else limit
            stored, more = await self.storage.people(ids=ids, find=find, after="" if find else after, limit=most)
            found = {one.user.id: one.user for one in stored}
        last = max(found, default="") if more and not find else None
        most = len(found) + len(ids) if ids else limit + 1

        def fits(user: User) -> tuple[bool, str, str]:
            return (not name_key(user.name).startswith(find), user.name, user.id) if find else (False, "", user.id)

        here = filter(None, map(self._hub.known, ids)) if ids else self._hub.present()
        async for users in slices(list(here)):
            for user in users:
                fits_in = user.id > after and (last is None or user.id <= last)
                if ids or (find in name_key(user.name) if find else fits_in):
                    found[user.id] = user
            if len(found) > most + SLICE:
                found = {one.id: one for one in nsmallest(most, found.values(), key=fits)}
        called = map(self._now_called, found.values())
        users = nsmallest(most, [user for user in called if not find or find in name_key(user.name)], key=fits)
        more = more or (not ids and len(users) > limit)
        users = users if ids else users[:limit]
        return [{"user": user, "present": self._hub.known(user.id) is not None} for user in users], more

    async def shared(self, by: Connection, user_id: str) -> list[str]:
        """Return the addresses of the caller's channels, not direct ones, to which somebody else belongs too."""
        own, theirs = await self.own(by.user), await self.own(User(user_id, user_id))
        online = self._hub.online(user_id)
        listed = online is None or online.kept  # else they are no members for others to see, and seen while present

        def has_them(name: str) -> bool:
            there, channel = theirs.get(name), self._hub.channels.get(name)
            member = listed and there is not None and not there.ended
            return member or (channel is not None and User(user_id, "") in channel.present)

        mine = (one.record for one in own.values() if not one.ended and by.may_enter(one.record.name))
        return sorted(one.name for one in mine if one.kind != "direct" and has_them(one.name))
