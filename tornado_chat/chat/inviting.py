"""Inviting: people become members without a word of their own, so that there are limits to it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.memberships import MOST_INVITED, used
from tornado_chat.chat.models import User
from tornado_chat.chat.permissions import MODERATOR, Denied, called
from tornado_chat.chat.ranks import Ranks


class Inviting(Ranks):
    """See Places."""

    async def invite(self, by: Connection, name: str, users: Sequence[str]) -> list[User]:
        """Make people members; return those who were none."""
        record, _ = await self.find(by, name, own=True)
        self.need(by, "invite", record)
        people = await self.known(users)
        manages = self._rank_of(by, record) >= MODERATOR
        for user in () if manages else people:
            ended = await self.membership_of(user.id, record)
            if ended is not None and ended.kept_out_until > self._now():
                raise Denied("removed", f"Moderators of {called(record)} keep {user.name} out").refused()
        guests = await self._invitable(by, record.name, people)
        added = await self._add(by, record, guests, await self._hub.history.last(record.name))
        await self._settle(record, added)
        return added

    async def _invitable(self, by: Connection, name: str, people: Sequence[User]) -> list[User]:
        """Return who is no member yet, which is counted; Refused unless the limits let all of them be invited."""
        guests = []
        await self.keep_everywhere(people)
        for user in people:
            own = await self.own(user)
            if name in own and not own[name].ended:
                continue
            if used(own) >= MOST_INVITED:
                needs = f"{user.name} is in {MOST_INVITED} channels already, and joins others by themselves"
                raise Refused(needs, Error.TOO_MANY)
            guests.append(user)
        if by.gate is not None and guests:
            by.gate.invite(guests if by.user.role != "admin" else (), len(guests))
        return guests

    async def _add(self, by: Connection, record: ChannelRecord, people: Sequence[User], last: int) -> list[User]:
        """Record invitations in the audit, and make these people members; return who was none still."""
        about = [{"channel": record.name, "user": user.id, "name": user.name} for user in people]
        await asyncio.gather(*(self._moderation.record(by.user, "invite", one) for one in about))
        roles = {user: await self._role_again((await self.own(user)).get(record.name)) for user in people}
        added = []
        for user in people:
            own = await self.own(user)
            if record.name not in own or own[record.name].ended:  # or they have joined meanwhile
                self.keep(user.id)
                self._begin(own, user, record, last, roles[user])
                added.append(user)
        return added
