"""Nodes tell each other things, know who is alive, and take turns."""

import asyncio
import logging
from typing import Any

import pytest

from tests.storage.postgres.members import Cluster, Member, on_cluster, until

LONG = "€" * 30_000  # several pieces


def test_what_one_tells_all_others_hear_once_and_in_order() -> None:
    async def main(cluster: Cluster) -> None:
        members = await cluster.nodes("a", "b", "c")
        told: list[Any] = [LONG if number % 100 == 50 else number for number in range(500)]
        for number, word in enumerate(told):
            for member in members:
                member.nodes.tell("word", word)
            if number % 50 == 0:
                await asyncio.sleep(0)
        await until(lambda: all(len(member.news) == 1_000 for member in members))
        for member in members:
            assert [member.words(by) for by in "abc"] == [told if by != member.name else [] for by in "abc"]
            assert member.nodes.gaps == 0

    on_cluster(main)


def test_what_is_for_one_the_others_do_not_hear() -> None:
    async def main(cluster: Cluster) -> None:
        a, b, c = await cluster.nodes("a", "b", "c")
        a.nodes.tell("word", LONG, to="b")
        a.nodes.tell("word", "nobody's", to="d")
        a.nodes.tell("word", "all's")
        await until(lambda: b.news and c.news)
        assert (b.words("a"), c.words("a")) == ([LONG, "all's"], ["all's"])
        assert (b.nodes.gaps, c.nodes.gaps) == (0, 0)

    on_cluster(main)


def test_anything_that_json_can_say_is_told() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        words = ["a\0b", "\ud800", {"ä\n": [None, 1.5, True]}, "", None, "'; DROP TABLE nodes; --"]
        for word in words:
            a.nodes.tell("word", word)
        with pytest.raises(TypeError):
            a.nodes.tell("word", b"bytes")
        a.nodes.tell("a kind that nobody hears", 1)
        a.nodes.tell("word", "end")
        await until(lambda: b.news[-1:] == [["a", "end"]])
        assert b.words("a") == [*words, "end"]

    on_cluster(main)


def test_who_asks_waits_until_all_have_done_it() -> None:
    async def main(cluster: Cluster) -> None:
        a, b, c = await cluster.nodes("a", "b", "c")
        go = asyncio.Event()
        done: list[str] = []

        def heed(member: Member) -> None:
            async def slowly(by: str, about: Any) -> None:
                await go.wait()
                done.append(member.name)

            member.nodes.hear("slowly", slowly)
            member.nodes.hear("at once", lambda by, about: done.append(member.name))

        heed(b)
        heed(c)
        assert await a.nodes.ask("at once", None) == []
        assert sorted(done) == ["b", "c"]
        done.clear()
        asking = asyncio.create_task(a.nodes.ask("slowly", None))
        await asyncio.sleep(0.05)
        assert not asking.done()
        go.set()
        assert await asking == []
        assert sorted(done) == ["b", "c"]

    on_cluster(main)


def test_who_asks_is_told_who_has_not_done_it(caplog: pytest.LogCaptureFixture) -> None:
    async def main(cluster: Cluster) -> None:
        a, b, c = await cluster.nodes("a", "b", "c")
        b.nodes.hear("never", lambda by, about: asyncio.Event().wait())  # type: ignore[arg-type,return-value]
        c.nodes.hear("never", lambda by, about: None)
        began = asyncio.get_running_loop().time()
        assert await a.nodes.ask("never", None) == ["b"]
        assert 0.9 < asyncio.get_running_loop().time() - began < 3

        async def fail(by: str, about: Any) -> None:
            raise ValueError("it cannot be done")

        b.nodes.hear("fails", fail)
        c.nodes.hear("fails", lambda by, about: 1 / 0)  # type: ignore[arg-type,return-value]
        assert sorted(await a.nodes.ask("fails", None)) == ["b", "c"]
        assert caplog.text.count("could not be done: fails") == 2
        assert sorted(await a.nodes.ask("of a newer version", None)) == ["b", "c"]

    on_cluster(main)


