"""From a frame to its handlers: decode, look up, bind the fields, call."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, MutableSequence
from functools import partial
from typing import Any

from tornado_chat.chat.calls import current
from tornado_chat.chat.channel import Channel
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.connection import Connection
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.pending import PendingMessage
from tornado_chat.chat.permissions import need
from tornado_chat.chat.protocol import MAX_REF, decode
from tornado_chat.chat.rate_limits import PENALTY, limited
from tornado_chat.config.compiled import mypyc_attr
from tornado_chat.routing.action import Action
from tornado_chat.routing.answers import Answers
from tornado_chat.routing.context import Context, PerformedContext
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.repeats import RefusedContext, answer_again, is_repeatable, ref_of_performed
from tornado_chat.routing.schema import bind
from tornado_chat.routing.server import Server
from tornado_chat.routing.supervision import FAULTS, Failed, Running, TimedOut

MAX_LINES = 1_000  # of a frame: blank ones are ignored, but take time
_APART = frozenset({"search"})  # what takes long and changes nothing: later calls do not wait for it
_MAY_HAVE_CHANGED = (Error.NOT_ALLOWED, Error.NOT_FOUND, Error.NOT_JOINED)  # since a call was made for the first time


@mypyc_attr(allow_interpreted_subclasses=True)
class Router(Answers):
    """Calls the registry's handlers. `registry` may be swapped between two messages.

    `strict`: whether whoever does nothing but err is closed with 1008.
    """

    def __init__(
        self, registry: Registry, server: Server, clock: Callable[[], float] = time.monotonic, strict: bool = True
    ) -> None:
        super().__init__(server, clock, strict)
        self.registry = registry
        self._call_action = self.perform  # bound once
        self._apart: set[asyncio.Task[None]] = set()
        server.find_action = self.find_action

    def find_action(self, name: object) -> Action:
        """Return the action of a name that clients can call; else Refused."""
        action = self.registry.actions.get(name) if type(name) is str else None
        if action is None or action.internal:
            raise _unknown(name)
        return action

    def dispatch(self, connection: Connection, frame: str) -> Awaitable[None] | None:
        """Handle a frame: one object (it may be indented), or one object a line; blank lines are ignored.

        What is returned is done when the connection's next frame may be handled; None: at once.
        """
        try:
            message = decode(frame)
        except Refused as refused:
            if frame.count("\n") >= MAX_LINES:
                too_many = Refused(f"a frame has at most {MAX_LINES} lines", Error.INVALID_JSON)
                self.refuse(connection, too_many, None)
                return None
            lines = [line for line in frame.split("\n") if line.strip()]
            if len(lines) > 1:
                return self._dispatch_lines(connection, iter(lines))
            if not lines:
                return self.count(connection)
            self.refuse(connection, refused, None)
            return None
        return self._call(connection, message)

    def count(self, connection: Connection) -> Awaitable[None] | None:
        """Count what comes and says nothing, a blank frame or a ping, as a call; what is returned: see `dispatch`."""
        wait = 0.0 if connection.gate is None or connection.ended else connection.gate.call(self._clock())
        return asyncio.ensure_future(self._hold(connection, limited(wait))) if wait else None

    async def _hold(self, connection: Connection, refused: Refused) -> None:
        self.refuse(connection, refused, None)
        await asyncio.sleep(min(refused.retry_after / 2, PENALTY))  # it is not read from meanwhile

    def _dispatch_lines(self, connection: Connection, lines: Iterator[str]) -> Awaitable[None] | None:
        for line in lines:
            if connection.ended:
                return None
            try:
                message = decode(line)
            except Refused as refused:
                self.refuse(connection, refused, None)
                continue
            pending = self._call(connection, message)
            if pending is not None:
                return asyncio.ensure_future(self._dispatch_rest(connection, pending, lines))
        return None

    async def _dispatch_rest(
        self, connection: Connection, pending: Awaitable[None] | None, lines: Iterator[str]
    ) -> None:
        while pending is not None:
            await pending
            pending = self._dispatch_lines(connection, lines)

    # One call

    def _call(self, connection: Connection, message: dict[str, Any]) -> Awaitable[None] | None:
        ref = message.get("ref")
        target = message.get("target")
        action = None
        try:
            if ref is not None and (type(ref) is not str or len(ref) > MAX_REF):
                ref = None
                raise Refused(f"ref must be text of at most {MAX_REF} characters", Error.INVALID_FIELD)
            name = message.get("action")
            action = self.registry.actions.get(name) if type(name) is str else None
            if action is None or action.internal:
                raise _unknown(name)
            if connection.gate is not None and (wait := connection.gate.call(self._clock())):
                return self._again(connection, message, ref, action, limited(wait))
            if action.plugin is not None:
                action = _awake(action)
            channel = None
            try:
                if action.power and not action.ranked and not connection.user.may(action.power):
                    self.server.places.need(connection, action.power)
                # Most messages have no other fields than an action, a ref and those that must be there.
                usual = len(message) <= len(action.required) + (1 if ref is None else 2)
                arguments = bind(action.required if usual else action.parameters, message)
                if action.channel:
                    if type(target) is not str:
                        raise Refused("target must be the name of a channel", Error.INVALID_FIELD)
                    channel = connection.channels.get(target) or self.server.joined(connection, target)
                    if action.ranked:
                        self._need(connection, action, channel)
            except Refused as refused:
                if refused.code in _MAY_HAVE_CHANGED and is_repeatable(action, ref):
                    return self._again(connection, message, ref, action, refused)
                raise
            plugin = action.plugin
            if plugin is not None:
                context = self._context_for(plugin, connection, channel, ref, [])
                call = partial(action.call, context, arguments)
                result = plugin.call(f"action {action.name}", call, context)
                if type(result) is Running:
                    return asyncio.ensure_future(self._finish(context, result, action, target))
            else:
                context = Context(connection, channel, ref, [], self.server, self._call_action)
                current.here = context
                try:
                    result = action.call(context, arguments) if action.found else action.handler(context, **arguments)
                finally:
                    current.here = None
                if result is not None and isinstance(result, Coroutine):
                    return self._later(context, result, action, message)
        except FAULTS as error:
            self.fail(connection, error, ref, target, action)
            return None
        self.settle(context, result, action, target)
        return None

    def _need(self, connection: Connection, action: Action, channel: Channel) -> None:
        record = channel.record or ChannelRecord(channel.name)
        self.server.places.need(connection, action.power, record)

    def _context_for(
        self,
        plugin: Plugin,
        connection: Connection,
        channel: Channel | None,
        ref: str | None,
        posts: MutableSequence[PendingMessage],
    ) -> Context:
        return Context(connection, channel, ref, posts, self.server, self._call_action, plugin, user=connection.user)

    async def perform(self, call: Context, name: str, channel: Channel, fields: Mapping[str, Any]) -> Any:
        """Call an action from within a call, or what it replaced where it fails; return what its handler returns."""
        action, message = self.registry.actions.get(name), {"target": channel.name, **fields}
        if action is None:
            raise KeyError(f"there is no action {name!r} for ctx.perform; pass the name that @action gives it")
        if action.ranked and call.connection is not None:
            self._need(call.connection, action, channel)
        elif action.power:
            need(call.user, action.power)
        while (plugin := (action := _awake(action)).plugin) is not None:
            context = self._context_for(plugin, call.connection, channel, call.ref, call.posts)
            try:
                result = plugin.call(f"action {name}", partial(_call_handler, action, context, message), context)
                return await result if type(result) is Running else result
            except TimedOut:
                raise
            except Failed:
                if action.over is None:
                    raise
                action = action.over
        ref = ref_of_performed(call.ref, name, fields)
        inner = PerformedContext(call.connection, channel, ref, call.posts, self.server, self._call_action)
        result = _call_handler(action, inner, message)
        return await result if inspect.isawaitable(result) else result

    def _again(
        self, connection: Connection, call: dict[str, Any], ref: str | None, action: Action, refused: Refused
    ) -> Awaitable[None]:
        """Refuse a call, unless it is repeated."""
        context = RefusedContext(connection, ref, self.server, self._call_action, refused)
        answered = answer_again(context, action, call)
        return asyncio.ensure_future(self._finish(context, answered, action, call.get("target")))

    async def _unless_repeated(
        self, context: Context, result: Awaitable[Any], action: Action, call: dict[str, Any]
    ) -> Any:
        """Return what a call returns, or its first answer if it was made before and may not be made any more."""
        try:
            return await result
        except Refused as refused:
            if refused.code not in _MAY_HAVE_CHANGED:
                raise
            again = RefusedContext(context.connection, context.ref, self.server, self._call_action, refused)
            return await answer_again(again, action, call)

    def _later(
        self, context: Context, result: Coroutine[Any, Any, Any], action: Action, call: dict[str, Any]
    ) -> Awaitable[None] | None:
        """Answer a call when its handler has ended; return what the connection's next call waits for."""
        if is_repeatable(action, context.ref):
            result = self._unless_repeated(context, result, action, call)
        before = current.set(context)  # for the task
        try:
            answered = asyncio.ensure_future(self._finish(context, result, action, call.get("target")))
        finally:
            current.reset(before)
        if action.name not in _APART:
            return answered
        self._apart.add(answered)
        answered.add_done_callback(self._apart.discard)
        return None

    async def _finish(self, context: Context, result: Awaitable[Any], action: Action, target: object) -> None:
        try:
            results = await result
        except Exception as error:
            self.fail(context.connection, error, context.ref, target, action)
            if isinstance(error, Refused) and error.code == Error.RATE_LIMITED:
                await asyncio.sleep(min(error.retry_after / 2, PENALTY))  # it is not read from meanwhile
        else:
            self.settle(context, results, action, target)


def _unknown(name: object) -> Refused:
    if type(name) is not str:
        return Refused("action must be the name of an action", Error.INVALID_FIELD)
    return Refused(f"there is no action {name[:64]!r}", Error.UNKNOWN_ACTION)


def _awake(action: Action) -> Action:
    """Return an action, or where its plugin is switched off what it replaced."""
    while (plugin := action.plugin) is not None:
        if not plugin.off:
            plugin.calls += 1
            break
        if action.over is None:
            raise plugin.refuse()
        action = action.over
    return action


def _call_handler(action: Action, context: Context, message: dict[str, Any]) -> Any:
    return action.call(context, action.bind(message))
