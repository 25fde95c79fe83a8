"""Who may have a file: who may read a message that has it, as of now; its owner alone before that."""

from tests.helpers import Client, House, run, turns
from tornado_chat.chat.errors import Refused


class Building(House):
    """A house with Ann, Bob and Eve, and a private den of Ann's and Bob's."""

    async def open(self) -> "Building":
        self.keep_files()
        self.ann, self.bob, self.eve = (self.client(name) for name in ("Ann", "Bob", "Eve"))
        answer = await self.call(self.ann, "create-channel", kind="private", title="Den", users=["id-Bob"])
        self.den = answer["channel"]
        return self

    async def post(self, client: Client, target: str, file: str = "") -> tuple[str, int]:
        """Have somebody post a new file, or one that is there; return its id, and the number of the message."""
        id = file or (await self.hub.files.add(client.user, "a.txt", b"data")).id
        answer = await self.call(client, "send-message", ref=f"{target} {id}", target=target, message="", files=[id])
        assert answer["action"] == "ok", answer
        return id, answer["seq"]

    async def have(self, id: str, *clients: Client) -> list[str]:
        """Return the names of those who may have a file."""
        names = []
        for client in clients or (self.ann, self.bob, self.eve):
            try:
                await self.hub.files.get(client.user, id, client.connection.allowed)
            except Refused as refused:
                assert (refused.code, refused.message) == ("not-found", "there is no such file")
            else:
                names.append(client.user.name)
        return names


def test_members_have_it_whether_they_are_there_or_not_and_nobody_else_has_not_even_administrators() -> None:
    async def main() -> None:
        house = await Building().open()
        root = house.client("Root", role="admin")
        id, _ = await house.post(house.ann, house.den)
        assert await house.have(id) == ["Ann", "Bob"]
        assert await house.have(id, root) == []
        await house.call(root, "join-channel", target=house.den)
        assert await house.have(id, root) == ["Root"]

    run(main)


def test_who_has_left_or_was_removed_has_it_no_more_its_owner_neither() -> None:
    async def main() -> None:
        house = await Building().open()
        id, _ = await house.post(house.ann, house.den)
        await house.call(house.bob, "join-channel", target=house.den)
        own, _ = await house.post(house.bob, house.den)
        assert await house.have(own) == ["Ann", "Bob"]
        await house.call(house.ann, "remove-member", target=house.den, user="id-Bob")
        assert await house.have(id) == await house.have(own) == ["Ann"]
        await house.call(house.ann, "invite", target=house.den, user="id-Bob")
        assert await house.have(own) == ["Ann", "Bob"]
        await house.call(house.bob, "leave-channel", target=house.den)
        assert await house.have(own) == ["Ann"]

    run(main)


def test_visitors_have_it_while_they_are_present() -> None:
    async def main() -> None:
        house = await Building().open()
        await house.call(house.ann, "join-channel", target="hall")
        id, _ = await house.post(house.ann, "hall")
        assert await house.have(id) == ["Ann"]
        house.hub.join(house.eve.connection, "hall")  # without a membership
        assert await house.have(id) == ["Ann", "Eve"]
        house.hub.leave(house.eve.connection, "hall")
        assert await house.have(id) == ["Ann"]

    run(main)


def test_who_came_later_has_what_was_posted_since_where_newcomers_see_no_more() -> None:
    async def main() -> None:
        house = await Building().open()
        await house.call(house.ann, "set-channel", target=house.den, newcomers="from-joining")
        before, _ = await house.post(house.ann, house.den)
        await house.call(house.ann, "invite", target=house.den, user="id-Eve")
        since, _ = await house.post(house.ann, house.den)
        for _ in range(2):
            assert await house.have(before) == ["Ann", "Bob"]
            assert await house.have(since) == ["Ann", "Bob", "Eve"]
            await house.call(house.eve, "join-channel", target=house.den)
        answer = await house.call(house.eve, "send-message", ref="x", target=house.den, message="", files=[before])
        assert answer["code"] == "not-found"

    run(main)


def test_a_token_has_the_files_of_its_channels_alone() -> None:
    async def main() -> None:
        house = await Building().open()
        await house.call(house.ann, "join-channel", target="hall")
        inside, _ = await house.post(house.ann, house.den)
        outside, _ = await house.post(house.ann, "hall")
        bot = house.client("Bob")
        bot.connection.allowed = frozenset({"hall"})
        await house.call(bot, "join-channel", target="hall")
        assert await house.have(inside, house.bob, bot) == ["Bob"]
        assert await house.have(outside, bot) == ["Bob"]
        answer = await house.call(bot, "send-message", ref="x", target="hall", message="", files=[inside])
        assert answer["code"] == "not-found"

    run(main)


def test_the_people_of_a_direct_conversation_have_it() -> None:
    async def main() -> None:
        house = await Building().open()
        talk = (await house.call(house.ann, "open-direct", users=["id-Eve"]))["channel"]
        id, _ = await house.post(house.ann, talk)
        assert await house.have(id) == ["Ann", "Eve"]

    run(main)


def test_whoever_is_shown_it_elsewhere_has_it_until_that_message_goes() -> None:
    async def main() -> None:
        house = await Building().open()
        id, first = await house.post(house.ann, house.den)
        for client in (house.bob, house.eve):
            await house.call(client, "join-channel", target="hall")
        _, second = await house.post(house.bob, "hall", id)
        assert await house.have(id) == ["Ann", "Bob", "Eve"]
        await house.call(house.ann, "delete-message", ref="1", target=house.den, seq=first)
        assert await house.have(id) == ["Bob", "Eve"]
        await house.call(house.bob, "delete-message", ref="2", target="hall", seq=second)
        assert await house.have(id) == []

    run(main)


def test_a_channel_that_is_deleted_takes_its_files_along() -> None:
    async def main() -> None:
        house = await Building().open()
        id, _ = await house.post(house.ann, house.den)
        await house.hub.places.delete(house.den)
        await turns()
        assert await house.have(id) == []

    run(main)
