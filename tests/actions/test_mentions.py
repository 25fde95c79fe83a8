"""Whom messages mention: all members at once, people who are away, and what each of them is told and may list."""

import itertools
import time
from typing import Any

import pytest
from tornado.testing import gen_test

from tests.helpers import Client, House, pass_time, run, turns
from tornado_chat.chat.mentioning import FREE
from tornado_chat.testing import ChatTestCase

REFS = itertools.count()


async def room(place: House, count: int, name: str = "den") -> list[Client]:
    """Return people who are present in a channel that the first of them owns."""
    people = [place.client(f"P{number}") for number in range(count)]
    for client in people:
        answer = await place.call(client, "join-channel", target=name)
        assert answer["action"] == "ok"
    return people


async def say(place: House, client: Client, text: str, target: str = "den", **fields: Any) -> dict[str, Any]:
    """Send a message; return the answer, and what the line says of mentions."""
    ref = f"say {next(REFS)}"
    answer = await place.call(client, "send-message", ref=ref, target=target, message=text, **fields)
    assert answer["action"] == "ok", answer
    (line,) = await place.history.get(target, [answer["seq"]])
    return {**answer, "mentions": (line.extra or {}).get("mentions", [])}


def entries(client: Client, name: str) -> list[dict[str, Any]]:
    """Return what somebody was told of a channel in their list, each time it changed."""
    return [one for event in client.of("channels") for one in event.get("changed", ()) if one["channel"] == name]


def test_a_word_mentions_all_where_few_are_and_takes_a_power_where_many_are() -> None:
    async def main() -> None:
        place = House()
        people = await room(place, FREE)
        for text in ("@channel", "hi @Channel!", "@CHANNEL", "@所有人"):
            assert (await say(place, people[1], text))["mentions"] == ["@channel"]
        assert (await say(place, people[1], "@here @channel"))["mentions"] == ["@here", "@channel"]
        assert (await say(place, people[1], "all", mentions=["@here", "@everybody"]))["mentions"] == ["@here"]
        for text in ("`@channel`", "https://x/@channel", "@channels", "a@channel"):
            assert (await say(place, people[1], text))["mentions"] == []
        late = place.client("Late")
        await place.call(late, "join-channel", target="den")
        answer = await say(place, people[1], "@P2 @here @channel", mentions=["@channel"])
        assert answer["mentions"] == ["id-P2"]
        assert sorted(answer["unmentioned"]) == ["@channel", "@here"]
        (line,) = await place.history.get("den", [answer["seq"]])
        assert line.text == "@P2 @here @channel"
        owner = await say(place, people[0], "@here @channel")
        assert (owner["mentions"], "unmentioned" in owner) == (["@here", "@channel"], False)
        await place.call(people[0], "set-role", target="den", user="id-P3", role="moderator")
        assert (await say(place, people[3], "@channel"))["mentions"] == ["@channel"]
        assert (await say(place, place.client("Root", "den", role="admin"), "@here"))["mentions"] == ["@here"]
        await place.call(late, "leave-channel", target="den")
        await turns()
        for _ in range(2):
            await place.call(place.client("Root", role="admin"), "remove-member", target="den", user="id-P19")
        assert (await say(place, people[1], "@channel"))["mentions"] == ["@channel"]

    run(main)


def test_many_who_are_away_count_as_well_as_many_who_are_present() -> None:
    async def main() -> None:
        place = House()
        people = await room(place, FREE + 1)
        for client in people[2:]:
            place.hub.remove(client.connection)
        await pass_time(1)
        assert (await say(place, people[1], "@channel"))["unmentioned"] == ["@channel"]
        guests = [place.client(f"G{number}", "hall") for number in range(FREE + 1)]
        assert await place.hub.memberships.count("hall") == 0
        assert (await say(place, guests[0], "@here", "hall"))["unmentioned"] == ["@here"]

    run(main)


def test_who_is_called_by_the_word_is_mentioned_instead() -> None:
    async def main() -> None:
        place = House()
        (ann, *_) = await room(place, 2)
        called = place.client("Channel", id="c")
        await place.call(called, "join-channel", target="den")
        assert (await say(place, ann, "@channel @here"))["mentions"] == ["c", "@here"]
        place.hub.remove(called.connection)
        assert (await say(place, ann, "@channel"))["mentions"] == ["c"]
        assert (await say(place, ann, "@channel", mentions=["@channel"]))["mentions"] == ["@channel", "c"]

    run(main)


