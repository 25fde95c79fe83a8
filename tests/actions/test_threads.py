"""Threads as clients see them: what is answered, what is told to whom and when, and what nobody learns."""

import asyncio
from itertools import count
from typing import Any

import pytest

from tests.chat.test_places import house, settled
from tests.helpers import Client, House, run, turns
from tests.storage.histories import message
from tornado_chat.chat.forgetting import DAY, forget
from tornado_chat.chat.memberships import Person
from tornado_chat.chat.models import User
from tornado_chat.chat.user_ids import guest_id

_numbers = count(1)


async def call(place: House, client: Client, action: str, **fields: Any) -> dict[str, Any]:
    """Call an action in the channel `den`, unless another one is named, with a ref of its own."""
    return await place.call(client, action, **{"ref": f"r{next(_numbers)}", "target": "den", **fields})


async def reply(place: House, client: Client, text: str = "re", thread: int = 1, **fields: Any) -> dict[str, Any]:
    return await call(place, client, "send-message", message=text, thread=thread, **fields)


async def furnished(*names: str) -> tuple[House, list[Client]]:
    """Return a house with a message of Ann's in the channel `den`, and the clients of her and of these people."""
    place = house()
    clients = [place.client(name) for name in ("Ann", *names)]
    for client in clients:
        await call(place, client, "join-channel")
    await call(place, clients[0], "send-message", message="root")
    return place, clients


async def thread(place: House, client: Client, root: int = 1, **fields: Any) -> dict[str, Any]:
    return await call(place, client, "history", thread=root, **fields)


def texts(answer: dict[str, Any]) -> list[str]:
    return [one["message"] for one in answer["messages"]]


def test_a_reply_stands_in_its_thread_and_its_root_comes_first_in_the_same_frame() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        place.hub.gather = 60.0
        await call(place, bob, "react", seq=1, key="👍")
        before = len(ann.frames)
        answer = await reply(place, bob, "one")
        assert answer["seq"] == 3
        told = [[(one["action"], one.get("what")) for one in frame] for frame in ann.frames[before:]]
        changed = [("changed", ["reacted"]), ("changed", ["replied"]), ("send-message", None)]
        assert told == [changed]  # what was gathered goes first
        event, line = ann.events[-2:]
        assert (event["about"], event["seq"], event["after"]) == (1, 3, 2)
        assert event["by"]["id"] == line["sender"]["id"] == "id-Bob"
        replies = {"count": 1, "last": line["time"], "users": ["id-Bob"]}
        assert event["set"] == {"replies": replies}
        assert (line["seq"], line["thread"], line.get("rev")) == (3, 1, None)
        found = await thread(place, ann)
        assert (texts(found), found["more"], found["root"]["rev"]) == (["one"], False, 3)
        assert found["root"]["replies"] == replies
        assert ann.messages("den")[0] == found["root"]

    run(main)


def test_the_timeline_leaves_replies_out_that_do_not_stand_in_the_channel_too() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        for number in range(3):
            await reply(place, bob, f"hidden {number}")
        await reply(place, bob, "also here", also_in_channel=True)
        await call(place, ann, "send-message", message="last")
        timeline = ["root", "also here", "last"]
        assert texts(await call(place, ann, "history", timeline=True)) == timeline
        assert texts(await call(place, ann, "history", timeline=True, before=6)) == timeline[:2]
        assert texts(await call(place, ann, "history", timeline=True, after=1, limit=1)) == ["also here"]
        around = await call(place, ann, "history", timeline=True, around=4, limit=3)
        assert (texts(around), around["more_before"], around["more_after"]) == (
            ["root", "also here", "last"],
            False,
            False,
        )
        assert len(texts(await call(place, ann, "history"))) == 6
        eve = place.client("Eve")
        assert texts(await call(place, eve, "join-channel", timeline=True, history=2)) == timeline[1:]
        since = {"epoch": place.history.epoch, "seq": 1}
        back = await call(place, place.client("Eve"), "join-channel", timeline=True, since=since)
        assert (texts(back), back["recovered"]) == (timeline[1:], True)
        found = await thread(place, ann, limit=2)
        assert (texts(found), found["more"]) == (["hidden 2", "also here"], True)
        assert texts(await thread(place, ann, before=4)) == ["hidden 0", "hidden 1"]
        assert texts(await thread(place, ann, after=4)) == ["also here"]
        assert found["messages"][-1]["also_in_channel"] is True

    run(main)


