"""What commands and other nodes change of users, their sessions and channels, applied to those who are here."""

from __future__ import annotations

import contextlib
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

from tornado_chat.auth.accounts import Accounts
from tornado_chat.chat.errors import Close, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.online import Online
from tornado_chat.chat.orders import carry_out_orders
from tornado_chat.chat.user_ids import ACCOUNT, HEADER, current_id, spellings
from tornado_chat.routing.server import Server

STORED = (ACCOUNT, HEADER)  # what the ids of users begin with whose role is in a table
AT_ONCE = 1_000  # users who are looked at by one query


class Following:
    """Ends the connections of sessions that are over, and of users whose role or password was changed.

    Each node does so for its own connections. A user who was changed is looked at until that has succeeded.
    """

    def __init__(self, accounts: Accounts, server: Server) -> None:
        self._accounts = accounts
        self._server = server
        #: The ids of users who are still to be looked at; and whether they may have been removed.
        self._changed: dict[str, bool] = {}
        self._missed = False  # whether another node may have told of more
        self._has_pictures = True  # whether all pictures are known
        server.nodes.hear("users-changed", self._hear_of_users)
        server.questions.answer("session-over", self._hear_of_session)
        server.questions.answer("user-changed", self._hear_of_user)
        server.nodes.on_return(self._miss)
        server.nodes.on_gone(lambda node: self._lose())

    async def look(self) -> None:
        """Apply what has changed since the last look; to be called all the time. Refused while the disk fails."""
        await self._server.banning.look()
        changed = list(await self._accounts.changed())
        if changed:  # no other node will see these
            self._server.nodes.tell("users-changed", changed)
            self._changed.update(dict.fromkeys(changed, True))
        if self._missed:
            self._missed = False
            for user, _ in self._server.everyone():
                if user.id.startswith(STORED):
                    self._changed.setdefault(user.id, False)
        await self._apply()
        if await self._server.places.storage.orders():
            async with self._server.nodes.lock("orders"):
                await carry_out_orders(self._server.places)

    async def user_changed(self, user_id: str) -> None:
        """Look at a user at once, on all nodes."""
        self._changed[user_id] = True
        with contextlib.suppress(Refused):  # the next look does it
            await self._apply()
        await self._server.questions.ask_all("user-changed", user_id)

    async def session_over(self, user_id: str, session: str) -> None:
        """End the connections that came with a session (see auth.accounts.session_of), on all nodes."""
        self._end(user_id, session)
        await self._server.questions.ask_all("session-over", [user_id, session])

    def _end(self, user_id: str, session: str) -> None:
        theirs = [one for one in self._server.online(user_id) or () if one.session == session]
        self._server.end(theirs, "signed out", Close.NOT_SIGNED_IN)

    async def _apply(self) -> None:
        while self._changed:
            some = dict(islice(self._changed.items(), AT_ONCE))
            for user_id in some:
                del self._changed[user_id]
            try:
                await self._look_at(some.keys())
                for user_id in [one for one, may_be_gone in some.items() if may_be_gone]:
                    self._has_pictures = False
                    await self._server.places.erased(user_id)
            except BaseException:
                for user_id, may_be_gone in some.items():
                    self._changed[user_id] = may_be_gone or self._changed.get(user_id, False)
                raise
        if not self._has_pictures:
            await self._server.files.pictures.load()
            self._has_pictures = True

    async def _look_at(self, user_ids: AbstractSet[str]) -> None:
        """End connections here of sessions that are over (4401), and of users who have another role (1012)."""
        theirs: dict[str, list[Online]] = {}
        for user, online in self._server.everyone():
            for user_id in user_ids & set(spellings(user.id)):
                theirs.setdefault(user_id, []).append(online)
        if not theirs:
            return
        sessions = {connection.session for many in theirs.values() for online in many for connection in online}
        standing = await self._accounts.standing(theirs, sessions)
        for user_id, many in theirs.items():
            role, name = standing.roles.get(current_id(user_id), "member"), standing.names.get(user_id)
            for connection in [one for online in many for one in online]:
                if connection.session not in sessions:
                    self._changed.setdefault(user_id, False)  # they have just come
                elif connection.session and connection.session not in standing.sessions:
                    self._server.end([connection], "the session is over", Close.NOT_SIGNED_IN)
                elif connection.user.role != role:
                    self._server.end([connection], "your role was changed", Close.RESTART)  # they come back with it
                elif name is not None and connection.user.name != name:  # another node has told of that
                    self._server.become(User(user_id, name, role))

    # Other nodes

    async def _hear_of_users(self, by: str, changed: Any) -> None:
        self._changed.update(dict.fromkeys(changed, True))
        with contextlib.suppress(Refused):
            await self._apply()

    async def _hear_of_user(self, by: str, user_id: Any) -> None:
        self._changed[user_id] = True
        await self._apply()

    async def _hear_of_session(self, by: str, about: Any) -> None:
        self._end(*about)

    async def _miss(self) -> None:
        self._missed = True

    def _lose(self) -> None:
        """Another node has ended; what it saw of changes it may not have told."""
        self._missed = True
