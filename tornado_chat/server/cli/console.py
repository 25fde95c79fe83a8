"""The standard streams of a command. Their reader may have gone, and the disk behind them may be full."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator

BROKEN_PIPE = 128 + 13  # the exit status of a command that SIGPIPE ended
INTERRUPTED = 128 + 2


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Flush what a command prints. If its streams fail, or at Ctrl-C, exit with a status, without a traceback.

    An OSError that nobody caught becomes one line.
    """
    _open_closed_streams()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names and paths that its encoding lacks
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        _discard_output()
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader has read enough, as `head` does
        _discard_output()
        sys.exit(BROKEN_PIPE)
    except OSError as error:
        _discard_output()
        what = "standard output" if error.filename is None else os.fsdecode(error.filename)
        complain(f"{what}: {error.strerror or error}")
        sys.exit(1)


def announce(text: str) -> None:
    """Print a line at once. If that fails, the server goes on."""
    try:
        print(text, flush=True)
    except OSError:
        _discard_output()


def complain(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"tornado_chat: {text}", file=sys.stderr)


def _discard_output() -> None:
    """Keep Python from writing again, at its end, what could not be written."""
    with contextlib.suppress(OSError, ValueError):  # a test's stream has no descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _open_closed_streams() -> None:
    """Open /dev/null for streams that were closed; otherwise the next open file would take their place."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    sys.stdin = sys.stdin or open(os.devnull)  # noqa: SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
