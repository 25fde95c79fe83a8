"""What a node of a cluster tells Prometheus of the others, and of the database."""

import re

from tests.storage.postgres.members import Cluster, Member, on_cluster, until
from tornado_chat.chat.models import Message, User
from tornado_chat.storage.postgres.figures import families
from tornado_chat.storage.postgres.history import PostgresHistory


def figures(member: Member, history: PostgresHistory) -> dict[str, float]:
    text = "".join(families(member.nodes, member.listener, history))
    found = re.findall(r"^tornado_chat_(\w+) (\S+)$", text, re.M)
    assert len(re.findall(r"^# TYPE ", text, re.M)) == 9
    return {name: float(value) for name, value in found}


def test_it_counts_nodes_commits_gaps_and_reconnects() -> None:
    async def main(cluster: Cluster) -> None:
        one, two = await cluster.nodes("one", "two")
        history = PostgresHistory(one.engine, one.listener, "one")
        await history.open()
        before = figures(one, history)
        assert (before["nodes"], before["reconnects_total"], before["commit_seconds_count"]) == (2, 0, 0)
        assert abs(before["clock_ahead_seconds"]) < 1
        message = await history.append(Message("den", "hello", User("a:1", "Ann"), 1))
        two.nodes.tell("word", "hello")
        await until(lambda: one.words("two"))
        after = figures(one, history)
        assert after["commit_seconds_count"] == 1
        assert after["commit_seconds_sum"] > 0
        assert after["heard_total"] > before["heard_total"]
        await history._passing._read("den")
        assert figures(one, history)["feed_gaps_total"] == after["feed_gaps_total"] + 1
        line = one.listener._line
        assert line is not None
        pid = line._ears.get_server_pid()
        await two.engine.read(lambda connection: connection.execute("SELECT pg_terminate_backend($1)", pid))
        await until(lambda: figures(one, history)["reconnects_total"] == 1)
        await two.close()
        await until(lambda: figures(one, history)["nodes"] == 1)
        cluster.members.remove(two)
        assert message.seq == 1
        await history.close()

    on_cluster(main)
