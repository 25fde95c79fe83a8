"""The ids of users: a letter for the kind, a colon, and the percent-encoded name, or a UUID for a guest."""

from __future__ import annotations

import hashlib
import os
import re
import time
import uuid
from urllib.parse import quote, unquote

from tornado_chat.chat.models import GUEST
from tornado_chat.chat.validation import fold

ACCOUNT, HEADER, TOKEN, PLUGIN = "a:", "h:", "t:", "p:"  # so that ids of different kinds never collide
LONGEST = 900  # characters of a name in an id; together with a channel's name it still fits a key of the store

NEW = 600  # seconds in which a guest who came with a bare name is a new one, who leaves nothing behind

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile("sha256:[0-9a-f]{64}")
_ESCAPES = re.compile("([^%]|%[0-9a-fA-F]{2})+")


def guest_id() -> str:
    """Return an id for a new guest: a UUID of version 7, which says when they came first."""
    random = int.from_bytes(os.urandom(10)) >> 6  # 12 bits before the variant (binary 10), 62 behind it
    before, behind = random >> 62, random & (1 << 62) - 1
    text = f"{int(time.time() * 1000):012x}7{before:03x}{2 << 62 | behind:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_new_guest(user_id: str) -> bool:
    """Return whether this is the id of a guest who came first less than ten minutes ago."""
    bare = user_id.removeprefix(GUEST)
    if len(bare) != 36 or bare[14] != "7" or not _UUID.fullmatch(bare):
        return False
    return time.time() - (uuid.UUID(bare).int >> 80) / 1000 < NEW


def make_id(kind: str, name: str) -> str:
    """Return the id for a name of `kind` (HEADER, TOKEN or PLUGIN); a long name is hashed.

    The case of a proxy's names is ignored.
    """
    return written_id(kind, " ".join(fold(name).split()) if kind == HEADER else name)


def written_id(kind: str, name: str) -> str:
    """Return the id for a name as it is written. Proxies' users had these before case was ignored."""
    quoted = quote(name, "", errors="surrogatepass")
    return kind + (quoted if len(quoted) <= LONGEST else f"sha256:{hashlib.sha256(quoted.encode()).hexdigest()}")


def read_id(written: str) -> str | None:
    """Return the id that someone wrote, its name percent-encoded or not; None if it cannot be an id."""
    written = written.strip()
    kind, rest = written[:2], written[2:]
    if not _is_text(written):
        return None
    if kind in (ACCOUNT, GUEST) and rest:
        return kind + rest.lower()
    if kind in (HEADER, TOKEN, PLUGIN) and rest:
        if _HASH.fullmatch(rest):
            return written
        name = unquote(rest, errors="surrogateescape") if _ESCAPES.fullmatch(rest) else rest
        if not _is_text(name):  # the percent signs encode no UTF-8: they are part of the name
            name = rest
        return make_id(kind, name)
    return written.lower() if _UUID.fullmatch(written) else None


def is_guest_id(user_id: str) -> bool:
    """Return whether an id is a guest's, who is known by a token alone."""
    return ":" not in user_id.removeprefix(GUEST)


def name_in(user_id: str) -> str:
    """Return the name that the id of a proxy's or an application's user was made of, "" if it has none."""
    kind, rest = user_id[:2], user_id[2:]
    return unquote(rest) if kind in (HEADER, TOKEN) and not _HASH.fullmatch(rest) else ""


def current_id(user_id: str) -> str:
    """Return the id that this version gives a proxy's user; other ids are returned unchanged."""
    rest = user_id.removeprefix(HEADER)
    return user_id if rest == user_id or _HASH.fullmatch(rest) else make_id(HEADER, unquote(rest))


def spellings(user_id: str) -> tuple[str, str]:
    """Return the ids under which a user may be known. A guest's id has no `g:` if all users are guests."""
    if user_id.startswith(HEADER):
        return (user_id, current_id(user_id))
    return (user_id, user_id.removeprefix(GUEST) if user_id.startswith(GUEST) else GUEST + user_id)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
