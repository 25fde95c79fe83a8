"""Secrets in headers, of whatever characters."""

import pytest

from tornado_chat import check_secret, same_secret


@pytest.mark.parametrize("secret", ["x", "long and random", "sésame", "ключ", "鍵", "🔑", "a:b=c,;\"'"])
def test_a_secret_matches_however_a_program_writes_it(secret: str) -> None:
    check_secret(secret)
    utf_8 = secret.encode().decode("latin-1")  # as the server reads it
    assert same_secret(utf_8, secret)
    assert same_secret(secret, secret)
    for other in ("", "?", "?" * len(secret), utf_8 + "x", utf_8[:-1], secret.upper() + "!", "\0"):
        assert not same_secret(other, secret)


def test_no_secret_matches_nothing() -> None:
    assert not same_secret("", "")
    assert not same_secret("x", "")


@pytest.mark.parametrize("secret", [" x", "x ", "x\n", "\tx", "a\rb", "a\0b"])
def test_a_secret_that_no_header_can_hold_is_said_to_be_none(secret: str) -> None:
    with pytest.raises(ValueError, match="cannot be sent in a header"):
        check_secret(secret)
