"""Memberships on their way to the disk: written together, kept while that fails, and laid over what is read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.memberships import Membership, Memberships, Person, dirty, note_stored

RETRY = 1.0  # seconds after which a disk that fails is tried again
LATER = 60.0  # seconds after which is tried again what could not be stored though the disk is well

log = logging.getLogger("tornado_chat")


class Batch:
    """Memberships by user and channel, and people by id."""

    def __init__(self) -> None:
        self.memberships: dict[str, dict[str, Membership]] = {}
        self.people: dict[str, Person] = {}

    def __bool__(self) -> bool:
        return bool(self.people or self.memberships)

    def put(self, membership: Membership) -> None:
        self.memberships.setdefault(membership.user, {})[membership.record.name] = membership

    def of(self, user: str) -> dict[str, Membership]:
        return self.memberships.get(user, {})

    def all(self) -> Iterator[Membership]:
        for many in self.memberships.values():
            yield from many.values()

    def lay_over(self, older: Batch) -> None:
        """Add what an older batch has and this one has not."""
        for user, many in older.memberships.items():
            self.memberships[user] = {**many, **self.of(user)}
        self.people = {**older.people, **self.people}

    def take(self, name: str, user: str) -> None:
        """Remove a user's membership in a channel."""
        many = self.of(user)
        many.pop(name, None)
        if not many:
            self.memberships.pop(user, None)

    def drop(self, user: str) -> None:
        """Remove all of a user."""
        self.memberships.pop(user, None)
        self.people.pop(user, None)

    def pieces(self) -> list[Batch]:
        """Return a batch for each person and each membership."""
        found = []
        for user, person in self.people.items():
            found.append(Batch())
            found[-1].people[user] = person
        for membership in self.all():
            found.append(Batch())
            found[-1].put(membership)
        return found

    def remove(self, piece: Batch) -> None:
        """Remove what a piece has."""
        for membership in piece.all():
            self.take(membership.record.name, membership.user)
        for user in piece.people:
            self.people.pop(user, None)


class MembershipWriter:
    """What joins and positions change in memory is stored in the next transaction, and nobody waits for that.

    While the disk fails all of it waits. What cannot be stored although the disk is well holds up nothing else: it is
    kept beside the rest until a later try succeeds, and each failure is logged.
    """

    def __init__(self, storage: Memberships) -> None:
        self._storage = storage
        self.on_written: Callable[[Sequence[Membership]], None] = lambda memberships: None  # told of what was stored
        self._waiting, self._writing, self._failed = Batch(), Batch(), Batch()
        self._reading: dict[str, list[dict[str, Membership]]] = {}  # by user: what is laid over a reading under way
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._later: asyncio.TimerHandle | None = None

    def put(self, membership: Membership) -> None:
        """Store a membership as it will be when it is written."""
        user, name = membership.user, membership.record.name
        self._failed.take(name, user)
        self._waiting.put(membership)
        for over in self._reading.get(user, ()):
            over[name] = membership
        self._plan()

    def met(self, person: Person) -> None:
        """Store what somebody is called, and when they were here."""
        self._failed.people.pop(person.user.id, None)
        self._waiting.people[person.user.id] = person
        self._plan()

    async def of_user(self, user: str) -> dict[str, Membership]:
        """Return a user's memberships by the channel's name, with what waits to be written."""
        over = self._unwritten(user)
        self._reading.setdefault(user, []).append(over)
        try:
            found = {one.record.name: one for one in await self._storage.of_user(user)}
        finally:
            self._done(user, over)
        return {**found, **over}

    async def membership(self, user: str, record: ChannelRecord) -> Membership | None:
        """Return a user's membership in a channel, also one that has ended or waits to be written."""
        over = self._unwritten(user)
        if record.name not in over:
            self._reading.setdefault(user, []).append(over)
            try:
                found = await self._storage.membership(user, record)
            finally:
                self._done(user, over)
            if found is not None:
                over.setdefault(record.name, found)
        return over.get(record.name)

    def waits(self, user: str, name: str) -> bool:
        """Return whether a user's membership in a channel waits to be written."""
        return name in self._unwritten(user)

    def _unwritten(self, user: str) -> dict[str, Membership]:
        return {**self._failed.of(user), **self._writing.of(user), **self._waiting.of(user)}

    def _done(self, user: str, over: dict[str, Membership]) -> None:
        readings = [one for one in self._reading[user] if one is not over]
        if readings:
            self._reading[user] = readings
        else:
            del self._reading[user]

    def forget(self, name: str) -> None:
        """Do not store what waits of a channel that is deleted."""
        for batch in (self._waiting, self._failed):
            for user in list(batch.memberships):
                batch.take(name, user)

    def drop(self, user: str) -> None:
        """Do not store what waits of a user who is forgotten."""
        self._waiting.drop(user)
        self._failed.drop(user)

    async def written(self) -> None:
        """Return when all that waits now is stored; Refused while the disk fails."""
        async with self._lock:
            if batch := self._waiting:
                try:
                    await self._write(batch)
                except (Refused, asyncio.CancelledError):
                    raise
                except Exception:
                    log.exception("memberships could not be stored together; each is stored by itself")
                    await self._write_pieces(batch.pieces())

    def _plan(self) -> None:
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                try:
                    await self.written()
                except Refused:  # the disk fails, which is logged
                    await asyncio.sleep(RETRY)
        finally:
            self._task = None

    async def _write(self, batch: Batch) -> None:
        """Store a batch, which waits again if that fails."""
        if batch is self._waiting:
            self._waiting = Batch()
        else:
            self._waiting.remove(batch)
        self._writing = batch
        try:
            if batch.people:
                await self._storage.met(list(batch.people.values()))
            if batch.memberships:
                await self._put(list(batch.all()))
        except BaseException:
            self._waiting.lay_over(batch)
            raise
        finally:
            self._writing = Batch()

    async def _put(self, memberships: list[Membership]) -> None:
        copies = [replace(one) for one in memberships]
        changed = [dirty(one) for one in copies]
        await self._storage.put(copies)
        self.on_written(copies)
        for one, copy, names in zip(memberships, copies, changed, strict=True):
            if copy.was is not None:
                note_stored(one, copy, names)

    async def _write_pieces(self, pieces: list[Batch]) -> None:
        for piece in pieces:
            try:
                await self._write(piece)
            except (Refused, asyncio.CancelledError):
                raise
            except Exception:
                user = next(iter((*piece.people, *piece.memberships)))
                log.exception("what %s belongs to could not be stored; it is tried again in %d s", user, LATER)
                self._waiting.remove(piece)
                self._failed.lay_over(piece)
                if self._later is None:
                    self._later = asyncio.get_running_loop().call_later(LATER, self._try_again)

    def _try_again(self) -> None:
        self._later = None
        self._waiting.lay_over(self._failed)
        self._failed = Batch()
        self._plan()
