"""What the history has committed, told to those who are in its channels: in the order of its numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from tornado_chat.chat.changes import Changed, Replied
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.delivery import Apart, Delivery
from tornado_chat.chat.growing import Growths
from tornado_chat.chat.history import Committed
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.protocol import encode
from tornado_chat.chat.saying import Saying
from tornado_chat.config.compiled import mypyc_attr

GATHER = 0.25


@mypyc_attr(allow_interpreted_subclasses=True)
class CommitNews:
    """`channels`: those in which somebody is. `gather`: seconds for which changes of messages are gathered.

    `on_changed`: told of each change after its commit, for plugins. `on_news`: of messages that newly mention
    somebody, with whom, and of those that may be direct. `on_member`, for plugins, too: of who became a member of
    which channel or has left it, or has another role. `on_record`: of a channel's new settings.
    """

    channels: dict[str, Channel]
    growths: Growths

    def __init__(self) -> None:
        self.gather = GATHER
        self.on_changed: Callable[[Changed], None] | None = None
        self.on_news: Callable[[Message, Sequence[str]], None] | None = None
        self.on_member: Callable[[User, str, str], None] | None = None
        self.on_record: Callable[[str, Mapping[str, Any]], None] | None = None
        self._changed: dict[str, dict[int, Changed]] = {}  # by channel and message: what those there will be told

    def committed(self, committed: Sequence[Committed]) -> None:
        for one in committed:
            channel: Saying | None = self.channels.get(one.channel)
            direct = channel is None or channel.direct
            if channel is not None and not channel.members:  # others alone are in it, at other nodes
                channel = None
            if type(one) is Message:
                if channel is not None:
                    if self._changed and one.channel in self._changed:
                        self._tell_changes(one.channel)  # numbers come in their order
                    Delivery.deliver(channel, one.line_after(channel.beginning))  # so that it is not looked up
                if self.on_news is not None and (direct or one.extra is not None):
                    self.on_news(one, one.extra.get("mentions", ()) if one.extra else ())
            elif type(one) is Changed:
                if self.on_changed is not None:
                    self.on_changed(one)
                if channel is not None:
                    self._gather(one)
                    if one.change.what == "grown":  # its next words go out after this
                        self._tell_changes(one.channel)
                self.growths.heard(one)
                if self.on_news is not None and one.mentions:
                    self.on_news(one.message, one.mentions)
            elif type(one) is Replied:
                if channel is not None:
                    self._tell_reply(channel, one)
                if self.on_news is not None:
                    self.on_news(one.message, (one.message.extra or {}).get("mentions", ()))

    def _tell_reply(self, channel: Delivery, one: Replied) -> None:
        """Tell the members of a reply in a thread, and before it, in one frame, of its root."""
        self._tell_changes(one.channel)  # numbers come in their order
        self._tell(channel, [one.changed], one.message.line())

    def _gather(self, changed: Changed) -> None:
        """Tell the members of a change in a moment: together with others, those of one message as one event."""
        waiting = self._changed.get(changed.channel)
        if waiting is None:
            waiting = self._changed[changed.channel] = {}
            asyncio.get_running_loop().call_later(self.gather, self._tell_changes, changed.channel)
        earlier = waiting.pop(changed.seq, None)
        if earlier is not None:
            earlier.absorb(changed)
        waiting[changed.seq] = earlier or changed  # last: in the order of numbers

    def _tell_changes(self, name: str) -> None:
        channel = self.channels.get(name)
        waiting = self._changed.pop(name, None)
        if channel is None or not waiting:
            return
        for _, changed in groupby(waiting.values(), key=lambda one: one.number):
            self._tell(channel, list(changed))

    @staticmethod
    def _tell(channel: Delivery, changed: Sequence[Changed], *lines: bytes) -> None:
        """Tell of changes under one number, and of a message under it, in one frame: nobody hears of half of them."""
        if channel.limited:
            channel.deliver_apart([_told(one) for one in changed], *lines)
        else:
            channel.deliver(b"\n".join([*(encode(one.event()) for one in changed), *lines]))


def _told(changed: Changed) -> Apart:
    """Return what is told of a change to those who may see its message, and to all others."""
    stub = {"action": "changed", "channel": changed.channel, "seq": changed.number}
    return Apart(changed.seq, encode(changed.event()), encode(stub))
