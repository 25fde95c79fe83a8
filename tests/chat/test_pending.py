"""What waits for a message that is not stored yet, without a server."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from tornado_chat.chat.models import Message
from tornado_chat.chat.pending import PendingMessage

STORED = Message("general", "hi", None, 0, seq=1, id="1")


class Call:
    """What waits for its own posts, as a Context does."""

    def __init__(self, post: PendingMessage) -> None:
        self.posts = [post]
        self.told: list[object] = []

    def settle(self, what: object) -> None:
        self.told.append(what)


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("outcome", ["keep", "fail"])
def test_a_call_that_waited_is_told_and_goes_without_the_collector(outcome: str) -> None:
    post = PendingMessage()
    call = Call(post)
    told, there = call.told, weakref.ref(call)
    post.then(call.settle, "stored or not")
    del call
    assert there() is not None  # the message has what it is to tell

    if outcome == "keep":
        post.keep(STORED)
    else:
        post.fail(RuntimeError("the disk is full"))
    del post
    assert told == ["stored or not"]
    assert there() is None
