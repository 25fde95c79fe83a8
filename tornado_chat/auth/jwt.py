"""JSON Web Tokens of the application that the chat is part of (extra [jwt]): who someone is, and for how long."""

from __future__ import annotations

import time
from typing import Any

import jwt

from tornado_chat.auth.accounts import ROLES
from tornado_chat.auth.providers import Credentials, Unknown
from tornado_chat.auth.requests import Request, argument, token_of
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import TOKEN, make_id
from tornado_chat.chat.validation import clean_name, display_name

AUDIENCE = "tornado_chat"  # which a token must name: one that was signed for something else is none for the chat
SECRET = 32  # bytes that a shared secret has at least
LEEWAY = 60.0  # seconds by which the application's clock may be ahead (`iat`, `nbf`)


class Tokens:
    """An AuthProvider: tokens under one key, in one algorithm. ValueError for an unusable key."""

    def __init__(self, key: str, algorithm: str) -> None:
        if algorithm == "HS256" and len(key.encode()) < SECRET:
            raise ValueError(f"a shared secret has at least {SECRET} bytes")
        try:
            method = jwt.get_algorithm_by_name(algorithm)
            method.prepare_key(key)
        except NotImplementedError:
            raise ValueError(f"{algorithm} needs the extra [jwt]: pip install 'tornado_chat[jwt]'") from None
        except (jwt.InvalidKeyError, ValueError, TypeError) as error:
            raise ValueError(f"no key for {algorithm}: {error}") from None
        self._key = key
        self._algorithm = algorithm

    async def authenticate(self, request: Request) -> Credentials | None:
        token = token_of(request)
        if token is None or token.count(".") != 2:
            return None
        try:
            return self.read(token)
        except Unknown as unknown:
            if argument(request, "token") is None:
                raise
            raise Refused(unknown.message, unknown.code) from None  # it was meant for the chat

    def read(self, token: str) -> Credentials:
        """Return what a token says; Refused if it is not valid (any more), Unknown if it is not for the chat."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=AUDIENCE,
                leeway=LEEWAY,
                options={"require": ["exp", "sub", "aud"]},
            )
            until = float(claims["exp"])
        except (jwt.DecodeError, jwt.InvalidAlgorithmError, jwt.InvalidAudienceError) as error:
            raise Unknown(f"the token is not valid here: {error}", Error.NOT_ALLOWED) from None
        except jwt.ImmatureSignatureError:
            raise Refused("the token is not valid yet (compare the clocks)", Error.NOT_ALLOWED) from None
        except jwt.ExpiredSignatureError:
            until = 0.0
        except (jwt.InvalidTokenError, OverflowError) as error:
            raise Refused(f"the token is not valid here: {error}", Error.NOT_ALLOWED) from None
        if until <= time.time():  # without leeway: the connection ends then, too
            raise Refused("the token has expired", Error.NOT_ALLOWED)
        sub = _text(claims, "sub")
        name = display_name(_text(claims, "name")) or display_name(sub)
        if not name:
            raise Refused("name in the token has nothing that can be shown", Error.NOT_ALLOWED)
        return Credentials(
            User(make_id(TOKEN, sub), name, _role(claims)), token, until=until, channels=_channels(claims)
        )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(f"{name} in the token must be text, and not empty", Error.NOT_ALLOWED)
    return value


def _role(claims: dict[str, Any]) -> str:
    role = claims.get("role", "member")
    if role not in ROLES:
        raise Refused(f"role in the token must be one of {', '.join(ROLES)}", Error.NOT_ALLOWED)
    return str(role)


def _channels(claims: dict[str, Any]) -> frozenset[str] | None:
    names = claims.get("channels")
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refused("channels in the token must be a list of names", Error.NOT_ALLOWED)
    try:
        return frozenset(clean_name(name) for name in names)
    except Refused as refused:
        raise Refused(f"channels in the token: {refused.message}", Error.NOT_ALLOWED) from None
