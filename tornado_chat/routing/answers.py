"""The answers to calls: `ok` once all that was posted is stored, or an error. Handlers' errors are caught here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import MISTAKES, Close, Error, Mistyped, Refused
from tornado_chat.chat.models import Message
from tornado_chat.chat.protocol import answer
from tornado_chat.config.compiled import mypyc_attr
from tornado_chat.routing.action import Action
from tornado_chat.routing.context import Context
from tornado_chat.routing.server import Server
from tornado_chat.routing.supervision import FAULTS

log = logging.getLogger("tornado_chat")


@mypyc_attr(allow_interpreted_subclasses=True)
class Answers:
    """Answers calls. `strict`: close a connection with 1008 that does nothing but err."""

    def __init__(self, server: Server, clock: Callable[[], float], strict: bool) -> None:
        self.server = server
        self._clock = clock
        self._strict = strict
        self._ok = server.metrics.ok

    def settle(self, context: Context, results: Mapping[str, Any] | None, action: Action, target: object) -> None:
        """Answer `ok` once all that the call posted is stored; if one was not, answer that error."""
        message = None
        for post in context.posts:
            message = post.stored
            if message is None:
                if post.error is None:  # look again when it is decided
                    post.then(self.settle, context, results, action, target)
                else:
                    self.fail(context.connection, post.error, context.ref, target, action)
                return
        self._ok[action.name] += 1
        if context.ref is None:
            return
        if action.plugin is not None:
            message = _of_the_call(context)
        try:
            line = answer(context.ref, message, results)
        except FAULTS as error:  # a result that cannot be encoded, or that does harm when it is looked at
            self.fail(context.connection, error, context.ref, target, action)
        else:
            context.connection.gather(line)

    def fail(
        self,
        connection: Connection,
        error: BaseException,
        ref: str | None,
        target: object,
        action: Action | None,
    ) -> None:
        """Answer with an error; one that is no Refused is logged, and counted if the action is a plugin's."""
        if action is not None and action.plugin is not None:
            error = action.plugin.caught(f"action {action.name}", error)
        elif not isinstance(error, Refused):
            name = action.name if action else "?"
            log.error("action %s failed", name, exc_info=error)
            error = Refused(f"{name} failed; it is in the server's log", Error.INTERNAL)
        self.refuse(connection, error, ref, target, action)

    def refuse(
        self,
        connection: Connection,
        refused: Refused,
        ref: str | None,
        target: object = None,
        action: Action | None = None,
    ) -> None:
        """Answer with an error; close a connection that does nothing but err or that floods."""
        self.server.metrics.errors[action.name if action else "", refused.code] += 1
        connection.refuse(refused, ref, target)
        if refused.code in MISTAKES and self._strict and not isinstance(refused, Mistyped):
            if connection.count_mistake(self._clock()):
                connection.close(Close.POLICY, "too many errors")
        elif (
            refused.code == Error.RATE_LIMITED
            and connection.gate is not None
            and connection.gate.is_flood(self._clock(), refused.retry_after)
        ):
            connection.close(Close.POLICY, "too many messages; heed retry_after_ms")


def _of_the_call(context: Context) -> Message | None:
    """Return the last message that a call posted where it was made, or as its caller; others are not the caller's."""
    told = (post.stored for post in reversed(context.posts))
    mine = (one for one in told if one and (one.channel == context.about or one.sender == context.user))
    return next(mine, None)
