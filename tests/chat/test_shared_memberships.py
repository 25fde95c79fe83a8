"""Memberships that several servers change: each stores and keeps what it changed, and takes over the rest."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.membership_writer import MembershipWriter
from tornado_chat.chat.memberships import STORED, Membership, dirty, note_stored, refresh, values

DEN = ChannelRecord("den")


def known(**given: Any) -> Membership:
    """Return a membership as it was just read."""
    made = Membership(DEN, "a:1", **given)
    made.was = values(made)
    return made


def test_all_that_is_stored_of_a_membership_is_compared() -> None:
    assert set(STORED) == {field.name for field in fields(Membership)} - {"record", "user", "kept", "was"}
    assert dirty(known(read=5, level="none")) == []
    assert known(read=5) == Membership(DEN, "a:1", read=5)
    assert "was" not in repr(known())


def test_what_was_changed_since_it_was_read_is_dirty() -> None:
    one = known(read=5)
    one.role, one.read = "moderator", 9
    assert dirty(one) == ["role", "read"]
    one.role = "member"
    assert dirty(one) == ["read"]


def test_of_one_that_was_neither_read_nor_stored_what_is_as_always_at_first_is_not_dirty() -> None:
    assert dirty(Membership(DEN, "a:1", since=3, read=3)) == ["since", "read"]
    begun = Membership(DEN, "a:1", since=3, read=3, began=7)
    refresh(begun, known(role="owner", since=2, read=2, began=6))
    assert begun == Membership(DEN, "a:1", "owner", since=3, read=3, began=7)
    assert dirty(begun) == ["since", "began", "read"]


def test_a_fresh_row_leaves_what_was_changed_here() -> None:
    one = known(level="all", read=5)
    one.level = "none"
    row = known(level="mentions", role="moderator", sees=((1, None),), ended=4, read=6)
    refresh(one, row)
    assert one == replace(row, level="none")
    assert dirty(one) == ["level"]
    refresh(one, known(level="none"))
    assert dirty(one) == []


@pytest.mark.parametrize(
    ("was", "here", "row", "left"),
    [
        *((5, 7, 9, 9), (5, 9, 7, 9), (5, 9, 9, 9), (5, 5, 7, 7), (5, 5, 3, 3)),
        (5, 2, 9, 2),  # marked as unread here
    ],
)
def test_of_two_that_read_on_the_one_who_is_further_counts(was: int, here: int, row: int, left: int) -> None:
    one = known(read=was)
    one.read = here
    refresh(one, known(read=row))
    assert one.read == left
    assert dirty(one) == ([] if left == row else ["read"])


def test_what_is_read_while_a_copy_is_being_stored_stays_known() -> None:
    one = known(read=5)
    one.level = "none"
    copy, names = replace(one), dirty(one)
    refresh(one, known(read=5, role="owner"))  # by another server, meanwhile
    one.read = 6
    note_stored(one, copy, names)
    assert dirty(one) == ["read"]
    assert (one.role, one.level) == ("owner", "none")
    new = Membership(DEN, "a:1", read=5)
    note_stored(new, replace(new), dirty(new))
    assert dirty(new) == []


class Shared:
    """Memberships of which only `put` is called; it takes its time, and may fail."""

    def __init__(self) -> None:
        self.stored: list[list[str]] = []
        self.fails = False
        self.meanwhile = lambda: None

    async def put(self, memberships: Sequence[Membership]) -> None:
        found = [dirty(one) for one in memberships]
        await asyncio.sleep(0)
        self.meanwhile()
        if self.fails:
            raise ValueError("a fault of ours")
        self.stored += found
        for one in memberships:
            one.was = values(one)


def test_the_writer_stores_a_change_once_and_one_that_failed_again() -> None:
    async def main() -> None:
        storage = Shared()
        writer = MembershipWriter(storage)  # type: ignore[arg-type]
        one = known()

        async def put() -> None:
            writer.put(one)
            await writer.written()

        one.level, one.read = "none", 5
        await put()
        one.read = 6
        storage.meanwhile = lambda: setattr(one, "read", 7)
        await put()
        assert dirty(one) == ["read"]  # what came while it was being stored
        storage.meanwhile, storage.fails = lambda: None, True
        await put()
        assert dirty(one) == ["read"]
        storage.fails = False
        await put()
        assert storage.stored == [["read", "level"], ["read"], ["read"]]
        assert dirty(one) == []
        await writer.written()

    asyncio.run(main())
