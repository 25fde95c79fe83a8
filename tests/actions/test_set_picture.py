"""Pictures of people and of the server: who sets them, who learns of them, and how they go."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Client, House, pass_time, run
from tests.town import Town
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.files import GRACE, UNPOSTED, Blob, File, Looked
from tornado_chat.chat.pictures import AGAIN
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.config.settings import Settings


class Gallery(House):
    """A house in which every file called .png is a picture, and squares are cut of what is in it."""

    def __init__(self, **house: Any) -> None:
        super().__init__(**house)
        self.keep_files()
        self.hub.gather = 0.0
        self.hub.files.look = self._look
        self.hub.files.pictures.cut = self._cut

    @property
    def files(self) -> Any:
        return self.hub.files

    async def _look(self, path: Path, name: str) -> Looked:
        return Looked("image/png", 800, 600) if name.endswith(".png") else Looked("text/plain")

    async def _cut(self, blob: Blob, kind: str) -> Mapping[int, Blob]:
        assert kind == "image/png"
        data = await self.bytes_of(blob)
        return {side: await self.files.blobs.put(b"%d px of %s" % (side, data)) for side in (64, 256)}

    async def bytes_of(self, blob: Blob) -> bytes:
        return b"".join([piece async for piece in self.files.read(blob)])

    async def upload(self, client: Client, name: str = "a.png", data: bytes = b"data") -> str:
        return (await self.files.add(client.user, name, data)).id

    async def set(self, client: Client, name: str = "a.png", **about: Any) -> str:
        answer = await self.call(client, "set-picture", file=await self.upload(client, name), **about)
        return str(answer["picture"])

    async def get(self, client: Client, id: str) -> File:
        found: File = await self.files.get(client.user, id)
        return found


def test_a_picture_is_cut_out_and_seen_by_whoever_is_let_in() -> None:
    async def main() -> None:
        house = Gallery()
        ann, eve = house.client("Ann", "den"), house.client("Eve")
        upload = await house.upload(ann)
        answer = await house.call(ann, "set-picture", file=upload)
        picture = answer["picture"]
        assert (answer["action"], picture != upload) == ("ok", True)
        assert ann.user.picture == picture
        file = await house.get(eve, picture)
        assert (file.type, file.width, file.height) == ("image/webp", 256, 256)
        assert await house.bytes_of(file.blob) == await house.bytes_of(file.thumbnails[256]) == b"256 px of data"
        assert await house.bytes_of(file.thumbnails[64]) == b"64 px of data"
        with pytest.raises(Refused, match="no such file"):
            await house.get(eve, upload)

    run(main)


def test_every_line_that_names_somebody_names_their_picture_as_it_is_then() -> None:
    async def main() -> None:
        house = Gallery()
        ann, bob = house.client("Ann"), house.client("Bob")
        for client in (ann, bob):
            await house.call(client, "join-channel", target="den")
        await house.call(ann, "send-message", ref="old", target="den", message="before")
        first = await house.set(ann)
        await house.call(ann, "send-message", ref="new", target="den", message="since")
        assert bob.of("send-message")[-1]["sender"] == {"id": "id-Ann", "name": "Ann", "picture": first}
        for turn in range(3):
            picture = first if turn == 0 else await house.set(ann) if turn == 1 else ""
            if turn == 2:
                await house.call(ann, "set-picture", file="")
            history = await house.call(bob, "history", target="den")
            assert {one["sender"].get("picture", "") for one in history["messages"]} == {picture}
            for action, field in (("who", "users"), ("users", "users")):
                users = (await house.call(bob, action, **({"target": "den"} if action == "who" else {})))[field]
                found = [one.get("user", one) for one in users]
                assert [one.get("picture", "") for one in found if one["id"] == "id-Ann"] == [picture]

    run(main)


def test_a_change_is_told_to_ones_own_connections_and_to_those_who_see_one() -> None:
    async def main() -> None:
        house = Gallery()
        ann, own, bob, cid, eve = (house.client(name) for name in ("Ann", "Ann", "Bob", "Cid", "Eve"))
        for client in (ann, bob):
            await house.call(client, "join-channel", target="den")
        talk = (await house.call(ann, "open-direct", users=["id-Cid"]))["channel"]
        await house.call(ann, "send-message", ref="hi", target=talk, message="hi")
        await pass_time(2)
        picture = await house.set(ann)
        await pass_time(2)
        user = {"id": "id-Ann", "name": "Ann", "picture": picture}
        for client in (ann, own):
            assert client.of("picture") == [{"action": "picture", "user": user}]
        assert user in bob.of("presence")[-1]["joined"]
        assert not [line for line in bob.of("send-message") if "is now" in line["message"]]
        assert cid.channels()[talk]["with"] == [user]
        assert "id-Ann" not in str(eve.events)

    run(main)


@pytest.mark.parametrize("whose", ["others", "none", "text"])
def test_only_ones_own_pictures_can_be_shown(whose: str) -> None:
    async def main() -> None:
        house = Gallery()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        if whose == "none":
            id = "x" * 22
        else:
            id = await house.upload(bob if whose == "others" else ann, "a.txt" if whose == "text" else "a.png")
        if whose == "others":
            await house.call(bob, "send-message", ref="m", target="den", message="", files=[id])
        answer = await house.call(ann, "set-picture", file=id)
        assert answer["code"] == ("invalid-field" if whose == "text" else "not-found")
        if whose != "text":
            assert answer["message"] == "there is no such file"
        assert ann.user.picture == ""

    run(main)


def test_without_pillow_there_are_no_pictures() -> None:
    async def main() -> None:
        house = Gallery()
        house.files.pictures.cut = None
        ann = house.client("Ann")
        answer = await house.call(ann, "set-picture", file=await house.upload(ann))
        assert answer["code"] == "invalid-field"

    run(main)


def test_the_servers_picture_is_for_administrators_and_all_are_told() -> None:
    async def main() -> None:
        house = Gallery()
        ann, root = house.client("Ann"), house.client("Root", role="admin")
        answer = await house.call(ann, "set-picture", file=await house.upload(ann), server=True)
        assert (answer["code"], house.files.pictures.of_server) == ("not-allowed", "")
        picture = await house.set(root, server=True)
        assert house.files.pictures.of_server == picture
        assert root.user.picture == ""
        assert await house.get(ann, picture)
        await house.call(root, "set-picture", file="", server=True)
        for client in (ann, root):
            assert client.of("picture") == [{"action": "picture", "server": one} for one in (picture, "")]
        assert [one["power"] for one in await house.hub.moderation.recorded()] == ["server-picture"] * 2

    run(main)


def test_a_picture_stays_and_the_one_before_goes() -> None:
    async def main() -> None:
        house = Gallery()
        ann = house.client("Ann")
        first, upload = await house.set(ann), await house.upload(ann)
        await house.files._rows.expire(int(1000 * (time.time() + 2 * UNPOSTED)), 0)
        assert await house.get(ann, first)
        with pytest.raises(Refused, match="no such file"):
            await house.get(ann, upload)
        second = await house.set(ann)
        with pytest.raises(Refused, match="no such file"):
            await house.get(ann, first)
        later = int(1000 * (time.time() + 2 * GRACE))
        kept = {blob.name for blob in (await house.get(ann, second)).thumbnails.values()}
        assert not kept & set((await house.files._rows.expire(0, later)).blobs)
        await house.call(ann, "set-picture", file="")
        assert kept <= set((await house.files._rows.expire(0, later)).blobs)

    run(main)


def test_a_picture_is_no_file_for_messages() -> None:
    async def main() -> None:
        house = Gallery()
        ann = house.client("Ann", "den")
        picture = await house.set(ann)
        answer = await house.call(ann, "send-message", ref="m", target="den", message="", files=[picture])
        assert answer["code"] == "not-found"

    run(main)


def test_the_picture_of_who_is_removed_goes_with_them_and_others_stay() -> None:
    async def main() -> None:
        house = Gallery()
        ann, bob = house.client("Ann"), house.client("Bob")
        gone, kept = await house.set(ann), await house.set(bob)
        await house.hub.memberships.erase("id-Ann")
        await house.files.pictures.load()
        assert (ann.user.picture, bob.user.picture) == ("", kept)
        with pytest.raises(Refused, match="no such file"):
            await house.get(ann, gone)
        assert await house.get(ann, kept)

    run(main)


def test_pictures_are_set_as_rarely_as_names() -> None:
    async def main() -> None:
        house = Gallery()
        ann = house.client("Ann")
        ann.connection.gate = Limits(Settings(), lambda: 0.0).enter("id-Ann", "192.0.2.1")
        answers = [await house.call(ann, "set-picture", file="") for _ in range(4)]
        assert [one.get("code", "ok") for one in answers] == ["ok", "ok", "ok", "rate-limited"]

    run(main)


def test_a_guest_with_a_picture_is_somebody_from_then_on() -> None:
    async def main() -> None:
        house = Gallery()
        ann = house.client("Ann")
        online = house.hub.here(ann.user)
        assert online is not None
        online.kept = False
        await house.set(ann)
        assert online.kept

    run(main)


# On several nodes


def galleries() -> tuple[Town, Gallery, Gallery]:
    """Two nodes that share the bytes of files, too."""
    town = Town()
    one, two = (Gallery(**town.about(name)) for name in ("one", "two"))
    two.files.blobs = one.files.blobs
    return town, one, two


def test_another_picture_is_known_on_all_nodes_before_anybody_hears_of_it() -> None:
    async def main() -> None:
        _, one, two = galleries()
        ann, again, eve = one.client("Ann", "den"), two.client("Ann", "den"), two.client("Eve", "den")
        picture = await one.set(ann)
        assert picture in two.files.pictures
        assert (await two.get(eve, picture)).width == 256
        assert ann.of("picture") == again.of("picture") == [{"action": "picture", "user": ann.user.shown()}]
        assert (await one.call(ann, "set-picture", file=""))["picture"] == ""
        assert picture not in two.files.pictures
        assert [event["user"] for event in again.of("picture")] == [
            {"id": "id-Ann", "name": "Ann", "picture": picture},
            {"id": "id-Ann", "name": "Ann"},
        ]

    run(main)


def test_the_servers_picture_is_told_on_all_nodes_and_each_says_it_to_whom_comes() -> None:
    async def main() -> None:
        _, one, two = galleries()
        boss, eve = one.client("Boss", role="admin"), two.client("Eve")
        described = []
        two.files.pictures.on_server = lambda: described.append(two.files.pictures.of_server)
        picture = await one.set(boss, server=True)
        assert boss.of("picture") == eve.of("picture") == [{"action": "picture", "server": picture}]
        assert described == [picture]
        await pass_time(AGAIN + 1)
        assert described == [picture]

    run(main)


def test_two_nodes_that_set_one_at_once_and_one_that_has_missed_it_know_what_is_stored() -> None:
    async def main() -> None:
        town, one, two = galleries()
        ann, again = one.client("Ann"), two.client("Ann")
        for house, client in ((one, ann), (two, again)):
            await house.set(client)  # the first: it is uploaded
        pending = [asyncio.ensure_future(house.set(client)) for house, client in ((one, ann), (two, again))]
        await asyncio.gather(*pending)
        await pass_time(AGAIN + 1)
        stored = await town.repositories.files.pictures()
        assert one.files.pictures._known == two.files.pictures._known == stored
        there = town.wires.nodes.pop("two")
        await one.set(ann)
        town.wires.nodes["two"] = there
        for back in there.back:
            await back()
        await pass_time(AGAIN + 1)
        assert two.files.pictures._known == await town.repositories.files.pictures() != stored

    run(main)


def test_a_picture_that_is_set_while_all_are_read_stays_known() -> None:
    async def main() -> None:
        house = Gallery()
        ann = house.client("Ann")
        pictures = house.files.pictures
        read = pictures._rows.pictures

        async def slowly() -> Any:
            found = await read()
            await asyncio.sleep(1)
            return found

        pictures._rows.pictures = slowly
        loading = asyncio.ensure_future(pictures.load())
        await asyncio.sleep(0.5)
        picture = await house.set(ann)
        await loading
        assert picture in pictures

    run(main)
