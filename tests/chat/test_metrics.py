"""Figures: counted right, written as Prometheus reads them, and shown to those who may see them."""

import time
from ipaddress import ip_network
from itertools import pairwise

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tornado.testing import gen_test

from tornado_chat.chat.errors import Refused
from tornado_chat.chat.metrics import Histogram, Metrics, family, histogram
from tornado_chat.testing import ChatTestCase


def read(text: str) -> dict[str, float]:
    """Return all samples of an exposition, as Prometheus' own parser reads it."""
    samples = {}
    for each in text_string_to_metric_families(text):
        assert each.documentation
        for sample in each.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            key = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert key not in samples
            samples[key] = sample.value
    return samples


def test_a_label_may_hold_any_characters() -> None:
    text = family("x_total", "counter", "Text.", [({"code": 'a"b\\c\nd'}, 7)])
    assert list(read(text)) == ['tornado_chat_x_total{code=a"b\\c\nd}']


def test_a_histogram_counts_what_is_at_most_each_bound() -> None:
    measured = Histogram()
    for seconds in (0.00005, 0.0001, 0.002, 99.0):
        measured.observe(seconds)
    samples = read(histogram("x_seconds", "Text.", measured))
    assert samples["tornado_chat_x_seconds_bucket{le=0.0001}"] == 2
    assert samples["tornado_chat_x_seconds_bucket{le=0.003}"] == 3
    assert samples["tornado_chat_x_seconds_bucket{le=+Inf}"] == samples["tornado_chat_x_seconds_count"] == 4
    assert samples["tornado_chat_x_seconds_sum"] == 99.00215


def test_a_loop_that_is_late_is_seen() -> None:
    metrics = Metrics()
    metrics.look_at_the_clock()
    metrics._looked -= 2.25
    metrics.look_at_the_clock()
    assert 2 <= metrics.lag.total < 3


def test_the_last_minutes_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    for quarter in range(8 * 100):
        monkeypatch.setattr(time, "monotonic", lambda quarter=quarter: 1000 + quarter / 4)
        metrics.look_at_the_clock(quarter // 8)
    assert [point["users"] for point in metrics.past] == list(range(10, 100))
    assert {late["at"] - early["at"] for early, late in pairwise(metrics.past)} == {2}


def test_the_most_users_of_a_day_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = Metrics()
    for users, day, peak in ((3, "1", 3), (9, "1", 9), (4, "1", 9), (4, "2", 4)):
        monkeypatch.setattr(time, "strftime", lambda form, day=day: day)
        metrics.look_at_the_clock(users)
        assert metrics.peak == peak


class MetricsTest(ChatTestCase):
    settings = {"history": "sqlite", "metrics_token": "a long token"}

    @gen_test
    async def test_what_happens_is_counted(self) -> None:
        ann, bob = await self.join("Ann", "den"), await self.join("Bob", "den")
        for number in range(3):
            await ann.call("send-message", target="den", message=str(number))
        await bob.until_text("2")
        for action, target in (("send-message", "elsewhere"), ("nothing", "den")):
            try:
                await bob.call(action, target=target, message="x")
            except Refused:
                pass
        await bob.close()
        while len(self.chat.hub.connections) > 1:
            await ann.call("who")
        answer = await self.http_client.fetch(self.get_url("/metrics"))
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        said = {name.removeprefix("tornado_chat_"): value for name, value in read(answer.body.decode()).items()}
        assert (said["connections"], said["users"], said["channels"]) == (1, 1, 1)
        assert said["calls_total{action=send-message,result=ok}"] == 3
        assert said["calls_total{action=send-message,result=not-joined}"] == 1
        assert said["calls_total{action=,result=unknown-action}"] == 1
        assert said["delivered_total"] >= 6
        assert said["closed_total{code=1005}"] == 1  # Tornado's client names none
        assert said["http_requests_total{status=101}"] == 2
        assert said["commit_seconds_count"] >= 1
        assert said["fan_out_seconds_count"] >= 3
        assert said["ready"] == 1
        assert said["process_resident_memory_bytes"] > 10_000_000
        assert said["process_max_fds"] > said["process_open_fds"] > 3

    def test_it_is_shown_to_this_machine_and_to_who_has_the_token(self) -> None:
        token = {"Authorization": "Bearer a long token"}
        assert self.fetch("/metrics").code == 200
        for proxied in ({"X-Forwarded-For": "8.8.8.8"}, {"Via": "1.1 proxy"}):
            assert self.fetch("/metrics", headers=proxied).code == 403
            assert self.fetch("/metrics", headers={**proxied, **token}).code == 200
            assert self.fetch("/metrics", headers={**proxied, "Authorization": "Bearer a"}).code == 403

    def test_the_loop_is_alive(self) -> None:
        answer = self.fetch("/healthz")
        assert (answer.code, answer.body) == (200, b"ok\n")


class NobodyTest(ChatTestCase):
    settings = {"metrics_from": (ip_network("192.0.2.0/24"),), "trusted_proxies": (ip_network("127.0.0.1"),)}

    def test_the_addresses_that_may_read_are_named(self) -> None:
        assert self.fetch("/metrics").code == 403
        assert self.fetch("/metrics", headers={"Authorization": "Bearer "}).code == 403
        assert self.fetch("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).code == 200
        assert self.fetch("/metrics", headers={"X-Forwarded-For": "192.0.2.7, 8.8.8.8"}).code == 403
