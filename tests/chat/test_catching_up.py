"""What a node has in memory, while it reads again what another node has written: what it writes itself counts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.chat.test_places import house, settled
from tests.helpers import House, run, turns
from tornado_chat.chat.channel_records import ChannelRecord
from tornado_chat.chat.memberships import Membership, values


class Shared:
    """Lets the Memberships of a House say what was read or stored, as those of a cluster do, and read slowly."""

    def __init__(self, place: House) -> None:
        storage: Any = place.hub.places.storage
        self._read: Callable[..., Awaitable[Membership | None]] = storage.membership
        self._put = storage.put
        storage.membership, storage.put = self.membership, self.put
        self.reading, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.may_go_on.set()

    async def membership(self, user: str, record: ChannelRecord) -> Membership | None:
        found = await self._read(user, record)
        if found is not None:
            found.was = values(found)
        self.reading.set()
        await self.may_go_on.wait()
        return found

    async def put(self, memberships: Sequence[Membership]) -> None:
        await self._put(memberships)
        for one in memberships:
            one.was = values(one)


def test_what_is_stored_here_while_a_row_is_read_again_stays() -> None:
    async def main() -> None:
        place = house()
        shared = Shared(place)
        ann = place.client("Ann", "den")
        await place.call(ann, "join-channel", target="den")
        await settled(place)
        shared.may_go_on.clear()
        shared.reading.clear()
        again = asyncio.ensure_future(place.hub.places._others._again("id-Ann", "den"))
        await shared.reading.wait()
        assert (await place.call(ann, "notify", target="den", level="none"))["action"] == "ok"
        await place.hub.places.writer.written()
        shared.may_go_on.set()
        await again
        own = await place.hub.places.own(ann.user)
        assert own["den"].level == "none"

    run(main)


def test_what_begins_here_while_its_row_is_looked_for_stays() -> None:
    async def main() -> None:
        place = house()
        shared = Shared(place)
        ann = place.client("Ann", "hall")
        await settled(place)
        await place.call(place.client("Bob"), "join-channel", target="den")
        await settled(place)
        shared.may_go_on.clear()
        shared.reading.clear()
        again = asyncio.ensure_future(place.hub.places._others._again("id-Ann", "den"))
        await shared.reading.wait()
        joining = asyncio.ensure_future(place.call(ann, "join-channel", target="den"))
        await turns()
        shared.may_go_on.set()
        await asyncio.gather(again, joining)
        await settled(place)
        own = await place.hub.places.own(ann.user)
        assert not own["den"].ended

    run(main)
