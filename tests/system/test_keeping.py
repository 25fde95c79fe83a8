"""The server on a history in SQLite: what outlives it, who has read what, and how a disk that fails is told."""

import json
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tornado_chat.chat.errors import Refused
from tornado_chat.testing import ChatTestCase
from tornado_chat.web.app import make_app


class KeepingTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "sqlite"}

    @gen_test
    async def test_a_ref_is_posted_once_and_answered_as_the_first_time(self) -> None:
        ann = await self.join("Ann", "general")
        first = await ann.call("send-message", target="general", message="once", ref="r1")
        again = await ann.call("send-message", target="general", message="once", ref="r1")
        assert {**first} == {**again}
        with pytest.raises(Refused, match="ref was used"):
            await ann.call("send-message", target="general", message="other", ref="r1")
        kept = await ann.call("history", target="general")
        assert [one["message"] for one in kept["messages"]] == ["once"]

    @gen_test
    async def test_positions_of_reading_are_kept_and_told_to_ones_other_connections(self) -> None:
        ann = await self.join("Ann", "general")
        for number in range(3):
            await ann.call("send-message", target="general", message=str(number))
        second = await self.connect(token=ann.hello["token"])
        assert (await second.call("join-channel", target="general"))["read"] == 0
        await ann.call("read", target="general", seq=2)
        told = await second.until("read")
        assert (told["channel"], told["user"]["name"], told["seq"]) == ("general", "Ann", 2)
        await ann.call("read", target="general", seq=1)  # one does not unread
        assert (await ann.call("join-channel", target="general"))["read"] == 2
        with pytest.raises(Refused, match="seq is 0 to 3"):
            await ann.call("read", target="general", seq=4)
        assert all(event["action"] != "read" for event in ann.events)

    @gen_test
    async def test_who_comes_back_gets_what_was_missed(self) -> None:
        ann = await self.join("Ann", "general")
        sent = [await ann.call("send-message", target="general", message=str(number)) for number in range(5)]
        since = {"epoch": ann.hello["epoch"], "seq": sent[1]["seq"]}
        ben = await self.connect("Ben")
        answer = await ben.call("join-channel", target="general", since=since)
        assert answer["recovered"]
        assert [one["message"] for one in answer["messages"]] == ["2", "3", "4"]
        answer = await ben.call("join-channel", target="general", since={"epoch": "another", "seq": 2})
        assert not answer["recovered"]
        assert len(answer["messages"]) == 5

    @gen_test
    async def test_after_a_restart_everything_is_there_and_the_person_is_the_same(self) -> None:
        ann = await self.join("Ann", "general")
        first = await ann.call("send-message", target="general", message="before", ref="kept")
        await self.chat.close()
        after = make_app(self.chat_settings)
        messages, more = await after.hub.history.read("general", limit=10)
        assert ([one.text for one in messages], more) == (["before"], False)
        assert after.hub.history.epoch == ann.hello["epoch"]
        user = after.auth.identity.guests.resume(ann.hello["token"])
        assert user is not None
        assert user.id == ann.hello["user"]["id"]
        known = await after.hub.history.find(user, "kept")
        assert known is not None
        assert known.seq == first["seq"]
        await after.close()

    @gen_test
    async def test_what_cannot_be_stored_is_refused_and_shown_to_no_one(self) -> None:
        ann, ben = await self.join("Ann", "general"), await self.join("Ben", "general")
        assert json.loads((await self.http_client.fetch(self.get_url("/readyz"))).body) == {
            "ready": True,
            "why": None,
        }
        await self.chat.close()  # as a disk that takes no more
        with pytest.raises(Refused, match="not available") as refused:
            await ann.call("send-message", target="general", message="lost")
        assert refused.value.code == "history-unavailable"
        await ann.call("typing", target="general")
        await ben.until("typing")
        assert all(event.get("message") != "lost" for event in ben.events)

    @gen_test
    async def test_what_comes_while_the_server_leaves_is_neither_stored_nor_refused(self) -> None:
        ann = await self.join("Ann", "general")
        ann.send("send-message", target="general", message="stored", ref="r1")
        await ann.until("ok")
        self.chat.hub.leaving = True
        ann.send("send-message", target="general", message="said again, later", ref="r2")
        await self.connect("Ben")  # the socket has read hers by now
        self.chat.hub.close()
        assert await ann.until_closed() == 1012
        assert all(event["action"] != "error" for event in ann.events)
        messages, _ = await self.chat.hub.history.read("general", limit=10)
        assert [one.text for one in messages] == ["stored"]
