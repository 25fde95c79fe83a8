"""Clocks of nodes that are wrong: it is said, and nothing that nodes share depends on them."""

import time

import pytest

from tests.storage.postgres.members import Cluster, on_cluster, until
from tornado_chat.storage.postgres import lease
from tornado_chat.storage.postgres.clock import Clock


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "clock" in one.getMessage()]


@pytest.mark.parametrize(("ahead", "words"), [(61.5, "61.5 s ahead of"), (-2.5, "2.5 s behind")])
def test_a_clock_that_is_off_is_said_once_and_again_when_it_is_right(
    caplog: pytest.LogCaptureFixture, ahead: float, words: str
) -> None:
    clock = Clock()
    for _ in range(3):
        clock.compare(1_000 + ahead, 1_000.1, 1_000.2 + ahead)
    assert clock.wrong_by() == clock.ahead == pytest.approx(ahead)
    assert said(caplog) == [f"the clock of this node is {words} the database's; synchronize both by NTP"]
    clock.compare(1_000.0, 1_000.1, 1_000.2)
    assert clock.wrong_by() == 0
    assert clock.ahead == pytest.approx(0)
    assert said(caplog)[1:] == ["the clock of this node agrees with the database's again"]


def test_what_a_slow_way_may_account_for_is_no_wrong_clock(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    clock.compare(1_000.0, 1_000.1, 1_010.0)
    assert clock.ahead == pytest.approx(4.9)
    assert clock.wrong_by() == 0
    assert said(caplog) == []


def test_a_node_compares_its_clock_at_its_start_and_whenever_it_renews_its_lease(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(cluster: Cluster) -> None:
        true = time.time
        monkeypatch.setattr("time.time", lambda: true() - 3_600)
        a = await cluster.node("a")
        assert a.nodes.clock.wrong_by() == pytest.approx(-3_600, abs=5)
        monkeypatch.setattr("time.time", true)
        monkeypatch.setattr(lease, "BEAT", 0.1)
        await until(lambda: a.nodes.clock.wrong_by() == 0)
        assert len(said(caplog)) == 2

    on_cluster(main)
