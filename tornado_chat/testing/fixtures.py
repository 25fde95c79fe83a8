"""Chats as pytest fixtures. In a test module: chat = chat_of(PLUGIN, seed=7)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tornado_chat.testing.chat import Chat


def chat_of(*plugins: ModuleType | Path | str, **how: Any) -> Callable[[], Iterator[Chat]]:
    """Return a fixture that gives each test a Chat of its own and closes it; arguments as for Chat."""

    @pytest.fixture
    def chat() -> Iterator[Chat]:
        with Chat(*plugins, **how) as made:
            yield made

    return chat
