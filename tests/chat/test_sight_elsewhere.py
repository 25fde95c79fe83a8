"""What somebody may see who is connected to another node: no more than there, whichever node is asked."""

from tests.chat.test_elsewhere import in_town, settled
from tests.helpers import Client, House
from tests.town import Town
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.user_ids import guest_id
from tornado_chat.storage.memory_attachments import MemoryAttachments


def keep_files(town: Town) -> None:
    """Let all houses keep files in one place, and messages have those alone that are there."""
    town.history.attachments = MemoryAttachments(town.kept)
    for house in town.houses:
        house.hub.files.blobs = town.houses[0].hub.files.blobs


async def post(house: House, client: Client, text: str, channel: str = "den") -> str:
    """Post a file; return its id."""
    file = await house.hub.files.add(client.user, "a.txt", text.encode())
    answer = await house.call(client, "send-message", target=channel, message=text, files=[file.id], ref=text)
    assert answer["action"] == "ok", answer
    return file.id


async def have(house: House, client: Client, *files: str) -> list[bool]:
    """Return which files somebody may have of a node."""
    found = []
    for id in files:
        try:
            await house.hub.files.get(client.user, id)
        except Refused as refused:
            assert (refused.code, refused.message) == ("not-found", "there is no such file")
            found.append(False)
        else:
            found.append(True)
    return found


def test_files_of_what_somebody_does_not_see_are_not_there_at_the_other_node_either() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        keep_files(town)
        boss = a.client("Boss", role="admin")
        await a.call(boss, "join-channel", target="den")
        old = await post(a, boss, "old")
        await a.call(boss, "set-channel", target="den", newcomers="from-joining")
        late, guest = b.client("Late"), b.client("Guest", id=guest_id(), role="guest")
        for client in (late, guest):
            await b.call(client, "join-channel", target="den")
        await settled(a, b)
        new = await post(a, boss, "new")
        await settled(a, b)
        assert guest.user in a.hub.channels["den"].present
        for client in (late, guest):
            assert await have(b, client, old, new) == [False, True]
            assert await have(a, client, old, new) == [False, True]
        b.hub.leave(guest.connection, "den")
        await settled(a, b)
        assert guest.user not in a.hub.channels["den"].present
        assert await have(b, guest, old, new) == await have(a, guest, old, new) == [False, True]
        await b.call(guest, "leave-channel", target="den")
        await settled(a, b)
        assert await have(b, guest, old, new) == await have(a, guest, old, new) == [False, False]

    in_town(main)


def test_files_of_an_open_channel_are_there_for_visitors_at_any_node() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        keep_files(town)
        boss = a.client("Boss", role="admin")
        await a.call(boss, "join-channel", target="den")
        guest = b.client("Guest", id=guest_id(), role="guest")
        file = await post(a, boss, "open")
        assert await have(a, guest, file) == await have(b, guest, file) == [False]
        await b.call(guest, "join-channel", target="den")
        await settled(a, b)
        assert await have(a, guest, file) == await have(b, guest, file) == [True]
        await b.call(guest, "leave-channel", target="den")
        await settled(a, b)
        assert await have(a, guest, file) == await have(b, guest, file) == [False]

    in_town(main)


def test_an_edit_mentions_nobody_at_the_other_node_who_does_not_see_the_message() -> None:
    async def main(town: Town, a: House, b: House) -> None:
        boss = a.client("Boss", role="admin")
        await a.call(boss, "join-channel", target="den")
        await a.call(boss, "send-message", target="den", message="old", ref="1")
        await a.call(boss, "set-channel", target="den", newcomers="from-joining", ref="2")
        late = b.client("Late")
        await b.call(late, "join-channel", target="den")
        await a.call(boss, "send-message", target="den", message="new", ref="3")
        await settled(a, b)
        for seq, mentioned in ((1, 0), (2, 1)):
            answer = await a.call(boss, "edit-message", target="den", seq=seq, message="for @Late", ref=f"edit {seq}")
            assert answer["action"] == "ok", answer
            await settled(a, b)
            changed = (await town.history.get("den", [seq]))[0].extra or {}
            assert len(changed.get("mentions", ())) == mentioned
        assert "old" not in str(late.events)

    in_town(main)
