"""A channel with its hub and connections on transports that record: what leaves, to whom, in which order."""

from contextlib import suppress
from typing import Any

import pytest

from tests.helpers import FakeTransport, House, pass_time, run, turns
from tornado_chat.chat.batching import Batcher
from tornado_chat.chat.connection import MAX_WAITING, Connection
from tornado_chat.chat.delivery import SLICE
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.models import User
from tornado_chat.web.socket.frames import text_frames


def frame_texts(frames: list[list[dict[str, Any]]]) -> list[list[str]]:
    """The shown words of each frame that shows any."""
    shown = [[event["message"] for event in frame if "message" in event] for frame in frames]
    return [texts for texts in shown if texts]


# One frame per rest


def test_what_comes_in_one_go_leaves_in_one_frame_the_same_bytes_for_everyone() -> None:
    async def main() -> None:
        chat = House()
        ann, bob, eve = chat.client("Ann", "den"), chat.client("Bob", "den"), chat.client("Eve", "attic")
        for number in range(5):
            chat.hub.channel("den").post(str(number))
        assert ann.transport.frames == []
        await turns()
        assert frame_texts(ann.frames) == [["0", "1", "2", "3", "4"]]
        assert [event["seq"] for event in ann.events] == [1, 2, 3, 4, 5]
        assert ann.transport.frames[0] is bob.transport.frames[0]
        assert eve.transport.frames == []

    run(main)


def test_a_plugin_sends_events_under_names_of_its_own_alone() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann", "den")
        den = chat.hub.channel("den")
        reserved = ("hello", "ok", "error", "renamed", "actions", "presence", "send-message")
        for action in (*reserved, "", None, {"action": "x"}, type("Text", (str,), {})("wave")):
            for send in (
                lambda action=action: den.publish(action),
                lambda action=action: den.tell(ann.user, action),
                lambda action=action: ann.connection.send({"action": action}),
            ):
                with pytest.raises(ValueError, match="an action of its own"):
                    send()
        with pytest.raises(ValueError, match="an action of its own"):
            ann.connection.send({"motto": "x"})
        for action, fields in (("typing", {}), ("typing", {"user": "Ann"}), ("read", {"user": ann.user, "seq": "7"})):
            with pytest.raises(ValueError, match=f"'{action}' needs"):
                den.publish(action, **fields)
        for field in ("action", "id", "message", "ref", "seq", "target", "time"):
            for how in (den.notice, lambda text, **fields: ann.connection.show("den", text, **fields)):
                if field not in ("target", "message"):
                    with pytest.raises(ValueError, match=f"its own {field}"):
                        how("x", **{field: "x"})
        await turns()
        assert ann.events == []
        den.publish("wave")
        den.notice("x", event="wave")
        await turns()
        assert [event["action"] for event in ann.events] == ["wave", "send-message"]

    run(main)


def test_kept_and_passing_lines_never_share_a_frame_and_keep_their_order() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann", "den")
        den = chat.hub.channel("den")
        for text in ("a", "b"):
            den.post(text)
        for text in ("c", "d"):
            den.notice(text)
        den.post("e")
        den.publish("wave", hands=2)
        await turns()
        assert [[event.get("message", "wave") for event in frame] for frame in ann.frames] == [
            ["a", "b"], ["c", "d"], ["e"], ["wave"],
        ]  # fmt: skip
        assert ann.of("wave") == [{"action": "wave", "channel": "den", "hands": 2}]

    run(main)


def test_a_frame_is_cut_at_256_kib_and_the_rest_goes_in_the_next() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann", "den")
        for number in range(200):
            chat.hub.channel("den").post(f"{number} " + "x" * 3990)
        await turns()
        assert [text.split()[0] for text in ann.texts] == [str(number) for number in range(200)]
        assert 4 <= len(ann.transport.frames) < 10
        assert max(map(len, ann.transport.frames)) <= 256 * 1024 + 10

    run(main)


