"""Lines that clients send, good and broken, and all that is written because of them: what two builds have in common.

`python -m tests.corpus` prints it, a line for each line sent, for whichever build is imported.
"""

import itertools
import json
import logging
import random
import secrets
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from tests.helpers import House, run, turns
from tornado_chat.storage.memory import MemoryHistory
from tornado_chat.web.socket.frames import FrameError, FrameReader

NAMES = json.loads(Path(__file__).with_name("names.json").read_text())
BROKEN = (
    *(
        "",
        " \n\n ",
        "{",
        "[]",
        "null",
        '"text"',
        "1",
        "[" * 200,
        '{"action":1}',
        '{"action":"nothing"}',
        "{}",
        "\x00",
    ),
    *(
        '{"action":1}',
        '{"action":"send-message"}',
        '{"action":"send-message","target":1,"message":"x"}',
        '{"a":NaN}',
        '{"a":1e999}',
    ),
    *('{"action":"send-message","target":"den","message":"\\ud800"}', '{"a":"' + "x" * 70_000, '{"action":"join"} x'),
    '{"action":"who","target":"den"}\n{"action":\n\n{"action":"who","target":"nowhere","ref":"after"}',
    json.dumps({"action": "who", "deep": [[[[]]]] * 700}),
    json.dumps({"action": "who", "target": "den", "ref": "x" * 65}),
    json.dumps({"action": "who", "target": "den", "ref": 5}),
)
VALUES: tuple[Any, ...] = (
    *(
        "den",
        "",
        "Ann",
        "id-Bob",
        "x" * 4_001,
        "\x00\n",
        "@Bob <b>\u202e \U0001f44d é",
        "general",
        True,
        None,
        0,
        1,
        -1,
    ),
    *(2**53, 2**70, 0.5, [], ["id-Bob"], {}, {"a": 1}),
)


def lines() -> Iterator[str]:
    """Yield what is sent, the same each time."""
    chance = random.Random(20)
    yield from BROKEN
    said = [
        {"message": text} for text in ("Hello", "two\nlines", "\tтекст\n", "\x07", " ", "https://a.example/?q=1&r")
    ]
    further = [{"message": "under it", "reply_to": 1}, {"message": "in it", "thread": 1}, {"message": "@Bob"}]
    for number, fields in enumerate([*said, *further, {"message": "both", "thread": 1, "also_in_channel": True}]):
        for ref in (None, f"r{number}", f"r{number}"):
            yield json.dumps({"action": "send-message", "target": "den", **fields, **({"ref": ref} if ref else {})})
    for name in (*NAMES["allowed"], *map(str, NAMES["refused"])):
        yield json.dumps({"action": "join", "target": name, "ref": "j"})
    actions = sorted(House().registry.actions.values(), key=lambda one: one.name)
    for action in [one for one in actions if one.name != "overview"]:  # which says how much memory is in use
        for turn in range(25):
            call: dict[str, Any] = {"action": action.name, "ref": f"{action.name}-{turn}"}
            if action.channel or chance.random() < 0.5:
                call["target"] = chance.choice(("den", "den", "den", "elsewhere", 7))
            for parameter in action.parameters:
                if parameter.is_required or chance.random() < 0.3:
                    call.setdefault(parameter.name, chance.choice(VALUES))
            yield json.dumps(call)


async def play() -> list[bytes]:
    """Have two people send all of it; return what was written to each after each line."""
    house = House(history=MemoryHistory())
    people = [house.client("Ann", "den", role="admin"), house.client("Bob", "den")]
    written = []
    for number, line in enumerate(lines()):
        if any(one.connection.ended or one.transport.closed for one in people):
            people = [house.client(one.user.name, "den", role=one.user.role) for one in people]
        await house.say(people[number % 2], line)
        await turns(8)
        for one in people:
            written.append(b"\n".join(one.transport.frames))
            one.transport.frames.clear()
    return [*written, *feed()]


def feed() -> Iterator[bytes]:
    """Yield what is read of bytes that are frames, and of some that are none."""
    chance = random.Random(7)
    for _ in range(300):
        size = chance.choice((0, 1, 5, 125, 126, 200, 65_536))
        head = bytes(
            (chance.choice((0x81, 0x81, 0x01, 0x80, 0x82, 0x88, 0x89, 0x8A, 0xC1, 0x83)), 0x80 | min(size, 126))
        )
        data = head + (size.to_bytes(2, "big") if 125 < size < 65_536 else b"") + chance.randbytes(4 + size)
        reader, cut = FrameReader(1_000), chance.randrange(len(data))
        try:
            yield repr([*reader.feed(data[:cut]), *reader.feed(data[cut:])]).encode()
        except FrameError as error:
            yield f"{error.code} {error.reason}".encode()


def main() -> None:
    logging.disable()  # a House has no accounts: an action that needs them fails
    chance, clock = random.Random(1), map(float, itertools.count(1_800_000_000))
    with (
        mock.patch.object(secrets, "randbelow", chance.randrange),
        mock.patch.object(secrets, "token_hex", lambda size=16: chance.randbytes(size).hex()),
        mock.patch.object(secrets, "token_urlsafe", lambda size=16: chance.randbytes(size).hex()),
        mock.patch.object(time, "time", partial(next, clock)),
    ):
        for line in run(play):
            sys.stdout.write(f"{line!r}\n")


if __name__ == "__main__":
    main()
