"""The wire: lines <-> what they say. No I/O, no Tornado."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as _quote
from typing import Any, Final

from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.models import Message, User
from tornado_chat.config import speed

WIRE = 2  # the version that `hello` names
MAX_REF: Final = 64
MAX_DEPTH: Final = 64
SHORT: Final = 2 * MAX_DEPTH  # characters in which nothing is nested too deep
MAX_VALUES = 2_000  # of one message, at all depths: each costs 0.1 µs or more to read
_CONTAINERS = frozenset((dict, list))
MAX_NUMBER = 2**53  # beyond it a JavaScript client reads another number
MAX_PAGE_BYTES = 256 * 1024
#: Events that the server alone sends: their fields are fixed, and clients rely on them.
RESERVED = frozenset(
    {
        "actions",
        "changed",
        "channel",
        "channels",
        "error",
        "followed",
        "growing",
        "hello",
        "members",
        "ok",
        "picture",
        "presence",
        "renamed",
        "send-message",
    }
)
#: What plugins may send under a name of the server's, and what it must have.
SHAPES: dict[str, dict[str, type]] = {"typing": {"user": User}, "read": {"user": User, "seq": int}}
FIXED = frozenset({"action", "id", "message", "ref", "seq", "target", "time"})  # fields of a line that is shown


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


_fast_loads: Final = speed.loads or _loads


def decode(text: str) -> dict[str, Any]:
    """Return the one JSON object in `text`; anything else is Refused as `invalid-json`."""
    long = len(text) > SHORT
    if long and len(text) > MAX_VALUES and _has_too_many_values(text):
        raise Refused(f"more than {MAX_VALUES} values in one message", Error.INVALID_JSON)
    try:
        value = _fast_loads(text)
    except ValueError:
        raise Refused(f"not JSON: {_explain(text)}", Error.INVALID_JSON) from None
    if type(value) is not dict:
        raise Refused("not a JSON object; one object per line is expected", Error.INVALID_JSON)
    if long and text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
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


def _has_too_many_values(text: str) -> bool:
    """Return whether a JSON text holds more than MAX_VALUES values. Whole passes in C, no loop over what it says."""
    if _separators(text) <= MAX_VALUES:
        return False
    text = text.replace("\\\\", "").replace('\\"', "")  # now each quote begins or ends a string
    if text.count('"') > 4 * (MAX_VALUES + 1):  # a key and a value for each separator
        return True
    return _separators("".join(text.split('"')[::2])) > MAX_VALUES


def _separators(text: str) -> int:
    """Return how many characters there are of those that stand before each value and key but the first."""
    return text.count(",") + text.count("[") + text.count("{")


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            one
            for item in level
            for one in (item.values() if type(item) is dict else item)  # type: ignore[attr-defined]
            if type(one) in _CONTAINERS
        ]
    return depth


# Lines down


def _plain(value: object) -> object:
    if isinstance(value, User):
        return value.shown()
    if isinstance(value, Message):
        return json.loads(value.line())
    raise TypeError(f"{type(value).__name__} cannot be sent; use text, numbers, lists and dicts")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=_plain
).encode


def event_line(event: Mapping[str, Any]) -> bytes:
    """Return a plugin's event as one line; ValueError if its action is missing, no text or reserved."""
    action = event.get("action")
    if type(action) is not str or not action or action in RESERVED:
        raise ValueError(f"an event needs an action of its own, not {action!r}; use notice, reply or post for lines")
    for field, kind in SHAPES.get(action, {}).items():
        if not isinstance(event.get(field), kind):
            raise ValueError(f"an event {action!r} needs {field}, of type {kind.__name__}")
    return encode(event)


def encode(event: Mapping[str, Any]) -> bytes:
    """Return an event as one line, without a line end; a User or Message in it becomes its object."""
    return _encode(event).encode()


def hello(user: User, token: str | None) -> bytes:
    """Return the beginning of a connection's first line: who it is. More fields follow."""
    who = ",".join([f'"{name}":{_quote(value)}' for name, value in user.shown().items()])
    return f'{{"action":"hello","user":{{{who}}},"token":{"null" if token is None else _quote(token)},'.encode()


def answer(ref: str, message: Message | None, results: Mapping[str, Any] | None) -> bytes:
    """Return the `ok` of a call: what it posted last, if anything, and its results."""
    if results:
        stored = {"id": message.id, "seq": message.seq, "time": message.time} if message else {}
        return encode({**stored, **results, "action": "ok", "ref": ref})
    if message is not None and message._ok and message.ref == ref:
        line, message._ok = message._ok, ""
        return line.encode()
    said = f',"id":"{message.id}","seq":{message.seq},"time":{message.time}' if message else ""
    return f'{{"action":"ok","ref":{_quote(ref)}{said}}}'.encode()


def notice(channel: str, text: str, time: int, fields: Mapping[str, Any]) -> bytes:
    """Return an ephemeral line of the server's own, shown in a channel; ValueError for a field that is fixed."""
    if fixed := FIXED.intersection(fields):
        raise ValueError(f"a line that is shown has its own {', '.join(sorted(fixed))}")
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
