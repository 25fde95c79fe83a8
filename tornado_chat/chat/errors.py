"""What is said of what went wrong: error codes, close codes, and `Refused`."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Error(StrEnum):
    """The `code` of an error."""

    INVALID_JSON = "invalid-json"
    UNKNOWN_ACTION = "unknown-action"
    INVALID_FIELD = "invalid-field"
    INVALID_NAME = "invalid-name"
    NOT_JOINED = "not-joined"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    REFUSED = "refused"
    NOT_ALLOWED = "not-allowed"
    RATE_LIMITED = "rate-limited"
    TOO_MANY = "too-many"
    TOO_LARGE = "too-large"
    NO_SPACE = "no-space"
    HISTORY_UNAVAILABLE = "history-unavailable"
    PLUGIN_TIMEOUT = "plugin-timeout"
    PLUGIN_OFF = "plugin-off"
    INTERNAL = "internal-error"


# A client that makes these over and over understands nothing of what it is told.
MISTAKES = frozenset(
    {Error.INVALID_JSON, Error.INVALID_FIELD, Error.INVALID_NAME, Error.UNKNOWN_ACTION, Error.NOT_JOINED}
)


class Close(IntEnum):
    """Why the server ends a WebSocket (RFC 6455, 7.4, and 4000-4999 of our own)."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    UNSUPPORTED = 1003
    INVALID_TEXT = 1007
    POLICY = 1008
    TOO_BIG = 1009
    FAILED = 1011
    RESTART = 1012
    TRY_LATER = 1013
    NO_PONG = 4000
    BAD_REQUEST = 4400
    NOT_SIGNED_IN = 4401
    NOT_ALLOWED = 4403


#: How an end is reported that was no server's doing: the client went away, gave no code, or the connection broke.
WENT_AWAY, NO_CODE, BROKEN = 1001, 1005, 1006


class Refused(Exception):
    """Raised to refuse a call. The caller is answered with `code` and `message`; nothing is logged.

    `retry_after`: seconds after which to try again, 0 if waiting does not help. `rule`: of what is not allowed, the
    rule that says so; `needs`: what it needs, in words for a person; `until`: ms since 1970, when the rule ends.
    `length`: where a message grows, how many characters it has.
    """

    def __init__(
        self,
        message: str,
        code: str = Error.REFUSED,
        retry_after: float = 0.0,
        *,
        rule: str = "",
        needs: str = "",
        length: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = str(message).encode(errors="replace").decode()  # it is sent, and may be another exception
        self.code = str(code)
        self.retry_after = float(retry_after) if 0 <= retry_after < 1e9 else 0.0
        self.rule, self.needs, self.length = rule, needs, length
        self.until = 0


class Mistyped(Refused):
    """What a person types cannot be: no mistake of their client."""


def no_channel() -> Refused:
    """Return what a call is answered about a private address that is not the caller's own, or of nothing."""
    return Refused("there is no such channel", Error.NOT_FOUND)
