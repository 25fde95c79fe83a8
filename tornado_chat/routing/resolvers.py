"""Fields that name a Channel or a User: how what they say becomes what they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tornado_chat.chat.channel import Channel
from tornado_chat.chat.models import User


def _channel(ctx: Any, said: str) -> Channel:
    """Return the channel of that name, which the caller has joined."""
    found: Channel = ctx.server.joined(ctx.connection, said)
    return found


def _user(ctx: Any, said: str) -> User:
    """Return the user that is meant in the call's channel; see Presence.find_user."""
    found: User = ctx.server.find_user(said, ctx.about)
    return found


#: By the type of a field: called with the context of a call and the text in the field.
RESOLVERS: dict[Any, Callable[[Any, str], Any]] = {Channel: _channel, User: _user}