@pytest.mark.parametrize(("fields", "code"), [
    ({"thread": 2}, "invalid-field"), ({"thread": 77}, "not-found"), ({"thread": -1}, "not-found"),
    ({"thread": 2**50}, "not-found"), ({"also_in_channel": True}, "invalid-field"),
    ({"thread": 1, "reply_to": 4}, "invalid-field"), ({"thread": 1, "reply_to": 77}, "not-found"),
    ({"thread": 1, "reply_to": 2}, None), ({"thread": 1, "reply_to": 1}, None), ({"thread": 1, "reply_to": 3}, None),
    ({"reply_to": 4}, None),
])  # fmt: skip
def test_a_thread_has_a_root_that_is_no_reply_itself(fields: dict[str, Any], code: str | None) -> None:
    async def main() -> None:
        place, (ann,) = await furnished()
        await reply(place, ann)
        await call(place, ann, "send-message", message="another")
        await reply(place, ann, thread=3)
        answer = await call(place, ann, "send-message", message="x", **fields)
        assert answer.get("code") == code
        assert len((await call(place, ann, "history"))["messages"]) == 4 + (code is None)

    run(main)


@pytest.mark.parametrize("fields", [{"around": 1}, {"seqs": [1]}, {"timeline": True}])
def test_replies_are_read_before_and_after_a_number_alone(fields: dict[str, Any]) -> None:
    async def main() -> None:
        place, (ann,) = await furnished()
        assert (await thread(place, ann, **fields))["code"] == "invalid-field"

    run(main)


def test_a_repeated_reply_is_answered_as_the_first_time_and_another_one_under_its_ref_is_refused() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        first = await reply(place, bob, ref="same")
        assert await reply(place, bob, ref="same") == first
        assert (await reply(place, bob, ref="same", also_in_channel=True))["code"] == "invalid-field"
        assert (await call(place, bob, "send-message", ref="same", message="re"))["code"] == "invalid-field"
        assert (await thread(place, ann))["root"]["replies"]["count"] == 1
        await call(place, bob, "leave-channel")
        assert await reply(place, bob, ref="same") == first
        assert (await reply(place, bob, ref="same", thread=2))["code"] == "invalid-field"

    run(main)


def test_a_deleted_reply_and_its_root_change_under_one_number_in_one_frame() -> None:
    async def main() -> None:
        place, (ann, bob, eve) = await furnished("Bob", "Eve")
        for client in (bob, eve, bob):
            await reply(place, client)
        assert (await thread(place, ann))["root"]["replies"]["users"] == ["id-Bob", "id-Eve"]
        before = len(ann.frames)
        assert (await call(place, bob, "delete-message", seq=4))["seq"] == 5
        await turns()
        [frame] = [[one for one in frame if one["action"] == "changed"] for frame in ann.frames[before:]]
        assert [(one["about"], one["seq"], one["what"]) for one in frame] == [
            (4, 5, ["deleted"]),
            (1, 5, ["replied"]),
        ]
        replies = frame[1]["set"]["replies"]
        assert (replies["count"], replies["users"]) == (2, ["id-Eve", "id-Bob"])
        page = await call(place, ann, "changes", since=4, limit=1)
        assert [one["seq"] for one in page["messages"]] == [1, 4]  # a page never ends between the two
        assert (page["seq"], page["more"]) == (5, False)
        for seq, client in ((2, bob), (3, eve)):
            await call(place, client, "delete-message", seq=seq)
        assert "replies" not in (await thread(place, ann))["root"]
        await turns()
        assert ann.of("changed")[-1]["set"] == {"replies": None}
        assert ann.messages("den")[0] == (await thread(place, ann))["root"]

    run(main)


def test_a_deleted_root_keeps_its_replies_and_can_still_be_answered() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        await reply(place, bob, "one")
        await call(place, ann, "delete-message", seq=1)
        assert (await reply(place, bob, "two"))["seq"] == 4
        found = await thread(place, bob)
        assert (texts(found), found["root"]["message"]) == (["one", "two"], "")
        assert found["root"]["replies"]["count"] == 2
        assert found["root"]["deleted"]["by"] == "id-Ann"

    run(main)