def test_an_edit_mentions_all_by_the_same_rule_and_tells_only_the_newly_mentioned() -> None:
    async def main() -> None:
        place = House()
        people = await room(place, FREE + 1)
        elsewhere = []
        for number in (2, 3):
            phone = Client(place.hub, people[number].user)  # another device, which has not opened the channel
            elsewhere.append(phone)
        await pass_time(2)
        start = [len(entries(one, "den")) for one in elsewhere]

        def told() -> list[list[int]]:
            """Return how many mentions each was told of, whenever they were told."""
            return [
                [each["mentions"] for each in entries(one, "den")[first:]]
                for one, first in zip(elsewhere, start, strict=True)
            ]

        seq = (await say(place, people[1], "@P2"))["seq"]
        await pass_time(2)
        assert told() == [[1], []]
        edit = {"target": "den", "seq": seq, "message": "@P2 @P3 @channel"}
        answer = await place.call(people[1], "edit-message", ref="e", **edit)
        assert answer["unmentioned"] == ["@channel"]
        await pass_time(2)
        assert told() == [[1], [1]]
        seq = (await say(place, people[0], "hello"))["seq"]
        edit = {"target": "den", "seq": seq, "message": "@channel"}
        answer = await place.call(people[0], "edit-message", ref="f", **edit)
        assert "unmentioned" not in answer
        await pass_time(2)
        assert told() == [[1, 2], [1, 2]]

    run(main)


def test_members_who_have_not_opened_the_channel_are_told_of_what_is_for_all() -> None:
    async def main() -> None:
        place = House()
        people = await room(place, 4)
        for client in people[1:]:
            place.hub.leave(client.connection, "den")
        await place.call(people[3], "notify", target="den", level="none")
        stranger = place.client("Eve")
        await place.call(stranger, "join-channel", target="hall")
        await pass_time(2)
        before = [len(entries(one, "den")) for one in people]
        await say(place, people[0], "@here")
        await pass_time(2)
        assert [len(entries(one, "den")) for one in people] == before  # who is present hears the line itself
        await say(place, people[0], "@channel")
        await say(place, people[0], "@channel again")
        await pass_time(2)
        assert [len(entries(one, "den")) for one in people] == [before[0], *(count + 1 for count in before[1:])]
        told = [entries(one, "den")[-1] for one in people[1:]]
        assert [(one["unread"], one["mentions"], one["notify"]) for one in told] == [
            *[(3, 2, "all")] * 2,
            (3, 2, "none"),
        ]
        assert entries(stranger, "den") == []

    run(main)


def test_one_asks_beforehand_whether_all_would_be_mentioned() -> None:
    async def main() -> None:
        place = House()
        people = await room(place, FREE)

        async def may(client: Client, *mentions: str, call: str = "send-message", target: str = "den") -> Any:
            answer = await place.call(client, "may", call=call, target=target, mentions=list(mentions))
            return {key: value for key, value in answer.items() if key not in ("action", "ref")}

        assert await may(people[1], "@channel") == {"allowed": True}
        late = place.client("Late")
        await place.call(late, "join-channel", target="den")
        for call in ("send-message", "edit-message"):
            answer = await may(people[1], "@channel", call=call)
            assert answer == {
                "allowed": False,
                "rule": "channel-role",
                "needs": "Only moderators of #den can mention everyone where more than 20 people are",
            }
        assert await may(people[1], "@here", call="react") == {"allowed": True}
        assert await may(people[1], "id-P2") == {"allowed": True}
        assert await may(people[0], "@here", "@channel") == {"allowed": True}
        stranger = place.client("Eve")
        await place.call(stranger, "join-channel", target="hall")
        assert (await may(stranger, "@here"))["code"] == "not-joined"
        assert (await may(stranger, "@here", target="p:" + "A" * 22))["code"] == "not-found"

    run(main)


def test_mentions_are_listed_in_pages_from_the_channels_that_one_may_read_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = itertools.count(1_773_136_800)  # each message at a time of its own
    monkeypatch.setattr(time, "time", lambda: float(next(seconds)))

    async def main() -> None:
        place = House()
        place.hub.gather = 0.0
        ann, bob = place.client("Ann"), place.client("Bob")
        den = (await place.call(ann, "create-channel", kind="private", title="Den", users=["id-Bob"]))["channel"]
        talk = (await place.call(ann, "open-direct", users=["id-Bob"]))["channel"]
        await place.call(ann, "join-channel", target="hall")
        for number, (target, text) in enumerate(
            [(den, "@Bob"), (talk, "@Bob"), ("hall", "@Bob"), (den, "@channel"), ("hall", "@Ann"), (den, "nothing")]
        ):
            await say(place, ann, f"{text} {number}", target, mentions=["id-Bob"] if target == "hall" else [])

        async def listed(client: Client, **fields: Any) -> list[str]:
            answer = await place.call(client, "mentions", **fields)
            assert answer["action"] == "ok", answer
            texts = [one["message"] for one in answer["messages"]]
            return texts + (await listed(client, **{**fields, "before": answer["before"]}) if answer["more"] else [])

        assert await listed(bob) == ["@channel 3", "@Bob 1", "@Bob 0"]  # he has never been in the hall
        assert await listed(bob, limit=1) == ["@channel 3", "@Bob 1", "@Bob 0"]
        assert await listed(ann) == []
        await place.call(bob, "join-channel", target="hall")
        await say(place, ann, "@Bob there", "hall")
        assert (await listed(bob))[0] == "@Bob there"
        page = await place.call(bob, "mentions", limit=0)
        assert (page["messages"], page["more"], page["before"]) == ([], True, "")
        line = (await place.call(bob, "mentions", limit=1))["messages"][0]
        assert (line["target"], line["mentions"], line["sender"]["name"]) == ("hall", ["id-Bob"], "Ann")
        await place.call(ann, "remove-member", target=den, user="id-Bob")
        assert await listed(bob) == ["@Bob there", "@Bob 1"]
        await place.call(bob, "leave-channel", target="hall")
        assert await listed(bob) == ["@Bob 1"]
        for before in ("x", "1", "1-", "-1-1", "1-1-1", "9" * 99 + "-1", "١-١"):
            answer = await place.call(bob, "mentions", before=before)
            assert (answer["code"], answer["message"]) == (
                "invalid-field",
                "before is what an earlier answer has as `before`",
            )

    run(main)


