"""A channel: its members, what is posted and changed (stored), and what is published (ephemeral)."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from typing import Any

from tornado_chat.chat.attachments import Attachment
from tornado_chat.chat.attendance import Attendance
from tornado_chat.chat.broker import Broker, Member
from tornado_chat.chat.calls import current
from tornado_chat.chat.changes import Change
from tornado_chat.chat.channel_records import DIRECT, ChannelRecord, is_secret
from tornado_chat.chat.emoji import clean_emoji
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.files import File, shown
from tornado_chat.chat.growing_message import GrowingMessage, OwnGrowingMessage
from tornado_chat.chat.history import ChangesPage, page_end
from tornado_chat.chat.models import Message, User, need_user
from tornado_chat.chat.pending import PendingChange, PendingMessage, charge_for
from tornado_chat.chat.protocol import event_line, fitting, notice
from tornado_chat.chat.usage import Usage
from tornado_chat.chat.validation import MAX_PAGE, clean_caption, clean_text, name_key

PINS_AT_ONCE = 25  # pinned messages in one answer
#: What changes of messages need where a channel has rules.
POWERS = {"edited": "edit", "reacted": "react", "pinned": "pin"}


class Channel(Attendance):
    """A channel: `name`, `members` (connections) and `present` (users, each with the number of their connections).

    For the server: `record`, what is stored of it, None before anybody has joined it; `guarded`, whether somebody
    here may not post, for some rule; `direct`, whether it is a direct conversation.
    """

    __slots__ = ("_key", "maker", "record")

    def __init__(self, name: str, broker: Broker) -> None:
        super().__init__(name, broker)
        self.maker: Usage | None = None  # of the address that made it
        self.record: ChannelRecord | None = None
        self._key: str | None = None

    @property
    def key(self) -> str:
        """What the channel is found by (validation.name_key), kept for those who search through thousands."""
        if self._key is None:
            self._key = name_key(self.name)
        return self._key

    # For actions and plugins

    @property
    def kind(self) -> str:
        """`public`, `private` or `direct`."""
        return "public" if not is_secret(self.name) else "direct" if self.name.startswith(DIRECT) else "private"

    @property
    def title(self) -> str:
        """What people call the channel: its title, else its name; "" for a direct conversation."""
        title = self.record.title if self.record is not None else ""
        return title or ("" if is_secret(self.name) else self.name)

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of the 2 to 9 people of a direct conversation; elsewhere none."""
        return self.record.people if self.record is not None else ()

    def post(
        self,
        text: str = "",
        *,
        sender: User | None = None,
        ref: str | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        also_in_channel: bool = False,
        mentions: Sequence[str] = (),
        files: Sequence[File | Attachment] = (),
        growing: bool = False,
    ) -> PendingMessage:
        """Post a message, which is stored. Without a sender it is the server's own. reply_to: `seq` that it answers.

        thread: `seq` of a message under which it stands, as a reply in its thread; also_in_channel: and in the
        channel, too. mentions: the ids of users whom it mentions; names in the text are not looked up here. files: up
        to 10, of `ctx.files` or of another message; the text may be empty then. growing: see `grow`, which passes it.

        The order of messages is settled when this is called. To know that the message is stored, await what is
        returned. Repeating a sender's `ref` posts nothing again.

        Raises Refused: `invalid-field` for a text that is empty or longer than 4,000 characters, or whatever a
        `message` listener says.
        When it is awaited, for a thread: `not-found`, or `invalid-field` where the message is a reply in one itself;
        for a file: `not-found`, if it is gone.
        """
        self._flusher.require_loop()
        extra: dict[str, Any] = {} if reply_to is None else {"reply_to": reply_to}
        if thread is not None:
            extra |= {"thread": thread, "also_in_channel": True} if also_in_channel else {"thread": thread}
        if mentions:
            extra["mentions"] = list(mentions)
        if files:
            extra["files"] = shown(files)
        if growing:
            extra["growing"] = True
        text = clean_caption(text) if files else clean_text(text)
        return self.say(text, sender, ref, extra or None)

    def grow(
        self, *, sender: User | None = None, reply_to: int | None = None, thread: int | None = None
    ) -> GrowingMessage:
        """Return a message that grows while its text is generated, for `async with`; see GrowingMessage.

        Do that in a task of `ctx.spawn`: a handler is cut after 2 s. The rest is as of `post`.
        """
        self._flusher.require_loop()
        return OwnGrowingMessage(self._broker.growths, self.name, sender, reply_to=reply_to, thread=thread)

    def edit(
        self,
        seq: int,
        text: str,
        *,
        by: User | None = None,
        of: int | None = None,
        ref: str | None = None,
        mentions: tuple[str, ...] | None = None,
    ) -> PendingChange:
        """Give a message another text, which passes the `message` listeners. Await the number that this draws.

        by: who edits, for whom the message must be their own; without one the server edits any message. of: the
        `text_rev` that the edit is based on. ref: as of `post`. mentions: whom it mentions now, None for whom it did.

        The text may be empty where the message has files.

        Raises Refused (at once for a text that is too long, else when it is awaited): `not-found`, `not-allowed`,
        `conflict`, `invalid-field`, or whatever a `message` listener says.
        """
        window = self._broker.edit_window
        if self.record is not None and self.record.edit_window is not None:
            window = self.record.edit_window
        asked = {"text": clean_caption(text), "of": of, "window": window, "mentions": mentions}
        return self._change(seq, "edited", by, ref, **asked)

    def delete(self, seq: int, *, by: User | None = None, any: bool = False, ref: str | None = None) -> PendingChange:
        """Delete a message for everyone. Await the number that this draws.

        by: as of `edit`. any: whether the message may be someone else's all the same. Raises as `edit` does.
        """
        return self._change(seq, "deleted", by, ref, any=any)

    def react(self, seq: int, key: str, on: bool = True, *, by: User, ref: str | None = None) -> PendingChange:
        """React to a message with an emoji as a user, or take that back. Await the number that this draws.

        Raises Refused: `invalid-field` for what is no emoji, at once; `not-found` or `too-many` when it is awaited.
        """
        try:
            key = clean_emoji(key)
        except ValueError as error:
            raise Refused(f"key must be {error}", Error.INVALID_FIELD) from None
        return self._change(seq, "reacted", by, ref, key=key, on=on)

    def pin(self, seq: int, on: bool = True, *, by: User | None = None, ref: str | None = None) -> PendingChange:
        """Pin a message, or unpin it. Await the number that this draws. Raises Refused: `not-found`, `too-many`."""
        return self._change(seq, "pinned", by, ref, on=on)

    def _change(self, seq: int, what: str, by: User | None, ref: str | None, **asked: Any) -> PendingChange:
        self._flusher.require_loop()
        if by is not None:
            need_user(by, "by=")
        call = current.get()
        if self.guarded and call is not None and call.refused is None and what in POWERS:
            call.heed(self, POWERS[what], by)
        change = Change(self.name, seq, what, by, int(time.time() * 1000), ref, **asked)
        if by is None:
            change.any, change.window = True, 0
        if call is not None:
            change.refused = call.refused
        return PendingChange(self.make(change), None if call is None else call.posts)

    def make(self, change: Change) -> Coroutine[Any, Any, int]:
        """Make a change, which passes the listeners first; return the number that it draws."""
        on_change = self._broker.on_change
        return self._broker.history.change(change) if on_change is None else on_change(self, change)

    def publish(self, action: str, *, skip: User | None = None, for_seq: int | None = None, **fields: Any) -> None:
        """Send an event to everyone in the channel, except `skip`. It is not stored.

        for_seq: the `seq` of a message whose text it tells; who may not see that message gets nothing.

        Raises ValueError for the action of one of the server's own events.
        """
        self.spread(event_line({"action": action, "channel": self.name, **fields}), skip, for_seq)

    def spread(self, line: bytes, skip: User | None = None, for_seq: int | None = None) -> None:
        """Send a line as `publish` sends an event."""
        self._broker.publish(self.name, line, skip, for_seq)

    def whisper(self, user: User, text: str, **fields: Any) -> None:
        """Show a line to one user, on all their connections in the channel, marked as private. It is not stored."""
        self._flusher.require_loop()
        need_user(user, "whisper")
        line = notice(self.name, text, int(time.time() * 1000), {**fields, "private": True})
        self._broker.tell(user, self.name, line)

    def tell(self, user: User, action: str, /, *, skip: Member | None = None, **fields: Any) -> None:
        """Send an event to one user's connections in the channel, except `skip`. It is not stored."""
        self._flusher.require_loop()
        need_user(user, "tell")
        if skip is not None and self.present.get(user) == 1:
            return  # the one who is skipped
        self._broker.tell(user, self.name, event_line({"action": action, "channel": self.name, **fields}), skip)

    async def read(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = MAX_PAGE,
        timeline: bool = False,
    ) -> tuple[list[Message], bool]:
        """Return stored messages, oldest first, and whether there are more in that direction.

        The first messages after a `seq`, the last before one, or the newest. At most 200, and 256 KiB. timeline:
        without replies that stand in threads alone.
        """
        history = self._broker.history
        found, more = await history.read(self.name, after=after, before=before, limit=limit, timeline=timeline)
        return _stretch(self._broker.growths.shown(found), more, after is not None)

    async def thread(
        self, seq: int, *, after: int | None = None, before: int | None = None, limit: int = MAX_PAGE
    ) -> tuple[list[Message], bool]:
        """Return the replies in the thread under a message, as `read` returns messages."""
        found, more = await self._broker.history.thread(self.name, seq, after=after, before=before, limit=limit)
        return _stretch(self._broker.growths.shown(found), more, after is not None)

    async def get(self, seqs: Sequence[int]) -> tuple[list[Message], bool]:
        """Return single messages, those of these that there are, in order; and whether others are left (256 KiB)."""
        return _page(self._broker.growths.shown(await self._broker.history.get(self.name, seqs)))

    async def pinned(self, after: int = 0) -> tuple[list[Message], bool]:
        """Return pinned messages in order, from behind a `seq` on, and whether there are more. At most 256 KiB."""
        messages = await self._broker.history.pinned(self.name, after, PINS_AT_ONCE + 1)
        some, more = _page(self._broker.growths.shown(messages[:PINS_AT_ONCE]))
        return some, more or len(messages) > PINS_AT_ONCE

    async def changes(self, since: int, limit: int = MAX_PAGE) -> ChangesPage:
        """Return the messages that are new or changed since a number, in their present state. At most 256 KiB."""
        page = await self._broker.history.changes(self.name, since, limit)
        page = page._replace(messages=self._broker.growths.shown(page.messages))
        count = page_end(page.messages, fitting(page.messages))
        if count < len(page.messages):
            page = ChangesPage(page.messages[:count], page.messages[count - 1].number, True)
        charge_for(page.messages)
        return page


def _stretch(messages: list[Message], more: bool, is_forward: bool) -> tuple[list[Message], bool]:
    """Return of a page, which the call is charged for, what fits in one answer, and whether there is more."""
    count = fitting(messages if is_forward else messages[::-1])
    if count < len(messages):
        more = True
        messages = messages[:count] if is_forward else messages[-count:]
    charge_for(messages)
    return messages, more


def _page(messages: list[Message]) -> tuple[list[Message], bool]:
    """Return the first messages that fit in one answer, which the call is charged for, and whether others do not."""
    count = fitting(messages)
    charge_for(messages[:count])
    return messages[:count], count < len(messages)
