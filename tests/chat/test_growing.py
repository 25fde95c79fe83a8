"""Messages that grow: what those in the channel are told, what is stored, and who ends it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import Client, House, module, on_database, pass_time, run
from tornado_chat.chat.growth import SILENCE, STORE
from tornado_chat.chat.rate_limits import Limits
from tornado_chat.chat.validation import MAX_TEXT
from tornado_chat.config.settings import Settings
from tornado_chat.storage.sqlite.history import SqliteHistory
from tornado_chat.storage.sqlite.writer import Database


async def begin(house: House, client: Client, text: str = "One", **more: Any) -> int:
    answer = await house.call(client, "send-message", ref=text[:20], target="den", message=text, growing=True, **more)
    return int(answer["seq"])


async def grow(house: House, client: Client, seq: int, length: int, add: str = "", **more: Any) -> dict[str, Any]:
    return await house.call(client, "grow", target="den", seq=seq, **{"from": length}, add=add, **more)


async def now(house: House, client: Client, seq: int) -> dict[str, Any]:
    [message] = (await house.call(client, "history", target="den", seqs=[seq]))["messages"]
    return message


def test_a_message_grows_and_is_stored_every_two_seconds_and_at_the_end() -> None:
    async def main() -> None:
        house = House()
        house.hub.gather = 1.0
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        assert bob.of("send-message")[0]["growing"] is True
        assert await grow(house, ann, seq, 3, " two") == {"action": "ok", "ref": "r", "seq": 1, "length": 7}
        assert await grow(house, ann, seq, 7, " three") == {"action": "ok", "ref": "r", "seq": 1, "length": 13}
        await pass_time(0.05)
        growing = {"action": "growing", "channel": "den", "about": 1}
        assert bob.of("growing") == [{**growing, "from": 3, "add": " two three"}]
        [stored] = await house.history.get("den", [1])
        assert (stored.text, stored.rev) == ("One", 0)
        await pass_time(STORE)
        [changed] = bob.of("changed")
        assert (changed["what"], changed["seq"], changed["after"], changed["by"]["name"]) == (["grown"], 2, 1, "Ann")
        assert changed["set"] == {"message": "One two three", "text_rev": 2}
        await grow(house, ann, seq, 13, ", four", done=True)
        [_, last] = bob.of("changed")
        assert last["set"] == {"message": "One two three, four", "growing": None, "text_rev": 3}
        assert len(bob.of("growing")) == 1
        message = await now(house, bob, seq)
        assert "edited" not in message
        assert (message["message"], message["rev"], message["text_rev"]) == ("One two three, four", 3, 3)
        await pass_time(SILENCE * 2)
        assert len(bob.of("changed")) == 2

    run(main)


def test_who_joins_in_the_middle_gets_the_text_so_far_and_what_follows_it() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await pass_time(0.05)
        await grow(house, ann, seq, 7, " three")
        answer = await house.call(bob, "join-channel", target="den")
        assert [(one["message"], one["growing"]) for one in answer["messages"]] == [("One two", True)]
        await pass_time(0.05)
        assert [(one["from"], one["add"]) for one in bob.of("growing")] == [(7, " three")]
        missed = await house.call(bob, "changes", target="den", since=0)
        assert [one["message"] for one in missed["messages"]] == ["One two three"]

    run(main)


def test_a_reader_that_is_behind_loses_additions_and_reads_the_message_anew() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        bob.connection.fell_behind()
        bob.transport.unread = 900_000
        await grow(house, ann, seq, 3, " two")
        await pass_time(0.05)
        assert bob.of("growing") == []
        bob.transport.unread = 0
        bob.connection.caught_up()
        await grow(house, ann, seq, 7, " three")
        await pass_time(0.05)
        assert [one["from"] for one in bob.of("growing")] == [7]  # of a message with 3: something is missing
        assert (await now(house, bob, seq))["message"] == "One two three"

    run(main)


def test_who_was_away_reads_the_message_as_it_is_stored_then() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two", done=True)
        missed = await house.call(bob, "changes", target="den", since=1)
        assert [(one["message"], one.get("growing")) for one in missed["messages"]] == [("One two", None)]

    run(main)


def test_the_length_that_a_call_names_is_that_of_the_servers_text() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann, "Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{SLIGHTLY SMILING FACE}")
        answer = await grow(house, ann, seq, 7, "!")
        assert (answer["code"], answer["length"]) == ("conflict", 4)
        assert (await grow(house, ann, seq, 4, "!"))["length"] == 5
        assert (await grow(house, ann, seq, 4, "!"))["length"] == 5  # came twice

    run(main)


def test_nobody_edits_a_message_while_it_grows_and_deleting_ends_it() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        edited = await house.call(ann, "edit-message", target="den", seq=seq, message="Other")
        assert edited["code"] == "conflict"
        await grow(house, ann, seq, 3, " two")
        assert (await house.call(ann, "delete-message", target="den", seq=seq))["action"] == "ok"
        assert (await grow(house, ann, seq, 7, " three"))["code"] == "not-found"
        await pass_time(SILENCE)
        assert bob.of("growing") == []
        message = await now(house, bob, seq)
        assert message["message"] == ""
        assert not {"growing", "stopped"} & message.keys()

    run(main)


def test_reactions_to_a_growing_message_leave_its_growth_alone() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await house.call(bob, "react", target="den", seq=seq, key="\N{THUMBS UP SIGN}")
        await pass_time(0.05)
        assert (await now(house, bob, seq))["message"] == "One two"
        assert (await grow(house, ann, seq, 7, " three", done=True))["length"] == 13
        assert len((await now(house, bob, seq))["reactions"]) == 1

    run(main)


def test_anyone_there_stops_a_message() -> None:
    async def main() -> None:
        house = House()
        house.hub.gather = 0.0
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den", role="guest")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        stopped = await house.call(bob, "stop", target="den", seq=seq)
        assert stopped == {"action": "ok", "ref": "r", "seq": 2}
        [changed] = ann.of("changed")
        assert (changed["what"], changed["by"]["name"]) == (["grown"], "Bob")
        assert changed["set"] == {"message": "One two", "growing": None, "stopped": True, "text_rev": 2}
        for more in ({}, {"done": True}):
            answer = await grow(house, ann, seq, 7, " three", **more)
            assert (answer["code"], answer["message"]) == ("conflict", "the message was stopped")
            assert "length" not in answer
        assert (await house.call(bob, "stop", target="den", seq=seq))["seq"] == 2
        assert (await house.call(bob, "stop", target="den", seq=99))["code"] == "not-found"
        other = (await house.call(bob, "send-message", target="den", message="plain"))["seq"]
        assert (await house.call(ann, "stop", target="den", seq=other))["seq"] == other
        assert len(ann.of("changed")) == 1

    run(main)


def test_a_message_without_words_for_a_minute_is_stopped() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await pass_time(SILENCE - 1)
        await grow(house, ann, seq, 3, " two")
        await pass_time(SILENCE - 0.5)
        assert (await now(house, bob, seq))["growing"] is True
        await pass_time(0.6)
        message = await now(house, bob, seq)
        assert (message["message"], message["stopped"], "growing" in message) == ("One two", True, False)
        assert bob.of("changed")[-1]["by"] is None

    run(main)


def test_words_beyond_the_longest_text_go_on_in_a_second_message() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann, "x" * (MAX_TEXT - 10))
        answer = await grow(house, ann, seq, MAX_TEXT - 10, " one two three four")
        assert (answer["seq"], answer["length"]) == (3, len("three four"))
        first = await now(house, ann, seq)
        assert first["message"].endswith("xx one two")
        assert not {"growing", "stopped"} & first.keys()
        assert (await grow(house, ann, seq, MAX_TEXT - 2, "more"))["code"] == "conflict"
        assert (await grow(house, ann, 3, 10, ".", done=True))["length"] == 11
        assert (await now(house, ann, 3))["message"] == "three four."

    run(main)


def test_a_word_that_is_longer_than_a_message_is_cut() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann)
        answer = await grow(house, ann, seq, 3, "y" * MAX_TEXT)
        assert (answer["seq"], answer["length"]) == (3, 3)
        assert len((await now(house, ann, seq))["message"]) == MAX_TEXT

    run(main)


def test_a_repeated_call_is_answered_as_the_first_time() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann)
        assert await begin(house, ann) == seq
        first = await grow(house, ann, seq, 3, " two\n", done=True)
        assert first["length"] == 7
        assert await grow(house, ann, seq, 3, " two\n", done=True) == first
        assert await begin(house, ann) == seq
        assert (await grow(house, ann, seq, 3, " too", done=True))["code"] == "conflict"
        assert [one.text for one in (await house.history.read("den", limit=9))[0]] == ["One two"]

    run(main)


def test_only_its_sender_lets_a_message_grow() -> None:
    async def main() -> None:
        house = House()
        ann, bob, again = house.client("Ann", "den"), house.client("Bob", "den"), house.client("Ann", "den")
        seq = await begin(house, ann)
        answer = await grow(house, bob, seq, 3, " two")
        assert (answer["code"], answer["rule"]) == ("not-allowed", "own")
        assert (await grow(house, again, seq, 3, " two", done=True))["action"] == "ok"
        assert (await grow(house, bob, seq, 7, " three"))["rule"] == "own"
        assert (await grow(house, bob, 99, 7, " three"))["code"] == "not-found"

    run(main)


def test_a_user_has_ten_growing_messages_at_a_time() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seqs = [await begin(house, ann, str(number)) for number in range(10)]
        more = {"target": "den", "message": "more", "growing": True}
        assert (await house.call(ann, "send-message", ref="m", **more))["code"] == "too-many"
        assert (await house.call(bob, "send-message", ref="m", **more))["action"] == "ok"
        await grow(house, ann, seqs[0], 1, done=True)
        assert (await house.call(ann, "send-message", ref="m", **more))["action"] == "ok"

    run(main)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"seq": 1, "from": 3, "add": "x" * (MAX_TEXT + 1)}, "invalid-field"),
        ({"seq": 1, "from": 3, "add": 5}, "invalid-field"),
        ({"seq": 1, "add": "x"}, "invalid-field"),
        ({"seq": 1, "from": -1, "add": "x"}, "conflict"),
        ({"seq": 2**50, "from": 3, "add": "x"}, "not-found"),
        ({"seq": -1, "from": 3, "add": "x"}, "not-found"),
    ],
)
def test_bad_input_is_refused(fields: dict[str, Any], code: str) -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        await begin(house, ann)
        assert (await house.call(ann, "grow", target="den", **fields))["code"] == code
        assert (await grow(house, ann, 1, 3, "\x00 a\x1b\ud83d\ude00", done=True))["length"] == 6

    run(main)


def test_mentions_are_found_when_a_message_is_done() -> None:
    async def main() -> None:
        house = House()
        house.hub.gather = 0.0
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann, "Ask @")
        await grow(house, ann, seq, 5, "Bob")
        await pass_time(STORE)
        assert "mentions" not in bob.of("changed")[-1]["set"]
        await grow(house, ann, seq, 8, " please", done=True)
        assert bob.of("changed")[-1]["set"]["mentions"] == ["id-Bob"]

    run(main)


@pytest.mark.parametrize(("count", "seconds"), [(249, 0.05), (500, 0.1), (1_500, 0.25)])
def test_the_more_there_are_in_a_channel_the_longer_additions_are_gathered(count: int, seconds: float) -> None:
    async def main() -> None:
        house = House()
        ann, *_ = [house.client(str(number), "den") for number in range(count)]
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await pass_time(seconds - 0.001)
        assert ann.of("growing") == []
        await pass_time(0.001)
        assert len(ann.of("growing")) == 1

    run(main)


FILTER = """
@on("message", fails="closed")
async def clean(ctx: Context, message: Message) -> None:
    await asyncio.sleep(0.1 if "slow" in message.text else 0)
    if "spam" in message.text:
        raise Refused("no spam here")
    message.text = message.text.replace("heck", "h***ck")
