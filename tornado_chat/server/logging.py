"""Log lines, as text or JSON: one event each, whatever line breaks and escapes are in what is logged.

What an event is about is given as `extra`: `event` (its kind), `user`, `address`, `status` … As JSON they are fields.
"""

from __future__ import annotations

import datetime
import json
import logging

KNOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


def _time(record: logging.LogRecord) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(record.created).astimezone()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        stamp = _time(record).strftime("%Y-%m-%d %H:%M:%S%z")
        lines = [_printable(f"{stamp} {record.levelname.lower():7} {record.getMessage()}")]
        if record.exc_info:  # indented, so that nothing in it looks like an event
            lines += ["    " + _printable(line) for line in self.formatException(record.exc_info).split("\n")]
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
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event, default=str)


def configure(level: str, style: str) -> None:
    """Send every log line of the process to standard error; `level` as in --log-level, `style` text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if style == "json" else _TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
