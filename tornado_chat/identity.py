"""Who is connecting: a guest with a name, or the same guest again by the token of an earlier `hello`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import uuid
from pathlib import Path

from tornado_chat.protocol import Refused, User, clean_name


class Identity:
    """Makes guests and their tokens; a token is `payload.signature`, both base64url."""

    def __init__(self, secret: bytes) -> None:
        self._mac = hmac.new(secret, digestmod=hashlib.sha256)

    def guest(self, name: str) -> User:
        """Return a new guest; Refused (`invalid-name`) for a name that nobody can bear."""
        return User(str(uuid.uuid4()), clean_name(name))

    def token(self, user: User) -> str:
        """Return what makes a later connection this user again."""
        payload = base64.urlsafe_b64encode(json.dumps([user.id, user.name]).encode()).rstrip(b"=")
        return (payload + b"." + self._sign(payload)).decode()

    def resume(self, token: str) -> User | None:
        """Return the user of a token, None where it was not signed here."""
        payload, _, signature = token.encode(errors="replace").partition(b".")
        if not hmac.compare_digest(self._sign(payload), signature):
            return None
        user_id, name = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        try:
            return User(user_id, clean_name(name))
        except Refused:  # a name that an earlier version allowed
            return None

    def _sign(self, payload: bytes) -> bytes:
        mac = self._mac.copy()
        mac.update(payload)
        return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=")


def load_secret(folder: Path) -> bytes:
    """Return the 32 bytes that sign tokens, made at the first start in `folder`/secret (mode 600).

    OSError where the folder cannot be used; ValueError where the file is damaged.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        secret = path.read_bytes()
        if len(secret) != 32:
            raise ValueError(f"{path} is damaged: delete it (guests will be new ones) or restore it") from None
        return secret
    with os.fdopen(descriptor, "wb") as file:
        secret = secrets.token_bytes(32)
        file.write(secret)
        os.fsync(descriptor)
    return secret
