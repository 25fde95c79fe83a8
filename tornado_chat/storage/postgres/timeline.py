"""The timeline of a channel, as SQL: all messages but the replies that stand in their threads alone."""

from __future__ import annotations

# Written so that no other index than the one of `back` has that order, whatever the planner knows of the table.
# A message alone, or one of replies that the timeline leaves out, of which the others are jumped over.
_RUN = """
WITH RECURSIVE run (id, back) AS (
    (SELECT id, back FROM messages WHERE id > {low} AND id < {high} ORDER BY id {order} LIMIT 1)
    UNION ALL
    SELECT n.id, n.back FROM run r CROSS JOIN LATERAL ({next}) n
) SELECT id FROM run WHERE back IS NULL LIMIT {limit}
"""
_NEXT = """
SELECT m.id, m.back FROM messages m WHERE m.id > CASE WHEN r.back IS NULL THEN r.id ELSE (
    SELECT o.id FROM messages o WHERE o.back IS NOT NULL AND (o.back, o.id) > (r.back, 0)
    AND (o.back, o.id) < (r.back + 1, 0) ORDER BY o.back DESC, o.id DESC LIMIT 1
) END AND m.id < {high} ORDER BY m.id LIMIT 1
"""
_PREVIOUS = """
SELECT m.id, m.back FROM messages m WHERE m.id > {low} AND m.id = coalesce(r.back, (
    SELECT o.id FROM messages o WHERE o.id < r.id AND o.id > {low} ORDER BY o.id DESC LIMIT 1
)) LIMIT 1
"""


def timeline(low: str, high: str, limit: str, up: bool) -> str:
    """Return the query for the ids of the first messages of a timeline between two ids, or (not `up`) the last ones.

    low, high, limit: SQL. It reads two rows for each, however many replies lie between them.
    """
    order, step = ("ASC", _NEXT) if up else ("DESC", _PREVIOUS)
    next = step.format(low=low, high=high)
    return _RUN.format(low=low, high=high, limit=limit, order=order, next=next)
