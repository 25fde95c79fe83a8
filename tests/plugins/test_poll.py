"""The plugin `poll`."""

import asyncio
import json
import time
from typing import Any, ClassVar
from unittest import mock

import pytest
from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.config.settings import find_folder
from tornado_chat.testing import Chat, ChatTestCase, Person

LUNCH = "Lunch? | Pizza |  Green   salad"


class PollTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"plugins": {"filter": {"words": ["worm"]}}}

    async def refused(self, client: Any, action: str, **fields: Any) -> str:
        with pytest.raises(Refused) as refused:
            await client.call(action, target="den", **fields)
        return refused.value.message

    @gen_test
    async def test_all_see_the_question_and_how_it_stands_and_what_came_of_it(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.call("poll", target="den", text=LUNCH)
        asked = await bob.until("poll")
        options = [{"text": "Pizza", "votes": 0}, {"text": "Green salad", "votes": 0}]
        assert asked == {
            **{"action": "poll", "channel": "den", "id": asked["id"], "question": "Lunch?", "options": options},
            **{"open": True, "ends": asked["ends"], "message": asked["message"]},
        }
        assert 0 <= time.time() + 86_400 - asked["ends"] / 1000 <= 60
        line = next(event for event in bob.events if "Lunch?" in event.get("message", ""))
        assert line["message"].startswith("Lunch?\n1. Pizza\n2. Green salad\n")
        assert line["id"] == asked["message"]
        assert line["sender"]["name"] == "Ann"
        assert (await bob.call("vote", target="den", option=2))["poll"]["options"][1]["votes"] == 1
        assert "Your vote: Green salad" in [event.get("message") for event in bob.events]
        await bob.call("vote", target="den", option=1, poll=asked["id"])  # by a button, which shows it
        assert not [event for event in bob.events if event.get("message") == "Your vote: Pizza"]
        answer = await ann.call("vote", target="den", option=1)
        assert [option["votes"] for option in answer["poll"]["options"]] == [2, 0]
        await ann.call("close-poll", target="den")
        told = await bob.until(lambda event: event["action"] == "poll" and not event["open"])
        assert [option["votes"] for option in told["options"]] == [2, 0]
        await bob.until_text("The poll is closed: Lunch?\n\n* Pizza: 2\n* Green salad: 0")

    @gen_test
    async def test_there_is_one_poll_in_a_channel_and_who_asked_closes_it(self) -> None:
        ann, bob = await self.join("Ann", "den", "attic"), await self.join("Bob", "den")
        assert "no such poll" in await self.refused(ann, "vote", option=1)
        first = (await ann.call("poll", target="den", text=LUNCH))["poll"]["id"]
        assert "already" in await self.refused(bob, "poll", text=LUNCH)
        assert "who asked closes it" in await self.refused(bob, "close-poll")
        await ann.call("poll", target="attic", text=LUNCH)
        await ann.call("close-poll", target="den", poll=first)
        assert "no such poll" in await self.refused(ann, "close-poll")
        second = (await bob.call("poll", target="den", text="Tea? | yes | no"))["poll"]["id"]
        assert "no such poll" in await self.refused(ann, "vote", option=1, poll=first)
        assert "option is 1 to 2" in await self.refused(ann, "vote", option=3, poll=second)
        assert "option is 1 to 2" in await self.refused(ann, "vote", option=0)

    @gen_test
    async def test_who_comes_later_is_shown_the_poll_alone(self) -> None:
        ann = await self.join("Ann", "den")
        assert (await ann.call("show-poll", target="den"))["poll"] is None
        assert "There is no poll here; /poll asks one." in ann.texts
        asked = (await ann.call("poll", target="den", text=LUNCH))["poll"]
        bob = await self.join("Bob", "den")
        assert (await bob.call("show-poll", target="den"))["poll"] == asked
        told = [event for event in bob.events if event["action"] == "poll"]
        assert told == [{"action": "poll", "channel": "den", **asked}]
        assert bob.texts[-1] == "Lunch?\n\n* Pizza: 0\n* Green salad: 0"
        await ann.call("who", target="den")
        assert len([event for event in ann.events if event["action"] == "poll"]) == 1

    @gen_test
    async def test_a_poll_that_cannot_be_is_refused(self) -> None:
        ann = await self.join("Ann", "den")
        for text in ("Lunch?", "Lunch? | Pizza", "Lunch? | Pizza | Pizza ", "Lunch?" + "|x|y" * 6):
            assert "different answers" in await self.refused(ann, "poll", text=text)
        for text in (" | a | b", "L? |a| ", "\u2800|a|b", "L?|a|\u200b", f"L?|a|{'b' * 201}", "L" * 201 + "|a|b"):
            assert "1 to 200 characters" in await self.refused(ann, "poll", text=text)

    @gen_test
    async def test_a_question_that_a_listener_refuses_was_never_asked(self) -> None:
        ann = await self.join("Ann", "den")
        assert "not said here" in await self.refused(ann, "poll", text="Lunch? | Worm | Salad")
        assert not [event for event in ann.events if event["action"] == "poll"]
        await ann.call("poll", target="den", text=LUNCH)

    @gen_test
    async def test_a_full_poll_counts_no_new_voter_but_lets_one_vote_anew(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.call("poll", target="den", text=LUNCH)
        await ann.call("vote", target="den", option=1)
        others = {f"user {number}": 1 for number in range(999)}
        await self.chat.hub.store.update(
            "plugin:poll", "den", lambda poll: {**poll, "votes": {**poll["votes"], **others}}
        )
        assert "1,000 have voted" in await self.refused(bob, "vote", option=2)
        answer = await ann.call("vote", target="den", option=2)
        assert [option["votes"] for option in answer["poll"]["options"]] == [999, 1]


POLL = find_folder("plugins") / "poll.py"


def test_only_the_pages_of_a_voter_are_told_the_vote_and_it_can_be_taken_back() -> None:
    with Chat(POLL) as chat:
        ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
        phone = chat.connect("Bob", "den")
        poll = ann.call("poll", target="den", text=LUNCH)["poll"]["id"]
        with pytest.raises(Refused, match="you have not voted"):
            bob.call("unvote", target="den")
        bob.call("vote", target="den", option=2, poll=poll)
        told = {"action": "vote", "channel": "den", "poll": poll, "option": 2}
        assert [person.of("vote") for person in (ann, bob, phone)] == [[], [told], [told]]
        assert "vote" not in ann.of("poll")[-1]
        assert [person.call("polls", target="den")["polls"][0]["vote"] for person in (ann, phone)] == [None, 2]
        taken = phone.call("unvote", target="den", poll=poll)["poll"]
        assert [option["votes"] for option in taken["options"]] == [0, 0]
        assert bob.of("vote")[-1] == {**told, "option": None}
        assert ann.of("vote") == []
        with pytest.raises(Refused, match="no such poll"):
            bob.call("unvote", target="den", poll="other")


def test_a_vote_that_was_taken_back_keeps_its_place() -> None:
    with Chat(POLL) as chat, mock.patch.multiple(chat.registry.plugins["poll"].module, MAX_OF_ADDRESS=1):
        ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
        for person in (ann, bob):
            person._connection.address = "192.0.2.1"
        ann.call("poll", target="den", text=LUNCH)
        for _ in range(3):
            ann.call("vote", target="den", option=1)
            ann.call("unvote", target="den")
        with pytest.raises(Refused, match="1 from one address"):
            bob.call("vote", target="den", option=1)


def test_the_last_few_polls_of_a_channel_are_kept_with_ones_own_votes() -> None:
    with Chat(POLL) as chat:
        ann = chat.connect("Ann", "den")
        assert ann.call("polls", target="den")["polls"] == []
        for number in range(8):
            ann.call("poll", target="den", text=f"{number}? | yes | no")
            ann.call("vote", target="den", option=2)
            ann.call("close-poll", target="den")
        found = ann.call("polls", target="den")["polls"]
        assert [(poll["question"], poll["vote"], poll["open"]) for poll in found] == [
            (f"{number}?", 2, False) for number in range(2, 8)
        ]
        messages = {event["id"]: event["message"] for event in ann.of("send-message") if "id" in event}
        assert all(messages[poll["message"]].startswith(poll["question"]) for poll in found)


def _items(chat: Chat) -> list[Any]:
    """Return what the plugin keeps."""
    return asyncio.run(chat.store.items("plugin:poll"))


def test_nothing_is_left_of_a_poll_whose_question_was_deleted() -> None:
    with Chat(POLL) as chat:
        ann = chat.connect("Ann", "den")

        def ask(text: str) -> int:
            ann.call("poll", target="den", text=text)
            return int(
                next(event["seq"] for event in reversed(ann.events) if event.get("message", "")[:2] == text[:2])
            )

        secret = ask("Secret? | yes | no")
        ann.call("vote", target="den", option=1)
        ann.delete(secret)
        assert _items(chat) == []
        with pytest.raises(Refused, match="no such poll"):
            ann.call("vote", target="den", option=2)
        told = len(ann.texts)
        chat.wait(90_000)
        assert len(ann.texts) == told
        secret = ask("Secret? | yes | no")
        ann.call("close-poll", target="den")
        other = ask("Lunch? | yes | no")
        ann.edit(other, "Secret of another kind")
        ann.delete(secret)
        assert [poll["question"] for poll in ann.call("polls", target="den")["polls"]] == ["Lunch?"]
        assert "Secret" not in str(_items(chat))
        ann.call("vote", target="den", option=2)


def test_a_poll_ends_by_itself_after_a_day_and_says_what_came_of_it() -> None:
    with Chat(POLL) as chat:
        ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
        ann.call("poll", target="den", text=LUNCH)
        bob.call("vote", target="den", option=2)
        ann.close()
        chat.wait(86_300)
        bob.call("vote", target="den", option=1)
        with pytest.raises(Refused, match="already"):
            bob.call("poll", target="den", text=LUNCH)
        chat.wait(200)
        assert bob.texts[-1] == "The poll is closed: Lunch?\n\n* Pizza: 1\n* Green salad: 0"
        assert bob.of("send-message")[-1]["sender"] is None
        assert bob.of("poll")[-1]["open"] is False
        with pytest.raises(Refused, match="no such poll"):
            bob.call("vote", target="den", option=1)
        bob.call("poll", target="den", text="Tea? | yes | no")
        bob.call("close-poll", target="den")
        said = len(bob.texts)
        chat.wait(90_000)
        assert len(bob.texts) == said
        assert sorted(key for key, _ in _items(chat)) == [" was den", "den"]


def test_a_poll_that_came_to_its_end_while_the_server_was_down_ends_at_the_next_start() -> None:
    with Chat(POLL) as chat:
        chat.connect("Ann", "den").call("poll", target="den", text=LUNCH)
        chat._stop()
        chat._loop.clock.now += 100_000
        chat._start()
        bob = chat.connect("Bob", "den")
        chat.wait(61)
        assert bob.texts == ["The poll is closed: Lunch?\n\n* Pizza: 0\n* Green salad: 0"]


def test_anyone_may_close_a_poll_whose_asker_is_not_here() -> None:
    with Chat(POLL) as chat:
        ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
        ann.call("poll", target="den", text=LUNCH)
        with pytest.raises(Refused, match="who asked closes it while they are here"):
            bob.call("close-poll", target="den")
        ann.call("leave-channel", target="den")
        bob.call("close-poll", target="den")
        assert bob.texts[-1].startswith("The poll is closed: Lunch?")
        assert bob.of("send-message")[-1]["sender"]["name"] == "Bob"


def test_a_poll_of_an_earlier_version_that_was_left_open_holds_its_channel_no_more() -> None:
    with Chat(POLL) as chat:
        ann, bob = chat.connect("Ann", "den"), chat.connect("Bob", "den")
        asked = ann.call("poll", target="den", text=LUNCH)["poll"]
        known = dict(_items(chat))["den"]
        del known["until"]
        asyncio.run(chat.store.set("plugin:poll", "den", known))
        bob.call("vote", target="den", option=1, poll=asked["id"])
        ann.close()
        bob.call("close-poll", target="den")
        bob.call("poll", target="den", text="Tea? | yes | no")


def test_one_user_and_one_address_have_a_share_of_open_polls_and_an_end_makes_room() -> None:
    with Chat(POLL) as chat, mock.patch.multiple(chat.registry.plugins["poll"].module, MAX_MINE=2, MAX_OF_ADDRESS=3):

        def ask(name: str, address: str, channel: str) -> Person:
            person = chat.connect(name, channel)
            person._connection.address = address
            person.call("poll", target=channel, text=LUNCH)
            return person

        ask("Ann", "192.0.2.1", "1")
        ann = ask("Ann", "192.0.2.1", "2")
        ask("Bob", "192.0.2.1", "3")
        for name, channel in (("Ann", "4"), ("Cat", "5")):
            with pytest.raises(Refused, match="2 polls of one user are open at most, and 3 from one address"):
                ask(name, "192.0.2.1", channel)
        ask("Dan", "192.0.2.2", "6")
        ann.call("close-poll", target="2")
        ask("Cat", "192.0.2.1", "5")
        chat.wait(86_500)
        assert sorted(key for key, _ in _items(chat)) == ["1", "2", "3", "5", "6"]
        ask("Ann", "192.0.2.1", "1")


def test_one_address_has_a_share_of_the_votes_whoever_its_users_are() -> None:
    with Chat(POLL) as chat, mock.patch.multiple(chat.registry.plugins["poll"].module, MAX_OF_ADDRESS=3):
        ann = chat.connect("Ann", "den")
        ann.call("poll", target="den", text=LUNCH)
        for number in range(4):
            eve = chat.connect(f"Eve {number}", "den")
            eve._connection.address = f"2001:db8::{number}"
            if number < 3:
                eve.call("vote", target="den", option=1)
                eve.call("vote", target="den", option=2)  # the same one, anew
        with pytest.raises(Refused, match="3 from one address"):
            eve.call("vote", target="den", option=1)
        ann._connection.address = "192.0.2.1"
        stands = ann.call("vote", target="den", option=1)["poll"]
        assert [option["votes"] for option in stands["options"]] == [1, 3]
        ann.call("close-poll", target="den")
        assert "192.0.2.1" not in json.dumps(_items(chat))