def test_a_node_that_ends_is_gone_at_once_and_comes_again() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        b.nodes.tell("word", "my last")
        await b.close()
        await until(lambda: len(a.news) == 2, 1)
        assert a.news == [["b", "my last"], "b goes"]
        assert a.nodes.others == []
        cluster.members.remove(b)
        b = await cluster.node("b")
        b.nodes.tell("word", "my first")
        await until(lambda: len(a.news) == 4)
        assert a.news[2:] == ["b comes", ["b", "my first"]]
        assert (a.nodes.others, b.nodes.others) == (["b"], ["a"])

    on_cluster(main)


def test_a_node_that_comes_can_be_told_everything_first() -> None:
    async def main(cluster: Cluster) -> None:
        a = await cluster.node("a")
        a.nodes.on_come(lambda by: a.nodes.tell("word", "everything", to=by))
        b = await cluster.node("b")
        await until(lambda: b.words("a"))
        a.nodes.tell("word", "news")
        await until(lambda: len(b.words("a")) == 2)
        assert b.words("a") == ["everything", "news"]

    on_cluster(main)


def test_each_turn_is_one_nodes() -> None:
    async def main(cluster: Cluster) -> None:
        members = await cluster.nodes("a", "b", "c")

        async def turns(name: str, seconds: float) -> list[bool]:
            return await asyncio.gather(*(member.nodes.turn(name, seconds) for member in members * 4))

        assert sorted(await turns("sweep", 3_600)).count(True) == 1
        assert sorted(await turns("sweep", 3_600)).count(True) == 0
        assert sorted(await turns("trim", 0.5)).count(True) == 1
        await asyncio.sleep(0.5)
        assert sorted(await turns("trim", 0.5)).count(True) == 1

    on_cluster(main)


def test_a_turn_comes_again_though_the_clock_of_the_database_was_set_back() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        assert await a.nodes.turn("sweep", 60)
        await a.engine.write(lambda c: c.execute("UPDATE timers SET due = due + interval '1 hour'"))
        assert [await b.nodes.turn("sweep", 60), await a.nodes.turn("sweep", 60)] == [True, False]

    on_cluster(main)


def test_a_lock_lets_one_task_of_one_node_in() -> None:
    async def main(cluster: Cluster) -> None:
        members = await cluster.nodes("a", "b", "c")
        inside: list[str] = []
        most = 0

        async def enter(member: Member) -> None:
            nonlocal most
            async with member.nodes.lock("orders"):
                inside.append(member.name)
                most = max(most, len(inside))
                await asyncio.sleep(0.002)
                inside.remove(member.name)

        await asyncio.gather(*(enter(member) for member in members * 10))
        assert most == 1

    on_cluster(main)


def test_locks_of_other_names_and_schemas_are_not_waited_for() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        async with a.nodes.lock("one"), a.nodes.lock("two"), b.nodes.lock("three"):
            pass
        async with a.nodes.lock("one"), asyncio.timeout(10), b.nodes.lock("two"):
            pass

    on_cluster(main)


def test_who_gives_up_waiting_for_a_lock_does_not_keep_it() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")

        async def enter(member: Member) -> None:
            async with member.nodes.lock("orders"):
                pass

        for pause in range(20):
            waiting = asyncio.create_task(enter(a))
            await asyncio.sleep(pause / 10_000)
            waiting.cancel()
            await asyncio.wait([waiting])
            async with asyncio.timeout(10):
                await enter(b)

    on_cluster(main)


def test_a_listener_that_fails_is_logged_and_the_next_is_called(caplog: pytest.LogCaptureFixture) -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        a.nodes.hear("fails", lambda by, about: 1 / 0)  # type: ignore[arg-type,return-value]
        b.nodes.tell("fails", None)
        b.nodes.tell("word", "after")
        await until(lambda: a.words("b"))
        assert a.listener.reconnects == 0
        assert "told could not be done: fails" in caplog.text

    with caplog.at_level(logging.ERROR):
        on_cluster(main)
