"""One line per event, whatever is logged."""

import datetime
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tornado_chat.server.logging import configure

log = logging.getLogger("tornado_chat.test")
NASTY = [
    "a\nb",
    "a\r\nb",
    "\x1b[31mred",
    "\0\x07\x85",
    "a\u2028b\u2029c",
    "\u202eevil",
    "\ud800",
    "back\\slash",
    "é€😀",
]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # configure() closes what it finds
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_an_event_is_one_printable_line_and_what_it_adds_is_indented(
    nasty: str, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", style)
    log.warning("said %s", nasty)
    try:
        raise ValueError(nasty)
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert written.endswith("\n")
    lines = written[:-1].split("\n")
    assert len([line for line in lines if not line.startswith("    ")]) == 2
    assert all(line.isprintable() for line in lines)
    assert "ValueError" in "".join(lines[1:])
    assert (len(lines) > 5) == (style == "text")  # a traceback that can be read


def test_as_text_it_has_time_level_and_message(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    log.warning("hello %d\n", 5)
    written = capsys.readouterr().err
    day, clock, level, *words = written.split()
    assert datetime.datetime.fromisoformat(f"{day} {clock}").tzinfo is not None
    assert (level, words) == ("warning", ["hello", "5\\n"])


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_as_json_it_is_an_object_that_says_the_same(nasty: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    log.error("said %s", nasty)
    event = json.loads(capsys.readouterr().err)
    assert (event["level"], event["logger"], event["message"]) == ("error", "tornado_chat.test", f"said {nasty}")
    assert datetime.datetime.fromisoformat(event["time"]).tzinfo is not None


def test_what_an_event_is_about_are_fields_of_its_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    log.info("hello", extra={"event": "greeting", "user": "g:1", "path": Path("/x")})
    event = json.loads(capsys.readouterr().err)
    about = {"event": "greeting", "level": "info", "logger": "tornado_chat.test", "message": "hello"}
    assert event == {**about, "user": "g:1", "path": "/x", "time": event["time"]}


@pytest.mark.parametrize(
    ("level", "seen"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("warning", ["w", "e"]), ("error", ["e"])],
)
def test_what_is_below_the_level_is_not_written(
    level: str, seen: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    configure(level, "text")
    for write, word in ((log.debug, "d"), (log.info, "i"), (log.warning, "w"), (log.error, "e")):
        write(word)
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == seen


def test_configuring_again_replaces_the_first_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "text")
    configure("info", "json")
    log.info("once")
    assert json.loads(capsys.readouterr().err)["message"] == "once"
