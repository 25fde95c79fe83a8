"""Figures of a node of a cluster, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from tornado_chat.chat.metrics import histogram, single
from tornado_chat.storage.postgres.history import PostgresHistory
from tornado_chat.storage.postgres.listener import Listener
from tornado_chat.storage.postgres.nodes import PostgresNodes


def families(nodes: PostgresNodes, listener: Listener, history: PostgresHistory) -> Iterator[str]:
    """Yield what a node knows of the others, and how well the database serves it."""
    yield histogram("commit_seconds", "Time that a transaction took, its sync included.", history.commits)
    yield single("nodes", "gauge", "Nodes that are alive, this one included.", len(nodes.others) + 1)
    yield single(
        "clock_ahead_seconds", "gauge", "How far this node's clock is ahead of the database's.", nodes.clock.ahead
    )
    yield single("feed_lag_seconds", "gauge", "Time that a notification took, measured every 2 s.", listener.lag)
    yield single(
        "feed_gaps_total", "counter", "Times that a channel's log was read for what was missed.", history.gaps
    )
    yield single("node_gaps_total", "counter", "Times that something was missed that a node told.", nodes.gaps)
    yield single("reconnects_total", "counter", "Times that listening began anew.", listener.reconnects)
    yield single("notified_total", "counter", "Notifications that were sent.", listener.told)
    yield single("heard_total", "counter", "Notifications that were heard.", listener.heard)