def test_who_came_later_is_not_mentioned_by_what_was_said_before_and_does_not_list_it() -> None:
    async def main() -> None:
        place = House()
        ann, bob = place.client("Ann"), place.client("Bob")
        await place.call(ann, "create-channel", name="den")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        seqs = [(await say(place, ann, f"hidden {number}"))["seq"] for number in range(3)]
        await place.call(bob, "join-channel", target="den")
        place.hub.leave(bob.connection, "den")
        await pass_time(2)
        before = len(entries(bob, "den"))
        for number, (seq, text) in enumerate(zip(seqs, ("@Bob", "@channel", "names"), strict=True)):
            edit = {"target": "den", "seq": seq, "message": f"hidden {text}", "mentions": ["id-Bob"][: number // 2]}
            await place.call(ann, "edit-message", ref=f"e{number}", **edit)
        lines = await place.history.get("den", seqs)
        assert [(one.extra or {}).get("mentions") for one in lines] == [None, ["@channel"], None]
        await pass_time(2)
        assert all(one["mentions"] == 0 for one in entries(bob, "den"))
        assert len(entries(bob, "den")) - before <= 1  # by the change for all, which counts for others
        assert (await place.call(bob, "mentions"))["messages"] == []
        (mine,) = (await place.call(bob, "channels", own=True))["channels"]
        assert (mine["unread"], mine["mentions"]) == (0, 0)
        await place.call(bob, "read", target="den", seq=0, back=True)
        (mine,) = (await place.call(bob, "channels", own=True))["channels"]
        assert mine["mentions"] == 0

    run(main)


def test_a_word_for_all_stores_nothing_of_guests_who_came_with_a_bare_name() -> None:
    async def main() -> None:
        place = House()
        ann = place.client("Ann")
        await place.call(ann, "join-channel", target="den")
        guests = [place.client(f"G{number}", id=f"g:{number}", role="guest") for number in range(3)]
        for guest in guests:
            online = place.hub.online(guest.user.id)
            assert online is not None
            online.kept = False
            await place.call(guest, "join-channel", target="den")
            place.hub.leave(guest.connection, "den")
        await say(place, ann, "@channel")
        await pass_time(2)
        assert [entries(guest, "den")[-1]["mentions"] for guest in guests] == [1, 1, 1]
        assert [(await place.hub.memberships.of_user(guest.user.id)) for guest in guests] == [[], [], []]
        await say(place, ann, "hello", mentions=["g:1"])
        await pass_time(2)
        await place.hub.places.writer.written()
        stored = [len(await place.hub.memberships.of_user(guest.user.id)) for guest in guests]
        assert stored == [0, 1, 0]

    run(main)


class SocketTest(ChatTestCase):
    settings = {"history": "sqlite"}

    @gen_test
    async def test_who_is_away_finds_what_is_for_all_on_another_device_later(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        den = (await ann.create("Plans", bob))["channel"]
        await bob.close()
        await ann.call("send-message", target=den, message="@channel look")
        await ann.call("send-message", target=den, message="and @Bob")
        phone = await self.connect(token=bob.hello["token"])
        told = await phone.until("channels")
        (mine,) = [one for one in told["channels"] if one["channel"] == den]
        assert (mine["unread"], mine["mentions"]) == (2, 2)
        found = await phone.call("mentions")
        assert [one["message"] for one in found["messages"]] == ["and @Bob", "@channel look"]
        assert [one["target"] for one in found["messages"]] == [den, den]
        await phone.join(den)
        await phone.call("read", target=den, seq=2)
        assert (await entry_of(phone, den))["mentions"] == 0


async def entry_of(client: Any, name: str) -> dict[str, Any]:
    (mine,) = [one for one in (await client.call("channels", own=True))["channels"] if one["channel"] == name]
    return dict(mine)


@pytest.mark.parametrize("before", ["", "5-5"])
def test_whoever_belongs_nowhere_has_no_mentions(before: str) -> None:
    async def main() -> None:
        place = House()
        answer = await place.call(place.client("Ann"), "mentions", before=before)
        assert (answer["messages"], answer["more"], answer["before"]) == ([], False, "")

    run(main)
