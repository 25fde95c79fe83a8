"""The actions for channels and those who belong to them, over real sockets."""

import asyncio
from collections.abc import Callable
from typing import Any

from tornado.testing import gen_test

from tornado_chat import Refused
from tornado_chat.chat.permissions import ROLES, give_power
from tornado_chat.testing import ChatTestCase, Client


async def raw(client: Client, action: str, **fields: Any) -> dict[str, Any]:
    """Return the answer to a call, an error too, without its ref."""
    ref = f"raw-{len(client.events)}-{action}"
    client.send(action, ref=ref, **fields)
    answer = await client.until(lambda event: event["action"] in ("ok", "error") and event["ref"] == ref)
    return {key: value for key, value in answer.items() if key != "ref"}


async def entry(client: Client, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for an entry of the user's own list."""

    def fits(event: dict[str, Any]) -> bool:
        return event["action"] == "channels" and any(map(wanted, event.get("changed", ())))

    return next(filter(wanted, (await client.until(fits))["changed"]))


def ids(*clients: Client) -> list[str]:
    return [client.hello["user"]["id"] for client in clients]


class ActionsTest(ChatTestCase):
    @gen_test
    async def test_a_private_channel_is_made_with_people_invited_and_is_in_their_lists(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        made = await ann.call("create-channel", kind="private", title="Plans", topic=" What \n next ", users=ids(bob))
        assert made["channel"].startswith("p:")
        assert (made["title"], made["topic"], made["role"]) == ("Plans", "What next", "owner")
        assert (made["seq"], made["messages"], made["users"]) == (0, [], [ann.hello["user"]])
        mine = await entry(bob, lambda one: one["channel"] == made["channel"])
        assert (mine["title"], mine["role"]) == ("Plans", "member")
        listed = await bob.call("members", target=made["channel"])
        assert listed["members"] == [
            {"user": ann.hello["user"], "role": "owner", "present": True},
            {"user": bob.hello["user"], "role": "member", "present": False},
        ]
        assert (listed["count"], listed["more"]) == (2, False)
        assert [
            one["user"]["name"] for one in (await bob.call("members", target=made["channel"], find="AN"))["members"]
        ] == ["Ann"]
        assert (await bob.join(made["channel"]))["role"] == "member"

    @gen_test
    async def test_a_channel_that_cannot_be_made_is_refused_in_words(self) -> None:
        ann, bob = await self.join("Ann", "news"), await self.connect("Bob")
        assert (await bob.call("create-channel", name="Bob’s"))["kind"] == "public"
        for fields, code, words in (
            ({"name": "news"}, "refused", "there is a channel #news already"),
            ({}, "invalid-field", "name is missing"),
            ({"name": "p:news"}, "invalid-name", "the name of a channel does not begin with p: or dm:"),
            ({"kind": "private"}, "invalid-field", "title: a private channel has one"),
            ({"kind": "private", "title": "a\u202eb"}, "invalid-name", "title: "),
            ({"kind": "private", "title": "x", "users": ["nobody"]}, "invalid-field", "there is no user with the id"),
            ({"name": "x", "users": ["x"] * 51}, "invalid-field", "users are at most 50"),
            ({"name": "x", "topic": "y" * 251}, "invalid-field", "topic: at most 250 characters"),
        ):
            answer = await raw(bob, "create-channel", **fields)
            assert answer["code"] == code, answer
            assert answer["message"].startswith(words), answer
        assert "news" in [one["channel"] for one in (await ann.call("browse"))["channels"]]

    @gen_test
    async def test_a_direct_conversation_is_the_same_for_the_same_people(self) -> None:
        ann, bob, eve = [await self.connect(name) for name in ("Ann", "Bob", "Eve")]
        talk = await ann.call("open-direct", users=ids(bob))
        assert (talk["kind"], talk["with"]) == ("direct", [bob.hello["user"]])
        assert (await bob.call("open-direct", users=ids(ann, bob)))["channel"] == talk["channel"]
        assert (await eve.call("open-direct", users=ids(ann)))["channel"] != talk["channel"]
        await ann.call("send-message", target=talk["channel"], message="hi")
        await bob.until_text("hi")
        for action, fields in (
            ("invite", {"users": ids(eve)}),
            ("set-channel", {"topic": "x"}),
            ("silence", {"users": ids(bob), "minutes": 1}),
        ):
            answer = await raw(ann, action, target=talk["channel"], **fields)
            assert (answer["code"], answer["rule"]) == ("not-allowed", "direct")
            assert answer["needs"].startswith("A direct conversation has no roles")
        assert (await raw(ann, "open-direct", users=[]))["message"] == "users are 1 to 8 others"
        assert (await raw(ann, "open-direct", users=ids(bob) * 10))["message"] == "users are 1 to 8 others"

    @gen_test
    async def test_settings_are_cleaned_told_to_members_and_kept_in_the_audit(self) -> None:
        ann, bob = await self.join("Ann", "lobby"), await self.join("Bob", "lobby")
        await ann.call("create-channel", name="news", users=ids(bob))
        await bob.join("news")
        changed = await ann.call("set-channel", target="news", topic=" a\n b ", slow=5, edit_window=60)
        assert (changed["topic"], changed["slow"], changed["edit_window"]) == ("a b", 5, 60)
        told = await bob.until("channel")
        assert told == {"action": "channel", "channel": "news", "topic": "a b", "slow": 5, "edit_window": 60}
        assert "edit_window" not in await ann.call("set-channel", target="news", edit_window=-1)
        answer = await raw(bob, "set-channel", target="news", topic="mine")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "channel-role")
        assert (
            answer["needs"] == "Only moderators of #news can set the topic, the description, and who posts how often"
        )
        for fields, words in (
            ({"slow": -1}, "slow: 0 to 86400 seconds"),
            ({"edit_window": -2}, "edit_window: 0 to "),
            ({"topic": "\u200b"}, "topic: nothing in the text can be seen"),
            ({"description": "x" * 1001}, "description: at most 1,000 characters"),
            ({"posting": "nobody"}, "posting must be one of everyone, moderators"),
        ):
            answer = await raw(ann, "set-channel", target="news", **fields)
            assert answer["code"] == "invalid-field"
            assert answer["message"].startswith(words), answer
        plans = (await ann.call("create-channel", kind="private", title="Plans"))["channel"]
        answer = await raw(ann, "set-channel", target=plans, listed=True)
        assert (answer["code"], answer["message"]) == ("invalid-field", "listed: only public channels are listed")
        powers = [one["power"] for one in await self.chat.hub.moderation.recorded()]
        assert powers == ["set-channel", "set-channel", "invite"]

    @gen_test
    async def test_people_are_invited_ranked_silenced_and_removed_by_who_ranks_higher(self) -> None:
        ann, bob, eve = [await self.connect(name) for name in ("Ann", "Bob", "Eve")]
        den = (await ann.call("create-channel", kind="private", title="Den", users=ids(bob)))["channel"]
        await entry(bob, lambda one: one["channel"] == den)
        answer = await raw(bob, "invite", target=den, user=ids(eve)[0])
        assert (answer["rule"], answer["needs"]) == ("channel-role", "Only moderators of Den can invite people")
        assert (await ann.call("set-role", target=den, user=ids(bob)[0], role="moderator"))["users"] == [
            bob.hello["user"]
        ]
        assert (await entry(bob, lambda one: one["role"] == "moderator"))["channel"] == den
        assert (await bob.call("invite", target=den, user=ids(eve)[0]))["users"] == [eve.hello["user"]]
        assert (await bob.call("invite", target=den, users=ids(eve, ann)))["users"] == []
        await eve.join(den)
        answer = await raw(bob, "silence", target=den, user=ids(ann)[0], minutes=5)
        assert answer["rule"] == "rank"
        await bob.call("silence", target=den, user=ids(eve)[0], minutes=5)
        answer = await raw(eve, "send-message", target=den, message="hm")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "silenced")
        by_bob = (await bob.call("members", target=den))["members"]
        by_eve = (await eve.call("members", target=den))["members"]
        assert [one["user"]["name"] for one in by_bob] == ["Ann", "Bob", "Eve"]
        assert [("silenced_until" in one) for one in by_bob] == [("silenced_until" in one) for one in by_eve]
        await bob.call("silence", target=den, user=ids(eve)[0], minutes=0)
        await eve.call("send-message", target=den, message="thanks")
        for minutes in (-1, 1e9):
            answer = await raw(bob, "remove-member", target=den, user=ids(eve)[0], minutes=minutes)
            assert answer["message"].startswith("minutes must be a number from 0 to ")
        assert (await raw(bob, "remove-member", target=den))["message"] == "users are 1 to 200 ids"
        await bob.call("remove-member", target=den, user=ids(eve)[0])
        told = await eve.until(lambda event: "removed" in event)
        assert (told["removed"][0]["channel"], told["removed"][0]["by"]) == (den, bob.hello["user"])
        gone = await raw(eve, "send-message", target=den, message="hm")
        assert (gone["code"], gone["message"]) == ("not-found", "there is no such channel")
        answer = await raw(ann, "set-role", target=den, user=ids(ann)[0], role="member")
        assert (answer["rule"], answer["needs"]) == ("last-owner", "Den needs an owner; make somebody else one first")

    @gen_test
    async def test_what_is_found_is_listed_or_ones_own(self) -> None:
        ann, eve = await self.connect("Ann"), await self.join("Eve", "lobby")
        private = (await ann.call("create-channel", kind="private", title="Secret plans"))["channel"]
        await ann.call("create-channel", name="news", topic="New things")
        await ann.call("create-channel", name="unlisted")
        await ann.call("set-channel", target="unlisted", listed=False)
        await ann.call("send-message", target="news", message="hi")
        talk = (await ann.call("open-direct", users=ids(eve)))["channel"]
        found = {one["channel"]: one for one in (await ann.call("browse"))["channels"]}
        assert set(found) == {private, "news", "unlisted", talk, "lobby"}
        assert found["news"]["last"] > 0
        assert (found["news"]["members"], found["news"]["joined"], found["lobby"]["joined"]) == (1, True, False)
        assert found[talk]["with"] == [eve.hello["user"]]
        assert [one["channel"] for one in (await eve.call("browse"))["channels"]] == ["lobby", "news"]
        page = await ann.call("browse", limit=2)
        assert page["more"]
        after = page["channels"][-1]["channel"]
        rest = await ann.call("browse", after=after)
        assert [one["channel"] for one in [*page["channels"], *rest["channels"]]] == sorted(found)
        assert [one["channel"] for one in (await ann.call("browse", find="PLAN"))["channels"]] == [private]
        assert [one["channel"] for one in (await eve.call("browse", find="plan"))["channels"]] == []
        assert [one["channel"] for one in (await ann.call("browse", find="lob"))["channels"]] == ["lobby"]

    @gen_test
    async def test_people_are_found_whether_they_are_here_or_not(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Joann")
        await self.connect("Eve")
        den = (await ann.call("create-channel", kind="private", title="Den", users=ids(bob)))["channel"]
        await bob.close()
        while self.chat.hub.online(ids(bob)[0]) is not None:
            await asyncio.sleep(0.01)
        found = await ann.call("users", find="ANN")
        assert [(one["user"]["name"], one["present"]) for one in found["users"]] == [("Ann", True), ("Joann", False)]
        assert not found["more"]
        assert (await ann.call("users", ids=[*ids(bob), "nobody"]))["users"] == [
            {"user": bob.hello["user"], "present": False}
        ]
        every = [one["user"]["id"] for one in (await ann.call("users"))["users"]]
        assert len(every) == 3
        assert every == sorted(every)
        page = await ann.call("users", limit=2)
        assert page["more"]
        rest = await ann.call("users", after=page["users"][-1]["user"]["id"])
        assert [one["user"]["id"] for one in [*page["users"], *rest["users"]]] == every
        listed = (await ann.call("members", target=den))["members"]
        assert [(one["user"]["name"], one["present"]) for one in listed] == [("Ann", True), ("Joann", False)]

    @gen_test
    async def test_what_one_shares_with_somebody_is_of_ones_own_channels_alone(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        den = (await ann.call("create-channel", kind="private", title="Den", users=ids(bob)))["channel"]
        await ann.call("open-direct", users=ids(bob))
        await bob.call("create-channel", kind="private", title="Bob’s")
        await bob.join("hall")
        (his,) = ids(bob)
        assert (await ann.call("shared", user=his))["channels"] == [den]
        await ann.join("hall")
        both = sorted(["hall", den])
        assert (await ann.call("shared", user=his))["channels"] == both
        await bob.close()  # whether they are here or not
        while self.chat.hub.online(his) is not None:
            await asyncio.sleep(0.01)
        assert (await ann.call("shared", user=his))["channels"] == both
        await ann.call("remove-member", target=den, user=his)
        assert (await ann.call("shared", user=his))["channels"] == ["hall"]
        eve = await self.connect("Eve")
        nobody = await raw(eve, "shared", user="g:nobody")
        for one in (his, *ids(ann)):
            assert await raw(eve, "shared", user=one) == nobody
        await eve.join("hall")  # a guest of whom nothing is stored is seen where she is present
        assert (await ann.call("shared", user=ids(eve)[0]))["channels"] == ["hall"]
        await eve.close()
        while self.chat.hub.online(ids(eve)[0]) is not None:
            await asyncio.sleep(0.01)
        assert (await ann.call("shared", user=ids(eve)[0]))["channels"] == []

    @gen_test
    async def test_the_level_of_a_channel_is_the_same_on_every_device(self) -> None:
        ann = await self.join("Ann", "den")
        phone = await self.connect(token=ann.hello["token"])
        answer = await ann.call("notify", target="den", level="mentions")
        assert answer["notify"] == "mentions"
        await entry(phone, lambda one: one["notify"] == "mentions")
        answer = await phone.call("notify", target="den", level="none", minutes=5)
        assert answer["notify_until"] > 0
        assert (await entry(ann, lambda one: one["notify"] == "none"))["notify_until"] == answer["notify_until"]
        assert (await raw(ann, "notify", target="other", level="all"))["code"] == "not-joined"

    @gen_test
    async def test_one_may_ask_beforehand_and_is_told_the_rule(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        await ann.call("create-channel", name="news", users=ids(bob))
        await bob.join("news")
        seq = (await ann.call("send-message", target="news", message="hi"))["seq"]

        async def rule(client: Client, call: str, **fields: Any) -> str:
            answer = await client.call("may", call=call, **{"target": "news", **fields})
            assert answer["allowed"] is ("rule" not in answer)
            assert ("needs" in answer) is ("rule" in answer)
            return str(answer.get("rule", "yes"))

        assert await rule(ann, "set-channel", settings=["title", "topic"]) == "yes"
        assert await rule(bob, "set-channel", settings=["topic"]) == "channel-role"
        assert await rule(bob, "invite") == "yes"
        assert await rule(bob, "remove-member", user=ids(ann)[0]) == "channel-role"
        assert await rule(ann, "remove-member", user=ids(bob)[0]) == "yes"
        assert await rule(bob, "edit-message", seq=seq) == "own"
        assert await rule(ann, "edit-message", seq=seq) == "yes"
        assert await rule(bob, "delete-message", seq=seq) == "channel-role"
        assert await rule(bob, "kick", target=None) == "role"
        assert await rule(bob, "create-channel", target=None) == "yes"
        assert await rule(bob, "join-channel", target="anything") == "yes"
        await ann.call("set-channel", target="news", posting="moderators")
        assert await rule(bob, "send-message") == "posting"
        await ann.call("set-channel", target="news", archived=True)
        assert await rule(ann, "react", seq=seq) == "archived"
        await ann.call("remove-member", target="news", user=ids(bob)[0], minutes=5)
        assert await rule(bob, "join-channel") == "removed"
        for fields, code in (
            ({"call": "nothing"}, "unknown-action"),
            ({"call": "welcome"}, "unknown-action"),
            ({"call": "edit-message", "target": "news", "seq": 99}, "not-found"),
            ({"call": "invite", "target": "other"}, "not-joined"),
            ({"call": "invite", "target": "p:AAAAAAAAAAAAAAAAAAAAAA"}, "not-found"),
        ):
            answer = await raw(ann, "may", **fields)
            assert answer["code"] == code, answer


class StoredTest(ChatTestCase):
    settings = {"history": "sqlite"}

    @gen_test
    async def test_whoever_was_invited_just_now_can_be_mentioned(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        ann.send("create-channel", kind="private", title="Plans", users=ids(bob), ref="made")
        made = await ann.until(lambda event: event.get("ref") == "made")
        await ann.call("send-message", target=made["channel"], message="hello @Bob")
        (mine,) = (await bob.call("channels", own=True))["channels"]
        assert (mine["unread"], mine["mentions"]) == (1, 1)


class LimitsTest(ChatTestCase):
    settings = {"create_channels": "admins", "direct": "off"}

    def tearDown(self) -> None:
        super().tearDown()
        for power in ("create-channel", "open-direct"):
            give_power(power, ROLES)

    @gen_test
    async def test_who_may_create_nothing_and_write_to_nobody_is_told_so_and_finds_who_is_here(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        answer = await raw(ann, "create-channel", name="news")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "role")
        assert answer["needs"] == "Only administrators can make channels here"
        answer = await raw(ann, "join-channel", target="news")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "role")
        answer = await raw(ann, "open-direct", users=ids(bob))
        assert (answer["code"], answer["rule"]) == ("not-allowed", "role")
        assert [one["user"]["name"] for one in (await ann.call("users", find="b"))["users"]] == ["Bob"]


class FullTest(ChatTestCase):
    settings = {"max_channels": (2, 100)}

    @gen_test
    async def test_a_channel_that_its_maker_cannot_join_is_not_made(self) -> None:
        ann, bob = await self.join("Ann", "one", "two"), await self.connect("Bob")
        answer = await raw(ann, "create-channel", name="three", users=ids(bob))
        assert (answer["code"], answer["message"]) == ("too-many", "at most 2 channels at a time; leave one")
        assert (await bob.call("create-channel", name="three"))["role"] == "owner"


class DailyTest(ChatTestCase):
    @gen_test
    async def test_creations_and_invitations_are_so_many_a_day(self) -> None:
        ann, bob = await self.connect("Ann"), await self.connect("Bob")
        for number in range(50):
            await ann.call("create-channel", name=f"room {number}")
        answer = await raw(ann, "create-channel", name="one more")
        assert (answer["code"], answer["message"]) == ("rate-limited", "too many creations today")
        assert answer["retry_after_ms"] > 0
        assert (await bob.call("create-channel", name="one more"))["role"] == "owner"
        with self.assertRaises(Refused):
            await ann.call("open-direct", users=ids(bob))