def test_a_line_that_skips_a_user_keeps_its_place_and_reaches_none_of_its_connections() -> None:
    async def main() -> None:
        chat = House()
        ann, bob, again = chat.client("Ann", "den"), chat.client("Bob", "den"), chat.client("Bob", "den")
        den = chat.hub.channel("den")
        den.post("a")
        den.notice("b", skip=bob.user)
        den.post("c")
        await turns()
        assert frame_texts(ann.frames) == [["a"], ["b"], ["c"]]
        assert [text for one in (bob, again) for text in one.texts] == ["a", "c"] * 2

    run(main)


# Members


def test_what_came_before_a_change_of_members_goes_to_those_who_were_there() -> None:
    async def main() -> None:
        chat = House(announce_limit=0)
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        chat.hub.channel("den").post("before")
        eve = chat.client("Eve", "den")
        chat.hub.channel("den").post("between")
        chat.hub.leave(bob.connection, "den")
        chat.hub.channel("den").post("after")
        await turns()
        assert [one.texts for one in (ann, bob, eve)] == [
            ["before", "between", "after"], ["before", "between"], ["between", "after"],
        ]  # fmt: skip

    run(main)


def test_a_user_with_two_connections_comes_and_goes_once() -> None:
    async def main() -> None:
        chat = House()
        ann, bob, again = chat.client("Ann", "den"), chat.client("Bob"), chat.client("Bob")
        for one in (bob, again, bob):
            await chat.call(one, "join-channel", target="den")
        for one in (bob, again):
            assert "left" not in str(ann.texts)
            chat.hub.remove(one.connection)
            await turns()
        assert ann.texts == ["Bob joined the channel", "Bob left the channel"]
        assert again.texts == []
        assert {user.id for user in chat.hub.present()} == {"id-Ann"}

    run(main)


def test_with_its_last_member_a_channel_goes_and_its_history_stays() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann", "den")
        chat.hub.channel("den").post("kept")
        chat.hub.leave(ann.connection, "den")
        assert chat.hub.channels == {}
        assert list(chat.hub.present("den")) == []
        chat.hub.channel("den").post("to nobody")
        assert await chat.history.last("den") == 2

    run(main)


def test_a_channel_is_found_by_any_spelling_of_its_name() -> None:
    async def main() -> None:
        chat = House()
        chat.client("Ann", "my den")
        den = chat.hub.channels["my den"]
        assert chat.hub.channel(" ｍy den") is den
        with pytest.raises(Refused, match="1 to 64"):
            chat.hub.channel(" ")

    run(main)


def test_a_connection_that_has_ended_joins_no_more() -> None:
    async def main() -> None:
        chat = House()
        ann = chat.client("Ann")
        chat.hub.remove(ann.connection)
        with suppress(Refused):
            chat.hub.join(ann.connection, "den")
        assert chat.hub.channels == {}

    run(main)


@pytest.mark.parametrize(("limit", "told"), [(3, True), (2, False)])
def test_above_announce_limit_members_nobody_is_announced_in_words_or_by_name(limit: int, told: bool) -> None:
    async def main() -> None:
        chat = House(announce_limit=limit)
        ann, _bob, eve = chat.client("Ann", "den"), chat.client("Bob", "den"), chat.client("Eve")
        await pass_time(1)
        ann.transport.frames.clear()
        await chat.call(eve, "join-channel", target="den")
        await pass_time(1)
        (presence,) = ann.of("presence")
        assert (presence["count"], "joined" in presence) == (3, told)
        chat.hub.remove(eve.connection)
        await turns()
        assert ann.texts == (["Eve joined the channel", "Eve left the channel"] if told else [])

    run(main)


# Presence


def test_arrivals_and_departures_are_gathered_over_a_moment() -> None:
    async def main() -> None:
        chat = House()
        ann, bob = chat.client("Ann", "den"), chat.client("Bob", "den")
        await pass_time(1)
        ann.transport.frames.clear()
        for number in range(50):
            chat.client(f"g{number}", "den")
        chat.hub.leave(bob.connection, "den")
        await pass_time(1)
        (presence,) = ann.of("presence")
        assert presence["channel"] == "den"
        assert presence["count"] == 51
        assert [user["name"] for user in presence["joined"]] == [f"g{number}" for number in range(50)]
        assert presence["left"] == [{"id": "id-Bob", "name": "Bob"}]

    run(main)


