"""What a client can do in a chat: a method for each of the usual actions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from tornado_chat.chat.files import MOST_FILES, too_many_files
from tornado_chat.chat.growing_message import GrowingMessage
from tornado_chat.chat.validation import clean_name
from tornado_chat.client.channels import Channels
from tornado_chat.client.events import Event, id_of, ids_of
from tornado_chat.client.growing import RemoteGrowingMessage
from tornado_chat.client.transfers import Transfers


class Acting:
    """The base class of Client."""

    _channels: Channels
    _transfers: Transfers
    _growing: WeakSet[RemoteGrowingMessage]

    async def call(self, action: str, **fields: Any) -> Event:
        raise NotImplementedError

    async def _insist(self, action: str, channel: str, **fields: Any) -> Event:
        raise NotImplementedError

    # Channels and people

    async def join(self, channel: str, history: int = 50, unread: bool = False) -> Event:
        """Join a channel; return the server's `ok`, with the newest messages. Iterate for later ones.

        unread: iterate for those too that the client's user has not read yet.
        """
        return await self._channels.join(clean_name(channel), history, unread)  # as the server spells it in events

    async def leave(self, channel: str) -> None:
        """Leave a channel."""
        self._channels.drop(clean_name(channel))
        await self.call("leave-channel", target=channel)

    async def direct(self, *users: str | Event) -> Event:
        """Open the direct conversation with a user, or with up to 8: ids, or users as events have them.

        Return an `ok` like that of a join; its `channel` is the address to send to.
        """
        return await self._channels.open("open-direct", users=ids_of(users))

    async def create(
        self, name: str, *, private: bool = False, topic: str = "", users: Sequence[str | Event] = ()
    ) -> Event:
        """Make a channel with these users; return an `ok` like that of a join.

        name: of a private channel its title; the `channel` of the `ok` is its address.
        """
        called = {"kind": "private", "title": name} if private else {"kind": "public", "name": name}
        return await self._channels.open("create-channel", **called, topic=topic, users=ids_of(users))

    async def invite(self, channel: str, *users: str | Event) -> Event:
        """Make users members of a channel."""
        return await self.call("invite", target=channel, users=ids_of(users))

    async def members(self, channel: str, find: str = "") -> AsyncIterator[Event]:
        """Yield the members of a channel, present or not: each `user`, `role` and `present`."""
        after, first = (
            "",
            set[str](),
        )  # the first page begins with owners and moderators, in whose pages they come again
        while True:
            page = await self.call("members", target=channel, find=find, after=after)
            for member in page["members"]:
                if member["user"]["id"] not in first:
                    yield member
            first = first or {member["user"]["id"] for member in page["members"] if member["role"] != "member"}
            after = page["after"]
            if not after:
                return

    async def read(self, channel: str, seq: int, back: bool = False, thread: int | None = None) -> None:
        """Say how far the client's user has read; back: mark what comes after `seq` as unread. thread: its root."""
        more: dict[str, int] = {"back": True} if back else {}
        more |= {} if thread is None else {"thread": thread}
        await self.call("read", target=channel, seq=seq, **more)

    # Messages

    async def send(
        self,
        channel: str,
        text: str = "",
        *,
        thread: int | None = None,
        also_in_channel: bool = False,
        files: Sequence[str | Path | Event] = (),
    ) -> Event:
        """Post a message; return its `ok` once it is stored, even if the connection is lost meanwhile.

        thread: `seq` of a message under which it stands, as a reply in its thread; also_in_channel: and in the
        channel, too. files: up to 10, by path, or as `upload` and messages have them; the text may be empty then.
        Raises Refused, or OSError if a file cannot be read or sent.
        """
        about: dict[str, Any] = {} if thread is None else {"thread": thread, "also_in_channel": also_in_channel}
        if files:
            about["files"] = await self._uploaded(files)
        return await self._insist("send-message", channel, message=text, **about)

    async def reply(
        self, channel: str, seq: int, text: str = "", *, files: Sequence[str | Path | Event] = ()
    ) -> Event:
        """Post an answer to a message, as `send` does."""
        about = {"files": await self._uploaded(files)} if files else {}
        return await self._insist("send-message", channel, message=text, reply_to=seq, **about)

    async def upload(self, path: str | Path, name: str = "") -> Event:
        """Upload a file; return its `id`, `name`, `type` and `size`. For `send`, and for fields of plugins' actions.

        It is gone after an hour, unless a message has it. A lost connection is waited for, as `send` does. Raises
        Refused, or OSError if the file cannot be read or sent.
        """
        path = Path(path)
        return await self._transfers.upload(path, name or path.name)

    async def download(self, file: Event | str) -> bytes:
        """Return the bytes of a file of a message: one of its `files`, or its id. Raises as `upload` does."""
        return b"".join([piece async for piece in self._transfers.pieces(id_of(file))])

    async def save(self, file: Event | str, path: str | Path) -> None:
        """Write a file of a message to the disk; nothing is left there if that fails. Raises as `upload` does."""
        path = Path(path)
        part = path.with_name(f"{path.name}.part")
        try:
            with await asyncio.to_thread(part.open, "wb") as out:
                async for piece in self._transfers.pieces(id_of(file)):
                    await asyncio.to_thread(out.write, piece)
            await asyncio.to_thread(part.replace, path)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)

    async def _uploaded(self, files: Sequence[str | Path | Event]) -> list[str]:
        """Return the ids of files, of which those are uploaded that are given by path.

        What can be known before is said before any of them takes space.
        """
        if isinstance(files, str | Path | dict):
            raise TypeError(f"files is a list, as in files=[{files!r}]")
        if len(files) > MOST_FILES:
            raise too_many_files()
        for file in files:
            if not isinstance(file, dict):
                await self._transfers.check(Path(file))
        return [id_of(file if isinstance(file, dict) else await self.upload(file)) for file in files]

    async def thread(self, channel: str, seq: int) -> AsyncIterator[Event]:
        """Yield the replies in the thread under a message, oldest first."""
        after, more = 0, True
        while more:
            page = await self.call("history", target=channel, thread=seq, after=after, limit=200)
            for message in page["messages"]:
                yield message
                after = message["seq"]
            more = page["more"]

    async def threads(self) -> AsyncIterator[Event]:
        """Yield the threads that the client's user follows, the newest activity first.

        Each has `target`, `root`, `read`, `unread` and `mentions`.
        """
        page: Event = {"more": True, "before": ""}
        while page["more"]:
            page = await self.call("threads", before=page["before"])
            for thread in page["threads"]:
                yield thread

    async def follow(self, channel: str, seq: int, on: bool = True) -> None:
        """Follow the thread under a message, or stop doing so."""
        await self.call("follow", target=channel, seq=seq, on=on)

    async def mentions(self) -> AsyncIterator[Event]:
        """Yield the messages that mention the client's user, the newest first, each with its `target`."""
        page: Event = {"more": True, "before": ""}
        while page["more"]:
            page = await self.call("mentions", before=page["before"])
            for message in page["messages"]:
                yield message

    async def search(self, text: str, *, before: str = "", limit: int = 20) -> Event:
        """Search the messages that the client's user may read; return the answer, which has a page of `messages`.

        text: words, and filters such as `from:ann`. before: that of the last answer, for the next page.
        """
        return await self.call("search", text=text, before=before, limit=limit)

    def grow(self, channel: str, *, reply_to: int | None = None, thread: int | None = None) -> GrowingMessage:
        """Return a message that grows while its text is generated, for `async with`; see GrowingMessage.

        reply_to: `seq` of a message that it answers. thread: `seq` of a message in whose thread it stands. A lost
        connection interrupts it; the end of the server stops it.
        """
        place = {key: seq for key, seq in (("reply_to", reply_to), ("thread", thread)) if seq is not None}
        message = RemoteGrowingMessage(self._insist, clean_name(channel), **place)
        self._growing.add(message)
        return message

    async def edit(self, channel: str, seq: int, text: str) -> Event:
        """Give one of your messages another text; return the `ok`, even if the connection is lost meanwhile."""
        return await self._insist("edit-message", channel, seq=seq, message=text)

    async def delete(self, channel: str, seq: int) -> Event:
        """Delete a message for everyone, as `edit` edits one."""
        return await self._insist("delete-message", channel, seq=seq)

    async def react(self, channel: str, seq: int, key: str, on: bool = True) -> Event:
        """React to a message with an emoji, or take that back."""
        return await self._insist("react", channel, seq=seq, key=key, on=on)

    async def pin(self, channel: str, seq: int, on: bool = True) -> Event:
        """Pin a message to its channel, or unpin it."""
        return await self._insist("pin", channel, seq=seq, on=on)
