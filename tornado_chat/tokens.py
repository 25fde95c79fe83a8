"""JSON Web Tokens of the application that the chat is part of (extra [jwt]): who someone is, and for how long."""

from __future__ import annotations

from typing import Any

import jwt
from tornado.httputil import HTTPServerRequest

from tornado_chat.accounts import ROLES
from tornado_chat.errors import Error, Refused
from tornado_chat.identity import Pass, token_of
from tornado_chat.messages import User
from tornado_chat.names import clean_name
from tornado_chat.user_ids import TOKEN, make_id

AUDIENCE = "tornado_chat"  # which a token must name: one that was signed for something else is none for the chat
SECRET = 32  # bytes that a shared secret has at least


class Tokens:
    """A kind of identity (see there): tokens under one key, in one algorithm. ValueError for an unusable key."""

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

    async def authenticate(self, request: HTTPServerRequest) -> Pass | None:
        """See Kind."""
        token = token_of(request)
        return None if token is None or token.count(".") != 2 else self.read(token)

    def read(self, token: str) -> Pass:
        """Return what a token says; Refused for one that is not valid, or not any more."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=AUDIENCE,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Refused("the token has expired", Error.NOT_ALLOWED) from None
        except jwt.InvalidTokenError as error:
            raise Refused(f"the token is not valid here: {error}", Error.NOT_ALLOWED) from None
        user = User(make_id(TOKEN, _text(claims, "sub")), clean_name(_text(claims, "name")), _role(claims))
        return Pass(user, token, until=float(claims["exp"]), channels=_channels(claims))


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 128:
        raise Refused(f"{name} in the token must be text of 1 to 128 characters", Error.NOT_ALLOWED)
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
    return frozenset(clean_name(name) for name in names)