def test_who_came_and_went_within_the_moment_is_told_to_no_one() -> None:
    async def main() -> None:
        chat = House()
        ann, bob = chat.client("Ann", "den"), chat.client("Bob")
        await pass_time(1)
        ann.transport.frames.clear()
        for _ in range(3):
            chat.hub.join(bob.connection, "den")
            chat.hub.leave(bob.connection, "den")
        await pass_time(1)
        assert ann.of("presence") == []

    run(main)


# Slices


def test_slices_keep_the_order_and_who_leaves_meanwhile_gets_no_more() -> None:
    async def main() -> None:
        chat = House(announce_limit=0)
        first, last = chat.client("first", "den"), None
        for number in range(2 * SLICE):
            last = chat.client(f"g{number}", "den")
        goer = chat.client("goer", "den")
        assert last is not None
        den = chat.hub.channel("den")
        den.post("a")
        den.flush()
        assert (first.texts, last.texts) == (["a"], [])
        den.post("b")
        den.notice("c", skip=last.user)
        den.flush()
        chat.hub.remove(goer.connection)
        for member in list(den.members)[1:-1]:  # a small channel by now; what comes still queues behind
            chat.hub.remove(member)
        den.post("d")
        assert first.texts == ["a"]
        await turns()
        assert first.texts == ["a", "b", "c", "d"]
        assert last.texts == ["a", "b", "d"]
        assert goer.texts == []

    run(main)


# A slow reader


class Reader:
    """A connection with its wire, of which `unread` bytes wait."""

    def __init__(self, unread: int) -> None:
        self.transport = FakeTransport()
        self.transport.unread = unread
        self.connection = Connection(User("1", "Ann"), self.transport, Batcher(text_frames))
        self.connection.fell_behind()


def test_a_reader_that_is_more_than_1_mib_behind_is_cut_off_with_1013() -> None:
    reader = Reader(MAX_WAITING - 100)
    reader.connection.write(b"x" * 100)
    assert (len(reader.transport.frames), reader.transport.aborted) == (1, [])
    reader.connection.write(b"x" * 101)
    assert (len(reader.transport.frames), reader.transport.aborted) == (1, [1013])


def test_a_reader_that_is_far_behind_goes_without_passing_events_alone() -> None:
    reader = Reader(MAX_WAITING // 2)
    reader.connection.pass_on(b"typing")
    reader.connection.write(b"kept")
    reader.transport.unread -= 1
    reader.connection.pass_on(b"presence")
    assert reader.transport.frames == [b"kept", b"presence"]


def test_a_reader_that_has_caught_up_is_bounded_no_more() -> None:
    reader = Reader(MAX_WAITING)
    reader.connection.caught_up()
    reader.connection.write(b"kept")
    reader.connection.pass_on(b"typing")
    assert reader.transport.frames == [b"kept", b"typing"]
    assert reader.transport.aborted == []


def test_a_reader_is_stalled_that_takes_nothing_for_8_seconds_whatever_is_written() -> None:
    reader = Reader(1000)
    for now in range(8):
        assert not reader.connection.is_stalled(now)
        reader.connection.write(b"x" * 100)
        reader.transport.unread += 100
    assert reader.connection.is_stalled(8)


def test_a_reader_that_takes_a_little_is_not_stalled_though_more_waits_than_before() -> None:
    reader = Reader(1000)
    for now in range(0, 60, 5):
        assert not reader.connection.is_stalled(now)
        reader.connection.write(b"x" * 100)
        reader.transport.unread += 99
    reader.connection.caught_up()
    reader.connection.fell_behind()
    assert not reader.connection.is_stalled(100)
