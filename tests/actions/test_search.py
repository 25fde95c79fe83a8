"""Searching: what people find, in which order and pages, and what they never find."""

import asyncio
import itertools
import json
import time
from typing import Any

import pytest

from tests.helpers import Client, House, run, turns
from tornado_chat.chat import searching
from tornado_chat.chat.models import Message
from tornado_chat.chat.search import Found, Place, Query
from tornado_chat.chat.threads import Sees

REFS = itertools.count()


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each message be sent at a time of its own: the first at 2026-03-10T12:00:01Z."""
    clock = itertools.count(1_773_144_001)
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))


async def say(place: House, client: Client, text: str, target: str = "den", **fields: Any) -> int:
    answer = await place.call(client, "send-message", ref=f"s{next(REFS)}", target=target, message=text, **fields)
    assert answer["action"] == "ok", answer
    return int(answer["seq"])


async def search(place: House, client: Client, text: str, **fields: Any) -> dict[str, Any]:
    """Search; the answer comes apart from what else the connection does."""
    before = len(client.events)
    ref = f"q{next(REFS)}"
    await place.say(client, json.dumps({"action": "search", "ref": ref, "text": text, **fields}))
    while not (answers := [one for one in client.events[before:] if one.get("ref") == ref]):
        await turns()
    return answers[0]


async def found(place: House, client: Client, text: str, **fields: Any) -> list[str]:
    """Return the texts that somebody finds, of all pages."""
    answer = await search(place, client, text, **fields)
    assert answer["action"] == "ok", answer
    texts = [one["message"] for one in answer["messages"]]
    assert answer["more"] is bool(answer["before"])
    return texts + (
        await found(place, client, text, **{**fields, "before": answer["before"]}) if answer["more"] else []
    )


async def room(place: House, *names: str, channel: str = "den") -> list[Client]:
    people = [place.client(name) for name in names]
    for client in people:
        assert (await place.call(client, "join-channel", target=channel))["action"] == "ok"
    return people


def test_an_answer_has_messages_with_snippets_newest_first() -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob")
        first = await say(place, ann, "The **export** ran out of memory")
        await say(place, bob, "nothing")
        second = await say(place, bob, "Exports, and memory again")
        answer = await search(place, ann, "memory EXPOR")
        assert {key: answer[key] for key in ("action", "more", "before", "complete")} == {
            **{"action": "ok", "more": False, "before": "", "complete": True}
        }
        assert [one["seq"] for one in answer["messages"]] == [second, first]
        newest, oldest = answer["messages"]
        assert (newest["target"], newest["sender"]["name"]) == ("den", "Bob")
        assert newest["snippet"] == [
            {"text": "Exports", "hit": True},
            {"text": ", and ", "hit": False},
            {"text": "memory", "hit": True},
            {"text": " again", "hit": False},
        ]
        assert [one["text"] for one in oldest["snippet"] if one["hit"]] == ["export", "memory"]
        assert "".join(one["text"] for one in oldest["snippet"]) == "The export ran out of memory"
        assert oldest["message"] == "The **export** ran out of memory"

    run(main)


def test_pages_go_on_where_the_last_one_ended() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        await place.call(ann, "join-channel", target="hall")
        for number in range(12):
            await say(place, ann, f"word {number}", "den" if number % 3 else "hall")
        whole = [f"word {number}" for number in reversed(range(12))]
        for limit in (1, 4, 5, 12, 50):
            assert await found(place, ann, "word", limit=limit) == whole
        assert await found(place, ann, "word in:hall", limit=2) == ["word 9", "word 6", "word 3", "word 0"]
        for limit in (0, 51, 201, -1):
            assert (await search(place, ann, "word", limit=limit))["message"] == "limit must be 1 to 50"
        answer = await search(place, ann, "word", before="yesterday")
        assert (answer["code"], "before" in answer["message"]) == ("invalid-field", True)

    run(main)


def test_an_answer_is_at_most_256_kib() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        for number in range(30):
            await say(place, ann, f"word {number} " + "字" * 3_900)
        answer = await search(place, ann, "word", limit=50)
        assert answer["more"] is True
        assert 15 < len(answer["messages"]) < 30
        assert len(json.dumps(answer, ensure_ascii=False).encode()) < 270_000
        assert len(await found(place, ann, "word", limit=50)) == 30

    run(main)


def test_others_are_served_while_snippets_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        for number in range(50):
            await say(place, ann, f"word {number}")
        served: list[int] = []

        async def serve() -> None:
            while True:
                served.append(1)
                await asyncio.sleep(0)

        others: list[int] = []

        def snippet(text: str, phrases: Any) -> list[Any]:
            others.append(len(served))
            return []

        monkeypatch.setattr(searching, "snippet", snippet)
        monkeypatch.setattr("tornado_chat.chat.slices.LONG", 0.0)
        task = asyncio.create_task(serve())
        assert len((await search(place, ann, "word", limit=50))["messages"]) == 50
        task.cancel()
        assert len(set(others)) == 50

    run(main)


def test_every_filter() -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob Lee")
        await place.call(bob, "join-channel", target="Plans")
        link = await say(place, ann, "see https://example.org")
        root = await say(place, ann, "who comes?")
        await say(place, bob, "I do", thread=root)
        await say(place, bob, "pin me")
        await say(place, bob, "plans for 上海", "Plans")
        assert (await place.call(ann, "pin", ref="p", target="den", seq=link))["action"] == "ok"

        async def both(text: str) -> list[list[str]]:
            return [await found(place, one, text) for one in (ann, bob)]

        assert await both("has:link") == [["see https://example.org"]] * 2
        assert await both("is:pinned") == [["see https://example.org"]] * 2
        assert await both("is:thread") == [["I do", "who comes?"]] * 2
        assert await both("has:file") == [[], []]
        assert await both("from:me is:thread") == [["who comes?"], ["I do"]]
        assert await both('from:"bob lee"') == [["pin me", "I do"], ["plans for 上海", "pin me", "I do"]]
        assert await both("from:@ann who") == [["who comes?"]] * 2
        assert await both("from:id-Ann who") == [["who comes?"]] * 2
        assert await both("from:ann from:me is:thread") == [["who comes?"], ["I do", "who comes?"]]
        assert await both("from:nobody") == await both("in:nowhere") == [[], []]
        assert await both("in:plans") == await both("in:#PLANS 上海") == [[], ["plans for 上海"]]
        assert await both("in:den in:Plans 上") == [[], ["plans for 上海"]]
        assert await both("-see -pin in:den -plans") == [["I do", "who comes?"]] * 2
        times = [one["time"] for one in (await search(place, bob, "from:me from:ann"))["messages"]]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(times[1] // 1000))
        assert await both(f"after:{stamp}") == [["pin me"], ["plans for 上海", "pin me"]]
        assert await both(f"before:{stamp} is:thread") == [["I do", "who comes?"]] * 2
        assert await both("on:2026-03-10 who") == await both("before:2026-03-11 who") == [["who comes?"]] * 2
        assert await both("on:2026-03-11") == await both("after:2026-03-11") == [[], []]
        assert await both("on:2026-03-10 before:2026-03-10") == [[], []]

    run(main)


def test_a_private_channel_is_named_by_its_title_and_a_conversation_by_whom_it_is_with() -> None:
    async def main() -> None:
        place = House()
        ann, bob, eve = (place.client(name) for name in ("Ann", "Bob", "Eve"))
        club = (await place.call(ann, "create-channel", kind="private", title="Book Club", users=["id-Bob"]))[
            "channel"
        ]
        two = (await place.call(ann, "open-direct", users=["id-Bob"]))["channel"]
        three = (await place.call(ann, "open-direct", users=["id-Bob", "id-Eve"]))["channel"]
        for name in (club, two, three):
            await say(place, ann, f"word {name}", name)
        assert await found(place, bob, 'word in:"book club"') == [f"word {club}"]
        assert await found(place, bob, f"word in:{club}") == [f"word {club}"]
        assert await found(place, bob, "word in:@ann") == await found(place, bob, "word in:Ann") == [f"word {two}"]
        assert await found(place, bob, f"word in:{three}") == [f"word {three}"]
        assert await found(place, ann, "word in:@bob") == [f"word {two}"]
        for text in ('in:"Book Club"', f"in:{club}", f"in:{two}", "in:@Bob", "in:@Ann", "from:ann in:nowhere"):
            answer = await search(place, eve, f"word {text}")
            assert (answer["messages"], answer["more"], answer["complete"]) == ([], False, True)
        assert await found(place, eve, "word") == [f"word {three}"]

    run(main)


def test_what_is_changed_or_deleted_is_found_so_at_once() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        seq = await say(place, ann, "teh word", mentions=[])
        reply = await say(place, ann, "a reply", thread=seq)
        assert await found(place, ann, "teh") == ["teh word"]
        await place.call(ann, "edit-message", ref="e", target="den", seq=seq, message="the word")
        assert await found(place, ann, "teh ") == []
        assert await found(place, ann, '"the word"') == ["the word"]
        assert await found(place, ann, "is:thread the") == ["the word"]
        await place.call(ann, "delete-message", ref="d", target="den", seq=seq)
        assert await found(place, ann, "word") == await found(place, ann, "in:den from:me -reply") == []
        assert await found(place, ann, "is:thread") == ["a reply"]
        await place.call(ann, "delete-message", ref="f", target="den", seq=reply)
        assert await found(place, ann, "in:den") == []

    run(main)


def test_a_message_that_grows_is_found_by_what_is_stored_of_it() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        seq = await say(place, ann, "once upon", growing=True)
        assert await found(place, ann, "upon") == ["once upon"]
        await place.call(ann, "grow", target="den", seq=seq, add=" a time", done=True, **{"from": 9})
        assert await found(place, ann, '"upon a time"') == ["once upon a time"]

    run(main)


def test_who_is_not_there_finds_nothing() -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob")
        eve, root = place.client("Eve"), place.client("Root", role="admin")
        await say(place, ann, "word")
        club = (await place.call(ann, "create-channel", kind="private", title="Club", users=["id-Bob"]))["channel"]
        await say(place, ann, "word of the club", club)
        assert await found(place, eve, "word") == await found(place, root, "word") == []
        assert await found(place, bob, "word") == ["word of the club", "word"]
        await place.call(ann, "remove-member", target=club, user="id-Bob")
        assert await found(place, bob, "word") == ["word"]
        await place.call(bob, "leave-channel", target="den")
        assert await found(place, bob, "word") == []
        place.hub.leave(ann.connection, "den")  # whoever is away for a moment belongs to it still
        assert await found(place, ann, "word") == ["word of the club", "word"]

    run(main)


def test_a_visitor_searches_where_they_are_present() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        await say(place, ann, "word")
        guest = place.client("Guest", "den", id="g:1", role="guest")
        assert await found(place, guest, "word") == ["word"]
        place.hub.leave(guest.connection, "den")
        assert await found(place, guest, "word") == []

    run(main)


def test_newcomers_find_what_they_may_see() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        await say(place, ann, "word 1")
        await place.call(ann, "set-channel", target="den", newcomers="from-joining")
        await say(place, ann, "word 2")
        (bob,) = await room(place, "Bob")
        await say(place, ann, "word 3")
        await place.call(ann, "set-channel", target="den", newcomers="all")
        await say(place, ann, "word 4")
        (eve,) = await room(place, "Eve")
        assert await found(place, ann, "word") == ["word 4", "word 3", "word 2", "word 1"]
        assert await found(place, bob, "word") == ["word 4", "word 3"]
        assert await found(place, eve, "word", limit=1) == ["word 4", "word 1"]
        answer = await search(place, bob, "word", limit=2)
        assert (answer["more"], answer["before"]) == (False, "")  # nothing tells of the two before them

    run(main)


def test_a_token_with_channels_searches_these_alone() -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob")
        await place.call(bob, "join-channel", target="hall")
        await say(place, ann, "word in den")
        await say(place, bob, "word in hall", "hall")
        talk = (await place.call(ann, "open-direct", users=["id-Bob"]))["channel"]
        await say(place, ann, "word in talk", talk)
        bob.connection.allowed = frozenset({"hall", "elsewhere"})
        assert await found(place, bob, "word") == ["word in hall"]
        assert await found(place, bob, "word in:den") == await found(place, bob, "word in:@ann") == []
        assert await found(place, bob, "from:ann word") == []

    run(main)


def test_who_may_write_to_nobody_names_people_of_their_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob")
        await say(place, ann, "word")
        place.hub.remove(ann.connection)  # but she is a member
        assert await found(place, bob, "from:ann") == ["word"]
        seen: list[Any] = []
        named = place.hub.memberships.named

        async def listened(channels: Any, keys: Any) -> Any:
            seen.append(channels)
            return await named(channels, keys)

        monkeypatch.setattr(place.hub.memberships, "named", listened)
        assert await found(place, bob, "from:ann") == ["word"]
        monkeypatch.setattr(place.hub.places, "denied", lambda by, power: power)
        assert await found(place, bob, "from:ann") == ["word"]
        assert seen == [None, ["den"]]

    run(main)


HOSTILE = [
    *(
        '"' * 1_000,
        '"' * 10_000,
        "\0",
        "\0word\0",
        "a\u202e\u200fb",
        "c++",
        "a-b",
        "key:value",
        "x AND y",
        "NEAR(a b)",
    ),
    *("^word", "word*", "{words}:x", "words:x", "marks:link", "u1", "c1", "'; DROP TABLE messages; --", "%", "_"),
    *("\\", '"unclosed', "(((((", "-", "--", '-"', "from:\0", "in:\u2068", "on:\0", "\ufeff", "\u200b", "ﷺ" * 50),
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_finds_or_is_refused_in_words(text: str) -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        await say(place, ann, "a plain word")
        answer = await search(place, ann, text)
        assert answer["action"] == "ok" or (answer["code"], bool(answer["message"])) == ("invalid-field", True)
        if answer["action"] == "ok" and text not in ("\0word\0", "^word", "word*"):
            assert answer["messages"] == []
        assert await found(place, ann, "word") == ["a plain word"]

    run(main)


def test_a_lone_surrogate_is_no_json() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        await place.say(ann, '{"action":"search","ref":"q","text":"\\ud800"}')
        assert ann.events[-1]["code"] == "invalid-json"

    run(main)


def test_what_a_person_mistypes_ends_no_connection() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        for _ in range(30):
            assert (await search(place, ann, "has:"))["code"] == "invalid-field"
        assert ann.transport.closed == []
        for _ in range(30):
            await place.say(ann, '{"action":"search","ref":"q"}')
        assert ann.transport.closed == [1008] * len(ann.transport.closed)
        assert ann.transport.closed

    run(main)


class Slow:
    """An engine that finds nothing until it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go_on = asyncio.Event()

    async def search(self, query: Query, sees: Sees, before: Place | None, limit: int) -> Found:
        self.asked.append(" ".join(query.phrases[0].words))
        await self.go_on.wait()
        return Found([], False, True, None)


