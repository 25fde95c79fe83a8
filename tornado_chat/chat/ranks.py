"""Ranks of members: who may act on whom, who follows an owner, and how memberships end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.in_threads import InThreads
from tornado_chat.chat.memberships import MOST_KEPT, Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import called, outranked, rank
from tornado_chat.chat.user_ids import is_guest_id

RETRIES = 20  # heirs who leave just before they would be one
NOBODY: Mapping[str, object] = {}


class Ranks(InThreads):
    """See Places.

    What depends on ranks takes the lock `_ranks`: two owners who go at once would each count on the other one. A
    membership is looked up again after whatever was awaited, just before it is changed: its holder may have come
    meanwhile, and theirs is another object then.
    """

    @property
    def _ranks(self) -> AbstractAsyncContextManager[None]:
        return self._hub.nodes.lock("ranks")

    async def known(self, users: Sequence[str]) -> list[User]:
        """Return people by id, connected or not; Refused (`invalid-field`) where somebody is not known."""
        here = {one: user for one in dict.fromkeys(users) if (user := self._hub.known(one))}
        missing = [one for one in dict.fromkeys(users) if one not in here]
        if missing:
            await self.writer.written()
            here |= {one.user.id: one.user for one in (await self.storage.people(ids=missing))[0]}
        for one in missing:
            if one not in here:
                raise Refused(f"there is no user with the id {one[:64]}", Error.INVALID_FIELD)
        return [here[one] for one in dict.fromkeys(users)]

    async def _settle(self, record: ChannelRecord, users: Sequence[User]) -> None:
        """Return when what is new of memberships is stored, and other nodes know of it: at most 1 s later."""
        await self.writer.written()
        await self._hub.nodes.ask("members", [[user.id, record.name] for user in users])

    def _end(
        self,
        membership: Membership,
        user: User,
        kept_out_until: int = 0,
        about: Mapping[str, object] = NOBODY,
        role: str = "member",
    ) -> None:
        """End a membership. role: what its holder is again who comes back, if nobody owns the channel then."""
        membership.ended, membership.kept_out_until, membership.role = self._now(), kept_out_until, role
        self._store(membership)
        own = getattr(self._hub.online(membership.user), "memberships", None) or {}
        is_over = not (kept_out_until or membership.silenced_until)
        if is_over and (not membership.kept or len(own) > MOST_KEPT):  # who joins and leaves fills no memory
            own.pop(membership.record.name, None)
        self._news.ended(user, membership, about)

    async def _follow_owner(self, record: ChannelRecord, going: str) -> bool:
        """Before an owner (an id) goes, make the oldest moderator, then the oldest member one if none is left.

        Guests, and who is silenced, come last of these. Return whether there is an owner then: nobody may be left.
        """
        for _ in range(RETRIES):
            await self.writer.written()
            ranked = [one for one in await self.storage.ranked(record.name) if one.user != going]
            if not ranked or any(one.role == "owner" for one in ranked):
                return bool(ranked)
            ranked.sort(key=_as_heir)
            heir = await self.membership_of(ranked[0].user, record)
            if heir is not None and not heir.ended:  # or they have left just now
                self._rank(heir, "owner")
                await self.writer.written()
                return True
        return False

    def _rank(self, membership: Membership, role: str) -> None:
        membership.role = role
        self.keep(membership.user)
        self._store(membership)
        self._news.ranked(membership)

    def _rank_of(self, by: Connection, record: ChannelRecord) -> int:
        membership = self.membership(by.user, record.name)
        return rank(by.user, membership.role if membership else None)

    async def _below(
        self, by: Connection, record: ChannelRecord, users: Sequence[str]
    ) -> list[tuple[User, Membership | None]]:
        """Return people whose rank is lower than the caller's, with their memberships; else Refused."""
        mine = self.membership(by.user, record.name)
        found = []
        people = await self.known(users)
        await self.keep_everywhere(people)
        for user in people:
            membership = await self.membership_of(user.id, record)
            lasts = membership is not None and not membership.ended
            role = membership.role if membership is not None and lasts else None
            denied = outranked(by.user, mine.role if mine else None, user, role)
            if denied is not None:
                raise denied.refused()
            found.append((user, membership))
        return found

    def _outside(self, record: ChannelRecord, user: User) -> Membership:
        """Return a membership, which has ended, for somebody who has none; asked for just before."""
        ended, online = Membership(record, user.id, ended=self._now()), self._hub.online(user.id)
        if online is not None and online.memberships is not None:
            online.memberships[record.name] = ended
        return ended

    async def _lasting(self, record: ChannelRecord, user: User) -> Membership:
        membership = await self.membership_of(user.id, record)
        if membership is None or membership.ended:
            raise Refused(f"{user.name} is no member of {called(record)}", Error.INVALID_FIELD)
        return membership


def _as_heir(one: Membership) -> tuple[bool, bool, bool, int, str]:
    """Return by what heirs are ordered; so does the storage (place_rows.HEIRS)."""
    return one.role != "moderator", is_guest_id(one.user), one.silenced_until > 0, one.began, one.user
