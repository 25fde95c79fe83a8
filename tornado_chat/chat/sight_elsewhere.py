"""What a guest sees of whom nothing is stored: only the node knows to which they are connected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tornado_chat.chat.channel_records import Stretch
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.hub import Hub
from tornado_chat.chat.memberships import Membership
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import is_guest_id


class SightElsewhere:
    """Asks other nodes, and answers them. own: gives a user's memberships, as Places.own does."""

    def __init__(self, hub: Hub, own: Callable[[User], Awaitable[dict[str, Membership]]]) -> None:
        self._hub = hub
        self._own = own
        hub.questions.answer("sees", self._answer)

    async def ask(self, user: User, name: str) -> tuple[Stretch, ...] | None:
        """Return what somebody sees of a channel at another node, None for all of it; () if no node says anything."""
        channel, elsewhere = self._hub.channels.get(name), self._hub.elsewhere
        if elsewhere is None or not (is_guest_id(user.id) or (channel is not None and user in channel.present)):
            return ()
        for node in sorted(elsewhere.nodes_of(user) - self._hub.questions.silent):
            with suppress(Refused):  # it dies, or does not know them
                sees = await self._hub.questions.ask(node, "sees", [user.id, name])
                return None if sees is None else tuple((first, last) for first, last in sees)
        return ()

    def here(self, user: User, name: str) -> tuple[Stretch, ...] | None:
        """Return what somebody sees of a channel in which they are, at this node, without a membership; () if not."""
        channel = self._hub.channels.get(name)
        if channel is None or not self._hub.is_here(user, channel):
            return ()
        limits = channel.limited.get(user)
        return None if limits is None else limits.sees

    async def _answer(self, node: str, about: Any) -> tuple[Stretch, ...] | None:
        user_id, name = about
        user = User(user_id, "")
        if self._hub.here(user) is None:
            raise Refused("they are not here")
        membership = (await self._own(user)).get(name)
        return self.here(user, name) if membership is None or membership.ended else membership.sees
