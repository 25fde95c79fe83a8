"""The client for bots: its own list of channels, direct conversations, and channels that it is let into no more."""

import asyncio
import itertools
from typing import Any, ClassVar

import pytest
from tornado.testing import gen_test

from tests.serving import Listener, cut, until
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.memberships import Membership
from tornado_chat.client import Client, Event
from tornado_chat.client.channels import Channels
from tornado_chat.client.inbox import Inbox
from tornado_chat.client.own_list import OwnList
from tornado_chat.testing import ChatTestCase
from tornado_chat.testing.sockets import Client as SocketClient


def entry(name: str, **more: Any) -> Event:
    numbers = {"seq": 5, "read": 5, "unread": 0, "mentions": 0}
    return {"channel": name, "kind": "public", "title": name, "topic": "", "role": "member", **numbers, **more}


def test_the_list_is_replaced_changed_and_counted() -> None:
    own = OwnList()
    own.apply({"all": True, "channels": [entry("den"), entry("hall")]})
    assert own.apply({"changed": [entry("attic")], "removed": [{"channel": "hall"}]}) == ["hall"]
    assert sorted(own.entries) == ["attic", "den"]
    for seq, sender, more in ((5, "x", {}), (6, "x", {}), (7, "me", {}), (8, "x", {"mentions": ["me"]})):
        own.hear({"target": "den", "seq": seq, "sender": {"id": sender}, **more}, "me")
    own.hear({"target": "den", "seq": 9, "sender": {"id": "x"}, "thread": 6}, "me")
    own.hear({"target": "attic", "seq": 6, "sender": {"id": "x"}, "mentions": ["@channel", "@here"]}, "me")
    own.hear({"target": "den", "message": "a notice", "sender": None}, "me")
    own.hear({"target": "elsewhere", "seq": 3, "sender": None}, "me")
    assert own.entries["den"] == entry("den", seq=9, unread=2, mentions=1)
    assert own.entries["attic"] == entry("attic", seq=6, unread=1, mentions=1)
    own.set({"channel": "den", "topic": "News", "archived": True, "slow": 5})
    assert own.entries["den"]["topic"] == "News"
    assert own.entries["den"]["archived"]
    own.set({"channel": "den", "archived": False})
    assert "archived" not in own.entries["den"]
    own.apply({"all": True, "channels": []})
    assert own.entries == {}


@pytest.mark.parametrize("first", ["message", "answer"])
def test_what_comes_while_a_conversation_is_opened_comes_once(first: str) -> None:
    said = {"action": "send-message", "target": "dm:x", "message": "Hi", "sender": None, "seq": 1}

    async def main() -> None:
        inbox = Inbox(10)

        async def call(action: str, **fields: Any) -> Event:
            if action == "open-direct":
                known = first == "answer"
                channels.hear(said)
                messages = {"messages": [said] if known else [], "seq": int(known)}
                return {"channel": "dm:x", "epoch": "e", "recovered": False, "more": False, "read": 0, **messages}
            return {"messages": [said], "seq": 1, "more": False}

        channels = Channels(inbox, call)
        channels.wire = 2
        answer = await channels.open("open-direct", users=["b"])
        await asyncio.gather(*channels._reading)
        channels.hear({**said, "seq": 2, "message": "after"})
        found = [one["message"] for one in answer["messages"]]
        while inbox._queue.qsize():
            event = await inbox.get()
            assert event is not None
            found.append(event["message"])
        assert found == ["Hi", "after"]

    asyncio.run(main())


