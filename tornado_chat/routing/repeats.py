"""Repeated calls: one whose `ref` is known is answered as the first time, whatever it would be answered today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tornado_chat.chat.changes import digest
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import Message
from tornado_chat.chat.validation import clean_caption, clean_name, clean_text
from tornado_chat.routing.action import Action
from tornado_chat.routing.context import CallAction, Context, current
from tornado_chat.routing.server import Server

#: Actions that change messages. The history looks their `ref` up before it asks anything else.
CHANGES = frozenset({"delete-message", "edit-message", "pin", "react"})


class RefusedContext(Context):
    """The context of a call that is `refused`, unless the history knows its `ref`. It charges nothing."""

    __slots__ = ("refused",)
    refused: Refused

    def __init__(
        self, connection: Connection, ref: str | None, server: Server, call_action: CallAction, refused: Refused
    ) -> None:
        super().__init__(connection, None, ref, [], server, call_action)
        self.refused = refused

    def enter(self, channel: str) -> None:
        """Let the call be about a channel, joined or not."""
        self._channel = self.server.channel(channel)

    def charge(self, calls: float) -> None:
        """Charge nothing: a reaction would give something back."""


def is_repeatable(action: Action, ref: str | None) -> bool:
    """Return whether a call may be one that changed a message before."""
    return ref is not None and action.name in CHANGES and action.plugin is None


def ref_of_performed(ref: str | None, action: str, fields: Mapping[str, Any]) -> str | None:
    """Return the ref of what a call performs: one of its own for each change, as a ref stands for one change."""
    if ref is None or action not in CHANGES:
        return ref
    return digest(ref, action, repr(sorted(fields.items())))


async def answer_again(context: RefusedContext, action: Action, call: dict[str, Any]) -> Any:
    """Return the first answer to a call; raise what it is refused with if there was none."""
    if is_repeatable(action, context.ref):
        try:
            arguments = action.bind(call)
            context.enter(str(call.get("target", "")))
        except Refused:
            raise context.refused from None
        current.set(context)
        return await action.handler(context, **arguments)
    if action.name == "send-message" and context.ref is not None and (posted := await _posted(context, call)):
        return {"id": posted.id, "seq": posted.seq, "time": posted.time}
    raise context.refused


async def _posted(context: Context, call: Mapping[str, Any]) -> Message | None:
    """Return the message that a call posted before, however it spells the channel's name."""
    target, text = call.get("target"), call.get("message")
    if not (type(target) is type(text) is str):
        return None
    extra = {name: call[name] for name in ("reply_to", "thread") if call.get(name) is not None}
    if call.get("also_in_channel"):
        extra["also_in_channel"] = True
    files = call.get("files")
    if files and type(files) is list and all(type(id) is str for id in files):
        extra["files"] = [{"id": id} for id in dict.fromkeys(files)]
    try:
        text = clean_caption(text) if "files" in extra else clean_text(text)
        message = Message(clean_name(target), text, context.user, 0, context.ref, extra=extra or None)
    except Refused:
        return None
    return await context.server.history.repeated(message)
