"""A name is found however it is written: decomposed, in full width, in another case, with an @ before it."""

import json

import pytest

from tests.helpers import Client, House, module, run, turns
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.config.settings import Settings

RAW = ["cafe\u0301", "\uff43\uff41\uff46\xe9", " caf\xe9 "]


def texts(client: Client) -> list[str]:
    return [event["message"] for event in client.of("send-message") if event.get("seq")]


@pytest.mark.parametrize("raw", RAW)
def test_a_message_is_sent_again_to_a_channel_whose_name_was_written_otherwise(raw: str) -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "caf\xe9")
        first = await house.call(ann, "send-message", ref="x", target=raw, message="hi")
        assert await house.call(ann, "send-message", ref="x", target=raw, message="hi") == first
        assert await house.call(ann, "send-message", ref="x", target="caf\xe9", message="hi\n") == first
        await house.call(ann, "leave-channel", target=raw)
        assert await house.call(ann, "send-message", ref="x", target=raw, message="hi") == first
        assert texts(ann) == ["hi"]
        other = await house.call(ann, "send-message", ref="x", target=raw, message="ho")
        assert other["code"] == "invalid-field"

    run(main)


@pytest.mark.parametrize("raw", RAW)
def test_a_message_that_is_sent_again_too_soon_is_known_however_it_was_written(raw: str) -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "caf\xe9")
        first = await house.call(ann, "send-message", ref="x", target=raw, message="hi\r\n")
        ann.connection.gate = Limits(Settings(), lambda: house.now).enter("id-Ann", "192.0.2.1")
        while (answer := await house.call(ann, "typing", target=raw))["action"] == "ok":
            pass
        assert answer["code"] == "rate-limited"
        assert await house.call(ann, "send-message", ref="x", target=raw, message="hi\r\n") == first

    run(main)


@pytest.mark.parametrize("action", ["kick", "ban"])
@pytest.mark.parametrize("said", ["bob", "BOB", "\uff22\uff4f\uff42", "@Bob", "@bob", "Bob\u2060"])
def test_an_administrator_finds_someone_by_a_name_that_looks_the_same(action: str, said: str) -> None:
    async def main() -> None:
        house = House()
        boss, bob = house.client("Boss", role="admin"), house.client("Bob")
        assert (await house.call(boss, action, user=said))["ended"] == 1
        assert bob.transport.closed == [4403]

    run(main)


def test_who_is_called_so_to_the_letter_is_meant_before_who_looks_the_same() -> None:
    async def main() -> None:
        hub = House()
        for name in ("Bob", "bob", "Zoe\u0308", "@zo\xeb"):
            hub.client(name)
        find = hub.hub.find_user
        assert (find("Bob").name, find("bob").name, find("@zo\xeb").name) == ("Bob", "bob", "@zo\xeb")
        for said in ("BOB", "@bob"):
            with pytest.raises(Refused, match="2 users are called"):
                find(said)
        with pytest.raises(Refused, match="is not here"):
            find("a" + "\u0301\u0327" * 30_000)

    run(main)


def test_the_overview_finds_people_by_a_part_in_another_form() -> None:
    async def main() -> None:
        house = House()
        boss = house.client("Boss", role="admin")
        for name in ("Zo\xeb", "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "Ann\U0001f600"):
            house.client(name)
        for part in ("\uff3ao", "oe\u0308", "\u0639\u0644\u06cc\u0631", "ann\U0001f600\ufe0f"):
            assert (await house.call(boss, "overview", find=part))["found"] == 1, part

    run(main)


def test_a_plugin_finds_a_channel_and_who_is_in_it_by_any_spelling() -> None:
    async def main() -> None:
        house = House(
            module("""
@action("count", channel=False)
def count(ctx: Context, channel: str) -> dict[str, Any]:
    return {"here": len(ctx.server.present(channel)), "name": ctx.server.channel(channel).name}
""")
        )
        ann = house.client("Ann", *RAW)
        for raw in RAW:
            answer = await house.call(ann, "count", channel=raw)
            assert (answer["here"], answer["name"]) == (1, "caf\xe9")
        assert list(ann.connection.channels) == ["caf\xe9"]
        house.hub.leave(ann.connection, RAW[0])
        assert not house.hub.channels

    run(main)


def as_asked(client: Client, asked: str) -> list[str]:
    return [event["message"] for event in client.of("send-message") if event["target"] == asked]


@pytest.mark.parametrize(
    ("asked", "name"), [("general ", "general"), ("\uff21\uff22\uff23", "ABC"), ('"e\u0301"', '"\xe9"')]
)
def test_a_client_of_the_origin_is_told_what_its_channel_is_called_and_sees_its_lines(asked: str, name: str) -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann"), house.client("Bob", name)
        await house.say(ann, json.dumps({"action": "join-communication-channel", "message": asked}))
        await house.say(ann, json.dumps({"action": "send-message", "target": asked, "message": "hi"}))
        await house.call(bob, "send-message", target=name, message="ho")
        house.hub.leave(bob.connection, name)
        await turns()
        assert as_asked(ann, asked) == [f"This channel is called {name} here.", "hi", "ho", "Bob left the channel"]
        assert as_asked(ann, name) == ["hi", "ho", "Bob left the channel"]
        own = next(event for event in ann.of("send-message") if (event["target"], event["message"]) == (asked, "hi"))
        assert (own["sender"]["name"], own["seq"]) == ("Ann", 1)
        assert not as_asked(bob, asked)
        await house.say(ann, json.dumps({"action": "leave-communication-channel", "message": asked}))
        house.client("Eve", name)
        house.hub.channel(name).post("he")
        await turns()
        assert "he" not in as_asked(ann, asked)

    run(main)


@pytest.mark.parametrize("newcomers", ["all", "from-joining"])
def test_a_client_of_the_origin_sees_replies_in_threads_whoever_sees_their_root(newcomers: str) -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "join-channel", target="den")
        await house.call(ann, "set-channel", target="den", newcomers=newcomers)
        await house.say(bob, json.dumps({"action": "join-communication-channel", "message": "den "}))
        await house.call(ann, "send-message", ref="1", target="den", message="root")
        root = bob.of("send-message")[-1]["seq"]
        await house.call(ann, "send-message", ref="2", target="den", message="reply", thread=root)
        assert as_asked(bob, "den ")[-2:] == ["root", "reply"]

    run(main)


def test_who_is_answered_what_a_channel_is_called_gets_its_lines_once() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann")
        assert (await house.call(ann, "join-channel", message="general "))["channel"] == "general"
        await house.call(ann, "send-message", target="general ", message="hi")
        assert [event["target"] for event in ann.of("send-message")] == ["general"]

    run(main)


def test_a_client_of_the_origin_sees_in_the_channel_it_asked_for_why_it_is_not_in_it() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann")
        await house.say(ann, json.dumps({"action": "join-communication-channel", "message": "a\u200bb"}))
        words = "a name must not contain an invisible character (zero width space)"
        assert as_asked(ann, "a\u200bb") == [words]
        assert [event["code"] for event in ann.of("error")] == ["invalid-name"]

    run(main)


def test_however_often_one_asks_for_a_channel_its_lines_come_twice_at_most() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann")
        for count in range(1, 400, 40):
            await house.say(ann, json.dumps({"action": "join-channel", "message": "den" + " " * count}))
        await house.call(ann, "send-message", target="den", message="hi")
        assert texts(ann) == ["hi", "hi"]

    run(main)
