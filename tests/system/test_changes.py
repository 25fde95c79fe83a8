"""Messages that change: edits, deletions, reactions, replies and pins, over real sockets."""

import json
from typing import Any

from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.testing import ChatTestCase


async def changed(client: Any, what: str) -> dict[str, Any]:
    """Wait for the next `changed` event that tells of this."""
    return await client.until(lambda event: event["action"] == "changed" and what in event["what"])


class ChangesTest(ChatTestCase):
    settings = {"history": "memory"}

    @gen_test
    async def test_everyone_is_told_what_became_of_a_message(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        posted = await ann.call("send-message", target="den", message="Helo")
        edited = await ann.call("edit-message", target="den", seq=posted["seq"], message="Hello")
        assert edited["seq"] == posted["seq"] + 1
        told = await changed(bob, "edited")
        assert (told["channel"], told["about"], told["seq"], told["after"]) == ("den", 1, 2, 1)
        assert (told["set"]["message"], told["set"]["text_rev"]) == ("Hello", 2)
        assert "target" not in told
        await bob.call("react", target="den", seq=1, key="👍")
        await ann.call("react", target="den", seq=1, key="👍")
        told = await changed(ann, "reacted")
        users = [bob.hello["user"]["id"], ann.hello["user"]["id"]]
        assert told["set"]["reactions"] == [{"key": "👍", "count": 2, "users": users}]
        [message] = (await bob.call("history", target="den"))["messages"]
        assert (message["message"], message["rev"], message["text_rev"]) == ("Hello", 4, 2)
        await bob.call("react", target="den", seq=1, key="👍", on=False)
        assert (await changed(ann, "reacted"))["set"]["reactions"][0]["users"] == users[1:]
        reply = await bob.call("send-message", target="den", message="Hi", reply_to=1)
        await bob.call("pin", target="den", seq=1)
        assert [one["seq"] for one in (await ann.call("pins", target="den"))["messages"]] == [1]
        await ann.call("delete-message", target="den", seq=1)
        gone, answer = (await bob.call("history", target="den"))["messages"]
        assert (gone["message"], gone["deleted"]["by"]) == ("", ann.hello["user"]["id"])
        assert not {"reactions", "pinned", "edited"} & gone.keys()
        assert (answer["reply_to"], answer["seq"]) == (1, reply["seq"])
        assert (await ann.call("pins", target="den"))["messages"] == []

    @gen_test
    async def test_what_cannot_be_done_is_said(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.call("send-message", target="den", message="one")
        for client, action, fields, code in (
            (bob, "edit-message", {"message": "two"}, "not-allowed"),
            (bob, "delete-message", {}, "not-allowed"),
            (ann, "edit-message", {"seq": 7, "message": "two"}, "not-found"),
            (ann, "edit-message", {"message": "two", "of": 9}, "conflict"),
            (ann, "react", {"key": "no"}, "invalid-field"),
        ):
            with self.assertRaises(Refused) as refused:
                await client.call(action, **{"target": "den", "seq": 1, **fields})
            assert refused.exception.code == code, action

    @gen_test
    async def test_a_ref_is_one_namespace_and_what_is_repeated_is_answered_as_the_first_time(self) -> None:
        ann = await self.join("Ann", "den")
        first = await ann.call("send-message", target="den", message="one", ref="a")
        for _ in range(2):
            assert (await ann.call("edit-message", target="den", seq=1, message="two", ref="b"))["seq"] == 2
            assert await ann.call("send-message", target="den", message="one", ref="a") == first
        for ref in ("a", "b"):
            with self.assertRaises(Refused) as refused:
                await ann.call("react", target="den", seq=1, key="👍", ref=ref)
            assert refused.exception.code == "invalid-field"
            with self.assertRaises(Refused):
                await ann.call("send-message", target="den", message="two", ref=ref)
        assert (await ann.call("send-message", target="den", message="three"))["seq"] == 3

    @gen_test
    async def test_who_was_away_asks_what_has_changed(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for number in range(5):
            await ann.call("send-message", target="den", message=str(number))
        token = bob.hello["token"]
        await bob.close()
        for number in range(20):
            await ann.call("edit-message", target="den", seq=2, message=f"edit {number}")
        await ann.call("react", target="den", seq=4, key="👍")
        await ann.call("send-message", target="den", message="new")
        since = {"epoch": self.epoch(bob), "seq": 5}
        bob = await self.connect(token=token)
        joined = await bob.call("join-channel", target="den", since=since, changes=True)
        assert [(one["seq"], one.get("rev")) for one in joined["messages"]] == [(2, 25), (4, 26), (27, None)]
        assert (joined["recovered"], joined["upto"], joined["seq"], joined["more"]) == (True, 27, 27, False)
        page = await bob.call("changes", target="den", since=5, limit=2)
        assert ([one["seq"] for one in page["messages"]], page["seq"], page["more"]) == ([2, 4], 26, True)

    @gen_test
    async def test_single_and_pinned_messages_that_are_much_come_in_several_answers(self) -> None:
        ann = await self.join("Ann", "den")
        for number in range(30):
            text = chr(0x1F600 + number) * 4_000  # 16 kB each
            await ann.call("send-message", target="den", message=text)
            await ann.call("pin", target="den", seq=2 * number + 1)
        seqs = list(range(1, 60, 2))
        pins: list[int] = []
        more = True
        while more:
            page = await ann.call("pins", target="den", after=pins[-1] if pins else 0)
            assert 0 < len(json.dumps(page["messages"], ensure_ascii=False).encode()) < 300_000
            pins += [one["seq"] for one in page["messages"]]
            more = page["more"]
        assert pins == seqs
        page = await ann.call("history", target="den", seqs=seqs)
        assert [one["seq"] for one in page["messages"]] == seqs[: len(page["messages"])]
        assert page["more"]
        assert len(json.dumps(page["messages"], ensure_ascii=False).encode()) < 300_000
        rest = await ann.call("history", target="den", seqs=seqs[-3:])
        assert (len(rest["messages"]), rest["more"]) == (3, False)

    @gen_test
    async def test_the_messages_around_one_are_as_many_as_are_asked_for(self) -> None:
        ann = await self.join("Ann", "den")
        for number in range(9):
            await ann.call("send-message", target="den", message=str(number))
        for around, limit, seqs, before, after in (
            (5, 0, [], True, True),
            (5, 1, [5], True, True),
            (5, 2, [4, 5], True, True),
            (5, 5, [3, 4, 5, 6, 7], True, True),
            (1, 4, [1, 2, 3, 4], False, True),
            (9, 200, [1, 2, 3, 4, 5, 6, 7, 8, 9], False, False),
            (0, 0, [], False, True),
            (-(2**53), 3, [1, 2, 3], False, True),
            (2**53, 2, [8, 9], True, False),
        ):
            page = await ann.call("history", target="den", around=around, limit=limit)
            found = [one["seq"] for one in page["messages"]]
            assert (found, page["more_before"], page["more_after"]) == (seqs, before, after), (around, limit)

    def epoch(self, client: Any) -> str:
        """Return the epoch that a client was told."""
        return str(client.hello["epoch"])


class ChangesOnDiskTest(ChangesTest):
    settings = {"history": "sqlite"}
