"""Sending people away and banning them on all nodes at once: each ends the connections to it."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.models import User
from tornado_chat.chat.moderation import Moderation
from tornado_chat.chat.remote import Remote


class Banned(NamedTuple):
    """`ended`: how many connections; `missing`: the nodes that have not answered. They read the bans later."""

    ended: int
    missing: list[str]


class Banning:
    """Bans and lifts bans; a ban is in the table before anybody is told of it."""

    def __init__(self, hub: Hub, moderation: Moderation) -> None:
        self._hub = hub
        self._moderation = moderation
        self._looked = True  # whether nobody is here whom a ban hits
        hub.questions.answer("bans", self._changed)
        hub.questions.answer("kick", self._kicked)
        hub.nodes.on_return(self._look_again)

    async def kick(self, user_id: str, reason: str) -> Banned:
        """End all connections of a user, who may come back."""
        there = {one.node for one in self._hub.connections_of(user_id) if isinstance(one, Remote)}
        ended = self._kick(user_id, reason)
        others = await self._hub.questions.ask_all("kick", [user_id, reason])
        return Banned(ended + sum(others.found.values()), [node for node in others.missing if node in there])

    def _kick(self, user_id: str, reason: str) -> int:
        return self._hub.end(tuple(self._hub.online(user_id) or ()), reason)

    async def ban(self, whom: str, until: float, reason: str, by: User, name: str = "") -> Banned:
        """Ban a user or a range of addresses; see Moderation.ban."""
        await self._moderation.ban(whom, until, reason, by, name)
        ended = self._end(whom)
        others = await self._hub.questions.ask_all("bans", whom)
        return Banned(ended + sum(others.found.values()), others.missing)

    async def lift(self, whom: str) -> list[str]:
        """Lift a ban; return the names of the nodes that have not answered."""
        await self._moderation.lift(whom)
        return (await self._hub.questions.ask_all("bans", whom)).missing

    async def look(self) -> None:
        """Read the bans where that has failed before, and end whom they hit. Refused while it fails."""
        if not self._looked:
            await self._moderation.load()
            self._looked = True
            for connection in list(self._hub.connections):
                ban = self._moderation.current_ban(connection.user.id, connection.address)
                if ban is not None:
                    self._hub.end([connection], self._moderation.notice(ban.until, ban.reason))

    def _end(self, whom: str) -> int:
        """End the connections here that a ban hits, if it stands."""
        ban = self._moderation.standing(whom)
        if ban is None:
            return 0
        hit = [one for one in self._hub.connections if self._moderation.hits(whom, one.user.id, one.address)]
        return self._hub.end(hit, self._moderation.notice(ban.until, ban.reason))

    async def _changed(self, by: str, whom: Any) -> int:
        """Another node has changed a ban."""
        try:
            await self._moderation.load(again=True)
        except Refused:
            self._looked = False
            raise
        return self._end(whom)

    async def _kicked(self, by: str, about: Any) -> int:
        """Another node sends somebody away."""
        return self._kick(*about)

    async def _look_again(self) -> None:
        self._looked = False
        with contextlib.suppress(Refused):  # `look` is called again in a moment
            await self._moderation.load(again=True)
            await self.look()
