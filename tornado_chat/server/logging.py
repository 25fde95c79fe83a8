"""Log lines, as text or JSON: one event each, whatever line breaks and escapes are in what is logged.

What an event is about is given as `extra`: `event` (its kind), `user`, `address`, `status` … As JSON they are fields.
"""

from __future__ import annotations

import datetime
import json
import logging
import re
from functools import lru_cache
from typing import Any

from tornado_chat.web.base import shown_path

TORNADO = ("tornado.general", "tornado.application")
# What was wrong with a request, up to the value that was, as in: Invalid header value 'Bearer …'
REASON = re.compile("Unsupported Transfer-Encoding|[^'\":]*")
KNOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _time(record: logging.LogRecord) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(record.created).astimezone()


def _trace(record: logging.LogRecord) -> str | None:
    """Return the traceback; a plugin's was formatted where it was caught."""
    return record.exc_text or (logging.Formatter().formatException(record.exc_info) if record.exc_info else None)


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


@lru_cache(maxsize=1)
def _stamp(second: int) -> str:
    return datetime.datetime.fromtimestamp(second).astimezone().strftime("%Y-%m-%d %H:%M:%S%z")


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        lines = [_printable(f"{_stamp(int(record.created))} {record.levelname.lower():7} {record.getMessage()}")]
        if trace := _trace(record):  # indented, so that nothing in it looks like an event
            lines += ["    " + _printable(line) for line in trace.split("\n")]
        return "\n".join(lines)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = {
            "time": _time(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "message",
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in KNOWN},
        }
        if trace := _trace(record):
            event["traceback"] = trace
        return json.dumps(event, default=str)


def _redact(record: logging.LogRecord) -> bool:
    """Take out of Tornado's own log lines what a client sent: it may be a token, a cookie or a password."""
    if record.name not in TORNADO or not isinstance(record.args, tuple):
        return True
    if record.msg.startswith("Malformed HTTP message from"):
        peer, error = record.args
        record.args = peer, _reason(error)
    elif record.msg.startswith("Uncaught exception %s\n"):
        request: Any = record.args[1]
        record.msg, record.args = "Uncaught exception in %s %s", (request.method, shown_path(request.uri))
    elif record.msg == "%d %s: %s":  # an HTTPError; the second is `GET /?token=… (127.0.0.1)`
        status, summary, why = record.args
        method, _, rest = str(summary).partition(" ")
        why = _reason(why) if str(why).startswith("Invalid unicode") else why
        record.args = status, f"{method} {shown_path(rest.rpartition(' (')[0])}", why
    elif "cookie" in record.msg.lower():
        record.args = ("…",) * len(record.args)
    return True


def _reason(error: object) -> str:
    found = REASON.match(str(error))
    return found[0].strip() if found else ""


def configure(level: str, style: str) -> None:
    """Send every log line of the process to standard error; `level` as in --log-level, `style` text or json."""
    handler = logging.StreamHandler()
    handler.addFilter(_redact)
    handler.setFormatter(_JsonFormatter() if style == "json" else _TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What no line shows takes half of its time (see "Optimization" in Python's logging HOWTO).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
