"""The cookie by which a browser asks for files."""

import base64
import json
import time
from typing import Any
from unittest import mock

from tornado.testing import gen_test

from tests.web.files.asking import FilesCase
from tests.web.test_sessions import Signing
from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.testing import Client
from tornado_chat.web.files import cookie


class CookieTest(FilesCase):
    settings = {"limits": "off"}

    async def cookie(self, who: Client | str, **headers: Any) -> tuple[str, str]:
        """Return the cookie, and what stands beside it."""
        answer = await self.ask("POST", "/files/cookie", who, b"", **headers)
        assert (answer.code, answer.body) == (204, b"")
        value, _, about = answer.headers["Set-Cookie"].partition("; ")
        return value, about

    async def code(self, file: Any, value: str) -> int:
        return (await self.ask("GET", f"/files/{file['id']}", None, Cookie=value)).code

    @gen_test
    async def test_a_browser_asks_by_its_cookie_alone(self) -> None:
        ann, eve = await self.connect("Ann"), await self.connect("Eve")
        file = await self.upload(ann)
        value, about = await self.cookie(ann)
        assert about == f"Max-Age={cookie.LASTS}; HttpOnly; SameSite=Strict"
        for sent, code in ((value, 200), (f"a=b; {value}; c=d", 200), (f"{value}x", 404), ("", 404)):
            assert await self.code(file, sent) == code
        assert await self.code(file, (await self.cookie(eve))[0]) == 404
        name, _, signed = value.partition("=")
        assert await self.code(file, f"{name}=junk; {value}") == 200  # of another folder
        for forged in (ann.hello["token"], signed.replace(".", ""), "é", ".", signed[::-1]):
            assert await self.code(file, f"{name}={forged}") == 404
        assert (await self.ask("GET", f"/files/{file['id']}", signed)).code == 401  # as a token it is none

    @gen_test
    async def test_it_fetches_what_those_in_a_channel_may_see(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        file = await self.upload(ann)
        value, _ = await self.cookie(bob)
        assert await self.code(file, value) == 404
        await ann.say("look", files=[file])
        await bob.until_text("look")
        assert await self.code(file, value) == 200
        await bob.call("leave-channel", target="den")
        assert await self.code(file, value) == 404

    @gen_test
    async def test_the_page_is_told_how_long_it_lasts_and_what_is_said_with_a_request_wins(self) -> None:
        ann, eve = await self.connect("Ann"), await self.connect("Eve")
        file = await self.upload(ann)
        answer = await self.ask("POST", "/files/cookie", ann, b"")
        assert answer.headers["Expires-In"] == str(cookie.LASTS)
        value = answer.headers["Set-Cookie"].partition(";")[0]
        assert (await self.ask("GET", f"/files/{file['id']}", eve, Cookie=value)).code == 404
        assert (await self.ask("POST", "/files/cookie", None, b"", Cookie=value)).code == 401
        with mock.patch.object(cookie.time, "time", return_value=time.time() + cookie.LASTS + 1):
            assert await self.code(file, value) == 404

    @gen_test
    async def test_it_is_taken_away(self) -> None:
        answer = await self.ask("DELETE", "/files/cookie")
        assert answer.code == 204
        assert "=; Max-Age=0; HttpOnly" in answer.headers["Set-Cookie"]

    @gen_test
    async def test_it_has_the_channels_of_a_token_and_ends_with_it(self) -> None:
        cookies = self.chat.file_routes._access.cookies
        came = Credentials(User("t:ann", "Ann"), "jwt", until=time.time() + 60, channels=frozenset({"den", "上海"}))
        value, lasts = cookies.make(came)
        assert 58 <= lasts <= 60
        read = cookies._open(value)
        assert (read.user, read.channels) == (came.user, came.channels)
        assert 0 <= came.until - read.until <= 2
        with self.assertRaisesRegex(Refused, "too many channels"):
            cookies.make(Credentials(User("t:ann", "Ann"), channels=frozenset(f"p:{n:022}" for n in range(200))))
        payload = base64.urlsafe_b64encode(json.dumps(["t:ann", 10**10, "", None]).encode()).decode().rstrip("=")
        assert cookies._open(f"{payload}.{value.partition('.')[2]}") is None
        assert cookies._open(f"{value.partition('.')[0]}.") is None


class EmbeddedCookieTest(FilesCase):
    settings = {"limits": "off", "allowed_origin": ("https://app.example",)}

    @gen_test
    async def test_over_https_it_goes_over_https_alone_and_into_frames_where_there_are_any(self) -> None:
        ann = await self.connect("Ann")
        with mock.patch.object(self.chat, "find_handler", self._over_https(self.chat.find_handler)):
            answer = await self.ask("POST", "/files/cookie", ann, b"")
            assert answer.headers["Set-Cookie"].endswith("HttpOnly; SameSite=None; Secure; Partitioned")
            self.chat.settings["allowed_sites"] = set()
            answer = await self.ask("POST", "/files/cookie", ann, b"")
            assert answer.headers["Set-Cookie"].endswith("HttpOnly; SameSite=Strict; Secure")

    @staticmethod
    def _over_https(find: Any) -> Any:
        def found(request: Any, **given: Any) -> Any:
            request.protocol = "https"
            return find(request, **given)

        return found


class SessionCookieTest(Signing, FilesCase):
    @gen_test
    async def test_it_is_over_when_the_session_is(self) -> None:
        session = await self.enter("Ann")
        sent = {"Cookie": f"{self.cookie}={session}"}
        file = json.loads((await FilesCase.ask(self, "POST", "/files?name=a", None, b"x", **sent)).body)
        answer = await FilesCase.ask(self, "POST", "/files/cookie", None, b"", **sent)
        value = answer.headers["Set-Cookie"].partition(";")[0]
        path = f"/files/{file['id']}"
        assert (await FilesCase.ask(self, "GET", path, None, Cookie=value)).code == 200
        assert (await FilesCase.ask(self, "GET", path, None, **sent)).code == 200
        guest = await self.connect("Eve")
        answer = await FilesCase.ask(self, "POST", "/files/cookie", guest, b"", **sent)
        eves = answer.headers["Set-Cookie"].partition(";")[0]
        both = f"{sent['Cookie']}; {eves}"  # a guest on the page of somebody who has signed in
        assert (await FilesCase.ask(self, "GET", path, None, Cookie=both)).code == 404
        await Signing.ask(self, "/sign-out", {}, session)
        assert (await FilesCase.ask(self, "GET", path, None, Cookie=value)).code == 404
