"""Chats as fixtures of pytest. In a test's module: chat = chat_of(PLUGIN, seed=7)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tornado_chat.testing.chat import Chat


def chat_of(*plugins: ModuleType | Path | str, **how: Any) -> Callable[[], Iterator[Chat]]:
    """Return a fixture: for each test a Chat (see there) of its own, which is closed after it."""

    @pytest.fixture
    def chat() -> Iterator[Chat]:
        with Chat(*plugins, **how) as made:
            yield made

    return chat
