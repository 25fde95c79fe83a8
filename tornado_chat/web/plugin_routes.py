"""Where plugins answer HTTP: `/plugins/NAME` + path, looked up in the registry in use at each request."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from tornado.escape import url_unescape
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import Application, HTTPError, RequestHandler

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.routing.context import Context
from tornado_chat.routing.plugin import FAULTS, Plugin, call_plugin, contained
from tornado_chat.routing.registry import Registry
from tornado_chat.web.base import HEADERS, methods_of
from tornado_chat.web.socket.tornado_internals import has_begun

#: What a Refused is answered with, where it is not 400.
STATUS: dict[str, int] = {
    Error.RATE_LIMITED: 429,
    Error.HISTORY_UNAVAILABLE: 503,
    Error.PLUGIN_OFF: 503,
    Error.INTERNAL: 503,
}

Found = tuple[re.Pattern[str], type[RequestHandler], Plugin]


class PluginRoutes(Router):
    """Answers with the handlers that plugins marked with `@route`; `use` swaps them all."""

    def __init__(self, app: Application, context: Callable[[Plugin], Context]) -> None:
        self._app = app
        self._context = context
        self._routes: list[Found] = []

    def use(self, routes: list[Found]) -> None:
        """Answer with these from now on."""
        self._routes = routes

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """Return what answers a request, None where no plugin does."""
        for path, handler, plugin in self._routes:
            found = path.fullmatch(request.path)
            if found is not None:
                arguments = [group and url_unescape(group, None, plus=False) for group in found.groups()]
                given = {"ctx": self._context(plugin)}
                return self._app.get_handler_delegate(request, handler, given, arguments)  # type: ignore[arg-type]
        return None


def compiled(registry: Registry) -> list[Found]:
    """Return the routes of a registry, each handler within its plugin's fence."""
    found = []
    for route in registry.routes:
        try:
            found.append((route.pattern, _fenced(_contained(route.handler), route.plugin), route.plugin))
        except FAULTS as error:  # its __init_subclass__, say
            route.plugin.failed(f"route {route.path}", error)
    return found


def _contained(kind: type[RequestHandler]) -> type[RequestHandler]:
    """Return a subclass whose methods raise nothing but an Exception: Tornado lets all else end the server."""

    def contain(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            result = call_plugin(function, *args, **kwargs)
            return contained(result) if inspect.iscoroutine(result) else result

        return run

    own = [
        base for base in reversed(kind.__mro__) if base.__module__.partition(".")[0] not in ("tornado", "builtins")
    ]
    methods = {name: contain(one) for base in own for name, one in vars(base).items() if inspect.isfunction(one)}
    return type(kind.__name__, (kind,), methods)


def _fenced(kind: type[RequestHandler], plugin: Plugin) -> type[RequestHandler]:
    class Handler(kind):  # type: ignore[misc, valid-type]
        def initialize(self, ctx: Context, **given: Any) -> None:
            self.ctx = ctx
            self._failure: Exception | None = None
            try:
                super().initialize(**given)
            except Exception as error:  # raised here it would end the client's connection
                self._failure = error

        def set_default_headers(self) -> None:
            for name, value in HEADERS.items():
                self.set_header(name, value)
            self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            super().set_default_headers()

        async def prepare(self) -> None:
            if plugin.off:
                raise HTTPError(503)
            plugin.calls += 1
            if self._failure is not None:
                raise self._failure
            waits = super().prepare()
            if waits is not None:
                await waits

        def send_error(self, status_code: int = 500, **about: Any) -> None:
            error = about.get("exc_info", (None, None))[1]
            if isinstance(error, Refused) and not has_begun(self):
                self.clear()
                self.set_status(STATUS.get(error.code, 400))
                self.finish({"code": error.code, "message": error.message})
            else:
                super().send_error(status_code, **about)

        def write_error(self, status_code: int, **about: Any) -> None:
            if status_code == 405:
                self.set_header("Allow", methods_of(self))
            super().write_error(status_code, **about)

        def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
            if not isinstance(error, HTTPError | Refused):
                plugin.failed(f"{self.request.method} {self.request.path}", error)

    return Handler
