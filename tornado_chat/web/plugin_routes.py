"""The HTTP routes of plugins: `/plugins/NAME` + path, looked up at each request in the registry in use."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Coroutine
from copy import copy
from functools import partial
from typing import Any

from tornado.escape import url_unescape
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, HTTPError, RequestHandler

from tornado_chat.auth.providers import Identity
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.routing.context import RouteContext, current
from tornado_chat.routing.plugin import Plugin
from tornado_chat.routing.registry import Registry
from tornado_chat.routing.server import Server
from tornado_chat.routing.supervision import FAULTS, contained, refusal
from tornado_chat.web.base import HEADERS, is_from_here, methods_of
from tornado_chat.web.socket.tornado_internals import has_begun, is_finished, wrap_execution

#: What a Refused is answered with, where it is not 400.
STATUS: dict[str, int] = {
    Error.RATE_LIMITED: 429,
    Error.HISTORY_UNAVAILABLE: 503,
    Error.PLUGIN_OFF: 503,
    Error.INTERNAL: 503,
}

SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing
Who = Callable[[HTTPServerRequest], Awaitable[User | None]]
Found = tuple[re.Pattern[str], type[RequestHandler], Plugin]


class PluginRoutes(Router):
    """Answers with the handlers that plugins marked with `@route`. `found`: those of the registry in use."""

    def __init__(self, app: Application, server: Server, identity: Identity) -> None:
        self._app = app
        self._server = server
        self._identity = identity
        self.found: list[Found] = []

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        for path, handler, plugin in self.found:
            if matched := path.fullmatch(request.path):
                arguments = [group and url_unescape(group, None, plus=False) for group in matched.groups()]
                given = {"ctx": RouteContext(self._server, plugin), "who": self._who}
                return self._app.get_handler_delegate(request, handler, given, arguments)  # type: ignore[arg-type]
        return None

    async def _who(self, request: HTTPServerRequest) -> User | None:
        """Return who is signed in, by a cookie, a token or a proxy; None for nobody, or if another site asks."""
        safe = request.method in SAFE and "Upgrade" not in request.headers
        if not safe and not is_from_here(request, self._app.settings["allowed_sites"]):
            return None
        asked = copy(request)
        asked.query_arguments = {key: value for key, value in request.query_arguments.items() if key != "name"}
        try:
            came = await self._identity.authenticate(asked)
        except Refused:
            return None
        if came is None or await self._server.is_banned(came.user.id, request.remote_ip or ""):
            return None
        here = self._server.connections_of(came.user.id)
        return self._identity.again(came, here[0].user).user if here else came.user


def compiled(registry: Registry) -> list[Found]:
    """Return the routes of a registry, each handler under its plugin's supervision."""
    found = []
    for route in registry.routes:
        try:
            found.append((route.pattern, _supervised(route.handler, route.plugin), route.plugin))
        except FAULTS as error:  # its __init_subclass__, say
            route.plugin.failed(f"route {route.path}", error)
    return found


def _supervised(kind: type[RequestHandler], plugin: Plugin) -> type[RequestHandler]:
    class Handler(kind):  # type: ignore[misc, valid-type]
        def __init__(self, application: Application, request: HTTPServerRequest, **given: Any) -> None:
            self._what = f"{request.method} {request.path}"
            self._failure: BaseException | None = None
            plugin.call(self._what, partial(super().__init__, application, request, **given), given["ctx"])

        def initialize(self, ctx: RouteContext, who: Who, **given: Any) -> None:
            self.ctx = ctx
            self._who = who
            try:
                super().initialize(**given)
            except FAULTS as error:  # raised here it would end the client's connection
                self._failure = error

        def set_default_headers(self) -> None:
            for name, value in HEADERS.items():
                self.set_header(name, value)
            self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            super().set_default_headers()

        async def carry_out(self, execution: Coroutine[Any, Any, None]) -> None:
            """Run Tornado's handling of a request; SystemExit, which it does not catch, would end the server."""
            current.set(self.ctx)  # in the task of this request
            try:
                await contained(execution)
            except Exception as error:
                plugin.failed(self._what, error)
                with contextlib.suppress(FAULTS):  # what it raises for one request counts once
                    self.send_error(500)
                if not is_finished(self):
                    self.request.connection.close()

        async def prepare(self) -> None:
            if plugin.off:
                raise HTTPError(503)
            plugin.calls += 1
            if self._failure is not None:
                raise self._failure
            self.ctx.user = await self._who(self.request)
            waits = super().prepare()
            if waits is not None:
                await waits

        def data_received(self, chunk: bytes) -> Any:
            return plugin.call(self._what, partial(super().data_received, chunk), self.ctx)

        def on_connection_close(self) -> None:
            with contextlib.suppress(Refused):
                plugin.call(self._what, super().on_connection_close, self.ctx)

        def send_error(self, status_code: int = 500, **about: Any) -> None:
            error = about.get("exc_info", (None, None))[1]
            refused = None if error is None else refusal(error)
            if refused is not None and not has_begun(self):
                self.clear()
                self.set_status(STATUS.get(refused.code, 400))
                self.finish({"code": refused.code, "message": refused.message})
            else:
                super().send_error(status_code, **about)

        def write_error(self, status_code: int, **about: Any) -> None:
            if status_code == 405:
                self.set_header("Allow", methods_of(self))
            super().write_error(status_code, **about)

        def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
            if not issubclass(type(error), HTTPError):
                plugin.caught(self._what, error)

    wrap_execution(Handler, Handler.carry_out)
    return Handler
