"""What a handler is given: who calls, from which connection, about which channel, and how to answer."""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from tornado_chat.protocol import Error, Refused

if TYPE_CHECKING:
    from tornado_chat.channel import Channel
    from tornado_chat.connection import Connection
    from tornado_chat.hub import Hub
    from tornado_chat.post import Post
    from tornado_chat.protocol import User
    from tornado_chat.router import Router

#: The call that is being handled here, so that its `ok` can wait for what it posts.
current: ContextVar[Context | None] = ContextVar("current", default=None)


class Context:
    """One call of an action.

    `channel` is the joined channel that `target` names; an action marked `channel=False` has none.
    `server` knows the connections and channels; `ref` is the client's name for this call, or None.
    """

    __slots__ = ("_channel", "_router", "connection", "posts", "ref")

    def __init__(
        self, connection: Connection, channel: Channel | None, ref: str | None, router: Router, posts: list[Post]
    ) -> None:
        self.connection = connection
        self.ref = ref
        self.posts = posts
        self._channel = channel
        self._router = router

    @property
    def server(self) -> Hub:
        """The connections and channels that there are."""
        return self._router.hub

    @property
    def user(self) -> User:
        """Who calls."""
        return self.connection.user

    @property
    def channel(self) -> Channel:
        """The channel that the call is about."""
        if self._channel is None:
            raise AttributeError("this action is marked channel=False: it has no ctx.channel")
        return self._channel

    def need(self, power: str) -> None:
        """Go on only where the caller's role has a power; else Refused (`not-allowed`)."""
        if not self.user.may(power):
            raise Refused("that is for administrators", Error.NOT_ALLOWED)

    async def use(self, power: str, **about: Any) -> None:
        """Use a power of the caller's role, which is kept in the audit first; Refused (`not-allowed`) without it."""
        self.need(power)
        await self.server.moderation.record(self.user, power, about)

    def reply(self, text: str, **fields: Any) -> None:
        """Show a line in the call's channel to the one connection that asked; it is kept nowhere."""
        self.connection.show(self.channel.name, text, **fields)

    async def perform(self, name: str, channel: Channel) -> Any:
        """Call another action about `channel`, internal ones too; return what its handler returns."""
        inner = Context(self.connection, channel, self.ref, self._router, self.posts)
        result = self._router.perform(inner, name)
        return await result if inspect.isawaitable(result) else result
