"""The process that one picture is looked at in. What is wrong with a picture, or a decoder, ends here.

Its standard input is the picture, its folder is where it writes. It answers in one line of JSON.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import sys
from pathlib import Path

MEMORY = 1024 * 1024 * 1024  # bytes of addresses; 50 million pixels that are turned take half of that
CPU = 20  # seconds
LARGEST = 512 * 1024 * 1024  # bytes of a file that it writes
FAILED = 75  # exit status: nothing is wrong with the picture, but with the machine (EX_TEMPFAIL)
MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)


def main() -> None:
    task, kind = sys.argv[1:3]
    _limit()
    from tornado_chat.images.drawing import TooMuch, cut, draw
    from tornado_chat.images.reading import Broken

    try:
        with os.fdopen(0, "rb", closefd=False) as source:
            answer = {"draw": draw, "cut": cut}[task](kind, source, Path.cwd())
    except TooMuch as error:
        answer = {"why": str(error), "clean": True}
    except Broken as error:
        answer = {"why": str(error), "clean": False}
    except OSError as error:
        if error.errno in MACHINE:
            sys.exit(FAILED)
        answer = {"why": str(error), "clean": False}
    print(json.dumps(answer))  # noqa: T201


def _limit() -> None:
    for limit, value, most in (
        (resource.RLIMIT_AS, MEMORY, MEMORY),
        (resource.RLIMIT_CPU, CPU, CPU + 1),  # it ends by SIGXCPU: SIGKILL is the machine's, short of memory
        (resource.RLIMIT_FSIZE, LARGEST, LARGEST),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS knows some only by name
            resource.setrlimit(limit, (value, most))
    with contextlib.suppress(OSError):  # which a unit of systemd may forbid
        os.nice(10)  # messages go first
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # and it goes first where memory is short
