"""Asks beforehand whether the caller may do something; nothing is done, counted or recorded by that."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from tornado_chat.chat.changes import no_message
from tornado_chat.chat.channel_records import PRIVATE, ChannelRecord, is_secret
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused, no_channel
from tornado_chat.chat.finding import Finding
from tornado_chat.chat.mentions import WORDS
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.permissions import Denied, denied
from tornado_chat.chat.validation import clean_name

#: Settings of a channel that moderators set; the others are the owners'.
OF_MODERATORS = ("topic", "description", "posting", "slow")
#: The powers that the server's own actions need, beside those that only administrators have.
NEEDS = {
    **{"send-message": "post", "edit-message": "edit", "react": "react", "pin": "pin", "delete-message": "delete"},
    "grow": "edit",
    "plugin-settings": "set-channel",
    **{one: one for one in ("create-channel", "open-direct", "invite", "remove-member", "silence", "set-role")},
}
_OF_ONES_OWN = ("edit-message", "delete-message", "grow")
_MENTIONING = ("send-message", "edit-message")
_ON_PEOPLE = ("remove-member", "silence", "set-role")


class Asking(Finding):
    """See Places."""

    async def why_not(
        self,
        by: Connection,
        call: str,
        target: str | None = None,
        power: str = "",
        *,
        seq: int | None = None,
        users: Sequence[str] = (),
        settings: Collection[str] = (),
        mentions: Collection[str] = (),
    ) -> Denied | None:
        """Return why the caller may not call an action; None: they may.

        power: the one that the action needs. seq, users, settings, mentions: the message, people (ids) and settings
        that it is about, and whom it mentions: with HERE or CHANNEL, all at once.
        Refused as the call would be about a channel, a message or people that the caller may not know of.
        """
        power = power or NEEDS.get(call, "")
        try:
            if call == "join-channel" and target is not None:
                return await self._why_not_join(by, clean_name(target))
            if target is None:
                return self.denied(by, power) if power else None
            record, _ = await self.find(by, target, own=True)
            if call == "set-channel":
                return self._why_not_set(by, record, settings)
            message = None if seq is None else await self._message(by, record, seq)
            if call in _OF_ONES_OWN and (no := self._not_own(by, call, record, message)):
                return no
            if call == "delete-message" and (message is None or message.sender == by.user):
                return None
            if power and (no := self.denied(by, power, record)):
                return no
            if power == "post" and (no := self._too_soon(by, record)):
                return no
            if call in _ON_PEOPLE:
                await self._below(by, record, users)
            if call in _MENTIONING and not {*WORDS}.isdisjoint(mentions):
                return await self.why_not_everyone(by, record)
        except Refused as refused:
            if not refused.rule:
                raise
            return Denied(refused.rule, refused.needs)
        return None

    async def allows(self, user: User, power: str, name: str) -> bool:
        """Return whether a user has a power in a channel now, whether or not they are here."""
        user = (await self._news.people([user.id])).get(user.id, user)  # with the role that they have now
        record = await self.record(name)
        membership = await self.membership_of(user.id, record) if record is not None else None
        if membership is not None and membership.ended:
            if membership.kept_out_until > self._now():
                return False
            membership = None
        if is_secret(name) and membership is None:
            return False
        if record is None or membership is None:
            return denied(user, power, record or ChannelRecord(name)) is None
        return denied(user, power, record, membership.role, membership.silenced_until) is None

    async def _why_not_join(self, by: Connection, name: str) -> Denied | None:
        if await self._own(by, name) is not None:
            return None
        if is_secret(name):  # strangers wait for nothing: how long it takes would tell
            if by.user.role != "admin" or not name.startswith(PRIVATE) or await self.record(name) is None:
                raise no_channel()
            return None
        record, ended = await self.record(name), (await self.own(by.user)).get(name)
        if ended is not None:
            self._heed_removal(ended)
        return self.denied(by, "create-channel") if record is None else None

    def _why_not_set(self, by: Connection, record: ChannelRecord, settings: Collection[str]) -> Denied | None:
        powers = {power_to_set(one) for one in settings or ("topic",)}
        return next((no for power in sorted(powers) if (no := self.denied(by, power, record))), None)

    async def _message(self, by: Connection, record: ChannelRecord, seq: int) -> Message:
        channel = by.channels.get(record.name)
        membership = self.membership(by.user, record.name)
        if channel is not None:
            self.need_sight(by, channel, seq)
        elif membership is None or not membership.may_see(seq):
            raise no_message()
        found = await self._hub.history.get(record.name, [seq])
        if not found or "deleted" in (found[0].extra or {}):
            raise no_message()
        return found[0]

    def _not_own(self, by: Connection, call: str, record: ChannelRecord, message: Message | None) -> Denied | None:
        if message is None or call == "delete-message":
            return None
        if message.sender != by.user:
            return Denied("own", f"Only who sent a message can {'let it grow' if call == 'grow' else 'edit it'}")
        if call == "grow":
            return None
        window = self._hub.edit_window if record.edit_window is None else record.edit_window
        if window and time.time() * 1000 - message.time > window * 1000:
            return Denied("edit-window", f"A message can be edited for {window:g} s")
        return None


def power_to_set(setting: str) -> str:
    """Return the power that setting something of a channel needs."""
    return "topic" if setting in OF_MODERATORS else "set-channel"
