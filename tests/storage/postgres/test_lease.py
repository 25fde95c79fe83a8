"""Who is alive: nodes that are killed or stopped, that come again, and that lose their name to another process."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from tests.storage.postgres.members import Apart, Cluster, Member, hasten, on_cluster, until
from tornado_chat.chat.errors import Refused
from tornado_chat.storage.postgres import lease

LEASE = 2.0
SLACK = 2.0  # seconds that a busy machine may need


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    before = lease.BEAT, lease.AGAIN, lease.LEASE
    hasten(LEASE)
    yield
    lease.BEAT, lease.AGAIN, lease.LEASE = before


async def rows(member: Member) -> dict[str, Any]:
    """Return the rows of the nodes by name."""
    found = await member.engine.read(lambda c: c.fetch("SELECT * FROM nodes"))
    return {row["name"]: row for row in found}


async def sessions(member: Member, called: str) -> int:
    """Return how many connections there are of what is called so."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1"
    return int(await member.engine.read(lambda c: c.fetchval(count, called)))


async def settled(cluster: Cluster, name: str) -> tuple[Member, Apart]:
    """Return a node that may judge others, and one in another process, which know each other."""
    a = await cluster.node("a")
    b = await cluster.process(name)
    await until(lambda: f"{name} comes" in a.news)
    await until(lambda: a.nodes._lease._last - a.nodes._lease._since > LEASE)
    a.news.clear()
    b.news.clear()
    return a, b


def test_a_node_that_is_killed_is_gone_when_its_lease_ends() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await settled(cluster, "b")
        b.tell("my last")
        await until(lambda: a.words("b"))
        began = asyncio.get_running_loop().time()
        b.send(signal.SIGKILL)
        await until(lambda: "b goes" in a.news)
        assert 0.6 * LEASE < asyncio.get_running_loop().time() - began < LEASE + SLACK
        assert a.news == [["b", "my last"], "b goes"]
        assert list(await rows(a)) == ["a"]
        b = await cluster.process("b")
        b.tell("my first")
        await until(lambda: len(a.news) == 4)
        assert a.news[2:] == ["b comes", ["b", "my first"]]

    on_cluster(main)


def test_a_node_that_is_stopped_lets_go_of_all_and_comes_again_when_it_goes_on() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await settled(cluster, "b")
        called = (await rows(a))["b"]["sessions"]
        boot = (await rows(a))["b"]["boot"]
        b.tell({"lock": "orders"})
        b.tell(1)
        await until(lambda: a.words("b") == [1])
        b.send(signal.SIGSTOP)
        assert await sessions(a, called) >= 3
        async with asyncio.timeout(LEASE + SLACK + 5), a.nodes.lock("orders"):  # which b has
            pass
        await until(lambda: "b goes" in a.news)
        assert a.nodes.others == []
        assert await sessions(a, called) == 0
        a.nodes.tell("word", "nobody hears this")
        b.send(signal.SIGCONT)
        await until(lambda: a.nodes.others)
        b.tell(2)
        await until(lambda: a.words("b")[-1:] == [2])
        # What b told first may be lost with its connection; then a reads again.
        assert [one for one in a.news if one != "reads again"] == [["b", 1], "b goes", "b comes", ["b", 2]]
        await until(lambda: "a comes" in b.news)  # a may have told it everything, and is told everything
        await until(lambda: "reads again" in b.news)
        assert ["a", "nobody hears this"] not in b.news
        assert (await rows(a))["b"]["boot"] > boot
        a.nodes.tell("word", "welcome")
        await until(lambda: ["a", "welcome"] in b.news)

    on_cluster(main)


@pytest.mark.long
def test_several_that_see_a_node_die_bury_it_once() -> None:
    async def main(cluster: Cluster) -> None:
        members = await cluster.nodes("a", "b", "c")
        d = await cluster.process("d")
        await until(lambda: all(member.news == ["d comes"] for member in members))
        await until(lambda: all(one.nodes._lease._last - one.nodes._lease._since > LEASE for one in members))
        d.send(signal.SIGKILL)
        await until(lambda: all("d goes" in member.news for member in members))
        await asyncio.sleep(2 * lease.BEAT)
        assert all(member.news == ["d comes", "d goes"] for member in members)

    on_cluster(main)