class PlacesTest(ChatTestCase):
    settings: ClassVar[dict[str, Any]] = {"history": "memory"}

    def setUp(self) -> None:
        super().setUp()
        self.chat.hub.gather = 0.0

    def bot(self, **how: Any) -> Client:
        return Client(self.get_url("").rstrip("/"), "Bot", **how)

    async def removal(self, bot: Client) -> list[str]:
        """Wait until the client is told that channels are gone."""
        async for event in bot.events():
            if event["action"] == "channels" and event.get("removed"):
                return [one["channel"] for one in event["removed"]]
        return []

    async def owner(self, *channels: str) -> Any:
        """Return somebody who owns public channels, and the server's end of their connection."""
        ann = await self.join("Ann")
        connection = next(iter(self.chat.hub.connections_of(ann.hello["user"]["id"])))
        for channel in channels:
            if channel not in self.chat.hub.channels:
                await self.chat.hub.places.create(connection, "public", name=channel)
                await ann.join(channel)
        return ann, connection

    async def private(self, ann: SocketClient, bot: Client) -> str:
        """Make a private channel of somebody, with the bot as a member."""
        connection = next(iter(self.chat.hub.connections_of(ann.hello["user"]["id"])))
        places = self.chat.hub.places
        record = await places.create(connection, "private", title="Plans", users=[bot.user["id"]])
        await ann.join(record.name)
        return record.name

    @gen_test
    async def test_the_list_has_what_one_belongs_to_and_counts_what_comes(self) -> None:
        async with self.bot() as bot:
            ann = await self.join("Ann")
            name = await self.private(ann, bot)
            await until(lambda: name in bot.channels)
            assert bot.channels[name]["title"] == "Plans"
            assert bot.channels[name]["role"] == "member"
            await bot.join(name)
            await bot.join("den")
            await until(lambda: "den" in bot.channels)
            await ann.call("send-message", target=name, message=f"Hello @{bot.name}")
            await until(lambda: bot.channels[name]["unread"] == 1)
            assert bot.channels[name]["mentions"] == 1
            await bot.read(name, bot.channels[name]["seq"])
            await until(lambda: bot.channels[name]["unread"] == 0)
            await bot.leave("den")
            await until(lambda: "den" not in bot.channels)

    @gen_test
    async def test_who_is_removed_is_told_and_the_channel_is_gone(self) -> None:
        async with self.bot() as bot:
            ann, connection = await self.owner("den")
            name = await self.private(ann, bot)
            for channel in (name, "den"):
                await bot.join(channel)
                await self.chat.hub.places.remove(connection, channel, [bot.user["id"]])
                assert await self.removal(bot) == [channel]
                assert channel not in bot.channels
                assert not bot._channels.places

    @gen_test
    async def test_a_removal_while_one_is_away_is_told_and_not_tried_again(self) -> None:
        for kept_out, public in ((0, "den"), (5, "hall")):
            async with self.bot() as bot:
                ann, connection = await self.owner(public)
                name = await self.private(ann, bot)
                for channel in (name, public, "attic"):
                    await bot.join(channel)
                await until(lambda: "attic" in bot.channels)
                cut(bot)  # type: ignore[arg-type]
                for channel in (name, public):
                    await self.chat.hub.places.remove(connection, channel, [bot.user["id"]], minutes=kept_out)
                assert sorted([*await self.removal(bot), *await self.removal(bot)]) == sorted([public, name])
                await bot.send("attic", "here")
                assert list(bot._channels.places) == ["attic"]
                assert list(bot.channels) == ["attic"]

    @gen_test
    async def test_a_refusal_while_one_catches_up_ends_the_channel(self) -> None:
        async with Listener(self.get_url("").rstrip("/"), "Bot") as bot:
            await bot.join("den")
            await bot.join("attic")
            codes = itertools.chain((Error.HISTORY_UNAVAILABLE, Error.NOT_FOUND), itertools.repeat(Error.INTERNAL))

            async def refused(*arguments: Any, **options: Any) -> Any:
                raise Refused("no", next(codes))

            changes, self.chat.hub.places.changes = self.chat.hub.places.changes, refused  # type: ignore[method-assign]
            bot._channels.places["den"].newest = 1
            bot._channels._read_on("den", bot._channels.places["den"])
            assert await self.removal(bot) == ["den"]
            self.chat.hub.places.changes = changes  # type: ignore[method-assign]
            assert list(bot._channels.places) == ["attic"]

    @gen_test
    async def test_a_refusal_says_which_rule_and_what_it_needs(self) -> None:
        async with self.bot() as bot:
            _, connection = await self.owner("den")
            await self.chat.hub.places.change_record(connection, "den", posting="moderators")
            await bot.join("den")
            with pytest.raises(Refused) as refused:
                await bot.send("den", "Hello")
            assert refused.value.rule == "posting"
            assert refused.value.needs

    @gen_test
    async def test_direct_messages_come_by_iteration_where_that_is_asked_for(self) -> None:
        async with self.bot(direct=True) as bot:
            ann, connection = await self.owner()
            record = await self.chat.hub.places.open_direct(connection, [bot.user["id"]])
            await ann.join(record.name)
            heard: list[str] = []

            async def listen() -> None:
                async for message in bot:
                    if "seq" in message:
                        heard.append(message["message"])
                        assert message["target"] == record.name

            task = asyncio.create_task(listen())
            for text in ("one", "two"):
                await ann.call("send-message", target=record.name, message=text)
            await until(lambda: heard == ["one", "two"])
            await ann.call("send-message", target=record.name, message="three")
            await until(lambda: heard == ["one", "two", "three"])
            task.cancel()
            await asyncio.wait({task})

    @gen_test
    async def test_a_bot_makes_channels_invites_and_lists_members(self) -> None:
        async with self.bot() as bot:
            ann, bob = await self.join("Ann"), await self.join("Bob")
            made = await bot.create("Plans", private=True, topic="Soon", users=[ann.hello["user"]])
            name = made["channel"]
            assert (made["kind"], made["title"], made["role"]) == ("private", "Plans", "owner")
            await bot.invite(name, bob.hello["user"]["id"])
            roles = {member["user"]["name"]: member["role"] async for member in bot.members(name)}
            assert roles == {"Bot": "owner", "Ann": "member", "Bob": "member"}
            await ann.join(name)
            await ann.call("send-message", target=name, message="Hello")
            async for message in bot:
                if "seq" in message:
                    break
            assert (message["target"], message["message"]) == (name, "Hello")
            public = await bot.create("den")
            assert public["channel"] == "den"
            with pytest.raises(Refused) as refused:
                await bot.create("den")
            assert refused.value.code == "refused"

    @gen_test
    async def test_all_pages_of_members_come_and_nobody_twice(self) -> None:
        async with self.bot() as bot:
            await bot.create("den")
            record = await self.chat.hub.places.record("den")
            assert record is not None
            ids = [f"a:{number:03}" for number in range(450)]
            roles = {ids[120]: "moderator", ids[430]: "moderator"}
            members = [Membership(record, one, roles.get(one, "member")) for one in ids]
            await self.chat.hub.memberships.put(members)
            found = [member["user"]["id"] async for member in bot.members("den")]
            assert sorted(found) == sorted([*ids, bot.user["id"]])

    @gen_test
    async def test_the_conversation_with_somebody_is_always_the_same(self) -> None:
        async with self.bot() as bot, self.bot(direct=True) as other:
            opened = await bot.direct(other.user)
            name = opened["channel"]
            assert [one["name"] for one in opened["with"]] == ["Bot"]
            assert (await bot.direct(other.user["id"]))["channel"] == name
            await bot.send(name, "Your report is ready")
            async for message in other:
                if "seq" in message:
                    break
            assert (message["target"], message["message"]) == (name, "Your report is ready")
            await other.send(name, "Thanks")
            cut(bot)  # type: ignore[arg-type]
            await other.send(name, "and bye")
            texts: list[str] = []
            async for message in bot:
                if "seq" in message:
                    texts.append(message["message"])
                if texts[-1:] == ["and bye"]:
                    break
            assert texts == ["Your report is ready", "Thanks", "and bye"]

    @gen_test
    async def test_a_page_of_events_that_is_malformed_is_skipped(self) -> None:
        async with self.bot() as bot:
            await bot.join("den")
            [connection] = self.chat.hub.connections
            for event in (
                *({"channels": 5}, {"changed": [5]}, {"changed": [{"channel": "x"}]}, {"removed": [{}]}),
                {"all": True, "channels": [entry("x", unread="many")]},
            ):
                connection.answer({"action": "channels", **event})
            connection.answer({"action": "channel"})
            await bot.send("den", "still here")
            assert "x" not in bot.channels
