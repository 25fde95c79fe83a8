"""What is missed of what a node tells is noticed, whichever piece that is."""

import pytest

from tornado_chat.storage.postgres.letters import Letter
from tornado_chat.storage.postgres.roll import Roll


def letter(number: int) -> Letter:
    return Letter("other", 2, number, "", 0, 1, '"word"')


@pytest.mark.parametrize(("first", "gaps"), [(1, 0), (4, 1)])
def test_what_a_node_has_told_before_its_first_letter_came_was_missed(first: int, gaps: int) -> None:
    """As when its line fails just after it has taken a new lease: it has told who is connected to it."""
    roll = Roll()
    reader = roll.reader(letter(first))
    assert reader is not None
    assert reader.take(letter(first)) == '"word"'
    assert reader.gaps == gaps


def test_nothing_was_missed_of_a_node_that_was_there_before() -> None:
    reader = Roll().know("other", 2)
    assert reader.take(letter(4)) == '"word"'
    assert reader.gaps == 0