def test_who_writes_is_mentioned_or_wrote_the_root_follows_a_thread_unless_they_do_not_want_to() -> None:
    async def main() -> None:
        place, (ann, bob, eve, ida) = await furnished("Bob", "Eve", "Ida")
        assert not (await thread(place, ann))["following"]
        await reply(place, bob, "for @Eve")
        follows = [(await thread(place, one))["following"] for one in (ann, bob, eve, ida)]
        assert follows == [True, True, True, False]
        unread = [(await thread(place, one))["unread"] for one in (ann, bob, eve, ida)]
        assert unread == [1, 0, 1, 0]
        await call(place, eve, "follow", seq=1, on=False)
        await reply(place, bob, "again @Eve")
        await reply(place, eve, "no")
        assert not (await thread(place, eve))["following"]
        await call(place, ida, "follow", seq=1)
        found = await thread(place, ida)
        assert (found["following"], found["unread"], found["read"]) == (True, 0, 4)
        assert (await call(place, ida, "follow", seq=2))["code"] == "invalid-field"
        assert (await call(place, ida, "follow", seq=77))["code"] == "not-found"

    run(main)


def test_an_edit_lets_those_follow_whom_it_mentions_newly() -> None:
    async def main() -> None:
        place, (_, bob, eve) = await furnished("Bob", "Eve")
        await reply(place, bob, "one")
        await reply(place, bob, "two")
        await call(place, bob, "edit-message", seq=3, message="two @Eve")
        found = await thread(place, eve)
        assert (found["following"], found["unread"], found["read"]) == (True, 1, 2)
        listed = (await call(place, eve, "threads"))["threads"]
        assert [(one["unread"], one["mentions"]) for one in listed] == [(1, 1)]

    run(main)


def test_positions_in_a_thread_are_ones_own_on_every_device_and_only_grow() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        tab = place.client("Ann")
        await call(place, tab, "join-channel")
        for _ in range(4):
            await reply(place, bob)
        await call(place, ann, "read", thread=1, seq=4)
        await call(place, ann, "read", thread=1, seq=2)
        found = await thread(place, tab)
        assert (found["read"], found["unread"]) == (4, 1)
        assert [(one["seq"], one["thread"]) for one in tab.of("read")] == [(4, 1), (4, 1)]
        assert not ann.of("read") + bob.of("read")
        await call(place, ann, "read", thread=1, seq=2, back=True)
        assert (await thread(place, tab))["unread"] == 3
        assert tab.of("read")[-1]["back"] is True
        assert (await call(place, ann, "read", thread=1, seq=6))["code"] == "invalid-field"
        assert (await call(place, ann, "read", thread=3, seq=3))["code"] == "invalid-field"
        assert (await call(place, ann, "read", thread=77, seq=3))["code"] == "not-found"
        await call(place, ann, "follow", seq=1, on=False)
        expected = {"action": "followed", "channel": "den", "about": 1, "on": False}
        assert (tab.of("followed"), ann.of("followed"), bob.of("followed")) == ([expected], [], [])
        await reply(place, ann)  # which reads up to it
        assert (await thread(place, tab))["unread"] == 0

    run(main)


def test_replies_are_not_unread_in_their_channel_but_in_their_thread() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")

        async def entry() -> dict[str, Any]:
            [found] = (await place.call(ann, "channels", own=True))["channels"]
            return {key: found.get(key) for key in ("unread", "threads")}

        await call(place, ann, "read", seq=1)
        assert await entry() == {"unread": 0, "threads": None}
        await reply(place, bob)
        await reply(place, bob, also_in_channel=True)
        assert await entry() == {"unread": 1, "threads": 1}
        await call(place, ann, "read", seq=3)
        assert await entry() == {"unread": 0, "threads": 1}
        await call(place, ann, "read", seq=3, thread=1)
        assert await entry() == {"unread": 0, "threads": None}
        await reply(place, bob)
        await call(place, ann, "follow", seq=1, on=False)
        assert await entry() == {"unread": 0, "threads": None}

    run(main)


def test_threads_are_listed_by_their_newest_reply_page_by_page() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        for time in range(2, 6):
            await place.history.append(message(f"root {time}", sender=User("id-Ann", "Ann"), channel="den"))
        for at, root in enumerate((3, 1, 5, 2), 6):
            made = message("re", sender=User("id-Bob", "Bob"), thread=root)
            made.time += at
            await place.history.append(made)
        pages, before = [], ""
        while True:
            page = await call(place, ann, "threads", limit=3, before=before)
            pages.append([one["root"]["seq"] for one in page["threads"]])
            before = page["before"]
            assert page["more"] is bool(before)
            if not before:
                break
        assert pages == [[2, 5, 1], [3]]
        assert page["threads"][0] | {"root": 0} == {"target": "den", "root": 0, "unread": 1, "mentions": 0, "read": 5}
        assert page["threads"][0]["root"]["replies"]["users"] == ["id-Bob"]
        for wrong in ("x", "1", "1-", "1-2-3", "9" * 40, "1-\u0661"):
            assert (await call(place, ann, "threads", before=wrong))["code"] == "invalid-field"
        assert [one["root"]["seq"] for one in (await call(place, bob, "threads"))["threads"]] == [2, 5, 1, 3]

    run(main)


