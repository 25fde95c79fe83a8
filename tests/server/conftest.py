"""What the tests of the server's process share."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TORNADO_CHAT_")}
    return {**clean, "XDG_DATA_HOME": str(tmp_path / "data"), "PYTHONWARNINGS": "error,ignore::ResourceWarning"}