def test_each_user_searches_once_at_a_time_and_the_newest_is_next() -> None:
    async def main() -> None:
        place = House()
        engine = Slow()
        place.hub.searching = searching.Searching(place.hub, place.hub.places, engine)
        ann, phone, bob = place.client("Ann"), place.client("Ann"), place.client("Bob")
        for ref, client in (("first", ann), ("second", phone), ("third", ann), ("other", bob), ("fourth", ann)):
            await place.say(client, json.dumps({"action": "search", "ref": ref, "text": f"{ref} "}))
        assert engine.asked == ["first", "other"]
        engine.go_on.set()
        await turns()
        assert engine.asked == ["first", "other", "fourth"]
        answers = {
            one["ref"]: one.get("code", "") for client in (ann, phone, bob) for one in client.events if "ref" in one
        }
        assert answers == {
            **{"first": "", "second": "rate-limited", "third": "rate-limited", "other": "", "fourth": ""}
        }

    run(main)


def test_other_calls_do_not_wait_for_a_search() -> None:
    async def main() -> None:
        place = House()
        engine = Slow()
        place.hub.searching = searching.Searching(place.hub, place.hub.places, engine)
        (ann,) = await room(place, "Ann")
        await place.say(ann, '{"action":"search","ref":"q","text":"word"}')
        await say(place, ann, "hello")
        assert [one for one in ann.events if one.get("ref") == "q"] == []
        place.hub.remove(ann.connection)
        engine.go_on.set()
        await turns()
        assert next(one for one in ann.events if one.get("ref") == "q")["action"] == "ok"  # nobody hears it

    run(main)


