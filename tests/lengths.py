"""How much is tried: little in the normal suite, which is to be quick, and more with --long."""

from typing import Any

import pytest

is_long = False  # set before modules of tests are imported


def either(short: int, long: int) -> int:
    """Return a number of rounds, examples or people."""
    return long if is_long else short


def each_long(*values: Any) -> list[Any]:
    """Return values of a parameter that a test is tried with by --long alone."""
    return [only_long(value) for value in values]


def only_long(*values: Any) -> Any:
    """Return one set of such values."""
    return pytest.param(*values, marks=pytest.mark.long)