def test_a_node_judges_no_other_before_its_own_lease_has_lasted() -> None:
    async def main(cluster: Cluster) -> None:
        a = await cluster.node("a")
        await a.engine.write(
            lambda c: c.execute(
                "INSERT INTO nodes SELECT name, 1, clock_timestamp() + shift, 'none', '', ''"
                " FROM (VALUES ('past', '-1 day'::interval), ('future', '1 day'::interval)) AS old (name, shift)"
            )
        )
        kept = a.nodes._lease
        while (kept._last - kept._since) < LEASE:
            assert set(await rows(a)) == {"a", "past", "future"} or kept._last - kept._since >= LEASE
            assert a.nodes.others == []
            await asyncio.sleep(0.05)
        await until(lambda: kept._last - kept._since > LEASE + 2 * lease.BEAT)
        assert set(await rows(a)) == {"a"}
        assert a.news == ["reads again"]

    on_cluster(main)


def test_the_clocks_of_the_nodes_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        monkeypatch.setattr("time.time", lambda: 0.0)
        before = await rows(a)
        kept = [member.nodes._lease for member in (a, b)]
        await until(lambda: all(one._last - one._since > LEASE for one in kept))
        after = await rows(a)
        assert all(after[name]["seen"] > before[name]["seen"] for name in "ab")
        assert a.news == b.news == []
        assert await a.nodes.turn("sweep", 1_000)
        assert not await b.nodes.turn("sweep", 1_000)

    on_cluster(main)


def test_a_lease_that_others_have_ended_is_taken_again() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        await a.engine.write(lambda c: c.execute("DELETE FROM nodes WHERE name = 'b'"))
        await until(lambda: b.news[-1:] == ["reads again"] and "b comes" in a.news)
        assert a.news == ["b goes", "b comes"]
        assert b.news == ["a comes", "reads again"]  # a has forgotten b: b tells it everything
        b.nodes.tell("word", 1)
        a.nodes.tell("word", 2)
        await until(lambda: a.words("b") == [1] and b.words("a") == [2])

    on_cluster(main)


@pytest.mark.long
def test_a_process_that_was_stopped_ends_when_another_one_has_its_name() -> None:
    async def main(cluster: Cluster) -> None:
        a, old = await settled(cluster, "b")
        old.tell("old")
        await until(lambda: a.words("b") == ["old"])
        old.send(signal.SIGSTOP)
        new = await cluster.process("b")
        new.tell("new")
        await until(lambda: a.words("b") == ["old", "new"])
        old.tell("too late")
        old.send(signal.SIGCONT)
        await old.reading  # until its end
        assert "runs as the node b now, and this one ends" in old.news[-1]
        new.tell("newer")
        await until(lambda: a.words("b")[-1] == "newer")
        assert a.news == [["b", "old"], "b goes", "b comes", ["b", "new"], ["b", "newer"]]

    on_cluster(main)


def misses(news: list[Any]) -> bool:
    """Return whether a number was not heard, and nothing was read again since."""
    newest, missed, read = 0, False, False
    for one in news:
        if isinstance(one, list):
            assert one[1] > newest
            missed = missed or (
                one[1] > newest + 1 and not read
            )  # where it hears again, it reads before it hears more
            newest, read = one[1], False
        elif one == "reads again":
            missed, read = False, True
    return missed


def test_killed_connections_cost_nothing_but_a_look_at_the_tables() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
        ends += " AND pid <> pg_backend_pid() AND random() < 0.5"
        told = 0
        for round in range(12):
            for _ in range(200):
                told += 1
                a.nodes.tell("word", told)
                b.nodes.tell("word", told)
                if told % 20 == 0:
                    await asyncio.sleep(0.002)
            with suppress(Refused):
                await a.engine.read(lambda c: c.execute(ends, (a, b)[round % 2].engine.sessions))  # noqa: B023
        for member, other in ((a, b), (b, a)):
            newest = told
            while member.words(other.name)[-1:] != [newest]:
                newest += 1
                other.nodes.tell("word", newest)  # which is lost where its connection is
                await asyncio.sleep(0.1)
            await until(lambda: not misses(member.news))  # noqa: B023
            assert {one for one in member.news if isinstance(one, str)} == {"reads again"}
        assert a.listener.reconnects + b.listener.reconnects > 0

    on_cluster(main)


def test_a_lock_that_is_lost_ends_what_it_guards() -> None:
    async def main(cluster: Cluster) -> None:
        a, b = await cluster.nodes("a", "b")
        inside = asyncio.Event()

        async def work() -> None:
            async with a.nodes.lock("orders"):
                inside.set()
                await asyncio.Event().wait()

        working = asyncio.create_task(work())
        await inside.wait()
        assert a.nodes._keeper._connection is not None
        pid = a.nodes._keeper._connection.get_server_pid()
        await b.engine.read(lambda c: c.fetchval("SELECT pg_terminate_backend($1)", pid))
        async with asyncio.timeout(10):
            with pytest.raises(Refused, match="not available"):
                await working
            async with b.nodes.lock("orders"), a.nodes.lock("others"):
                pass

    on_cluster(main)