def test_who_is_removed_while_it_is_searched_is_shown_nothing() -> None:
    async def main() -> None:
        place = House()
        ann, bob = await room(place, "Ann", "Bob")
        await say(place, ann, "word")
        engine = place.hub.searching._engine
        begun, go_on = asyncio.Event(), asyncio.Event()

        class Waiting:
            async def search(self, *asked: Any) -> Found:
                answer = await engine.search(*asked)
                begun.set()
                await go_on.wait()
                return answer

        place.hub.searching = searching.Searching(place.hub, place.hub.places, Waiting())
        await place.say(bob, '{"action":"search","ref":"q","text":"word"}')
        await begun.wait()
        await place.call(ann, "remove-member", target="den", user="id-Bob")
        go_on.set()
        await turns()
        answer = next(one for one in bob.events if one.get("ref") == "q")
        assert (answer["action"], answer["messages"]) == ("ok", [])

    run(main)


def test_a_search_that_takes_too_long_says_what_was_found_so_far_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(0, 0.01)

    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        for number in range(60):
            await say(place, ann, f"word {number}" if number % 20 == 0 else "other")
        monkeypatch.setattr("tornado_chat.storage.memory_search.time.monotonic", lambda: next(clock))
        answers = [await search(place, ann, "word", limit=50)]
        while answers[-1]["more"]:
            answers.append(await search(place, ann, "word", limit=50, before=answers[-1]["before"]))
        assert len(answers) > 1
        assert [one["complete"] for one in answers] == [*[False] * (len(answers) - 1), True]
        texts = [one["message"] for answer in answers for one in answer["messages"]]
        assert texts == ["word 40", "word 20", "word 0"]

    run(main)