def test_a_follower_hears_of_replies_while_not_in_the_channel_and_nobody_else_does() -> None:
    async def main() -> None:
        place, (_, bob) = await furnished("Bob")
        away, other = place.client("Ann"), place.client("Eve")
        await reply(place, bob)
        await reply(place, bob)
        await settled(place)
        await asyncio.sleep(2)
        [event] = [one for one in away.of("channels") if one.get("changed")][-1:]
        assert [(one["channel"], one["threads"], one["unread"]) for one in event["changed"]] == [("den", 1, 0)]
        assert not other.of("channels")
        assert not [one for one in away.events if one["action"] in ("send-message", "changed")]

    run(main)


def test_who_may_not_see_a_root_learns_nothing_of_its_thread() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        await call(place, ann, "set-channel", newcomers="from-joining")
        await reply(place, bob, "before")
        eve = place.client("Eve")
        await call(place, eve, "join-channel")
        before = len(eve.frames)
        last = (await reply(place, bob, "for @Eve"))["seq"]
        frame = next(one for one in eve.frames[before:] if any(two["action"] == "send-message" for two in one))
        assert frame[0] == {"action": "changed", "channel": "den", "seq": last}
        assert (frame[1]["message"], frame[1]["thread"]) == ("for @Eve", 1)  # in one frame
        for action, fields in (
            ("history", {"thread": None}), ("follow", {"seq": None}), ("read", {"thread": None, "seq": 1}),
            ("send-message", {"thread": None, "message": "x"}),
        ):  # fmt: skip
            answers = []
            for root in (1, 77):
                asked = {key: root if value is None else value for key, value in fields.items()}
                answers.append(await call(place, eve, action, ref="r", **asked))
            assert answers[0] == answers[1], action
            assert answers[0]["code"] == "not-found"
        assert (await call(place, eve, "threads"))["threads"] == []
        [entry] = (await place.call(eve, "channels", own=True))["channels"]
        assert "threads" not in entry
        changes = await call(place, eve, "changes", since=0)
        assert [one["message"] for one in changes["messages"]] == ["for @Eve"]

    run(main)


def test_threads_of_a_channel_that_was_left_are_not_listed_nor_counted() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        record = await place.hub.places.create(ann.connection, "private", title="Plans", users=["id-Bob"])
        for client in (ann, bob):
            await call(place, client, "join-channel", target=record.name)
        await call(place, bob, "send-message", message="secret", target=record.name)
        await reply(place, ann, target=record.name, thread=1)
        assert len((await call(place, bob, "threads"))["threads"]) == 1
        await place.hub.places.remove(ann.connection, record.name, ["id-Bob"])
        assert (await call(place, bob, "threads"))["threads"] == []
        await reply(place, ann, "for @Bob", target=record.name)
        await asyncio.sleep(2)
        assert not [one for event in bob.of("channels") for one in event.get("changed", ()) if "threads" in one]

    run(main)


def test_a_token_lists_threads_of_its_channels_alone() -> None:
    async def main() -> None:
        place, (ann, bob) = await furnished("Bob")
        await reply(place, bob)
        widget = place.client("Ann")
        widget.connection.allowed = frozenset({"help"})
        assert (await call(place, widget, "threads"))["threads"] == []
        assert len((await call(place, ann, "threads"))["threads"]) == 1

    run(main)


def test_what_guests_follow_goes_with_them_and_with_the_erased() -> None:
    async def main() -> None:
        place, _ = await furnished()
        here, gone, kept = (place.client(name, id=guest_id()) for name in ("Ida", "Eve", "Max"))
        for client in (here, gone, kept):
            await call(place, client, "join-channel")
            await reply(place, client)
        await place.hub.memberships.met([Person(kept.user, 40 * DAY)])
        for client in (gone, kept):
            place.hub.remove(client.connection)
        await forget(place.hub, place.hub.memberships, 41 * DAY, 30)
        users = {"id-Ann", here.user.id, kept.user.id}
        assert set(await place.history.followers("den", 1)) == users
        await forget(place.hub, place.hub.memberships, 99 * DAY, 30)
        assert set(await place.history.followers("den", 1)) == users - {kept.user.id}

    run(main)
