"""Messages that grow, on several nodes: who is where, they are seen, stopped and go on as on one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.chat.test_growing import begin, grow, now
from tests.helpers import Client, House, pass_time, run, turns
from tests.town import Town
from tornado_chat.chat.errors import Refused
from tornado_chat.chat.growth import SILENCE, STORE

Main = Callable[[Town, House, House], Coroutine[Any, Any, None]]


def in_town(main: Main) -> None:
    async def whole() -> None:
        town = Town("a", "b")
        town.history.growing = _none  # type: ignore[method-assign]
        await turns()
        await main(town, *town.houses)

    run(whole)


async def _none() -> list[tuple[str, int]]:
    return []


def added(client: Client) -> list[tuple[int, str]]:
    return [(one["from"], one["add"]) for one in client.of("growing")]


async def said(house: House, client: Client, seq: int, **more: Any) -> Any:
    answer = await house.call(client, "stop", target="den", seq=seq, **more)
    return answer.get("seq", answer.get("code"))


def test_words_reach_both_nodes_once_and_who_joins_in_the_middle_sees_the_text_so_far() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        cem = two.client("Cem")
        answer = await two.call(cem, "join-channel", target="den")
        assert [(message["message"], message["growing"]) for message in answer["messages"]] == [("One two", True)]
        await grow(one, ann, seq, 7, " three")
        await pass_time(0.1)
        assert added(ann) == added(bob) == [(3, " two"), (7, " three")]
        assert added(cem) == [(7, " three")]
        assert (await now(two, bob, seq))["message"] == "One two three"
        await pass_time(STORE)
        assert (await now(two, bob, seq))["message"] == "One two three"
        await grow(one, ann, seq, 13, " four")
        await pass_time(0.1)
        assert (await now(two, bob, seq))["message"] == "One two three four"
        await grow(one, ann, seq, 18, ".", done=True)
        await turns()
        assert "growing" not in await now(two, bob, seq)
        assert not two.hub.growths.elsewhere

    in_town(main)


def test_a_node_that_starts_or_has_missed_words_knows_the_text_as_it_is() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        three = town.house("c")
        cem = three.client("Cem", "den")
        await turns()
        assert (await now(three, cem, seq))["message"] == "One two"
        there = town.wires.nodes.pop("b")
        await grow(one, ann, seq, 7, " three")
        await pass_time(0.1)
        town.wires.nodes["b"] = there
        await grow(one, ann, seq, 13, " four")
        await pass_time(0.1)
        assert added(bob) == [(3, " two"), (13, " four")]  # a client reads it anew
        assert (await now(two, bob, seq))["message"] == "One two three four"
        there = town.wires.nodes.pop("b")
        await grow(one, ann, seq, 18, " five")
        await pass_time(0.1)
        town.wires.nodes["b"] = there
        for back in there.back:
            await back()
        await turns()
        assert (await now(two, bob, seq))["message"] == "One two three four five"

    in_town(main)


def test_words_that_come_before_the_change_behind_which_they_stand_wait_for_it() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        tell, held = town._told["b"], list[Any]()
        town._told["b"] = held.extend
        await grow(one, ann, seq, 3, " two")
        await pass_time(STORE + 0.1)
        await grow(one, ann, seq, 7, " three")
        await pass_time(0.1)
        assert added(bob) == [(3, " two")]
        town._told["b"] = tell
        tell(held)
        await turns()
        kinds = [event["action"] for event in bob.events if event["action"] in ("growing", "changed")]
        assert kinds == ["growing", "changed", "growing"]
        assert added(bob)[-1] == (7, " three")
        assert (await now(two, bob, seq))["message"] == "One two three"

    in_town(main)


def test_who_is_elsewhere_stops_a_message_and_no_word_that_was_seen_is_lost() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        assert await said(two, bob, seq) == 2
        await turns()
        for house, client in ((one, ann), (two, bob)):
            message = await now(house, client, seq)
            assert (message["message"], message["stopped"]) == ("One two", True)
        assert bob.of("changed")[-1]["by"]["name"] == "Bob"
        assert (await grow(one, ann, seq, 7, "!"))["code"] == "conflict"
        assert await said(two, bob, seq) == 2
        assert await said(two, bob, 77) == "not-found"

    in_town(main)


def test_a_writer_goes_on_at_another_node() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, eve = one.client("Ann", "den"), two.client("Eve", "den")
        seq = await begin(one, ann)
        one.hub.remove(ann.connection)
        again = two.client("Ann", "den")
        assert await grow(two, again, seq, 3, " two") == {"action": "ok", "ref": "r", "seq": seq, "length": 7}
        assert (await grow(two, again, seq, 3, " two"))["length"] == 7
        assert (await grow(two, again, seq, 99, " x"))["code"] == "conflict"
        assert (await grow(two, eve, seq, 7, " evil"))["code"] == "not-allowed"
        await pass_time(0.1)
        assert added(eve) == [(3, " two")]
        assert (await grow(two, again, seq, 7, " three", done=True))["length"] == 13
        assert (await grow(two, again, seq, 7, " three", done=True))["length"] == 13  # a call that is repeated
        assert (await now(two, eve, seq))["message"] == "One two three"

    in_town(main)


def test_a_first_call_that_is_repeated_at_another_node_lets_it_grow_where_it_does() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, again = one.client("Ann", "den"), two.client("Ann", "den")
        seq = await begin(one, ann)
        assert await begin(two, again) == seq
        assert two.hub.growths.find("den", seq) is None
        assert two.hub.growths.count(again.user) == 1
        two.hub.growths.elsewhere._echoes.clear()  # type: ignore[union-attr]
        assert await begin(two, again) == seq  # before it has heard that it grows at the other one
        await turns()
        assert two.hub.growths.find("den", seq) is None
        assert one.hub.growths.find("den", seq) is not None
        assert (await grow(two, again, seq, 3, " two", done=True))["length"] == 7
        assert [one.text for one in await town.history.get("den", [1])] == ["One two"]

    in_town(main)


def test_what_a_dead_node_has_left_is_marked_once_with_all_that_people_have_seen() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        three = town.house("c")
        ann, bob, cem = one.client("Ann", "den"), two.client("Bob", "den"), three.client("Cem", "den")
        seq = await begin(one, ann)
        other = await begin(one, ann, "Other")
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        one.hub.growths.find("den", seq)._timer.cancel()  # type: ignore[union-attr]
        one.hub.growths.find("den", other)._timer.cancel()  # type: ignore[union-attr]
        del town._told["a"]
        await town.kill("a")
        await pass_time(1)
        for house, client in ((two, bob), (three, cem)):
            message = await now(house, client, seq)
            assert (message["message"], message["stopped"]) == ("One two", True)
            assert (await now(house, client, other))["stopped"] is True
            assert not house.hub.growths.elsewhere
        assert len([event for event in bob.of("changed") if event["what"] == ["grown"]]) == 2
        again = two.client("Ann", "den")
        answer = await grow(two, again, seq, 7, "!")
        assert (answer["code"], answer["message"]) == ("conflict", "the message was stopped")

    in_town(main)


def test_what_a_dead_node_has_left_is_marked_though_the_disk_fails_at_first() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        one.hub.growths.find("den", seq)._timer.cancel()  # type: ignore[union-attr]
        make, fails = town.history.change, [True]

        async def change(asked: Any) -> int:
            if fails[0]:
                raise Refused("history is not available", "history-unavailable")
            return await make(asked)

        town.history.change = change  # type: ignore[method-assign]
        await town.kill("a")
        await pass_time(3)
        assert "stopped" not in await now(two, bob, seq)
        fails.clear()
        fails.append(False)
        await pass_time(1.5)
        assert (await now(two, bob, seq))["stopped"] is True

    in_town(main)


def test_a_node_that_comes_back_at_once_keeps_the_words_that_others_have_seen_of_its_own() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        one.hub.growths.find("den", seq)._timer.cancel()  # type: ignore[union-attr]
        del town.wires.nodes["a"]  # it is killed, and starts again before anybody has noticed
        later = town.house("a")
        await later.hub.growths.recover([("den", seq)])
        message = await now(two, bob, seq)
        assert (message["message"], message["stopped"]) == ("One two", True)

    in_town(main)


def test_a_node_that_does_not_answer_is_no_reason_to_lose_words() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, bob = one.client("Ann", "den"), two.client("Bob", "den")
        seq = await begin(one, ann)
        await grow(one, ann, seq, 3, " two")
        await pass_time(0.1)
        hear = town.nodes("a")._hear.pop("question")
        assert await said(two, bob, seq) == "history-unavailable"
        town.nodes("a")._hear["question"] = hear
        assert isinstance(await said(two, bob, seq), int)
        assert (await now(two, bob, seq))["message"] == "One two"

    in_town(main)


def test_a_message_that_was_trimmed_away_is_forgotten_on_all_nodes() -> None:
    async def main(town: Town, one: House, two: House) -> None:
        ann, _ = one.client("Ann", "den"), two.client("Bob", "den")
        await begin(one, ann)
        assert two.hub.growths.elsewhere
        await town.history.forget("den")
        await pass_time(SILENCE + STORE + 5)
        assert not two.hub.growths.elsewhere
        assert not list(one.hub.growths.all())

    in_town(main)


@pytest.mark.parametrize("limit", [10])
def test_so_many_messages_of_one_user_grow_on_all_nodes_together(limit: int) -> None:
    async def main(town: Town, one: House, two: House) -> None:
        here, there = one.client("Ann", "den"), two.client("Ann", "den")
        for number in range(limit):
            house, client = ((one, here), (two, there))[number % 2]
            await begin(house, client, f"Number {number}")
        await turns()
        for house, client in ((one, here), (two, there)):
            answer = await house.call(
                client, "send-message", ref="more", target="den", message="one more", growing=True
            )
            assert answer["code"] == "too-many"
        await asyncio.gather(*(house.hub.growths.close() for house in (one, two)))

    in_town(main)
