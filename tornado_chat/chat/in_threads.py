"""What those who are in a channel do with its threads: read them as far as they may see, follow and list them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from functools import partial
from typing import Any

from tornado_chat.chat import sight
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.mentioning import APART, SOON
from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import charge_for
from tornado_chat.chat.protocol import encode, fitting
from tornado_chat.chat.replies import not_a_root
from tornado_chat.chat.slices import slices
from tornado_chat.chat.taking_part import TakingPart
from tornado_chat.chat.validation import clean_place


class InThreads(TakingPart):
    """See Places."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._stirred: set[tuple[str, int]] = set()  # threads with new replies, of which followers will be told

    async def root(self, by: Connection, channel: Channel, seq: int) -> Message:
        """Return the root of a thread; Refused (`not-found`, `invalid-field`) unless the caller sees one."""
        found = await self._hub.history.get(channel.name, [seq]) if self.sees(by, channel, seq) else []
        if refused := not_a_root(found[0] if found else None):
            raise refused
        return found[0]

    async def may_reply(
        self, by: Connection, channel: Channel, thread: int | None, reply_to: int | None, also_in_channel: bool
    ) -> None:
        """Raise Refused unless the caller can answer a message, in a thread or not."""
        if thread is None and also_in_channel:
            raise Refused("also_in_channel needs thread", Error.INVALID_FIELD)
        if thread is not None:
            await self.root(by, channel, thread)
        if reply_to is None or reply_to == thread:
            return
        found = await self._hub.history.get(channel.name, [reply_to])
        if not found or "deleted" in (found[0].extra or {}) or not self.sees(by, channel, reply_to):
            raise Refused("reply_to: there is no such message", Error.NOT_FOUND)
        if thread is not None and found[0].thread not in (None, thread):
            raise Refused("reply_to is a message of another thread", Error.INVALID_FIELD)

    async def thread(
        self, by: Connection, channel: Channel, root: int, after: int | None, before: int | None, limit: int
    ) -> dict[str, Any]:
        """Return replies of a thread, its root, and how far the caller has read it."""
        message = await self.root(by, channel, root)
        limits = self._limits(by, channel)
        read = partial(channel.thread, root)
        messages, more = await sight.read(read, limits, limit, after, before)
        history = self._hub.history
        reading = await history.reading(by.user.id, channel.name, root, limits.sees if limits else None)
        own = {"following": reading.following, "read": reading.read, "unread": reading.unread}
        return {"messages": messages, "more": more, "root": message, **own}

    async def follow(self, by: Connection, channel: Channel, root: int, on: bool) -> None:
        """Let the caller follow a thread or not; their other connections in the channel are told."""
        await self.root(by, channel, root)
        newest = await self._hub.history.last(channel.name)
        await self._hub.history.follow(by.user.id, channel.name, root, on, newest)
        event = {"action": "followed", "channel": channel.name, "about": root, "on": on}
        self._hub.tell(by.user, channel.name, encode(event), by)
        self._news.tell(by.user.id, channel.name)

    async def read_thread(self, by: Connection, channel: Channel, root: int, seq: int, back: bool) -> int:
        """Note how far the caller has read a thread, and return it; it only grows, unless `back`."""
        await self.root(by, channel, root)
        position = await self._hub.history.read_thread(by.user.id, channel.name, root, seq, back)
        self._news.tell(by.user.id, channel.name)
        return position

    async def threads(self, by: Connection, before: str, limit: int) -> dict[str, Any]:
        """Return the threads that the caller follows, of channels they may read, as the action `threads` does."""
        place = clean_place(before)
        found = await self._hub.history.following(by.user.id, await self.readable(by), place, limit + 1)
        count = fitting([one.root for one in found[:limit]])
        charge_for([one.root for one in found[:count]])
        threads = [
            {
                **{"target": one.root.channel, "root": one.root, "unread": one.reading.unread},
                **{"mentions": one.reading.mentions, "read": one.reading.read},
            }
            for one in found[:count]
        ]
        more = count < len(found)
        return {"threads": threads, "more": more, "before": "{}-{}".format(*found[count - 1].place) if more else ""}

    # Replies that somebody should hear of who is not in their channel

    def _heard(self, message: Message, whom: Collection[str]) -> None:
        super()._heard(message, whom)
        thread = message.thread
        if thread is not None and (message.channel, thread) not in self._stirred:
            self._stirred.add((message.channel, thread))
            asyncio.get_running_loop().call_later(SOON / 2, self._stir, message.channel, thread)

    def _stir(self, name: str, thread: int) -> None:
        self._stirred.discard((name, thread))
        self._do(self._tell_followers, name, thread)

    async def _tell_followers(self, name: str, thread: int) -> None:
        """Tell those who follow a thread, and are not in its channel, what is new there."""
        with contextlib.suppress(Refused):  # the disk fails; the next reply tells it
            delay = SOON / 2
            async for users in slices(await self._hub.history.followers(name, thread)):
                for user_id in users:
                    if self._nudge(user_id, name, delay):
                        delay += APART
