"""What a node has in memory, while it reads again what another node has written: what it writes itself counts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tests.chat.test_places import house, settled
from tests.helpers import House, pass_time, run, turns
from tests.town import Town
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
        again = asyncio.ensure_future(place.hub.places._others._rereading.membership("id-Ann", "den"))
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
        again = asyncio.ensure_future(place.hub.places._others._rereading.membership("id-Ann", "den"))
        await shared.reading.wait()
        joining = asyncio.ensure_future(place.call(ann, "join-channel", target="den"))
        await turns()
        shared.may_go_on.set()
        await asyncio.gather(again, joining)
        await settled(place)
        own = await place.hub.places.own(ann.user)
        assert not own["den"].ended

    run(main)


def test_a_record_that_is_set_elsewhere_while_it_is_first_read_here_is_known_as_it_is_now() -> None:
    async def main() -> None:
        town = Town("a", "b")
        a, b = town.houses
        await turns()
        await a.hub.memberships.create(ChannelRecord("den"), [])
        known = await a.hub.places.record("den")
        assert known is not None
        storage: Any = b.hub.places.storage
        read, has_read, may_go_on = storage.record, asyncio.Event(), asyncio.Event()

        async def slowly(name: str) -> ChannelRecord | None:
            found: ChannelRecord | None = await read(name)
            has_read.set()
            await may_go_on.wait()
            return found

        storage.record = slowly
        reading = asyncio.ensure_future(b.hub.places.record("den"))
        await has_read.wait()
        await a.hub.places.set_record(known, {"title": "The den"})
        may_go_on.set()
        record = await reading
        await pass_time(2)
        assert record is not None
        assert record.title == "The den"

    run(main)


def test_after_a_gap_what_is_known_of_all_is_read_by_one_query_and_people_are_told_what_is_new() -> None:
    async def main() -> None:
        town = Town("a", "b")
        a, b = town.houses
        await turns()
        boss, people = a.client("Boss", role="admin"), [b.client(f"Ann{n}", id=f"a:{n}") for n in range(5)]
        secret = await a.call(boss, "create-channel", kind="private", title="Secret")
        await a.call(boss, "invite", target=secret["channel"], users=["a:0"])
        for name in ("den", "hall", "yard"):
            await a.call(boss, "join-channel", target=name)
            for ann in people:
                await b.call(ann, "join-channel", target=name)
        await b.call(people[0], "join-channel", target=secret["channel"])
        await pass_time(2)
        b.hub.nodes._hear = {}  # type: ignore[attr-defined]
        await a.call(boss, "set-channel", target="den", title="The den")
        await a.call(boss, "remove-member", target="hall", user="a:1", reason="shouting")
        await a.call(boss, "set-role", target="yard", user="a:2", role="moderator")
        await a.call(boss, "set-channel", target=secret["channel"], archived=True)
        await a.hub.places.delete(secret["channel"])
        await pass_time(2)
        asked: list[str] = []
        for kind in ("of_user", "of_users", "membership", "record", "records"):
            _note(b.hub.places.storage, kind, asked)
        before = [len(ann.events) for ann in people]
        for back in town.nodes("b").back:
            await back()
        await pass_time(2)
        assert asked == ["records", "of_users"]
        news = [ann.events[at:] for ann, at in zip(people, before, strict=True)]
        lists = [[one for one in told if one["action"] == "channels"] for told in news]
        assert [one["channel"] for one in lists[0][0]["removed"]] == [secret["channel"]]
        assert [one["channel"] for one in lists[1][0]["removed"]] == ["hall"]
        assert [(one["channel"], one["role"]) for one in lists[2][0]["changed"]] == [("yard", "moderator")]
        assert lists[3:] == [[], []]
        for told in news:
            assert [one["title"] for one in told if one["action"] == "channel"] == ["The den"]
        assert secret["channel"] not in people[0].connection.channels

    run(main)


def test_gaps_that_come_faster_than_all_is_read_again_do_not_keep_it_from_being_read() -> None:
    async def main() -> None:
        town = Town("a", "b")
        _, b = town.houses
        people = [b.client(f"Ann{n}", id=f"a:{n}") for n in range(120)]
        for ann in people:
            await b.call(ann, "join-channel", target="den")
        await settled(b)
        storage: Any = b.hub.places.storage
        read, asked = storage.of_users, list[str]()

        async def slowly(users: Sequence[str]) -> list[Membership]:
            asked.extend(users)
            await asyncio.sleep(2)
            return list(await read(users))

        storage.of_users = slowly
        for _ in range(20):
            for back in town.nodes("b").back:
                await back()
            await pass_time(1)
        await pass_time(60)
        assert set(asked) == {one.user.id for one in people}
        assert 2 <= asked.count("a:0") <= 5

    run(main)


def _note(storage: Any, kind: str, asked: list[str]) -> None:
    read = getattr(storage, kind)

    async def note(*about: Any) -> Any:
        asked.append(kind)
        return await read(*about)

    setattr(storage, kind, note)
