"""What people and programs do with the chat, over real sockets."""

import asyncio
import json

import pytest
from tornado.testing import gen_test

from tests.both_ways import both_ways
from tests.web.socket.test_frames import CLOSE, masked
from tests.web.socket.test_upgrade import Raw
from tornado_chat import Refused
from tornado_chat.testing import ChatTestCase


class ChannelTest(ChatTestCase):
    @gen_test
    async def test_what_one_says_everyone_in_the_channel_reads_the_sender_too(self) -> None:
        ann, bob, eve = await self.join("Ann", "den"), await self.join("Bob", "den"), await self.join("Eve", "attic")
        answer = await ann.call("send-message", target="den", message="Hello\u2028\nyou", ref="r1")
        for one in (ann, bob):
            line = next((e for e in one.events if e.get("ref") == "r1" and "target" in e), None)
            line = line or await one.until_text("Hello\u2028\nyou")
            assert line["sender"] == ann.hello["user"]
            assert (line["target"], line["id"], line["seq"], line["time"]) == (
                "den", answer["id"], answer["seq"], answer["time"],
            )  # fmt: skip
        await eve.call("who")
        assert not [event for event in eve.events if event.get("target") == "den"]

    @gen_test
    async def test_those_who_are_there_read_who_comes_and_goes_and_the_newcomer_does_not(self) -> None:
        ann = await self.join("Ann", "den")
        bob = await self.join("Bob", "den")
        came = await ann.until_text("Bob joined the channel")
        assert came["event"] == "join"
        assert came["user"] == bob.hello["user"]
        assert came["sender"] is None
        assert "seq" not in came
        await bob.call("leave-channel", target="den")
        assert (await ann.until_text("Bob left the channel"))["event"] == "leave"
        assert not [event for event in bob.events if "joined" in event.get("message", "")]
        assert (await ann.call("who", target="den"))["users"] == [ann.hello["user"]]

    @gen_test
    async def test_joining_again_is_answered_again_and_told_to_no_one(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        await ann.until_text("Bob joined the channel")
        assert (await bob.call("join-channel", target="den"))["count"] == 2
        await bob.call("send-message", target="den", message="mark")
        await ann.until_text("mark")
        assert len([e for e in ann.events if e.get("message") == "Bob joined the channel"]) == 1

    @gen_test
    async def test_a_lost_connection_leaves_the_hub_and_all_channels(self) -> None:
        ann, bob = await self.join("Ann", "den", "attic"), await self.join("Bob", "den", "attic")
        bob.socket.close()
        for _ in range(2):
            await ann.until_text("Bob left the channel")
        assert (await ann.call("who"))["count"] == 1
        assert (await ann.call("channels"))["channels"] == [
            {"name": "attic", "count": 1},
            {"name": "den", "count": 1},
        ]

    @gen_test
    async def test_a_user_with_two_connections_comes_and_goes_once(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        again = await self.connect(token=bob.hello["token"])
        assert (await again.call("join-channel", target="den"))["count"] == 2
        await again.close()
        await bob.call("leave-channel", target="den")
        await ann.until_text("Bob left the channel")
        texts = [event.get("message") for event in ann.events]
        assert texts.count("Bob joined the channel") == texts.count("Bob left the channel") == 1

    @gen_test
    async def test_an_empty_channel_goes_away_and_its_history_stays(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.call("send-message", target="den", message="kept")
        await ann.call("leave-channel", target="den")
        assert (await ann.call("channels"))["channels"] == []
        answer = await ann.call("join-channel", target="den")
        assert [message["message"] for message in answer["messages"]] == ["kept"]
        assert answer["seq"] == 1

    @gen_test
    async def test_only_members_may_send_and_typing_reaches_the_others_alone(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        eve = await self.connect("Eve")
        with pytest.raises(Refused) as refused:
            await eve.call("send-message", target="den", message="hi")
        assert refused.value.code == "not-joined"
        await ann.call("typing", target="den")
        assert (await bob.until("typing"))["user"] == ann.hello["user"]
        assert not [event for event in ann.events if event["action"] == "typing"]

    @gen_test
    async def test_presence_is_gathered_over_a_moment(self) -> None:
        ann = await self.join("Ann", "den")
        await ann.until("presence")
        others = [await self.join(name, "den") for name in ("Bob", "Cy", "Di")]
        presence = await ann.until(lambda event: event["action"] == "presence" and event["count"] == 4)
        told = [user for event in ann.events if event["action"] == "presence" for user in event["joined"]]
        assert {user["id"] for user in told} >= {one.hello["user"]["id"] for one in others}
        assert presence["channel"] == "den"


class AnnounceTest(ChatTestCase):
    settings = {"announce_limit": 2}

    @gen_test
    async def test_above_the_limit_nobody_is_announced_in_words(self) -> None:
        ann = await self.join("Ann", "den")
        bob = await self.join("Bob", "den")
        cy = await self.join("Cy", "den")
        await cy.call("leave-channel", target="den")
        await bob.call("leave-channel", target="den")
        await ann.until_text("Bob left the channel")
        texts = [event["message"] for event in ann.events if "message" in event]
        assert texts == ["Bob joined the channel", "Bob left the channel"]


class HistoryTest(ChatTestCase):
    @gen_test
    async def test_the_same_ref_again_is_answered_as_first_and_posted_once(self) -> None:
        ann = await self.join("Ann", "den")
        first = await ann.call("send-message", target="den", message="once", ref="r")
        assert await ann.call("send-message", target="den", message="once", ref="r") == first
        await ann.call("leave-channel", target="den")
        assert await ann.call("send-message", target="den", message="once", ref="r") == first
        with pytest.raises(Refused, match="another message"):
            await ann.call("send-message", target="den", message="twice", ref="r")
        again = await self.connect(token=ann.hello["token"])
        assert await again.call("send-message", target="den", message="once", ref="r") == first
        assert (await ann.call("join-channel", target="den"))["seq"] == 1

    @gen_test
    async def test_a_client_that_comes_back_gets_what_it_missed(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for number in range(5):
            await ann.call("send-message", target="den", message=str(number))
        since = {"epoch": ann.hello["epoch"], "seq": 2}
        answer = await bob.call("join-channel", target="den", since=since)
        assert [message["message"] for message in answer["messages"]] == ["2", "3", "4"]
        assert (answer["recovered"], answer["more"], answer["seq"]) == (True, False, 5)
        for strange in ({"epoch": "other", "seq": 2}, {"epoch": since["epoch"], "seq": 9}):
            answer = await bob.call("join-channel", target="den", since=strange, history=2)
            assert [message["message"] for message in answer["messages"]] == ["3", "4"]
            assert (answer["recovered"], answer["more"]) == (False, True)
        answer = await bob.call("join-channel", target="den", since={"epoch": since["epoch"], "seq": 5})
        assert (answer["recovered"], answer["messages"]) == (True, [])

    @gen_test
    async def test_history_is_read_in_both_directions_in_pages(self) -> None:
        ann = await self.join("Ann", "den")
        for number in range(1, 8):
            await ann.call("send-message", target="den", message=str(number))

        async def page(**where: int) -> tuple[str, bool]:
            answer = await ann.call("history", target="den", **where)
            return "".join(message["message"] for message in answer["messages"]), answer["more"]

        assert await page() == ("1234567", False)
        assert await page(limit=3) == ("567", True)
        assert await page(before=5, limit=3) == ("234", True)
        assert await page(before=2) == ("1", False)
        assert await page(after=0, limit=2) == ("12", True)
        assert await page(after=5) == ("67", False)
        assert await page(after=7) == ("", False)
        with pytest.raises(Refused, match="exclude"):
            await page(after=1, before=3)

    @gen_test
    async def test_a_list_of_messages_is_cut_at_256_kib(self) -> None:
        ann = await self.join("Ann", "den")
        for number in range(40):
            ann.send("send-message", target="den", message="\N{GRINNING FACE}" * 4000, ref=str(number))
        await ann.until(lambda event: event["action"] == "ok" and event["ref"] == "39")
        answer = await ann.call("history", target="den", after=0)
        assert answer["more"]
        assert 10 < len(answer["messages"]) < 17
        assert len(json.dumps(answer["messages"], ensure_ascii=False).encode()) <= 256 * 1024


@both_ways
class OriginTest(ChatTestCase):
    @gen_test
    async def test_a_client_of_the_origin_talks_with_the_others_and_sees_no_blank_or_broken_line(self) -> None:
        """It knows no ref, joins by `message`, and shows each line whose target it has joined."""
        ann = await self.join("Ann", "den")
        origin = await self.connect("Go")
        origin.send("join-communication-channel", message="den")
        await ann.until_text("Go joined the channel")
        origin.send("send-message", target="den", message="hello from before", sender={"name": "Mallory"})
        line = await ann.until_text("hello from before")
        assert line["sender"] == origin.hello["user"]
        await ann.call("typing", target="den")
        await ann.call("roll", target="den")
        await ann.call("send-message", target="den", message="and back")
        await ann.call("leave-channel", target="den")
        await origin.until_text("Ann left the channel")
        shown = [event for event in origin.events if event.get("target") == "den"]
        assert all(event["message"] for event in shown)
        assert [event["sender"] and event["sender"]["name"] for event in shown] == ["Go", None, "Ann", None]
        origin.send("leave-communication-channel", message="den")
        origin.send("send-message", target="den", message="too late")
        assert (await origin.until("error"))["target"] == "den"


class HostileNeighbourTest(ChatTestCase):
    @gen_test
    async def test_one_that_breaks_the_protocol_and_stays_silences_nobody(self) -> None:
        ann, ben = await self.join("Ann", "general"), await self.join("Ben", "general")
        evil = await Raw.open(self.get_http_port(), path="/ws?name=Evil")
        evil.writer.write(masked(b'{"action":"join-channel","target":"general"}'))
        await ann.until_text("Evil joined the channel")
        evil.writer.write(masked(b"x", rsv=4))
        while (await evil.frame())[0] != CLOSE:
            pass
        for number in range(3):
            await ann.call("send-message", target="general", message=f"still here {number}")
            await ben.until_text(f"still here {number}")
        await evil.leave()

    @gen_test
    async def test_nothing_is_handled_or_said_after_the_goodbye_for_too_many_mistakes(self) -> None:
        ann = await self.join("Ann", "general")
        evil = await Raw.open(self.get_http_port(), path="/ws?name=Evil")
        lines = ['{"action":"join-channel","target":"general"}', *["bad"] * 30]
        evil.writer.write(masked("\n".join([*lines, '{"action":"typing","target":"general"}']).encode()))
        frames = [await evil.frame()]
        while frames[-1][0] != CLOSE:
            frames.append(await evil.frame())
        assert frames[-1][1][:2] == (1008).to_bytes(2, "big")
        evil.writer.write(masked(frames[-1][1], CLOSE))
        assert await evil.reader.read() == b""
        await evil.leave()
        await ann.until_text("Evil left the channel")
        assert all(event["action"] != "typing" for event in ann.events)

    @gen_test
    async def test_a_channel_is_found_under_any_spelling_of_its_name(self) -> None:
        ann = await self.connect("Ann")
        assert (await ann.call("join-channel", target="\ufb01rst"))["channel"] == "first"
        await ann.call("send-message", target="\ufb01rst", message="hello")
        await ann.call("typing", target="\ufb01rst")
        (hello,) = [event for event in ann.events if event.get("message") == "hello"]
        assert hello["target"] == "first"

    def test_an_origin_with_broken_brackets_is_refused(self) -> None:
        assert self.fetch("/ws?name=a", headers={"Origin": "http://["}).code == 403

    @gen_test
    async def test_a_crowd_that_vanishes_costs_the_others_nothing(self) -> None:
        ann, ben = await self.join("Ann", "general"), await self.join("Ben", "general")
        crowd = [await Raw.open(self.get_http_port(), path=f"/ws?name=c{number}") for number in range(40)]
        for one in crowd:
            one.writer.write(masked(b'{"action":"join-channel","target":"general"}'))
        while len(self.chat.hub.channels["general"].members) < 42:
            await asyncio.sleep(0.001)
        with self.assertNoLogs("tornado_chat", "ERROR"):
            for number, one in enumerate(crowd):
                one.writer.write(masked(b'{"action":"who","ref":"r"}'))
                ann.send("send-message", target="general", message=f"line {number}")
                one.writer.transport.abort()
                await asyncio.sleep(0)
            for number in range(40):
                await ben.until_text(f"line {number}")
            while len(self.chat.hub.connections) > 2:
                await asyncio.sleep(0.001)
        for one in crowd:
            await one.leave()
