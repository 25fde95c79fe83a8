"""Signing in over HTTP, for the page. Requests and answers are JSON.

The addresses are beside the page's, so that a cookie without a path holds for the page and all below it, at whatever
path a proxy serves them.
"""

from __future__ import annotations

import logging
from typing import Any

from tornado.httputil import HTTPServerRequest

from tornado_chat.auth.accounts import LASTS, check_password, clean_account
from tornado_chat.auth.build import Auth
from tornado_chat.auth.providers import Credentials
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.protocol import decode, encode
from tornado_chat.chat.validation import name_key
from tornado_chat.routing.server import Server
from tornado_chat.web.base import Fresh
from tornado_chat.web.following import Following

log = logging.getLogger("tornado_chat")

STATUS = {Error.NOT_ALLOWED: 403, Error.RATE_LIMITED: 429, Error.HISTORY_UNAVAILABLE: 503}


class _Json(Fresh):
    auth: Auth
    following: Following
    server: Server

    def answer(self, status: int, event: dict[str, Any]) -> None:
        self.drop_document_headers()
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(encode(event))


class WhoAmI(_Json):
    """GET /auth: `kinds` of signing in, whether `registration` is open, and the `user` (null: not signed in)."""

    async def get(self) -> None:
        auth = self.auth
        try:
            came = await auth.identity.authenticate(self.request)
        except Refused:
            came = None
        self.answer(200, {"kinds": auth.kinds, "registration": auth.registration, "user": came and came.user})

    head = get


class _Post(_Json):
    async def post(self) -> None:
        try:
            if not self.is_from_here():
                raise Refused("this is not for other sites", Error.NOT_ALLOWED)
            if "password" not in self.auth.kinds:
                raise Refused("there are no accounts here", Error.NOT_ALLOWED)
            if self.request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
                raise Refused("send JSON, as application/json", Error.INVALID_JSON)
            await self.act(decode(self.request.body.decode(errors="replace")))
        except Refused as refused:
            if refused.retry_after:
                self.set_header("Retry-After", str(int(refused.retry_after) + 1))
            status = STATUS.get(Error(refused.code), 400)
            self.answer(status, {"code": refused.code, "message": refused.message})

    async def act(self, fields: dict[str, Any]) -> None:
        raise NotImplementedError

    @property
    def address(self) -> str:
        return self.request.remote_ip or ""

    def credentials(self, fields: dict[str, Any]) -> tuple[str, str]:
        name, password = fields.get("name"), fields.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise Refused("name and password must be text", Error.INVALID_FIELD)
        return name, password

    async def check(self, name: str, password: str) -> User | None:
        accounts = self.auth.accounts
        return await self.auth.throttle.guess(self.address, name_key(name), lambda: accounts.check(name, password))

    def log(self, event: str, user_id: str = "") -> None:
        extra = {"event": event, "user": user_id, "address": self.address}
        log.info("%s %s, from %s", user_id or "someone", event, self.address, extra=extra)

    async def begin(self, user: User, event: str = "signed in") -> None:
        """Begin a new session, whatever cookie was sent. The one that it replaces ends."""
        await end_session(self.auth, self.following, self.request)
        token = await self.auth.accounts.begin(user)
        safe = self.request.protocol == "https"
        cookie = self.auth.sessions.cookie
        self.set_cookie(cookie, token, path="", max_age=LASTS, httponly=True, samesite="Strict", secure=safe)
        self.log(event, user.id)
        self.answer(200, {"user": user})


class Register(_Post):
    """POST /register {name, password}: a new account, signed in."""

    async def act(self, fields: dict[str, Any]) -> None:
        if not self.auth.registration:
            raise Refused("accounts are made by the administrator here", Error.NOT_ALLOWED)
        name, password = self.credentials(fields)
        clean_account(name)
        check_password(password)
        async with self.auth.throttle.register(self.address):
            user = await self.auth.accounts.register(name, password)
        await self.begin(user, "registered")


class OpenAdminLink(_Post):
    """POST /admin-link {token, name, password}: a new account of an administrator, signed in (see --admin-link)."""

    async def act(self, fields: dict[str, Any]) -> None:
        name, password = self.credentials(fields)
        token, link = fields.get("token"), self.auth.link
        if not isinstance(token, str):
            raise Refused("token must be text", Error.INVALID_FIELD)
        clean_account(name)
        check_password(password)
        if link is None or not await link.take(token):
            self.log("opened an administrator's link that is over")
            raise Refused("this link was used already, or is too old", Error.NOT_ALLOWED)
        try:
            async with self.auth.throttle.register(self.address):
                user = await self.auth.accounts.register(name, password)
        except BaseException:
            await link.give_back()
            raise
        about = {"user": user.id, "name": user.name, "role": "admin", "address": self.address}
        await self.server.moderation.record(user, "admin-link", about)
        await self.auth.accounts.set_role(user.id, "admin")
        await self.begin(User(user.id, user.name, "admin"), "made an administrator's account")


class SignIn(_Post):
    """POST /sign-in {name, password}: a session, as a cookie. 401 says only that the two do not fit."""

    async def act(self, fields: dict[str, Any]) -> None:
        user = await self.check(*self.credentials(fields))
        if user is None:
            self.log("gave a name and a password that do not fit")
            self.answer(401, {"code": Error.NOT_ALLOWED, "message": "name and password do not fit"})
        else:
            await self.begin(user)


class SignOut(_Post):
    """POST /sign-out {}: ends the session and its connections."""

    async def act(self, fields: dict[str, Any]) -> None:
        came = await end_session(self.auth, self.following, self.request)
        if came is not None:
            self.log("signed out", came.user.id)
        self.clear_cookie(self.auth.sessions.cookie, path="")
        self.answer(200, {})


class ChangePassword(_Post):
    """POST /password {password, new}: another password. The user's other sessions end. 401: `password` is wrong."""

    async def act(self, fields: dict[str, Any]) -> None:
        came = await self.auth.sessions.authenticate(self.request)
        if came is None:
            raise Refused("sign in first", Error.NOT_ALLOWED)
        name, password = self.credentials({**fields, "name": came.user.name})
        new = fields.get("new")
        if not isinstance(new, str):
            raise Refused("new must be text", Error.INVALID_FIELD)
        check_password(new)
        user = await self.check(name, password)
        if user != came.user:
            self.answer(401, {"code": Error.NOT_ALLOWED, "message": "that is not the password"})
            return
        async with self.auth.throttle.turn(self.address):
            await self.auth.accounts.set_password(came.user, new, but=came.session)
        self.log("changed the password", came.user.id)
        await self.following.user_changed(came.user.id)
        self.answer(200, {"user": user})


async def end_session(auth: Auth, following: Following, request: HTTPServerRequest) -> Credentials | None:
    """End the session whose cookie this is, and the connections that came with it (4401); return whose it was."""
    came = await auth.sessions.authenticate(request)
    if came is not None:
        await auth.accounts.end(came.session)
        await following.session_over(came.user.id, came.session)
    return came
