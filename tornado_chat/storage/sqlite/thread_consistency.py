"""What a history's tables must agree on about threads. Each rule is a query for what breaks it."""

from __future__ import annotations

from tornado_chat.storage.sqlite.queries import LARGEST, LAST, SHIFT

_SAID = "SELECT id, extra ->> '$.replies.count' FROM messages WHERE extra ->> 'replies' NOTNULL"
_COUNTED = (
    "SELECT r.thread, count(*) FROM messages r JOIN messages m ON m.id = r.thread"
    " WHERE r.thread NOTNULL AND r.extra ->> 'deleted' IS NULL GROUP BY 1"
)
# One pass over all messages: which one of the timeline comes before each.
_BEFORE = f"""
SELECT id, back, thread NOTNULL AND extra ->> 'also_in_channel' IS NULL AS alone, coalesce(
    max(iif(back IS NULL, id, NULL)) OVER (PARTITION BY id >> {SHIFT} ORDER BY id ROWS UNBOUNDED PRECEDING), 0
) AS before FROM messages
"""
_FLOOR = f"(SELECT id >> {SHIFT} << {SHIFT} | floor FROM channels WHERE no = id >> {SHIFT})"

#: What is wrong, and the query for the ids of its messages (channel and number).
RULES = {
    "is in another thread than it says": (
        f"SELECT id FROM messages WHERE thread IS NOT (id >> {SHIFT} << {SHIFT}) + (extra ->> 'thread')"
    ),
    "is in the thread of a reply": (
        "SELECT r.id FROM messages r JOIN messages m ON m.id = r.thread WHERE m.thread NOTNULL"
    ),
    "is in a thread whose root is not there": (
        f"SELECT r.id FROM messages r JOIN channels c ON c.no = r.id >> {SHIFT} WHERE r.thread NOTNULL"
        f" AND (r.thread >= r.id OR (r.thread & {LARGEST} > c.floor AND r.thread NOT IN (SELECT id FROM messages)))"
    ),
    "counts other replies than it has": (
        f"SELECT id FROM ({_SAID} EXCEPT {_COUNTED}) UNION SELECT thread FROM ({_COUNTED} EXCEPT {_SAID})"
    ),
    "is not where the timeline has it": (
        f"SELECT id FROM ({_BEFORE}) WHERE (back NOTNULL) != alone"
        f" OR (alone AND iif(back <= {_FLOOR}, 0, back) != before)"
    ),
    "is followed, but is not there": "SELECT root FROM follows EXCEPT SELECT id FROM messages WHERE thread IS NULL",
    "is followed by someone unknown": "SELECT root FROM follows WHERE user NOT IN (SELECT no FROM senders)",
    "is read further than there is": (
        f"SELECT root FROM follows JOIN channels ON no = root >> {SHIFT} WHERE read > {LAST}"
    ),
}
