"""What is said in a channel, on its way to the history: the part of Channel that each message passes."""

from __future__ import annotations

import time
from typing import Any

from tornado_chat.chat.broker import Broker
from tornado_chat.chat.calls import current
from tornado_chat.chat.delivery import Delivery
from tornado_chat.chat.models import Message, User
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.config.compiled import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Saying(Delivery):
    """`direct`: whether it is a direct conversation; `guarded`: whether somebody here may not post, for some rule."""

    __slots__ = ("direct", "guarded")

    def __init__(self, name: str, broker: Broker) -> None:
        super().__init__(name, broker)
        self.direct = False
        self.guarded = False

    def say(
        self, text: str, sender: User | None, ref: str | None = None, extra: dict[str, Any] | None = None
    ) -> PendingMessage:
        """Post a message on the loop, whose text was cleaned, with these further fields; see Channel.post."""
        call = current.here or current.get()
        if self.guarded and call is not None:
            call.heed(self, "post", sender)
        message = Message(self.name, text, sender, int(time.time() * 1000), ref, 0, "", 0, extra)
        on_post = self._broker.on_post
        post = self._broker.history.append(message) if on_post is None else on_post(self, message)
        if call is not None:
            call.posts.append(post)
        return post
