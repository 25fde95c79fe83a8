"""The wire: lines <-> messages, names, texts, error and close codes. No I/O, no Tornado.

Every string from outside is hostile until a function of this module has checked it.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from json.encoder import encode_basestring as _quote
from typing import Annotated, Any

from tornado_chat import speed

MAX_TEXT = 4_000
MAX_NAME = 64
MAX_REF = 64
MAX_DEPTH = 64
MAX_NUMBER = 2**53  # beyond it a JavaScript client reads another number
MAX_PAGE = 200
MAX_PAGE_BYTES = 256 * 1024


class Error(StrEnum):
    """What an `error` line says in its `code`."""

    INVALID_JSON = "invalid-json"
    UNKNOWN_ACTION = "unknown-action"
    INVALID_FIELD = "invalid-field"
    INVALID_NAME = "invalid-name"
    NOT_JOINED = "not-joined"
    REFUSED = "refused"
    NOT_ALLOWED = "not-allowed"
    RATE_LIMITED = "rate-limited"
    TOO_MANY = "too-many"
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
    NOT_SIGNED_IN = 4401
    NOT_ALLOWED = 4403


class Refused(Exception):
    """The caller's mistake: answered with `code` and `message`, never logged.

    `retry_after`: seconds after which it may be tried again, 0 where waiting does not help.
    """

    def __init__(self, message: str, code: str = Error.REFUSED, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.retry_after = retry_after


# What a role may do beside talking; `User.may` is where it is asked.
POWERS = {"admin": frozenset({"kick", "ban", "audit", "overview", "reload"})}
GUEST = "g:"  # what the id of a guest begins with where there are other users too


@dataclass(slots=True, unsafe_hash=True)
class User:
    """Who someone is: `id`, which alone makes two equal, `name`, and `role` (`member`, `admin` or `guest`)."""

    id: str
    name: str = field(compare=False)
    role: str = field(default="member", compare=False)
    _json: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Know a guest by its id: kept messages have no role."""
        if self.id.startswith(GUEST):
            self.role = "guest"

    def may(self, power: str) -> bool:
        """Return whether this user's role has a power, as in `ctx.user.may("ban")`."""
        return power in POWERS.get(self.role, ())

    def json(self) -> str:
        """Return `{"id":…,"name":…}`, with a `role` that is not `member`; encoded once for all its messages."""
        if not self._json:
            role = "" if self.role == "member" else f',"role":{_quote(self.role)}'
            self._json = f'{{"id":{_quote(self.id)},"name":{_quote(self.name)}{role}}}'
        return self._json

    @staticmethod
    def of_field(ctx: Any, said: str) -> User:
        """Return the user that a field of a call names; see Hub.find_user."""
        found: User = ctx.server.find_user(said, ctx.about)
        return found


@dataclass(slots=True)
class Message:
    """One kept message; `seq` (from 1, without gaps in its channel) and `id` come with the commit.

    `time` is in ms since 1970 (UTC); `sender` is None for the server's own; `ref` is the sender's name for it.
    """

    channel: str
    text: str
    sender: User | None
    time: int
    ref: str | None = None
    seq: int = 0
    id: str = ""

    def line(self) -> bytes:
        """Return the `send-message` line of this message."""
        sender = "null" if self.sender is None else self.sender.json()
        ref = "" if self.ref is None else f',"ref":{_quote(self.ref)}'
        return (
            f'{{"action":"send-message","target":{_quote(self.channel)},"message":{_quote(self.text)},'
            f'"sender":{sender},"id":"{self.id}","seq":{self.seq},"time":{self.time}{ref}}}'
        ).encode()


# Lines up


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _integer(digits: str) -> int | float:
    # As orjson reads it: what no 64-bit integer holds is a float.
    return int(digits) if len(digits) < 19 else _finite(digits)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_parse = json.JSONDecoder(parse_float=_finite, parse_int=_integer, parse_constant=_no_constant).decode