"""


def test_what_a_filter_changes_goes_out_at_once_and_the_writer_learns_of_the_length() -> None:
    async def main() -> None:
        house = House(module(FILTER))
        house.hub.gather = 5.0
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " slow heck\n")
        await pass_time(STORE)
        await grow(house, ann, seq, 14, "more")  # while it is being stored
        assert (await now(house, bob, seq))["message"] == "One slow heck\n"
        await pass_time(0.2)
        events = [one for one in bob.events if one["action"] in ("growing", "changed")]
        told = [(one["action"], one["add"] if "add" in one else one["set"]["message"]) for one in events]
        assert told == [("growing", " slow heck\n"), ("changed", "One slow h***ck\n"), ("growing", "more")]
        assert (await now(house, bob, seq))["message"] == "One slow h***ck\nmore"
        assert (await grow(house, ann, seq, 18, "!"))["length"] == 20
        assert (await grow(house, ann, seq, 20, "!", done=True))["length"] == 21

    run(main)


def test_what_a_filter_refuses_stops_the_message_at_what_passed_before() -> None:
    async def main() -> None:
        house = House(module(FILTER))
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " spam")
        await pass_time(STORE)
        [changed] = bob.of("changed")
        assert changed["set"] == {"message": "One", "growing": None, "stopped": True}
        assert (await grow(house, ann, seq, 8, "!"))["message"] == "the message was stopped"

    run(main)


@pytest.mark.parametrize("how", ["done", "stop"])
def test_the_end_of_a_message_passes_the_filters_too(how: str) -> None:
    async def main() -> None:
        house = House(module(FILTER))
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await pass_time(STORE)
        await grow(house, ann, seq, 7, " spam")
        if how == "done":
            assert (await grow(house, ann, seq, 12, done=True))["code"] == "refused"
        else:
            assert (await house.call(bob, "stop", target="den", seq=seq))["action"] == "ok"
        message = await now(house, bob, seq)
        assert (message["message"], message["stopped"], "growing" in message) == ("One two", True, False)

    run(main)


def test_a_server_that_stops_leaves_nothing_growing() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await house.hub.growths.close()
        message = await now(house, ann, seq)
        assert (message["message"], message["stopped"]) == ("One two", True)
        assert await house.history.growing() == []

    run(main)


def test_what_the_server_before_left_growing_is_stopped() -> None:
    async def main() -> None:
        house = House()
        await begin(house, house.client("Ann", "den"))
        later = House(history=house.history)
        assert await house.history.growing() == [("den", 1)]
        await later.hub.growths.recover(await house.history.growing())
        message = await now(later, later.client("Bob", "den"), 1)
        assert (message["message"], message["stopped"], message["rev"]) == ("One", True, 2)

    run(main)


def test_many_messages_that_grow_together_go_out_in_one_frame() -> None:
    async def main() -> None:
        house = House()
        ann, bob, cid = (house.client(name, "den") for name in ("Ann", "Bob", "Cid"))
        one, two = await begin(house, ann), await begin(house, bob)
        before = len(cid.frames)
        await grow(house, ann, one, 3, " two")
        await grow(house, bob, two, 3, " three")
        await pass_time(0.05)
        [frame] = cid.frames[before:]
        assert [event["about"] for event in frame] == [one, two]

    run(main)


def test_whoever_may_not_see_a_message_learns_nothing_of_its_growth() -> None:
    async def main() -> None:
        house = House()
        house.hub.gather = 0.0
        ann, eve = house.client("Ann"), house.client("Eve")
        await house.call(ann, "create-channel", kind="public", name="den")
        await house.call(ann, "set-channel", target="den", newcomers="from-joining")
        seq = await begin(house, ann, "secret")
        await house.call(eve, "join-channel", target="den")
        await grow(house, ann, seq, 6, " secret")
        await pass_time(STORE)
        assert ann.of("growing")
        assert "secret" not in str(eve.events)
        none = await house.call(eve, "stop", target="den", seq=99)
        assert none["code"] == "not-found"
        assert await house.call(eve, "stop", target="den", seq=seq) == none
        assert await grow(house, eve, seq, 6, "x") == await grow(house, eve, 99, 6, "x")
        assert (await now(house, ann, seq))["growing"]

    run(main)


def test_nobody_lets_a_message_grow_who_is_silenced_or_where_all_is_archived() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "create-channel", kind="public", name="den")
        await house.call(bob, "join-channel", target="den")
        seq = await begin(house, bob)
        await house.call(ann, "silence", target="den", user="id-Bob", minutes=5)
        assert (await grow(house, bob, seq, 3, " two"))["rule"] == "silenced"
        await house.call(ann, "silence", target="den", user="id-Bob", minutes=0)
        assert (await grow(house, bob, seq, 3, " two"))["action"] == "ok"
        await house.call(ann, "set-channel", target="den", archived=True)
        assert (await grow(house, bob, seq, 7, " three"))["rule"] == "archived"
        may = await house.call(bob, "may", call="grow", target="den", seq=seq)
        assert (may["allowed"], may["rule"]) == (False, "archived")
        assert (await house.call(ann, "stop", target="den", seq=seq))["action"] == "ok"

    run(main)


def test_a_slow_channel_counts_new_messages_alone() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "create-channel", kind="public", name="den")
        await house.call(ann, "set-channel", target="den", slow=60)
        await house.call(bob, "join-channel", target="den")
        seq = await begin(house, bob)
        assert (await grow(house, bob, seq, 3, "x" * MAX_TEXT))["action"] == "ok"
        assert (await house.call(bob, "send-message", target="den", message="more"))["rule"] == "slow"

    run(main)


def test_who_may_post_no_more_ends_a_message_and_goes_on_in_no_other() -> None:
    async def main() -> None:
        house = House()
        ann, bob = house.client("Ann"), house.client("Bob")
        await house.call(ann, "create-channel", kind="public", name="den")
        await house.call(bob, "join-channel", target="den")
        seq = await begin(house, bob)
        await house.call(ann, "set-channel", target="den", posting="moderators")
        assert (await grow(house, bob, seq, 3, "x" * MAX_TEXT))["rule"] == "posting"
        assert (await grow(house, bob, seq, 3, " two", done=True))["length"] == 7

    run(main)


def test_words_have_a_rate_of_their_own() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        gate = ann.connection.gate = Limits(Settings(), lambda: house.now).enter("id-Ann", "192.0.2.1")
        seq, length = await begin(house, ann), 3
        for _ in range(300):  # far more calls than one may make
            assert (await grow(house, ann, seq, length, "."))["action"] == "ok"
            length += 1
        assert gate.call(0.0) == 0.0
        for _ in range(5):  # 20,000 at once, of which each of the calls before counts as 50
            answer = await grow(house, ann, seq, length, "x" * 1_000)
            seq, length = answer["seq"], answer["length"]
        answer = await grow(house, ann, seq, length, "x" * 1_000)
        assert answer["code"] == "rate-limited"
        house.now = answer["retry_after_ms"] / 1_000
        assert (await grow(house, ann, seq, length, "x" * 50))["action"] == "ok"
        call = {"action": "grow", "target": "den", "seq": seq, "from": length + 50, "add": "x"}
        for _ in range(300):  # whoever does not heed it is held as with other calls
            await house.say(ann, json.dumps(call))
        assert gate.call(house.now) > 0.0

    run(main)


def test_a_message_grows_on_where_everybody_has_left_meanwhile() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await house.call(ann, "leave-channel", target="den")
        assert "den" not in house.hub.channels
        await pass_time(SILENCE)
        bob = house.client("Bob", "den")
        assert (await now(house, bob, seq))["message"] == "One two"

    run(main)


def test_a_message_that_is_trimmed_away_grows_no_more() -> None:
    async def main() -> None:
        house = House()
        ann = house.client("Ann", "den")
        seq = await begin(house, ann)
        await grow(house, ann, seq, 3, " two")
        await house.history.forget("den")
        await pass_time(STORE)
        assert house.hub.growths.find("den", seq) is None
        assert (await grow(house, ann, seq, 7, " three"))["code"] == "not-found"
        seq = await begin(house, ann, "Another")
        await house.history.forget("den")
        assert (await grow(house, ann, seq, 7, done=True))["code"] == "not-found"
        assert house.hub.growths.count(ann.user) == 0

    run(main)


def test_what_a_filter_makes_too_long_goes_on_in_another_message() -> None:
    longer = module(
        """
