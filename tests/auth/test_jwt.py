"""Tokens of the application around the chat: what is signed counts, and what only looks so does not."""

import base64
import hashlib
import hmac
import json
import math
import time
from typing import Any

import pytest

from tornado_chat.chat.errors import Refused

jwt = pytest.importorskip("jwt", reason="needs the extra [jwt]")

from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: E402

from tornado_chat.auth.jwt import Tokens  # noqa: E402
from tornado_chat.auth.providers import Unknown  # noqa: E402

SECRET = "s" * 64
CLAIMS: dict[str, Any] = {"sub": "42", "name": "Ann", "aud": "tornado_chat"}
HERE = Tokens(SECRET, "HS256")


def signed(key: Any = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    payload = {**CLAIMS, "exp": int(time.time()) + 60, **claims}
    return str(jwt.encode({k: v for k, v in payload.items() if v is not None}, key, algorithm))


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def pem(key: Any) -> str:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_key().public_bytes(serialization.Encoding.PEM, kind).decode())


def test_a_token_says_who_for_how_long_in_which_role_and_where() -> None:
    until = int(time.time()) + 60
    token = signed(sub="a/1", name=" \uff21nn ", role="admin", channels=["den", " \uff41ttic"], exp=until)
    came = HERE.read(token)
    assert (came.user.id, came.user.name, came.user.role) == ("t:a%2F1", "Ann", "admin")
    assert (came.until, came.channels, came.token) == (until, frozenset({"den", "attic"}), token)
    plain = HERE.read(signed())
    assert (plain.user.role, plain.channels) == ("member", None)


@pytest.mark.parametrize(
    "claims",
    [
        *({"exp": None}, {"sub": None}, {"aud": None}, {"name": None}, {"aud": "other"}, {"exp": 1}, {"nbf": 2**33}),
        *(
            {"exp": "soon"},
            {"exp": math.inf},
            {"exp": math.nan},
            {"sub": ""},
            {"name": ""},
            {"name": 5},
            {"name": "\u202e", "sub": "\u200b"},
        ),
        *({"role": "root"}, {"role": "guest"}, {"role": ["admin"]}, {"channels": "den"}, {"channels": [1]}),
        {"channels": ["a\0b"]},
    ],
    ids=str,
)
def test_a_token_that_lacks_something_is_expired_or_for_another_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        HERE.read(signed(**claims))


@pytest.mark.parametrize(
    "claims",
    [{"iat": 50}, {"nbf": 50}, {"iat": 50, "nbf": 50, "exp": 55}, {"iat": -50}, {"iat": 2.5}],
    ids=str,
)
def test_a_clock_that_is_some_seconds_ahead_keeps_nobody_out(claims: dict[str, float]) -> None:
    assert HERE.read(signed(**{name: time.time() + after for name, after in claims.items()})).user.id == "t:42"


@pytest.mark.parametrize("claims", [{"iat": 90}, {"nbf": 90}, {"exp": -1}, {"exp": 0}], ids=str)
def test_what_is_not_valid_yet_or_any_more_is_refused_and_says_so(claims: dict[str, float]) -> None:
    with pytest.raises(Refused, match=r"expired|not valid yet") as refused:
        HERE.read(signed(**{name: time.time() + after for name, after in claims.items()}))
    assert not isinstance(refused.value, Unknown)


def test_a_name_or_an_id_of_any_length_keeps_nobody_out() -> None:
    for long in ("x", "\u4e16", "\u0301", "=", "CN=\\"):
        user, other = (
            HERE.read(signed(sub="s" + long * size, name="n" + long * 3_000)).user for size in (3_000, 3_001)
        )
        assert user.name
        assert len(user.name) <= 64
        assert len(user.id) <= 902
        assert user.id != other.id


def test_a_token_is_refused_in_any_algorithm_but_the_one_that_was_set() -> None:
    for header in (
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512"},
        {"typ": "JWT"},
        {"alg": ["HS256"]},
        {"alg": ""},
    ):
        payload = part({**CLAIMS, "exp": int(time.time()) + 60})
        right = hmac.new(SECRET.encode(), f"{part(header)}.{payload}".encode(), hashlib.sha256).digest()
        for signature in ("", base64.urlsafe_b64encode(right).rstrip(b"=").decode()):
            with pytest.raises(Refused):
                HERE.read(f"{part(header)}.{payload}.{signature}")
    with pytest.raises(Refused):
        HERE.read(signed(algorithm="HS384"))
    with pytest.raises(Refused):
        HERE.read(signed("t" * 64))


def test_a_public_key_is_no_shared_secret() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = pem(key)
    house = Tokens(public, "RS256")
    assert house.read(signed(key, "RS256")).user.name == "Ann"
    header, payload = part({"alg": "HS256"}), part({**CLAIMS, "exp": int(time.time()) + 60})
    forged = hmac.new(public.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
    with pytest.raises(Refused):
        house.read(f"{header}.{payload}.{base64.urlsafe_b64encode(forged).rstrip(b'=').decode()}")
    with pytest.raises(ValueError, match="HS256"):
        Tokens(public, "HS256")
    with pytest.raises(ValueError, match="ES256"):
        Tokens(public, "ES256")
    curve = ec.generate_private_key(ec.SECP256R1())
    assert Tokens(pem(curve), "ES256").read(signed(curve, "ES256")).user.name == "Ann"


@pytest.mark.parametrize("key", ["", "short", "x" * 31])
def test_a_short_secret_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(key, "HS256")


def test_a_keys_own_words_about_itself_are_not_listened_to() -> None:
    payload = {**CLAIMS, "exp": int(time.time()) + 60}
    token = jwt.encode(
        payload, "t" * 64, "HS256", headers={"kid": "../../etc/passwd", "jku": "http://127.0.0.1/", "jwk": {}}
    )
    with pytest.raises(Refused):
        HERE.read(token)


@pytest.mark.parametrize(
    "token",
    ["..", "a.b.c", "\u20ac.\u20ac.\u20ac", f"{'x' * 60_000}.y.z", "....", f"{part('[' * 10)}.e30.e30",
     base64.urlsafe_b64encode(b"[" * 30_000).rstrip(b"=").decode() + ".e30.e30",
     base64.urlsafe_b64encode(b'{"alg":"HS256","x":' + b"[" * 30_000).rstrip(b"=").decode() + ".e30.e30",
     base64.urlsafe_b64encode(b'{"alg":' + b"9" * 5_000 + b"}").rstrip(b"=").decode() + ".e30.e30"],
    ids=lambda token: token[:12],
)  # fmt: skip
def test_what_is_no_token_is_refused_whatever_it_is(token: str) -> None:
    with pytest.raises(Refused):
        HERE.read(token)
