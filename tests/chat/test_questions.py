"""Questions among nodes: each answers, refuses, or is named as missing."""

import asyncio
from typing import Any

import pytest

from tests.helpers import run
from tests.nodes import MemoryNodes, Wires
from tornado_chat.chat.errors import Error, Refused
from tornado_chat.chat.questions import Questions


def nodes(*names: str) -> tuple[Wires, list[Questions]]:
    wires = Wires()
    return wires, [Questions(wires.node(name)) for name in names]


def test_all_others_answer_and_who_is_alone_waits_for_nobody() -> None:
    async def main() -> None:
        _, [one, two, three] = nodes("one", "two", "three")

        async def double(by: str, about: Any) -> Any:
            assert by == "one"
            return about * 2

        for each in (one, two, three):
            each.answer("double", double)
        assert await one.ask_all("double", 21) == ({"two": 42, "three": 42}, [])
        _, [alone] = nodes("alone")
        assert await alone.ask_all("double", 21) == ({}, [])

    run(main)


def test_who_does_not_answer_in_time_or_fails_or_dies_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        wires, [one, two, three, four, five] = nodes("one", "two", "three", "four", "five")

        async def never(by: str, about: Any) -> None:
            await asyncio.sleep(1e6)

        async def fail(by: str, about: Any) -> None:
            raise ZeroDivisionError

        async def well(by: str, about: Any) -> str:
            return "well"

        two.answer("how", never)
        three.answer("how", fail)
        four.answer("how", never)
        five.answer("how", well)
        asked = asyncio.ensure_future(one.ask_all("how", None, seconds=5))
        await asyncio.sleep(1)
        wires.kill("four")
        assert await asked == ({"five": "well"}, ["two", "three", "four"])
        assert asyncio.get_running_loop().time() == 5
        wires.kill("two")
        assert (await one.ask_all("how", None)).missing == ["three"]
        assert asyncio.get_running_loop().time() == 5  # who is known to be dead is not waited for
        assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
            "no answer about how from two"
        ]

    run(main)


def test_one_node_refuses_with_all_that_a_refusal_says_and_silence_is_a_refusal_too() -> None:
    async def main() -> None:
        _, [one, two] = nodes("one", "two")

        async def refuse(by: str, about: Any) -> None:
            refused = Refused("no", Error.CONFLICT, 2.5, rule="own", needs="more", length=0)
            refused.until = 7
            raise refused

        async def never(by: str, about: Any) -> None:
            await asyncio.sleep(1e6)

        two.answer("may", refuse)
        two.answer("never", never)
        with pytest.raises(Refused) as refused:
            await one.ask("two", "may", None)
        said = refused.value
        assert (said.message, said.code, said.retry_after) == ("no", "conflict", 2.5)
        assert (said.rule, said.needs, said.length, said.until) == ("own", "more", 0, 7)
        for kind, code in (("never", "history-unavailable"), ("what", "refused")):
            with pytest.raises(Refused) as refused:
                await one.ask("two", kind, None)
            assert refused.value.code == code
        with pytest.raises(Refused):
            await one.ask("nobody", "may", None)

    run(main)


def test_an_answer_that_nobody_waits_for_and_a_second_one_change_nothing() -> None:
    async def main() -> None:
        wires, [one, two] = nodes("one", "two")
        numbers = []

        async def answer(by: str, about: Any) -> str:
            await asyncio.sleep(2)
            return "late"

        two.answer("slow", answer)
        assert (await one.ask_all("slow", None)).missing == ["two"]
        await asyncio.sleep(5)
        stranger = MemoryNodes(wires, "stranger")
        hear = two._asked

        def listen(by: str, question: Any) -> None:
            numbers.append(question[0])
            for said in ("forged", "again"):
                stranger.tell("answer", [question[0], True, said], "one")
            hear(by, question)

        wires.nodes["two"]._hear["question"] = listen
        assert await one.ask_all("slow", None, seconds=9) == ({"two": "late"}, [])
        assert len(numbers) == 1

    run(main)
