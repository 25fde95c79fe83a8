"""Mentions: whom a message reaches, what is told to who is not in its channel, and the list of one's mentions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import Any, NamedTuple

from tornado_chat.chat.belonging import Belonging
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import DIRECT, ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.history import Arisen
from tornado_chat.chat.mentions import CHANNEL, MOST, WORDS, chosen, names_in
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import charge_for
from tornado_chat.chat.permissions import Denied
from tornado_chat.chat.protocol import fitting
from tornado_chat.chat.slices import slices
from tornado_chat.chat.validation import clean_place, name_key

LOOKED_AT = 5_000  # users in a channel among whom a name is looked for; members are always found
FREE = 20  # people of a channel in which everybody may mention all of them
SOON = 1.0  # seconds in which mentions and direct messages are gathered for who is not in their channel
APART = 0.001  # seconds between two of very many who are told
SHOWN = 10_000  # direct conversations that are known to be hidden from nobody


class Mentioned(NamedTuple):
    """Whom a text mentions: ids of people, `@here` and `@channel`; and the words that its sender may not use."""

    whom: list[str]
    unmentioned: list[str]


class Mentioning(Belonging):
    """See Places."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._shown: set[str] = set()  # direct conversations that are hidden from nobody
        self._telling: set[asyncio.Task[None]] = set()
        self._calling: set[str] = set()  # channels of which everyone is about to be told
        self._hub.on_news = self._heard

    # Whom

    async def mentioned(
        self, by: Connection | None, channel: Channel, text: str, ids: Sequence[str] = (), seq: int | None = None
    ) -> Mentioned:
        """Return whom a text mentions, or its sender names: people of the channel alone, and all of them by a word.

        by: None if nobody calls; then no word mentions all. seq: of a message that is edited, which concerns those
        alone who may see it.
        """
        found = {one: None for one in ids if one in WORDS or await self._is_in(channel, one, seq)}
        names = names_in(text)
        if names:
            keys = {key for each in names for key in each}
            users: dict[str, dict[str, None]] = {}
            for user in [*self._present(channel), *await self._named(channel, keys)]:
                if (key := name_key(user.name)) in keys:
                    users.setdefault(key, {})[user.id] = None
            for one in chosen(names, users):
                if seq is None or one in WORDS or await self._is_in(channel, one, seq):
                    found[one] = None
        words = [one for one in found if one in WORDS]
        record = channel.record or ChannelRecord(channel.name)
        if words and (by is None or await self.why_not_everyone(by, record) is not None):
            return Mentioned([one for one in found if one not in words][:MOST], words)
        return Mentioned(list(found)[:MOST], [])

    async def why_not_everyone(self, by: Connection, record: ChannelRecord) -> Denied | None:
        """Return why the caller may not mention all people of a channel at once; None: they may."""
        denied = self.denied(by, "mention-all", record)
        if denied is None or max(len(self._hub.present(record.name)), await self.storage.count(record.name)) <= FREE:
            return None
        return denied

    @staticmethod
    def _present(channel: Channel) -> Collection[User]:
        return list(channel.present) if len(channel.present) <= LOOKED_AT else ()

    async def _named(self, channel: Channel, keys: Iterable[str]) -> Sequence[User]:
        with contextlib.suppress(Refused):  # the disk fails: whoever is known already can be mentioned
            await self.writer.written()  # whoever was invited just now, too
        return await self.storage.named([channel.name], sorted(keys))

    async def _is_in(self, channel: Channel, user_id: str, seq: int | None) -> bool:
        """Return whether somebody belongs to a channel or is present in it, and may see a message of it, if given."""
        user = User(user_id, "")
        if user in channel.present:
            limits = await self.limits_of(user, channel)
        else:
            record = channel.record
            limits = None if record is None else await self.membership_of(user_id, record)
            if limits is None or limits.ended:
                return False
        return seq is None or limits is None or limits.may_see(seq)

    # The list

    async def mentions(self, by: Connection, before: str = "", limit: int = 50) -> tuple[list[Message], bool, str]:
        """Return messages that mention the caller, newest mention first; whether there are more, and from where on.

        Of channels alone that the caller may read now, as far as they may see them. At most 256 KiB.
        """
        place = clean_place(before)
        at = None if place is None else Arisen(*place)
        found = await self._hub.history.mentions(by.user.id, await self.readable(by), at, limit + 1)
        messages = [message for _, message in found[:limit]]
        count = fitting(messages)
        charge_for(messages[:count])
        if count == len(found):
            return messages, False, ""
        return messages[:count], True, "{}-{}".format(*found[count - 1][0]) if count else before

    # Those who are here, and not in the channel

    def _heard(self, message: Message, whom: Collection[str]) -> None:
        """Tell of a message that newly mentions somebody, or that may be direct."""
        sender, name = message.sender.id if message.sender else "", message.channel
        for user_id in whom:
            if user_id != sender and user_id not in WORDS:
                self._reach(user_id, name)
        if CHANNEL in whom and name not in self._calling:
            self._calling.add(name)
            asyncio.get_running_loop().call_later(SOON, self._do, self._call_everyone, name)
        if name.startswith(DIRECT):
            self._do(self._show, name, sender)

    def _do(self, tell: Callable[..., Coroutine[Any, Any, None]], *about: str | int) -> None:
        task = asyncio.ensure_future(tell(*about))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    def _reach(self, user_id: str, name: str) -> None:
        """Let a member know that a message is for them, who is somebody from now on."""
        if self.membership(User(user_id, ""), name) is not None:
            self.keep(user_id)
            self._nudge(user_id, name)

    def _nudge(self, user_id: str, name: str, delay: float = SOON) -> bool:
        """Tell those connections of a member that are not in a channel what is new there; return if there are any."""
        if self.membership(User(user_id, ""), name) is None:
            return False
        away = any(name not in connection.channels for connection in self._hub.online(user_id) or ())
        if away:
            self._news.tell_here(user_id, name, delay)
        return away

    async def _call_everyone(self, name: str) -> None:
        """Tell all members who are here of a mention: one after the other, as there may be thousands."""
        self._calling.discard(name)
        delay = 0.0
        async for some in slices(list(self._hub.everyone())):
            for user, _ in some:
                if self._nudge(user.id, name, delay):
                    delay += APART

    async def _show(self, name: str, sender: str) -> None:
        """Show a direct conversation to those from whom it is hidden until it has a new message."""
        with contextlib.suppress(Refused):  # the disk fails; the next message shows it
            record = await self.record(name)
            if record is None:
                return
            if name not in self._shown:
                for user_id in record.people:
                    membership = await self.membership_of(user_id, record)
                    if membership is not None and membership.hidden:
                        membership.hidden = False
                        self._store(membership)
                if len(self._shown) >= SHOWN:
                    self._shown.clear()
                self._shown.add(name)
            for user_id in record.people:
                if user_id != sender:
                    self._reach(user_id, name)
