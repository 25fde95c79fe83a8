"""Which texts can be stored, and the keys under which calls are known."""

from __future__ import annotations

from hashlib import blake2b

from tornado_chat.chat.errors import Error, Refused


def can_be_stored(words: str) -> bool:
    """Return whether PostgreSQL can store a text."""
    try:
        words.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in words


def no_text() -> Refused:
    """Return what a call is answered whose text cannot be stored."""
    return Refused("a lone surrogate or a NUL is no text", Error.INVALID_FIELD)


def ref_key(sender: str, ref: str) -> bytes:
    """Return the key under which a call is known that a user (an id) made with a `ref`."""
    return blake2b(f"{sender}\0{ref}".encode(), digest_size=16).digest()