@on("message", fails="open")
async def listen(ctx, message):
    if "ab" in message.text:
        message.text = message.text.replace("ab", "xxxx")
        await asyncio.sleep(0.1)
"""
    )

    async def main() -> None:
        house = House(longer)
        ann, bob = house.client("Ann", "den"), house.client("Bob", "den")
        seq = await begin(house, ann, "x")
        assert (await grow(house, ann, seq, 1, "ab" * 999))["length"] == 1_999
        await pass_time(STORE)  # the filter makes 3,997 of them, and these come meanwhile
        assert (await grow(house, ann, seq, 1_999, "y" * 60))["length"] == 2_059
        await pass_time(0.3)
        assert (await grow(house, ann, seq, 2_059))["length"] == MAX_TEXT + 57
        answer = await grow(house, ann, seq, MAX_TEXT + 57, "  ", done=True)
        assert (answer["action"], answer["length"]) == ("ok", 57)
        texts = [one["message"] for one in (await house.call(bob, "history", target="den"))["messages"]]
        assert texts == ["x" * 3_997 + "y" * 3, "y" * 57]

    run(main)


def test_no_more_messages_grow_than_may_however_they_are_begun(tmp_path: Path) -> None:
    async def main(database: Database) -> None:
        house = House(history=SqliteHistory(database))
        ann = house.client("Ann", "den")
        call = {"action": "send-message", "target": "den", "message": "One", "growing": True}
        await house.say(ann, "\n".join(json.dumps({**call, "ref": str(number)}) for number in range(40)))
        while len(answers := ann.of("ok") + ann.of("error")) < 40:
            await asyncio.sleep(0.01)
        assert sum(one.get("code") == "too-many" for one in answers) == 30
        assert house.hub.growths.count(ann.user) == 10
        await house.hub.growths.close()

    on_database(tmp_path, main)


WRITER = """
BOT = User("plugin:bot", "Bot")

async def write(ctx):
    async with asyncio.timeout(1), ctx.channel.grow(sender=BOT) as message:
        await message.add("One. ")
        await message.add("word " * 1_000)

@action("begin")
async def begin(ctx: Context) -> None:
    ctx.spawn(write(ctx))

@on("message", fails="open")
async def listen(ctx, message):
    if len(message.text) > 1_000:
        await asyncio.sleep(1.5)
"""


def test_a_writer_that_is_cut_between_two_messages_loses_nothing_and_leaves_nothing_that_grows() -> None:
    async def main() -> None:
        house = House(module(WRITER))
        bob = house.client("Bob", "den")
        await house.call(bob, "begin", target="den")
        await pass_time(5)
        messages = (await house.call(bob, "history", target="den"))["messages"]
        assert " ".join(one["message"] for one in messages).split() == ["One."] + ["word"] * 1_000
        assert [(one.get("stopped"), one.get("growing")) for one in messages] == [(None, None), (True, None)]

    run(main)
