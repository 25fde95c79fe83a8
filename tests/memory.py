"""The folders of tests, in memory: a disk that really writes would have every message wait for milliseconds."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ENOUGH = 2_000_000_000  # bytes


def is_there() -> bool:
    """Return whether there is room for what tests write."""
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH


def begin() -> Path | None:
    """Have all processes of this run make their files in memory; return the folder, None where there is no room."""
    if not is_there():
        return None
    folder = tempfile.mkdtemp(prefix="t_", dir=MEMORY)  # short: a Unix socket's path has 107 bytes
    Path(folder).chmod(0o1777)  # as /tmp: some tests are other users
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    return Path(folder)