def _loads(text: str) -> Any:
    """Return what JSON says; ValueError, with the place, where it is not strict JSON."""
    try:
        value = _parse(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if "\\ud" in text or "\\uD" in text:
        _encode(value).encode()  # an escaped lone surrogate is no Unicode text
    return value


_fast_loads = speed.loads or _loads


def decode(text: str) -> dict[str, Any]:
    """Return the one JSON object in `text`; anything else is Refused as `invalid-json`."""
    try:
        value = _fast_loads(text)
    except ValueError:
        raise Refused(f"not JSON: {_explain(text)}", Error.INVALID_JSON) from None
    if type(value) is not dict:
        raise Refused("not a JSON object; one object per line is expected", Error.INVALID_JSON)
    if len(text) > 2 * MAX_DEPTH and text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Refused(f"nested deeper than {MAX_DEPTH}", Error.INVALID_JSON)
    return value


def _explain(text: str) -> str:
    try:
        _loads(text)
    except UnicodeEncodeError:
        return "it has a lone surrogate"
    except ValueError as error:
        return str(error)
    return "it is not strict"


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [child for item in level for child in (item.values() if isinstance(item, dict) else item)]
    return depth


# Names and texts

_E = (  # emoji that NFKC leaves alone
    "[\u00a9\u00ae\u2194-\u21aa\u231a-\u23ff\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\U0001f000-\U0001f0ff"
    "\U0001f170-\U0001f18f\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
)
# Where a joiner or a variation selector is part of a picture (Unicode TR 51, 1.4.9).
_EMOJI = re.compile(f"[#*0-9]\ufe0f\u20e3|{_E}(?:\u200d{_E})*")
# Default_Ignorable_Code_Point, and a blank pattern: seen as nothing or as a space, whatever their category.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_name(value: str) -> str:
    """Return a name of a user or channel in its one spelling (NFKC, trimmed, 1 to 64 characters).

    Refused as `invalid-name`: control, bidirectional and zero-width characters, and look-alike spaces.
    """
    if len(value.strip(" ")) > 4 * MAX_NAME:  # NFKC makes 1 of 4 at most, and takes seconds for 64 KiB of marks
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    if not (value.isascii() and value.isprintable()):
        for char in _EMOJI.sub("", value):
            kind = unicodedata.category(char)
            if kind in ("Cc", "Cf", "Cs", "Zl", "Zp") or (kind == "Zs" and char != " ") or _UNSEEN.match(char):
                raise Refused(f"a name must not contain U+{ord(char):04X}", Error.INVALID_NAME)
        value = unicodedata.normalize("NFKC", value)
    value = value.strip()
    if not 1 <= len(value) <= MAX_NAME:
        raise Refused(f"a name has 1 to {MAX_NAME} characters", Error.INVALID_NAME)
    return value


def clean_text(value: str) -> str:
    """Return a message's text without control characters (newline and tab stay) and line ends at its end."""
    if not value.isprintable():
        value = _NOT_TEXT.sub("", value).rstrip("\n")
    if not 1 <= len(value) <= MAX_TEXT:
        raise Refused(f"text has 1 to {MAX_TEXT} characters", Error.INVALID_FIELD)
    return value


def _page_size(value: int) -> int:
    if not 0 <= value <= MAX_PAGE:
        raise ValueError(f"0 to {MAX_PAGE}")
    return value


# Types of an action's fields, checked and cleaned before it is called.
Name = Annotated[str, clean_name]
Text = Annotated[str, clean_text]
Limit = Annotated[int, _page_size]


# Lines down


def _plain(value: object) -> object:
    if isinstance(value, User):
        plain = {"id": value.id, "name": value.name}
        return plain if value.role == "member" else {**plain, "role": value.role}
    if isinstance(value, Message):
        return json.loads(value.line())
    raise TypeError(f"{type(value).__name__} cannot be sent; use text, numbers, lists and dicts")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain
).encode


def encode(event: Mapping[str, Any]) -> bytes:
    """Return an event as one line, without a line end; a User or Message in it becomes its object."""
    return _encode(event).encode()


def answer(ref: str, message: Message | None, results: Mapping[str, Any] | None) -> bytes:
    """Return the `ok` of a call: what it posted last, if anything, and its results."""
    if results:
        stored = {"id": message.id, "seq": message.seq, "time": message.time} if message else {}
        return encode({**stored, **results, "action": "ok", "ref": ref})
    said = f',"id":"{message.id}","seq":{message.seq},"time":{message.time}' if message else ""
    return f'{{"action":"ok","ref":{_quote(ref)}{said}}}'.encode()


def notice(channel: str, text: str, time: int, fields: Mapping[str, Any]) -> bytes:
    """Return a line of the server's own that is shown in a channel and kept nowhere."""
    return encode(
        {"action": "send-message", "target": channel, "message": text, "sender": None, "time": time, **fields}
    )


def fitting(messages: Sequence[Message]) -> int:
    """Return how many of the first of these go into one answer (256 KiB when encoded, at least one)."""
    size = 1
    for count, message in enumerate(messages):
        size += len(message.line()) + 1  # and a comma
        if size > MAX_PAGE_BYTES and count:
            return count
    return len(messages)
