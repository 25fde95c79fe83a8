"""A secret that a program sends in a header."""

from __future__ import annotations

import hmac
import re

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # what no header holds; a tab it may


def same_secret(given: str, secret: str) -> bool:
    """Return whether the value of a header is a secret, in constant time. An empty secret matches nothing.

    A header is read as latin-1, but most programs send UTF-8 in it. Both match.
    """
    forms = (secret, secret.encode().decode("latin-1"))
    return bool(secret) and any(hmac.compare_digest(given.encode(), form.encode()) for form in forms)


def check_secret(secret: str) -> None:
    """Raise ValueError for a secret that no header can hold, and that would never match."""
    try:
        secret.encode()
    except UnicodeError:
        raise ValueError("the secret is not UTF-8") from None
    if secret != secret.strip(" \t") or CONTROL.search(secret):
        raise ValueError("the secret cannot be sent in a header: it has a space at an end, or a control character")