@pytest.mark.interpreted
def test_what_a_search_costs_is_counted() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        charged: list[float] = []

        class Gate:
            def call(self, now: float) -> float:
                return 0.0

            def charge(self, calls: float) -> None:
                charged.append(calls)

        ann.connection.gate = Gate()  # type: ignore[assignment]
        assert await found(place, ann, "word") == []
        assert charged[0] == 1.0
        assert 0 < charged[1] < searching.PER_SECOND / 2

    run(main)


def test_files_are_found_by_their_names_and_kinds() -> None:
    async def main() -> None:
        place = House()
        (ann,) = await room(place, "Ann")
        image = {"id": "i", "name": "Harbour at dawn.JPG", "type": "image/jpeg", "size": 1}
        paper = {"id": "p", "name": "报告.pdf", "type": "application/pdf", "size": 1}
        for text, files in (("the view", [image]), ("", [paper]), ("no file", [])):
            extra = {"files": files} if files else None
            await place.history.append(Message("den", text, ann.user, int(time.time() * 1000), extra=extra))
        assert await found(place, ann, "has:file") == ["", "the view"]
        assert await found(place, ann, "has:image") == await found(place, ann, "dawn view") == ["the view"]
        (answer,) = (await search(place, ann, "报告"))["messages"]
        assert (answer["files"], answer["snippet"]) == ([paper], [])
        (answer,) = (await search(place, ann, "harbour"))["messages"]
        assert answer["snippet"] == [{"text": "the view", "hit": False}]

    run(main)
