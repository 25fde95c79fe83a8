"""Who may ask, and what a browser is told, over HTTP."""

import socket
from ipaddress import ip_network

import pytest
from tornado.httpclient import HTTPClientError
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tornado_chat.testing import ChatTestCase

HEADERS = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
DOCUMENT_HEADERS = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "Permissions-Policy",
    "Cross-Origin-Opener-Policy",
)


@both_ways
class SafeTest(ChatTestCase):
    settings = {"allowed_origin": ("https://app.example", "http://localhost:8000")}

    def test_every_document_svg_and_worker_has_every_security_header_errors_too(self) -> None:
        asked = [("/", "GET"), ("/", "POST"), ("/nothing", "GET"), ("/ws", "GET"), ("/ws?name=a", "GET")]
        asked += [("/admin", "GET"), ("/readyz", "GET"), ("/assets/icon.svg", "GET"), ("/assets/worker.js", "GET")]
        asked += [("/assets/text/highlight_worker.js", "HEAD"), ("/auth", "POST"), ("/sign-in", "PUT")]
        asked += [("/assets/nothing", "GET"), ("/assets/%00", "GET"), ("/assets/nothing.js", "GET"), ("/", "PUT")]
        for path, method in asked:
            answer = self.fetch(path, method=method, allow_nonstandard_methods=True)
            wanted = HEADERS + DOCUMENT_HEADERS
            assert not [name for name in wanted if name not in answer.headers], (method, path, answer.code)
            assert "Tornado" not in answer.headers["Server"]

    def test_other_files_and_json_have_only_the_headers_that_browsers_heed_there(self) -> None:
        for path, method in (
            ("/assets/app.js", "GET"),
            ("/assets/css/dialogs.css", "HEAD"),
            ("/assets/icon-192.png", "GET"),
            ("/assets/manifest.webmanifest", "GET"),
            ("/auth", "GET"),
            ("/sign-in", "POST"),
        ):
            answer = self.fetch(path, method=method, body="" if method == "POST" else None)
            assert not [name for name in HEADERS if name not in answer.headers], path
            assert not [name for name in DOCUMENT_HEADERS if name in answer.headers], path

    def test_the_allowed_sites_alone_may_show_the_page_in_a_frame(self) -> None:
        said = self.fetch("/").headers["Content-Security-Policy"]
        assert "frame-ancestors https://app.example http://localhost:8000;" in said

    @gen_test
    async def test_the_pages_of_allowed_sites_may_connect_and_no_others(self) -> None:
        await self.connect("Ann", Origin="https://app.example")
        await self.connect("Ann", Origin="HTTP://LOCALHOST:8000")
        await self.connect("Ann")
        for origin in ("http://app.example", "https://app.example:444", "https://app.example.evil", "null"):
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect("Ann", Origin=origin)
            assert refused.exception.code == 403, origin

    @gen_test
    async def test_a_strangers_name_that_points_to_this_machine_is_none_of_the_servers(self) -> None:
        port = self.get_http_port()
        for host in ("localhost", "chat.localhost", "127.0.0.1", "[::1]", "app.example", socket.gethostname()):
            scheme = "https" if host == "app.example" else "http"
            name = host if host == "app.example" else f"{host}:{port}"
            await self.connect("Ann", Host=name, Origin=f"{scheme}://{name}")
        for host in ("evil.example", "localhost.evil.example", "[::1", ""):
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect("Ann", Host=f"{host}:{port}", Origin=f"http://{host}:{port}")
            assert refused.exception.code in (400, 403), host
        behind = {"X-Forwarded-For": "192.0.2.7"}
        await self.connect("Ann", Host="chat.example", Origin="http://chat.example", **behind)

    @gen_test
    async def test_a_site_is_the_same_in_any_spelling(self) -> None:
        port = self.get_http_port()
        for host, origin in (
            ("LOCALHOST", "http://localhost"),
            ("localhost:80", "http://localhost"),
            ("localhost.", "http://localhost:80"),
            ("localhost:", "http://localhost"),
            (f"127.0.0.1.:{port}", f"HTTP://127.0.0.1:{port}"),
            (f"[::1]:{port}", f"http://[0:0:0:0:0:0:0:1]:{port}"),
            ("App.Example:443", "https://app.example"),
            ("app.example", "https://app.example.:443"),
        ):
            await self.connect("Ann", Host=host, Origin=origin)
        for host, origin in (
            ("localhost:443", "http://localhost"),
            ("localhost", "https://localhost"),
            ("localhost", "http://x@localhost"),
            ("localhost", "http://localhost/"),
            ("localhost", "http://localhost:x"),
            ("localhost:443", "https://localhost"),
            ("localhost", "localhost"),
            ("localhost", "http://localhost, http://localhost"),
        ):
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect("Ann", Host=host, Origin=origin)
            assert refused.exception.code == 403, (host, origin)

    def test_what_is_not_answered_names_what_is(self) -> None:
        for path, allowed in (
            ("/", "GET, HEAD"),
            ("/assets/app.js", "GET, HEAD"),
            ("/healthz", "GET, HEAD"),
            ("/readyz", "GET, HEAD"),
            ("/metrics", "GET, HEAD"),
            ("/auth", "GET, HEAD"),
            ("/sign-in", "POST"),
            ("/ws?name=Ann", "GET"),
        ):
            for method in ("PUT", "OPTIONS", "DELETE", "BREW") + (
                ("GET", "HEAD") if allowed == "POST" else ("POST",)
            ):
                answer = self.fetch(path, method=method, allow_nonstandard_methods=True, body=None)
                assert (answer.code, answer.headers.get("Allow")) == (405, allowed), (method, path)

    def test_what_is_asked_by_get_is_asked_by_head_too(self) -> None:
        for path in ("/", "/admin", "/assets/app.js", "/healthz", "/readyz", "/metrics", "/auth"):
            whole, head = self.fetch(path), self.fetch(path, method="HEAD")
            assert (whole.code, head.code, head.body) == (200, 200, b""), path
            assert whole.headers["Content-Type"] == head.headers["Content-Type"]

    def test_a_strangers_name_shows_no_figures(self) -> None:
        assert self.fetch("/metrics").code == 200
        assert self.fetch("/metrics", headers={"Host": "evil.example"}).code == 403


