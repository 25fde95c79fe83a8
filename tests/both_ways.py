"""What has tests of handshakes run both ways: plain upgrades are answered at once, or read by Tornado too."""

import sys
from typing import Any, TypeVar

from tornado.httpserver import HTTPServer
from tornado.testing import AsyncHTTPTestCase

Case = TypeVar("Case", bound=type[AsyncHTTPTestCase])


class ThroughTornado:
    """Goes before a ChatTestCase whose upgrades Tornado is to read."""

    def get_http_server(self: Any) -> HTTPServer:
        return HTTPServer(self._app, **self.get_httpserver_options())


def both_ways(case: Case) -> Case:
    """Add the same tests through Tornado to the module of a ChatTestCase."""
    name = f"{case.__name__}ThroughTornado"
    setattr(sys.modules[case.__module__], name, type(name, (ThroughTornado, case), {"__module__": case.__module__}))
    return case
