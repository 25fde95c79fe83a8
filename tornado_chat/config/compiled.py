"""The compiled build (see setup.py): whether this is it, and what its compiler is told of a class."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

__all__ = ["GROUP", "is_compiled", "mypyc_attr"]

GROUP = "tornado_chat.compiled"  # the library that holds all compiled modules

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr
else:
    T = TypeVar("T")

    def mypyc_attr(**attributes: bool) -> Callable[[T], T]:
        """Return the class as it is: only the compiler reads this."""
        return lambda kind: kind


def is_compiled() -> bool:
    """Return whether the modules of the message path are compiled."""
    return find_spec(f"{GROUP}__mypyc") is not None