class EmbeddedNowhereTest(ChatTestCase):
    def test_no_site_may_show_the_page_in_a_frame(self) -> None:
        assert "frame-ancestors 'none';" in self.fetch("/").headers["Content-Security-Policy"]

    @pytest.fixture(autouse=True)
    def _log(self, caplog: pytest.LogCaptureFixture) -> None:
        self.log = caplog

    def test_a_proxy_that_is_not_trusted_is_told_of_once_and_not_believed(self) -> None:
        for _ in range(3):
            self.fetch("/", headers={"X-Forwarded-For": "198.51.100.7"})
        told = [record.getMessage() for record in self.log.records if "proxy" in record.getMessage()]
        assert told == ["a proxy at 127.0.0.1 says for whom it asks; it is believed with --trusted-proxies 127.0.0.1"]


@both_ways
class BehindProxyTest(ChatTestCase):
    settings = {"trusted_proxies": (ip_network("127.0.0.1"),), "max_connections": (0, 1, 0)}

    @gen_test
    async def test_a_trusted_proxy_says_whose_request_it_is(self) -> None:
        await self.connect("Ann", **{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
        await self.connect("Bob", **{"X-Forwarded-For": "198.51.100.8"})
        with self.assertRaises(HTTPClientError) as refused:
            await self.connect("Ann again", **{"X-Forwarded-For": "198.51.100.7"})
        assert refused.exception.code == 503

    @gen_test
    async def test_addresses_with_a_port_are_told_apart(self) -> None:
        for address in ("203.0.113.9:51234", "203.0.113.10:51234", "[2001:db8:1::9]:51234", "[2001:db8:2::9]:51234"):
            await self.connect("Ann", **{"X-Forwarded-For": address})
        for address in ("203.0.113.9:4", "203.0.113.9", "::ffff:203.0.113.9", "[2001:db8:1::8]"):
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect("Ann", **{"X-Forwarded-For": address})
            assert refused.exception.code == 503, address

    @gen_test
    async def test_a_proxy_that_names_the_protocol_of_the_websocket_is_understood(self) -> None:
        headers = {"Host": "chat.example:443", "Origin": "https://chat.example"}
        for number, proto in enumerate(("wss", "WSS", "https", "HTTPS", '"https"')):
            forwarded = {"X-Forwarded-For": f"198.51.100.{number}", "X-Forwarded-Proto": proto}
            await self.connect("Ann", **headers, **forwarded)
        with self.assertRaises(HTTPClientError):
            await self.connect("Ann", **headers, **{"X-Forwarded-Proto": "ws"})

    @gen_test
    async def test_a_trusted_proxy_says_which_protocol_the_browser_speaks(self) -> None:
        here = f"https://127.0.0.1:{self.get_http_port()}"
        await self.connect("Ann", Origin=here, **{"X-Forwarded-Proto": "https"})
        for proto in ("http", "gopher", "https, http"):
            with self.assertRaises(HTTPClientError) as refused:
                await self.connect("Ann", Origin=here, **{"X-Forwarded-Proto": proto})
            assert refused.exception.code == 403, proto
